package shrink

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/faults"
	"weir/logcheck"
	"weir/scenarios"
)

func load(t *testing.T, name string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// TestCanary shrinks a real failure: the lie and the crash are what it takes, one
// analyser, and a packet or two.
func TestCanary(t *testing.T) {
	shrunk := func() *Result {
		res, err := Shrink(load(t, "canary"), Options{Base: scenarios.Options{Seed: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := shrunk()
	if res.Failure.Property != "C2" || res.Last.Actions != 2 || res.Last.Nodes > 3 || res.Last.Packets > 5 || res.Last.Events > res.First.Events/20 || res.Stopped {
		t.Errorf("%+v", res)
	}
	for _, w := range res.Without {
		if w.Then != "passes" {
			t.Errorf("without %s: %s", w.Action, w.Then)
		}
	}
	if again := shrunk(); string(again.Text) != string(res.Text) {
		t.Errorf("another result the second time:\n%s\n%s", res.Text, again.Text)
	}
	back, err := scenarios.Parse("shrunk.yaml", res.Text)
	if err != nil {
		t.Fatalf("%v\n%s", err, res.Text)
	}
	out, err := scenarios.Run(back, scenarios.Options{Seed: uint64(back.Seed), Check: true})
	if err != nil || !slices.Contains(out.Verdict.Failed(), "C2") {
		t.Errorf("the file does not fail: %v %v", out.Verdict.Failed(), err)
	}
}

func TestNoFailure(t *testing.T) {
	if _, err := Shrink(load(t, "crash"), Options{Base: scenarios.Options{Seed: 1}}); !errors.Is(err, ErrNoFailure) {
		t.Errorf("%v", err)
	}
	if _, err := Shrink(load(t, "canary"), Options{Base: scenarios.Options{Seed: 1}, Property: "R3"}); !errors.Is(err, ErrNoFailure) {
		t.Errorf("another property: %v", err)
	}
}

// failsIf makes a Run whose runs fail exactly if the scenario is so.
func failsIf(bad func(*scenarios.Scenario) bool) func(*scenarios.Scenario, scenarios.Options) (*scenarios.Result, error) {
	return func(sc *scenarios.Scenario, _ scenarios.Options) (*scenarios.Result, error) {
		v := &logcheck.Verdict{Status: logcheck.Pass}
		if bad(sc) {
			v.Results = []logcheck.Result{{ID: "C1", Status: logcheck.Fail, Detail: "e1/1/7 is lost"}}
		}
		return &scenarios.Result{Verdict: v, Report: &logcheck.Report{}}, nil
	}
}

// TestFindsWhatIsNeeded: whichever actions, nodes and settings a failure needs, the
// result has these and none else.
func TestFindsWhatIsNeeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "actions")
		var lines []string
		for i := range n {
			lines = append(lines, fmt.Sprintf("at %ds for 1s slow a%d 300%%", 4+i, 1+i%6))
		}
		sc, err := scenarios.Parse("x.yaml", []byte("name: x\nanalysers: {count: 6}\ndistributors: {workers: 4, window: 16}\nfaults: |\n  "+strings.Join(lines, "\n  ")+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		needed := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, n, rapid.ID[int]).Draw(t, "needed")
		workers := rapid.IntRange(1, 4).Draw(t, "workers")
		window := rapid.Bool().Draw(t, "window")
		res, err := Shrink(sc, Options{Run: failsIf(func(c *scenarios.Scenario) bool {
			for _, i := range needed {
				if !slices.ContainsFunc(c.Plan().Actions, func(a faults.Action) bool { return string(a.Targets.Nodes) == fmt.Sprintf("a%d", 1+i%6) }) {
					return false
				}
			}
			return c.Distributors.Workers >= workers && (!window || c.Distributors.Window == 16)
		})})
		if err != nil {
			t.Fatal(err)
		}
		nodes := map[int]bool{}
		for _, i := range needed {
			nodes[i%6] = true
		}
		got := res.Scenario
		if len(got.Plan().Actions) != len(nodes) || len(got.Analysers.List) != max(len(nodes), 1) || got.Distributors.Workers != workers || (got.Distributors.Window == 16) != window {
			t.Fatalf("needed %v, %d workers, window %v; found\n%s", needed, workers, window, got.Brief())
		}
		for _, w := range res.Without {
			if w.Then != "passes" {
				t.Fatalf("not needed: %+v", w)
			}
		}
	})
}

// TestStop: a search that is ended early, at any moment, has a result that fails.
func TestStop(t *testing.T) {
	for after := range 12 {
		runs := 0
		res, err := Shrink(load(t, "canary"), Options{Base: scenarios.Options{Seed: 1}, Stop: func() bool { runs++; return runs > after }})
		if err != nil {
			t.Fatal(err)
		}
		if !res.Stopped || !strings.Contains(string(res.Text), "ended early") {
			t.Errorf("after %d tries: not said to be stopped", after)
		}
		out, err := scenarios.Run(res.Scenario, scenarios.Options{Seed: 1, Check: true})
		if err != nil || !slices.Contains(out.Verdict.Failed(), "C2") {
			t.Errorf("after %d tries the result passes", after)
		}
	}
}

// TestPanic: a run that panics is a failure like any other.
func TestPanic(t *testing.T) {
	run := func(sc *scenarios.Scenario, _ scenarios.Options) (*scenarios.Result, error) {
		if sc.Distributors.Workers >= 2 {
			panic(fmt.Sprintf("assertion %d", len(sc.Plan().Actions)))
		}
		return &scenarios.Result{Verdict: &logcheck.Verdict{Status: logcheck.Pass}, Report: &logcheck.Report{}}, nil
	}
	res, err := Shrink(load(t, "crash"), Options{Run: run})
	if err != nil || res.Failure.Property != "panic" || res.Scenario.Distributors.Workers != 2 || len(res.Scenario.Plan().Actions) != 0 {
		t.Errorf("%+v, %v", res, err)
	}
}
