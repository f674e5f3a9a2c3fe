package weirtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"weir/logcheck"
	"weir/scenarios"
	"weir/scenarios/swarm"
	"weir/scenarios/weirtest"
	"weir/sim/simtest"
)

// envInner makes the test program run what is meant to fail: tests of tests need a
// process of their own.
const envInner = "WEIR_WEIRTEST_INNER"

// TestInner is what TestFailing runs in a process of its own: it fails.
func TestInner(t *testing.T) {
	switch os.Getenv(envInner) {
	case "run": // a disk that lies, with nobody told to expect it
		sc := weirtest.Load(t, "canary", "check.expect=pass", "check.expect_fail=[]")
		weirtest.Run(t, sc, weirtest.Options{Seeds: 2})
	case "swarm": // a judge with a wish that no world fulfils
		weirtest.Swarm(t, swarm.Options{}, weirtest.Options{Seeds: 1, Judge: func(t testing.TB, res *scenarios.Result) {
			t.Errorf("%d packets are not mine", res.Report.Totals.Emitted)
		}})
	case "sound":
		weirtest.Swarm(t, swarm.Options{}, weirtest.Options{Seeds: 3})
	default:
		t.Skip("runs within other tests only")
	}
}

// inner runs TestInner.
func inner(t *testing.T, which string, args []string, env ...string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, append([]string{"-test.v", "-test.run", "^TestInner$"}, args...)...)
	c.Env = append(append(os.Environ(), simtest.EnvSeed+"=", simtest.EnvSeeds+"=", envInner+"="+which), env...)
	out, err := c.CombinedOutput()
	if err == nil {
		t.Fatalf("it passes:\n%s", out)
	}
	return string(out)
}

// wants are patterns of what must be in an output.
func wants(t *testing.T, out string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(out) {
			t.Errorf("no %q in\n%s", p, out)
		}
	}
}

// TestFailing reads what a failing seed prints: the witness, the commands and the smaller
// world, which does fail.
func TestFailing(t *testing.T) {
	out := inner(t, "run", nil)
	wants(t, out,
		`canary: expected pass, got fail`,
		`C10 fail: a2 recovered \d+ effects`, `  logs/a2\.2\.jsonl:\d+: \{`,
		`reproduce: WEIR_SEED=1 go test -run '\^TestInner\$/\^seed=1\$' weir/scenarios/weirtest\n`,
		`reproduce: WEIR_SEED=2 go test`,
		`keep:      go test -artifacts`)
	if n := strings.Count(out, "smaller:   faults 2, "); n != 1 {
		t.Errorf("%d failing seeds were shrunk, want the first:\n%s", n, out)
	}
	if strings.Contains(out, "weir run canary") {
		t.Errorf("the scenario was changed, and weir run canary would be another:\n%s", out)
	}
}

// TestKept reads what -artifacts leaves: the run, a token that leads back to it, and the
// smaller world.
func TestKept(t *testing.T) {
	dir := t.TempDir()
	out := inner(t, "run", []string{"-test.artifacts", "-test.outputdir", dir}, "WEIR_SEED=3")
	found := regexp.MustCompile(`replay:    weir replay (\S+)`).FindStringSubmatch(out)
	if found == nil || !strings.HasPrefix(found[1], dir) {
		t.Fatalf("kept in %q, want it below %s\n%s", found, dir, out)
	}
	kept := found[1]
	for _, command := range []string{"play:      weir run " + filepath.Join(kept, "scenario.yaml") + " --seed 3", "replay:    weir replay " + kept, "shrink:    weir shrink " + kept, "view:      weir check " + kept} {
		if !strings.Contains(out, command) {
			t.Errorf("no %q in\n%s", command, out)
		}
	}
	raw, err := os.ReadFile(filepath.Join(kept, "token"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := scenarios.ParseToken(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	sc := weirtest.Load(t, token.Scenario)
	res, err := scenarios.Run(sc, scenarios.Options{Seed: token.Seed})
	if err != nil || res.TraceHash != token.TraceHash || res.LogHash != token.LogHash || sc.Hash() != token.ScenarioHash {
		t.Errorf("the token leads to another run: %v", err)
	}
	if v, err := logcheck.CheckDir(kept, logcheck.Options{}); err != nil || v.Status != logcheck.Fail {
		t.Errorf("the logs: %v %v", v, err)
	}
	small := weirtest.Load(t, filepath.Join(kept, "shrunk.yaml"))
	if res, err = scenarios.Run(small, scenarios.Options{Seed: uint64(small.Seed), Check: true}); err != nil || res.Verdict.Status != logcheck.Fail {
		t.Errorf("the smaller world does not fail: %v", err)
	}
}

// TestJudge holds that a judge of one's own fails the seed, and that what only it dislikes
// is not shrunk.
func TestJudge(t *testing.T) {
	out := inner(t, "swarm", nil)
	wants(t, out, `\d+ packets are not mine`, `play:      weir run swarm:1 --seed 1`, `reproduce: WEIR_SEED=1 `)
	if strings.Contains(out, "smaller:") || strings.Contains(out, "not shrunk") {
		t.Errorf("shrunk:\n%s", out)
	}
	out = inner(t, "swarm", nil, "WEIR_SEED=9223372036854775808")
	wants(t, out, `below 2\^63`)
}

// TestTime holds that a test whose time is over does not pass, says where it stopped, and
// blames no seed for it.
func TestTime(t *testing.T) {
	out := inner(t, "sound", []string{"-test.timeout", "900ms"})
	wants(t, out, `time \(-timeout\) is nearly over: seed 1 and those after it were not judged`, `SKIP: TestInner/seed=2`)
	if strings.Contains(out, "reproduce:") {
		t.Errorf("a seed is blamed:\n%s", out)
	}
}

// TestSound plays a scenario and random worlds that nothing is wrong with.
func TestSound(t *testing.T) {
	judged := 0
	opt := weirtest.Options{Seeds: 2, Judge: func(t testing.TB, res *scenarios.Result) {
		judged++
		if res.Report.Totals.Emitted == 0 {
			t.Error("no packets")
		}
	}}
	weirtest.Run(t, weirtest.Load(t, "crash"), opt)
	weirtest.Run(t, weirtest.Load(t, "canary"), opt) // fails as it says
	weirtest.Swarm(t, swarm.Options{Packets: 100}, opt)
	if one := os.Getenv(simtest.EnvSeed) + os.Getenv(simtest.EnvSeeds); one == "" && judged != 6 {
		t.Errorf("%d runs were judged, want 6", judged)
	}
}
