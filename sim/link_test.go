package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/sim"
)

// burst is two nodes, of which the first sends n messages, one every gap, in
// the classes 0 and 1 by turns.
func burst(tb testing.TB, seed uint64, n int, gap time.Duration) *rig {
	r := newRig(tb, sim.Config{Seed: seed})
	addNode(tb, r.World, "from", sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
		if k := int(ev.Key); k < n && ev.Kind != sim.Failed {
			_, err := c.Send(to(1, "main"), sim.Class(k%2), 1000, k)
			must(tb, err)
			c.After(gap, ev.Key+1)
		}
	}))
	addNode(tb, r.World, "to", sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			r.lines = append(r.lines, fmt.Sprint(ev.Msg))
		}
	}))
	return r
}

func sorted(lines []string) bool {
	return slices.IsSortedFunc(lines, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}

// Whatever delays it draws, an ordered link keeps its order, also through a
// hold of all classes and a pause of the receiver; every message arrives.
func TestOrderedLinkNeverReorders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := burst(t, rapid.Uint64().Draw(rt, "seed"), 40, time.Duration(rapid.Int64Range(0, 2e6).Draw(rt, "gap")))
		l := sim.Uniform(0, time.Duration(rapid.Int64Range(0, 2e7).Draw(rt, "max")))
		must(rt, w.SetLink(0, 1, sim.LinkConfig{Latency: l.WithTail(100_000, 5), Ordered: true}))
		must(rt, w.Impair(0, 1, sim.AllClasses, sim.Impairment{
			ReorderPPM: 500_000, ReorderDelay: 5 * ms, Jitter: time.Duration(rapid.Int64Range(0, 1e7).Draw(rt, "jitter"))}))
		hold := time.Duration(rapid.Int64Range(0, 3e7).Draw(rt, "hold"))
		pause := time.Duration(rapid.Int64Range(0, 3e7).Draw(rt, "pause"))
		w.At(hold, "hold", func(w *sim.World) { must(rt, w.Hold(0, 1, sim.AllClasses)) })
		w.At(hold+8*ms, "release", func(w *sim.World) { must(rt, w.Release(0, 1, sim.AllClasses)) })
		w.At(pause, "pause", func(w *sim.World) { must(rt, w.Pause(1)) })
		w.At(pause+8*ms, "resume", func(w *sim.World) { must(rt, w.Resume(1)) })
		w.Run()
		if len(w.lines) != 40 || !sorted(w.lines) {
			rt.Fatalf("arrived: %q", w.lines)
		}
	})
}

// What arrives at the very instant of the release stays behind what was held.
func TestOrderedReleaseMeetsArrivals(t *testing.T) {
	for seed := range uint64(20) {
		w := burst(t, seed, 20, ms)
		must(t, w.SetLink(0, 1, sim.LinkConfig{Latency: sim.Constant(5 * ms), Ordered: true}), w.Hold(0, 1, sim.AllClasses))
		w.At(15*ms, "release", func(w *sim.World) { must(t, w.Release(0, 1, sim.AllClasses)) })
		w.Run()
		if len(w.lines) != 20 || !sorted(w.lines) {
			t.Fatalf("seed %d: arrived %q", seed, w.lines)
		}
	}
}

func TestUnorderedLinkReorders(t *testing.T) {
	w := burst(t, 1, 40, ms)
	must(t, w.SetLink(0, 1, sim.LinkConfig{Latency: sim.Uniform(0, 10*ms)}))
	w.Run()
	if len(w.lines) != 40 || sorted(w.lines) {
		t.Errorf("arrived: %q", w.lines)
	}
}

// A cut loses what is under way and what is sent, of its classes only; the
// other direction and what is sent after the heal pass.
func TestCutAndHeal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cut, heal := rapid.IntRange(0, 30).Draw(rt, "cut"), rapid.IntRange(31, 50).Draw(rt, "heal")
		w := burst(t, 1, 60, ms)
		must(rt, w.SetLink(0, 1, sim.LinkConfig{Latency: sim.Constant(5 * ms)}))
		must(rt, w.Cut(1, 0, sim.AllClasses))
		w.At(time.Duration(cut)*ms, "cut", func(w *sim.World) { must(rt, w.Cut(0, 1, sim.Classes(0))) })
		w.At(time.Duration(heal)*ms, "heal", func(w *sim.World) { must(rt, w.Heal(0, 1, sim.Classes(0))) })
		w.Run()
		var want []string
		for k := range 60 { // sent at k ms, after the act of that time
			if k%2 == 1 || k+5 < cut || k >= heal {
				want = append(want, fmt.Sprint(k))
			}
		}
		if !slices.Equal(w.lines, want) {
			rt.Fatalf("cut %d heal %d: arrived %q, want %q", cut, heal, w.lines, want)
		}
	})
}

