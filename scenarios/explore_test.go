package scenarios

import (
	"testing"

	"weir/sim"
)

const tiny = `name: tiny
inputs: false
emitters: {count: 1, packets: 3, rate: 1000/s, arrivals: constant, messages: 1, bytes: 1}
analysers: {count: 2}
links: {latency: {kind: constant, min: 1ms, mean: 1ms, max: 1ms}}
analyser: {disk: {latency: {kind: constant, min: 1ms, mean: 1ms, max: 1ms}}}
phases: {warmup: 0s, faults: 1s, heal: 100ms, settle: 1s}
check: {min_packets: 0}
faults: "at 5ms for 20ms crash a1"
`

// TestExplore plays a tiny world in every order that is one choice away: all differ, all
// pass, and each is played again by what its schedule says.
func TestExplore(t *testing.T) {
	sc, err := Parse("tiny.yaml", []byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]string{}
	all := Explore(sc, Options{Seed: 1, Check: true}, sim.Exploration{Deviations: 1}, func(one *Scenario, res *Result, err error) bool {
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[res.TraceHash]; twice {
			t.Errorf("%q and %q are one order", one.Schedule.Deviations, other)
		}
		seen[res.TraceHash] = one.Schedule.Deviations
		if bad := Surprises(one, res); len(bad) > 0 {
			t.Errorf("%q: %v", one.Schedule.Deviations, bad)
		}
		again, err := Parse("again.yaml", one.Brief())
		if err != nil {
			t.Fatal(err)
		}
		if res2, err := Run(again, Options{Seed: 1, Check: true}); err != nil || res2.TraceHash != res.TraceHash || res2.LogHash != res.LogHash {
			t.Errorf("%q: another run the second time, %v", one.Schedule.Deviations, err)
		}
		return true
	})
	if !all || len(seen) < 20 {
		t.Errorf("%d orders, all %v; want 20 or more", len(seen), all)
	}
	for _, wrong := range []string{"3", "3:0", "-1:1", "4:1 4:2", "4:1 3:1", "1:x"} {
		if _, err := Load("crash", "schedule.kind=order", "schedule.deviations="+wrong); err == nil {
			t.Errorf("deviations %q are accepted", wrong)
		}
	}
	if _, err := Load("crash", "schedule.deviations=1:1"); err == nil {
		t.Error("deviations without kind order are accepted")
	}
}
