package simtest

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// envInner makes the test program run what is meant to fail: tests of tests need a
// process of their own.
const envInner = "WEIR_SIMTEST_INNER"

// A flag of the package's own must be in the command that repeats a seed.
var _ = flag.String("luck", "", "of no effect")

// TestInner is what the tests below run: it fails for every seed with a 7 in it, or for
// all.
func TestInner(t *testing.T) {
	inner := os.Getenv(envInner)
	if inner == "" {
		t.Skip("runs within other tests only")
	}
	if inner == "none at all" {
		Seeds(t, 0, func(*testing.T, uint64) {})
	}
	t.Run("a world (hard)", func(t *testing.T) {
		Seeds(t, 30, func(t *testing.T, seed uint64) {
			if inner == "all" || strings.Contains(t.Name()[len("TestInner/a_world_(hard)"):], "7") {
				t.Errorf("seed %d is unlucky", seed)
			}
		})
	})
}

// inner runs TestInner, or what run names, in a process of its own.
func inner(t *testing.T, which, run string, env ...string) (out string, ok bool) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, "-test.v", "-test.run", run, "-luck", "it's bad")
	c.Env = append(append(os.Environ(), EnvSeed+"=", EnvSeeds+"=", envInner+"="+which), env...)
	raw, err := c.CombinedOutput()
	return string(raw), err == nil
}

var ran = regexp.MustCompile(`(?m)^\s*--- (PASS|FAIL): \S+/seed=(\d+) `)

// seedsOf lists the seeds that ran, the failing ones with a bang.
func seedsOf(out string) string {
	var list []string
	for _, m := range ran.FindAllStringSubmatch(out, -1) {
		if m[1] == "FAIL" {
			m[2] += "!"
		}
		list = append(list, m[2])
	}
	return strings.Join(list, " ")
}

// TestSeeds holds which seeds run, and that a failing one gives a command that runs it
// alone.
func TestSeeds(t *testing.T) {
	for _, c := range []struct{ which, env, want string }{
		{"7", "", "1 2 3 4 5 6 7! 8 9 10 11 12 13 14 15 16 17! 18 19 20 21 22 23 24 25 26 27! 28 29 30"},
		{"7", "WEIR_SEED=17", "17!"},
		{"7", "WEIR_SEED=0x11", "17!"},
		{"7", "WEIR_SEED=18446744073709551615", "18446744073709551615!"},
		{"7", "WEIR_SEEDS=18446744073709551614..18446744073709551615", "18446744073709551614! 18446744073709551615!"},
		{"7", "WEIR_SEEDS=0..3", "0 1 2 3"},
		{"7", "WEIR_SEEDS=2", "1 2"},
		{"all", "", "1! 2! 3! 4! 5!"},
		{"all", "WEIR_SEEDS=1..5", "1! 2! 3! 4! 5!"},
	} {
		env := []string{}
		if c.env != "" {
			env = append(env, c.env)
		}
		out, ok := inner(t, c.which, "^TestInner$", env...)
		if got := seedsOf(out); got != c.want || ok == strings.Contains(c.want, "!") {
			t.Errorf("%s %s: seeds %s (passed: %t), want %s\n%s", c.which, c.env, got, ok, c.want, out)
		}
		if ended := strings.Contains(out, "ended after 5 failing seeds, of 5 that ran"); ended != (c.which == "all" && c.env == "") {
			t.Errorf("%s %s: says that it ended early: %t", c.which, c.env, ended)
		}
	}
}

// TestCommand runs the command that a failure prints, but for the compiling.
func TestCommand(t *testing.T) {
	out, _ := inner(t, "7", "^TestInner$")
	line := regexp.MustCompile(`reproduce: WEIR_SEED=(\d+) go test -run '([^']*)' weir/sim/simtest -luck='it'\\''s bad'\n`).FindStringSubmatch(out)
	if line == nil {
		t.Fatalf("no command in\n%s", out)
	}
	again, ok := inner(t, "7", line[2], "WEIR_SEED="+line[1])
	if got := seedsOf(again); got != "7!" || ok {
		t.Errorf("%s ran %s", line[0], got)
	}
}

// TestRefused holds that what is no seed fails the test and says why.
func TestRefused(t *testing.T) {
	for env, want := range map[string]string{
		"WEIR_SEED=x":                        "WEIR_SEED: \"x\": want a seed",
		"WEIR_SEED=-1":                       "WEIR_SEED: \"-1\": want a seed",
		"WEIR_SEED=+1":                       "want a seed",
		"WEIR_SEED=1_0":                      "want a seed",
		"WEIR_SEED=18446744073709551616":     "want a seed",
		"WEIR_SEED=1..2":                     "want a seed",
		"WEIR_SEEDS=0":                       "want 1 to 1000000 seeds",
		"WEIR_SEEDS=1000001":                 "want 1 to 1000000 seeds",
		"WEIR_SEEDS=5..4":                    "want the smaller seed first",
		"WEIR_SEEDS=1..":                     "want a range",
		"WEIR_SEEDS=1..1000001":              "at most 1000000",
		"WEIR_SEEDS=0..18446744073709551615": "at most 1000000",
		"WEIR_SEEDS=1..2..3":                 "want a range",
	} {
		if out, ok := inner(t, "none", "^TestInner$", env); ok || !strings.Contains(out, want) || seedsOf(out) != "" {
			t.Errorf("%s: passed %t, want %q in\n%s", env, ok, want, out)
		}
	}
	if out, ok := inner(t, "none at all", "^TestInner$"); ok || !strings.Contains(out, "0 seeds: want 1 to 1000000") {
		t.Errorf("no seeds: %s", out)
	}
	if out, ok := inner(t, "none", "^TestInner$", "WEIR_SEED=1", "WEIR_SEEDS=2"); ok || !strings.Contains(out, "set one of them") {
		t.Errorf("both: %s", out)
	}
}

// FuzzChoose holds that no text is read as more seeds than a test may have.
func FuzzChoose(f *testing.F) {
	for _, s := range []string{"1", "0x10", "1..100", "..", "1..", "18446744073709551615..0", "0..999999", " 1"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, seed, seeds string) {
		own := span{1, 10}
		one, err := choose(seed, "", own)
		if err == nil && seed != "" && one.first != one.last {
			t.Errorf("%s=%q gives %d to %d", EnvSeed, seed, one.first, one.last)
		}
		many, err := choose("", seeds, own)
		if err == nil && (many.first > many.last || many.last-many.first >= seedsMax) {
			t.Errorf("%s=%q gives %d to %d", EnvSeeds, seeds, many.first, many.last)
		}
	})
}