func TestImpairmentsHitAtTheirRates(t *testing.T) {
	const n = 10_000
	for name, c := range map[string]struct {
		p        sim.Impairment
		min, max int
	}{
		"none":      {sim.Impairment{}, n, n},
		"loss":      {sim.Impairment{LossPPM: 300_000}, 6700, 7300},
		"all lost":  {sim.Impairment{LossPPM: 1_000_000}, 0, 0},
		"corrupt":   {sim.Impairment{CorruptPPM: 100_000}, 8800, 9200},
		"duplicate": {sim.Impairment{DuplicatePPM: 200_000}, 11_750, 12_250},
	} {
		w := burst(t, 3, n, ms)
		must(t, w.Impair(0, 1, sim.AllClasses, c.p))
		w.Run()
		if got := len(w.lines); got < c.min || got > c.max {
			t.Errorf("%s: %d of %d arrived, want %d to %d", name, got, n, c.min, c.max)
		}
		if !sorted(w.lines) {
			t.Errorf("%s: reordered", name)
		}
	}
	w := burst(t, 3, 100, ms)
	must(t, w.Impair(0, 1, sim.Classes(1), sim.Impairment{LossPPM: 1_000_000}))
	w.RunUntil(51500 * time.Microsecond)
	must(t, w.Mend(0, 1, sim.AllClasses))
	w.Run()
	if len(w.lines) != 26+48 { // the even ones to 50, and all from 52 on
		t.Errorf("%d arrived: %q", len(w.lines), w.lines)
	}
}

// An impairment that draws more moves no other draw: the delays of those that
// arrive are as without it.
func TestImpairmentMovesNoOtherDraw(t *testing.T) {
	arrivals := func(p sim.Impairment) map[string]time.Duration {
		w := burst(t, 9, 200, ms)
		must(t, w.SetLink(0, 1, sim.LinkConfig{Latency: sim.Uniform(0, 10*ms)}), w.Impair(0, 1, sim.AllClasses, p))
		at := map[string]time.Duration{}
		for n := 0; w.Step(); n = len(w.lines) {
			for _, l := range w.lines[n:] {
				at[l] = w.Now()
			}
		}
		return at
	}
	plain, lossy := arrivals(sim.Impairment{}), arrivals(sim.Impairment{LossPPM: 400_000, CorruptPPM: 1000})
	if len(plain) != 200 || len(lossy) > 150 || len(lossy) < 90 {
		t.Fatalf("%d and %d arrived", len(plain), len(lossy))
	}
	for k, d := range lossy {
		if plain[k] != d {
			t.Errorf("message %s arrived at %v, without loss at %v", k, d, plain[k])
		}
	}
}

func TestRateAndCapacity(t *testing.T) {
	r := newRig(t, sim.Config{})
	var errs []error
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		for i := range 4 {
			_, err := c.Send(to(1, "b"), 0, 1000, i)
			errs = append(errs, err)
		}
		_, err := c.Send(to(1, "b"), 0, 5000, nil)
		errs = append(errs, err)
	}), "a")
	r.node(t, sim.NodeConfig{Name: "m"}, nil, "b")
	must(t, r.SetLink(0, 1, sim.LinkConfig{Latency: sim.Constant(5 * ms), Rate: 100_000, QueueItems: 3, QueueBytes: 4000}))
	r.Run()
	r.expect(t, "15ms b delivered 0", "25ms b delivered 1", "35ms b delivered 2")
	if !slices.Equal(errs, []error{nil, nil, nil, sim.ErrLinkFull, sim.ErrTooLarge}) {
		t.Errorf("%v", errs)
	}
}

func TestHoldAndReleaseOneClass(t *testing.T) {
	w := burst(t, 1, 10, ms)
	must(t, w.Hold(0, 1, sim.Classes(1)))
	w.RunUntil(20 * ms)
	if want := []string{"0", "2", "4", "6", "8"}; !slices.Equal(w.lines, want) {
		t.Errorf("past the hold came %q", w.lines)
	}
	must(t, w.Release(0, 1, sim.Classes(1)))
	w.Run()
	if len(w.lines) != 10 || w.Now() != 20*ms {
		t.Errorf("%q at %v", w.lines, w.Now())
	}
}

