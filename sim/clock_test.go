package sim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/sim"
)

func TestClockFaults(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		c.After(10*ms, 1)
		c.After(20*ms, 2)
	}), "a")
	k := r.Clock(n)
	r.RunUntil(5 * ms)
	k.Freeze()
	k.Freeze()
	r.RunUntil(30 * ms)
	r.expect(t)
	if k.Now() != 5*ms {
		t.Errorf("a frozen clock shows %v", k.Now())
	}
	k.Thaw()
	r.RunUntil(36 * ms)
	r.expect(t, "35ms a timer 1")
	must(t, k.Drift(500_000)) // 9 ms are left, which take 6
	r.Run()
	r.expect(t, "42ms a timer 2")
	if k.Now() != 20*ms {
		t.Errorf("the clock shows %v", k.Now())
	}
}

// Timers that are set and cancelled while the clock stands still leave nothing.
func TestCancelledTimersOfAFrozenClock(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			c.After(ms, 1)
			for range 1000 {
				c.Cancel(c.After(time.Hour, 2))
			}
		}
	}, "a")
	r.RunUntil(0)
	r.Clock(n).Freeze()
	for range 3 {
		must(t, r.Inject(to(n, "a"), 0, 1, "x"))
	}
	r.RunUntil(5 * ms)
	if p := r.Pending(); p < 3 || p > 80 {
		t.Errorf("%d events are kept for three timers", p)
	}
	r.lines = nil
	r.Clock(n).Thaw()
	r.Run()
	r.expect(t, "6ms a timer 1", "6ms a timer 1", "6ms a timer 1")
	if p := r.Pending(); p != 0 {
		t.Errorf("%d events are left", p)
	}
}

// Skew and jump act on the wall time only.
func TestSkewAndJump(t *testing.T) {
	epoch := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	r := newRig(t, sim.Config{Epoch: epoch})
	n := r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { c.After(time.Second, 1) }), "a")
	k := r.Clock(n)
	k.Skew(time.Hour)
	k.Jump(-2 * time.Hour)
	r.Run()
	r.expect(t, "1s a timer 1")
	if want := epoch.Add(time.Second - time.Hour); !k.Wall().Equal(want) || k.Now() != time.Second {
		t.Errorf("wall %v, want %v; monotonic %v", k.Wall(), want, k.Now())
	}
	k.Skew(0)
	if want := epoch.Add(time.Second); !k.Wall().Equal(want) {
		t.Errorf("wall %v, want %v", k.Wall(), want)
	}
}

// Through any drifts and freezes: the monotonic time never goes back, and a
// timer fires when its time has come by it, not before, and at once.
func TestTimersFollowTheMonotonicClock(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, sim.Config{Seed: rapid.Uint64().Draw(rt, "seed")})
		last, fired := time.Duration(0), 0
		due := map[uint64]time.Duration{}
		id := addNode(t, w, "n", sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
			if c.Now() < last {
				rt.Fatalf("the clock went from %v to %v", last, c.Now())
			}
			last = c.Now()
			if ev.Kind == sim.TimerFired {
				fired++
				if late := last - due[ev.Key]; late < 0 || late > 3 { // a nanosecond, or two at most, of rounding
					rt.Fatalf("timer due at %v fired at %v", due[ev.Key], last)
				}
			}
			if k := uint64(len(due)); k < 60 {
				d := time.Duration(c.Rand().Int64N(int64(5 * ms)))
				due[k] = last + d
				c.After(d, k)
			}
		}))
		for i := range rapid.IntRange(0, 12).Draw(rt, "acts") {
			ppm := rapid.Int64Range(-500_000, 500_000).Draw(rt, "ppm")
			w.At(time.Duration(i)*7*ms/3, fmt.Sprint("act ", i), func(w *sim.World) {
				switch k := w.Clock(id); ppm % 4 {
				case 0:
					k.Freeze()
				case 1, -1:
					k.Thaw()
				default:
					must(rt, k.Drift(ppm))
				}
			})
		}
		w.At(50*ms, "thaw", func(w *sim.World) { w.Clock(id).Thaw() })
		if got := w.Run(); got != sim.Quiet || fired != 60 {
			rt.Fatalf("%q after %d timers", got, fired)
		}
	})
}

func TestDriftRate(t *testing.T) {
	w := newWorld(t, sim.Config{})
	id := addNode(t, w, "n", sim.ActorFunc(func(*sim.Ctx, *sim.Event) {}))
	must(t, w.Clock(id).Drift(-250))
	w.RunUntil(4000 * time.Second)
	if got, want := w.Clock(id).Now(), 3999*time.Second; got != want {
		t.Errorf("after 4000 s at -250 ppm the clock shows %v, want %v", got, want)
	}
}
