package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestValidate(t *testing.T) {
	many := make([]string, 65)
	for i := range many {
		many[i] = fmt.Sprintf("d%d", i)
	}
	for _, tc := range []struct {
		cfg  Config
		want []string // in the error; none: valid
	}{
		{Config{}, nil},
		{Config{Peers: many[:64]}, nil},
		{Config{Peers: many}, []string{"65 peers, at most 63"}},
		{Config{Peers: []string{"a b", "", "d1", "d1"}}, []string{`"a b"`, `""`, `"d1" is given twice`}},
		{Config{Interval: -1, Timeout: 2 * time.Hour}, []string{"interval -1ns", "timeout 2h0m0s"}},
		{Config{Suspect: time.Second, Fail: time.Second}, []string{"fail 1s is not longer than suspect 1s"}},
		{Config{PartBytes: 63}, []string{"part_bytes 63 is not in 64..1000000"}},
	} {
		err := tc.cfg.Validate()
		if (err == nil) != (len(tc.want) == 0) {
			t.Errorf("%+v: %v", tc.cfg, err)
			continue
		}
		for _, want := range tc.want {
			if strings.Count(err.Error(), want) != 1 {
				t.Errorf("%q does not tell %q once", err, want)
			}
		}
	}
	if got := (Config{Peers: []string{"d3", "d1", "d2"}}).Others("d2"); !slices.Equal(got, []string{"d1", "d3"}) {
		t.Errorf("the others of d2 are %v", got)
	}
}

// TestTurns holds that everyone wanted has a turn before anyone a second one.
func TestTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		wanted := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "wanted")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var turns Turns
		some := slices.Index(wanted, true) >= 0
		had := make([]int, n)
		for range 5 * n {
			i, ok := turns.Next(r, n, func(i int) bool { return wanted[i] })
			if ok != some || ok && !wanted[i] {
				t.Fatalf("turn %d %t of %v", i, ok, wanted)
			}
			if ok {
				had[i]++
			}
			least, most := 1<<30, 0
			for i, w := range wanted {
				if w {
					least, most = min(least, had[i]), max(most, had[i])
				}
			}
			if some && most-least > 1 {
				t.Fatalf("turns %v of %v", had, wanted)
			}
		}
	})
}

func TestFanoutReachesAllInEightRounds(t *testing.T) {
	for n := range PeersMost + 1 {
		if f := Fanout(n); n > 0 && (f*passRounds < n || (f-1)*passRounds >= n) {
			t.Errorf("%d peers: %d a round", n, f)
		}
	}
	few, many := Config{Peers: make([]string, 8)}, Config{Peers: make([]string, 63)}
	if few.ConvergeMax() != many.ConvergeMax() || (Config{}).ConvergeMax() != 0 {
		t.Errorf("8 peers agree within %v, 63 within %v", few.ConvergeMax(), many.ConvergeMax())
	}
}

func TestWaitIsSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	least, most := time.Hour, time.Duration(0)
	for range 1000 {
		w := Wait(r, time.Second)
		least, most = min(least, w), max(most, w)
	}
	if least < 800*time.Millisecond || most > 1200*time.Millisecond || most-least < 350*time.Millisecond {
		t.Errorf("waits from %v to %v", least, most)
	}
}

// TestView plays a peer's life: a word makes it alive, silence suspect and failed, an older
// incarnation's word means nothing, and a pause of one's own excuses all but the failed.
func TestView(t *testing.T) {
	v := NewView(Config{Suspect: 10, Fail: 30}, []string{"d2"}, 100)
	var changes []Status
	tick := func(now time.Duration) {
		v.Tick(now, func(i int) { changes = append(changes, v.Member(i).Status) })
	}
	tick(110) // no word yet, and not overdue
	if changed, stale := v.Heard(0, 2, 111); !changed || stale {
		t.Error("the first word changes nothing")
	}
	if changed, stale := v.Heard(0, 1, 112); changed || !stale {
		t.Error("an older incarnation is heard")
	}
	tick(121)
	tick(122)
	tick(122)
	if changed, _ := v.Heard(0, 2, 123); !changed {
		t.Error("a suspect's word changes nothing")
	}
	tick(133)
	v.Excuse(150)
	tick(160)
	tick(161)
	tick(181)
	v.Excuse(182)
	tick(183)
	if want := []Status{Suspect, Suspect, Failed}; !slices.Equal(changes, want) || v.Live(0) {
		t.Errorf("%v, want %v", changes, want)
	}
	if changed, _ := v.Heard(0, 3, 200); !changed || v.Member(0).Inc != 3 || !v.Live(0) {
		t.Errorf("a new incarnation: %+v", v.Member(0))
	}
}

// TestReported holds that who is there follows from reports, whatever is heard, but that a
// word of a later incarnation counts as one.
func TestReported(t *testing.T) {
	v := NewReported([]string{"d2"})
	if !v.Live(0) || v.Member(0).Status != Unknown {
		t.Error("who was never heard of is given up")
	}
	if !v.Report(0, 2, true) || v.Member(0) != (Member{Name: "d2", Inc: 2, Status: Alive}) {
		t.Errorf("the first report: %+v", v.Member(0))
	}
	if v.Report(0, 1, false) || !v.Live(0) {
		t.Error("a report of an earlier life counts")
	}
	if _, stale := v.Heard(0, 1, 0); !stale {
		t.Error("an older incarnation is heard")
	}
	v.Tick(time.Hour, func(int) { t.Error("silence is judged") })
	v.Excuse(time.Hour)
	if !v.Report(0, 0, false) || v.Live(0) || v.Report(0, 2, false) {
		t.Errorf("a failure that is reported: %+v", v.Member(0))
	}
	if changed, _ := v.Heard(0, 2, 0); changed || v.Live(0) {
		t.Error("a word outweighs the report")
	}
	if changed, stale := v.Heard(0, 3, 0); !changed || stale || v.Member(0).Inc != 3 {
		t.Errorf("a later incarnation: %+v", v.Member(0))
	}
}
