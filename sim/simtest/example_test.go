package simtest_test

import (
	"testing"
	"time"

	"weir/sim"
	"weir/sim/simtest"
)

// A test that 100 worlds, each from a seed of its own, deliver a message in time over a
// link of 5 to 20 ms.
func ExampleSeeds() {
	TestDelivery := func(t *testing.T) {
		simtest.Seeds(t, 100, func(t *testing.T, seed uint64) {
			w, err := sim.New(sim.Config{Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.SetDefaultLink(sim.LinkConfig{Latency: sim.Uniform(5*time.Millisecond, 20*time.Millisecond)}); err != nil {
				t.Fatal(err)
			}
			// ... nodes, faults ...
			w.RunUntil(time.Minute)
			// ... what must hold: t.Errorf if it does not ...
		})
	}
	_ = TestDelivery
}
