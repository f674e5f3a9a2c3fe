package faults_test

import (
	"fmt"
	"strings"
	"testing"

	"weir/faults"
)

// A plan fails if a crash of a that lasts more than a second is in it: the rest goes.
func ExamplePlan_Shrink() {
	plan, err := faults.Parse(`
		at 1s for 3s cut a <-> b
		at 2s for 20s crash a
		when b commit 7: pause a
		at 9s heal all`)
	if err != nil {
		panic(err)
	}
	fails := func(p faults.Plan) bool {
		for _, a := range p.Actions {
			if a.Do == faults.Crash && a.For.Seconds() > 1 {
				return true
			}
		}
		return false
	}
	fmt.Print(plan.Shrink(fails))
	// Output: at 2s for 1250ms crash a
}

// TestShrink holds that what belongs together stays together, that nothing can be left out
// of the result, and that every question is about a smaller plan.
func TestShrink(t *testing.T) {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "at %dms for %dms pause n%d\n", i, 10+i, i)
	}
	plan, err := faults.Parse(text.String())
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	needs := func(p faults.Plan) bool {
		asked++
		s := p.String()
		return strings.Contains(s, "n7\n") && strings.Contains(s, "n31\n") && strings.Contains(s, "n32\n")
	}
	got := plan.Shrink(needs)
	if want := "at 7ms for 10ms pause n7\nat 31ms for 10ms pause n31\nat 32ms for 10ms pause n32\n"; got.String() != want {
		t.Errorf("shrunk to\n%swant\n%s", got, want)
	}
	if asked > 100 {
		t.Errorf("%d questions for 40 actions", asked)
	}
	if none := (faults.Plan{}).Shrink(func(faults.Plan) bool { return true }); len(none.Actions) != 0 {
		t.Errorf("an empty plan grew: %s", none)
	}
}
