package weirtest_test

import (
	"testing"

	"weir/scenarios"
	"weir/scenarios/swarm"
	"weir/scenarios/weirtest"
)

// A scenario of the catalogue with a field changed, for twenty seeds. A file of one's own
// is named by its path.
func ExampleRun() {
	TestFailover := func(t *testing.T) {
		sc := weirtest.Load(t, "crash", "distributors.workers=8")
		weirtest.Run(t, sc, weirtest.Options{Seeds: 20})
	}
	_ = TestFailover
}

// Fifty random worlds, of at most some 300 packets, with a wish beside what the checker
// judges: no emitter may wait longer than two seconds.
func ExampleSwarm() {
	TestAnything := func(t *testing.T) {
		weirtest.Swarm(t, swarm.Options{Packets: 300}, weirtest.Options{
			Seeds: 50,
			Judge: func(t testing.TB, res *scenarios.Result) {
				for _, e := range res.Report.Emitters {
					if e.Worst > 2e9 {
						t.Errorf("%s waited %d ns", e.Node, e.Worst)
					}
				}
			},
		})
	}
	_ = TestAnything
}