// A reset tells the senders of what was under way and of open requests.
func TestReset(t *testing.T) {
	r := newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		ask(c, to(1, "b"), "asked")
		c.After(5*ms, 1)
		c.After(9500*time.Microsecond, 2)
	}), "a")
	r.node(t, sim.NodeConfig{Name: "m"}, nil, "b")
	must(t, r.SetDefaultLink(sim.LinkConfig{Latency: sim.Constant(ms)}))
	r.At(10*ms, "reset", func(w *sim.World) { must(t, w.Reset(0, 1, sim.AllClasses)) })
	r.Run()
	r.expect(t, "1ms b delivered asked", "5ms a timer 1", "9.5ms a timer 2", "10ms a failed asked sim: reset")
	r = newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { send(c, to(1, "b"), "sent") }), "a")
	r.node(t, sim.NodeConfig{Name: "m"}, nil, "b")
	r.RunUntil(0)
	must(t, r.Reset(0, 1, sim.AllClasses))
	r.Run()
	r.expect(t, "1ms a failed sent sim: reset")
}

// A reset of one class leaves the others alone.
func TestResetOfOneClass(t *testing.T) {
	r := newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		for class := range sim.Class(2) {
			_, err := c.Request(to(1, "b"), class, 1, fmt.Sprint("class ", class))
			must(t, err)
		}
	}), "a")
	r.node(t, sim.NodeConfig{Name: "m"}, nil, "b")
	r.RunUntil(0)
	must(t, r.Reset(0, 1, sim.Classes(1)))
	r.Run()
	r.expect(t, "0s a failed class 1 sim: reset", "1ms b delivered class 0")
}

// A refusing link breaks what is under way and refuses what comes, in its classes
// and its direction only, until it accepts.
func TestRefuse(t *testing.T) {
	r := newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
		switch {
		case ev.Kind == sim.Started:
			ask(c, to(1, "b"), "early")
			c.After(2*ms, 1)
			c.After(8*ms, 2)
		case ev.Kind == sim.TimerFired && ev.Key < 3:
			ask(c, to(1, "b"), fmt.Sprint("ask ", ev.Key))
			c.After(500*time.Microsecond, 3)
		case ev.Kind == sim.TimerFired:
			_, err := c.Send(to(1, "b"), 1, 1, "other class")
			must(t, err)
		}
	}, "a")
	r.node(t, sim.NodeConfig{Name: "m"}, nil, "b")
	r.RunUntil(0)
	must(t, r.Refuse(0, 1, sim.Classes(0)))
	r.At(6*ms, "back", func(w *sim.World) { must(t, w.Refuse(1, 0, sim.Classes(1))) })
	r.At(7*ms, "accept", func(w *sim.World) { must(t, w.Accept(0, 1, sim.AllClasses)) })
	r.Run()
	r.expect(t, "0s a failed early sim: reset", "2ms a timer 1", "2.5ms a timer 3", "3.5ms b delivered other class",
		"4ms a failed ask 1 sim: refused", "8ms a timer 2", "8.5ms a timer 3", "9ms b delivered ask 2", "9.5ms b delivered other class")
	if want := []string{"early reset", "ask 1 sim: refused"}; !slices.Equal(r.lost, want) {
		t.Errorf("lost %q, want %q", r.lost, want)
	}
}

// Corruption is found out: the sender hears ErrReset.
func TestCorruptionIsDetected(t *testing.T) {
	r := newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { ask(c, to(1, "b"), "x"); send(c, to(1, "c"), "y") }), "a")
	r.node(t, sim.NodeConfig{Name: "m"}, nil, "b")
	must(t, r.Impair(0, 1, sim.AllClasses, sim.Impairment{CorruptPPM: 1_000_000}))
	r.Run()
	slices.Sort(r.lines)
	r.expect(t, "2ms a failed x sim: reset", "2ms a failed y sim: reset")
	if _, ok := r.NodeByName("m"); !ok || !errors.Is(r.SetRate(0, 1, -1), sim.ErrConfig) {
		t.Error("NodeByName or SetRate")
	}
}

func TestDeadPeersMessagesThatHaveNotLeft(t *testing.T) {
	r := newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		for i := range 3 {
			_, err := c.Send(to(1, "b"), 0, 1000, i)
			must(t, err)
		}
	}), "a")
	r.node(t, sim.NodeConfig{Name: "m"}, nil, "b")
	must(t, r.SetLink(0, 1, sim.LinkConfig{Latency: sim.Constant(5 * ms), Rate: 100_000}))
	r.At(25*ms, "crash", func(w *sim.World) { must(t, w.Crash(0, sim.CrashOptions{})) })
	r.Run()
	r.expect(t, "15ms b delivered 0", "25ms b delivered 1")
	if want := []string{"2 crash"}; !slices.Equal(r.lost, want) {
		t.Errorf("lost %q, want %q", r.lost, want)
	}
}
