//go:build unix

package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"weir/logcheck"
)

// nodeProgram builds weir-node once for all tests of this package.
var nodeProgram = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "weir-node-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "weir-node")
	out, err := exec.Command("go", "build", "-o", program, "weir/cmd/weir-node").CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return program, err
})

// runReal plays a scenario of the catalogue with real processes, shortened.
func runReal(t *testing.T, name, transport string, set ...string) (*Scenario, *Result) {
	t.Helper()
	program, err := nodeProgram()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Seed: 1, Check: true, TCP: &TCP{Program: program, Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Metrics) != len(sc.Nodes()) {
		t.Errorf("metrics of %d of %d nodes", len(res.Metrics), len(sc.Nodes()))
	}
	if dir := os.Getenv("WEIR_KEEP"); dir != "" {
		if err := res.Write(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	return sc, res
}

// explained names the properties that one world may put to the test and the other not,
// with the reason. A verdict other than pass or vacuous is explained by nothing.
var explained = map[string]string{
	"B5": "its windows open a host's slack later, and close at any refusal or back-pressure of a busy machine",
}

// brief are phases that a test can wait for.
var brief = []string{"phases.warmup=2s", "phases.faults=5s", "phases.heal=3s", "phases.settle=20s"}

// agreeing are the scenarios of TestWorldsAgree, with the plan that fits the brief
// phases.
var agreeing = map[string]string{
	"steady-deficit":          "",
	"steady-finish":           "",
	"gossip-partition":        "at 2s for 3s cut d1 <-> {d2,d3} control; at 2500ms weight d1 a1 5; at 3s weight d2 a1 2; at 3s drain d1 a2; at 3500ms remove d3 a2; at 3500ms remove d2 a3; at 4s add d1 a5 3",
	"steady-random":           "",
	"poison":                  "",
	"crash":                   "at 2s for 3s crash a2",
	"crash-triggered":         "when a1 commit 50 for 3s: crash a1; when d1 health an=a1 to=down after 500ms for 2s: pause a3",
	"pause":                   "at 2s for 3s pause a3",
	"cut-to-analyser":         "at 2s for 4s cut d1 -> a2",
	"cut-from-analyser":       "at 2s for 4s cut a2 -> d1",
	"acks-lost":               "at 2s for 4s cut a2 -> d1 acks",
	"data-fails-probes-pass":  "at 2s for 4s cut d1 -> a2 data",
	"probes-fail-data-passes": "at 2s for 4s cut d1 <-> a2 probes",
	"distributor-crash":       "at 3s for 2s crash d1",
	"emitter-crash":           "at 3s for 2s crash e1",
	"weight-change":           "at 2s weight d1 a1 5; at 4s weight d1 a2 0; at 6s weight d1 a2 2",
	"drain":                   "at 2s for 4s drain d1 a1; at 3s for 2s stop a1",
	"add-and-remove":          "at 2s add d1 a4 2; at 5s remove d1 a1",
	"disk-rot":                "at 2s for 3s crash a2; at 3s disk_rot a2 file log.0 bits 4",
	"refused":                 "at 2s for 4s refuse d1 -> a2; at 6500ms truncate d1 -> a3 data; at 6500ms reset d1 -> a1",
}

// talking are those whose real nodes do not talk by gRPC. HTTP takes more of a machine
// that has little to give.
var talking = map[string]string{"crash": "http", "weight-change": "http", "poison": "mixed", "refused": "mixed", "gossip-partition": "mixed"}

// TestWorldsAgree holds that real processes get the verdict that the simulation
// gets, property by property.
func TestWorldsAgree(t *testing.T) {
	for name, plan := range agreeing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := slices.Clone(brief)
			if plan != "" {
				set = append(set, "faults="+strings.ReplaceAll(plan, "; ", "\n"))
			}
			sc, real := runReal(t, name, talking[name], set...)
			simulated, err := Run(sc, Options{Seed: 1, Check: true})
			if err != nil {
				t.Fatal(err)
			}
			agree(t, simulated.Verdict, real.Verdict)
			for _, n := range real.Notes {
				t.Log(n)
			}
		})
	}
}

// TestFalseMetrics holds that the judge compares what a real node says of itself with
// its log: one commit more or less, and H9 fails.
func TestFalseMetrics(t *testing.T) {
	t.Parallel()
	_, res := runReal(t, "steady-deficit", "http", "phases.warmup=500ms", "phases.faults=500ms", "phases.heal=500ms", "check.min_packets=1")
	run, err := logcheck.ParseRun(res.Header)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(res.Metrics, func(f File) bool { return f.Name == "metrics/a1.1.prom" })
	text := string(res.Metrics[i].Data.Bytes())
	const metric = "\nweir_analyser_commits_total "
	_, rest, _ := strings.Cut(text, metric)
	value, _, _ := strings.Cut(rest, "\n")
	commits, err := strconv.Atoi(value)
	if err != nil || commits < 2 {
		t.Fatalf("%s commits: %v", value, err)
	}
	for off, want := range map[int]logcheck.Status{-1: logcheck.Fail, 0: logcheck.Pass, 1: logcheck.Fail} {
		res.Metrics[i].Data = Text{[]byte(strings.Replace(text, metric+value, metric+strconv.Itoa(commits+off), 1))}
		v, err := logcheck.Check(res.source(), run, logcheck.Options{Only: []string{"H9"}})
		if err != nil {
			t.Fatal(err)
		}
		h9 := v.Results[slices.IndexFunc(v.Results, func(r logcheck.Result) bool { return r.ID == "H9" })]
		if h9.Status != want || off != 0 && !strings.Contains(h9.Detail, "weir_analyser_commits_total") {
			t.Errorf("%+d: %s %s", off, h9.Status, h9.Detail)
		}
	}
}

// agree compares two verdicts.
func agree(t *testing.T, simulated, real *logcheck.Verdict) {
	t.Helper()
	if simulated.Status != logcheck.Pass || real.Status != logcheck.Pass {
		t.Errorf("%s in the simulation, %s in tcp; missing there %v", simulated.Status, real.Status, real.Missing)
	}
	byID := map[string]logcheck.Result{}
	for _, r := range simulated.Results {
		byID[r.ID] = r
	}
	for _, r := range real.Results {
		want := byID[r.ID]
		sound := r.Status == logcheck.Pass || r.Status == logcheck.Vacuous
		if r.Status != want.Status && !(sound && explained[r.ID] != "") {
			t.Errorf("%s is %s in tcp (%d judged: %s %v), %s in the simulation (%d judged)", r.ID, r.Status, r.Judged, r.Detail, r.Witness, want.Status, want.Judged)
		}
	}
}
