//go:build unix

package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
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
func runReal(t *testing.T, name string, set ...string) (*Scenario, *Result) {
	t.Helper()
	program, err := nodeProgram()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Seed: 1, Check: true, TCP: &TCP{Program: program}})
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("WEIR_KEEP"); dir != "" {
		if err := res.Write(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	return sc, res
}

// explained names the properties whose verdict in world tcp may be another than in
// the simulation, with the reason: everything else must be equal.
var explained = map[string]string{}

// TestWorldsAgree holds that real processes get the verdict that the simulation
// gets, property by property.
func TestWorldsAgree(t *testing.T) {
	for name, set := range agreeing {
		t.Run(name, func(t *testing.T) {
			sc, real := runReal(t, name, strings.Fields(set)...)
			simulated, err := Run(sc, Options{Seed: 1, Check: true})
			if err != nil {
				t.Fatal(err)
			}
			byID := map[string]logcheck.Result{}
			for _, r := range simulated.Verdict.Results {
				byID[r.ID] = r
			}
			for _, r := range real.Verdict.Results {
				if want := byID[r.ID]; r.Status != want.Status && explained[r.ID] == "" {
					t.Errorf("%s is %s in tcp (%s %v), %s in the simulation", r.ID, r.Status, r.Detail, r.Witness, want.Status)
				}
			}
			for _, n := range real.Notes {
				t.Log(n)
			}
		})
	}
}

// agreeing are the scenarios of TestWorldsAgree, with what makes them short.
var agreeing = map[string]string{
	"steady-deficit": "phases.warmup=1s phases.faults=1s phases.heal=1s",
	"crash":          "",
}
