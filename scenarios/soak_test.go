package scenarios

import (
	"testing"
	"time"

	"weir/faults"
	"weir/logcheck"
)

// A soak's scenarios are valid, differ by seed, hold nothing that a real process cannot
// suffer, and the system survives them in the simulation.
func TestSoak(t *testing.T) {
	texts := map[string]bool{}
	for seed := range uint64(30) {
		sc, text, err := Soak(seed, 30*time.Second)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		texts[text] = true
		for _, a := range sc.Plan().Actions {
			if err := faults.Applicable(a, faults.TCP); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		}
		res, err := Run(sc, Options{Seed: seed, Check: true})
		if err != nil {
			t.Fatal(err)
		}
		if res.Verdict.Status != logcheck.Pass {
			t.Errorf("seed %d: %s %v\n%s", seed, res.Verdict.Status, Surprises(sc, res), text)
		}
	}
	if len(texts) != 30 {
		t.Errorf("%d of 30 seeds differ", len(texts))
	}
	if _, _, err := Soak(1, time.Second); err == nil {
		t.Error("a soak of a second is not refused")
	}
}
