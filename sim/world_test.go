package sim_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/sim"
)

// order runs n timers of one instant and returns the order of their keys.
func order(t *testing.T, seed uint64, n int) (string, uint64) {
	r := newRig(t, sim.Config{Seed: seed})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		for k := range n {
			c.After(ms, uint64(k))
		}
	}), "a")
	if got := r.Run(); got != sim.Quiet {
		t.Fatal(got)
	}
	return strings.Join(r.lines, "\n"), r.Hash()
}

func TestEqualTimesRunInASeededOrder(t *testing.T) {
	seen := map[string]bool{}
	hashes := map[uint64]bool{}
	for seed := range uint64(200) {
		a, h := order(t, seed, 3)
		b, again := order(t, seed, 3)
		if a != b || h != again {
			t.Fatalf("seed %d: two runs differ:\n%s\n%s", seed, a, b)
		}
		seen[a], hashes[h] = true, true
	}
	if len(seen) != 6 || len(hashes) != 200 {
		t.Errorf("200 seeds gave %d of 6 orders and %d hashes", len(seen), len(hashes))
	}
}

func TestControlRunsFirstAndInOrder(t *testing.T) {
	for seed := range uint64(20) {
		r := newRig(t, sim.Config{Seed: seed})
		r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { c.After(ms, 1) }), "a")
		for i := range 5 {
			r.At(ms, "act", func(w *sim.World) { r.lines = append(r.lines, fmt.Sprint("act ", i)) })
		}
		r.Run()
		r.expect(t, "act 0", "act 1", "act 2", "act 3", "act 4", "1ms a timer 1")
	}
}

// Messages of one pair of actors stay in order, those of two senders do not.
func TestLocalSendsAreFIFOByPair(t *testing.T) {
	mixed := 0
	for seed := range uint64(50) {
		r := newRig(t, sim.Config{Seed: seed})
		r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
			if ev.Kind == sim.Started && c.Self().Actor != "z" {
				for i := range 2 {
					if _, err := c.Send(sim.Addr{Actor: "z"}, 0, 1, fmt.Sprint(c.Self().Actor, i)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}, "z", "x", "y")
		r.Run()
		at := func(s string) int { return slices.Index(r.lines, "0s z delivered "+s) }
		if len(r.lines) != 4 || at("x0") > at("x1") || at("y0") > at("y1") {
			t.Fatalf("seed %d: %q", seed, r.lines)
		}
		if at("x0") < at("y0") && at("y0") < at("x1") || at("y0") < at("x0") && at("x0") < at("y1") {
			mixed++
		}
	}
	if mixed < 5 {
		t.Errorf("the senders interleaved in %d of 50 seeds", mixed)
	}
}

func TestStreamsAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, more := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 50).Draw(t, "more")
		w := newWorld(&testing.T{}, sim.Config{Seed: seed})
		for range more {
			w.Stream("a").Uint64()
		}
		if got, want := w.Stream("b").Uint64(), sim.Stream(seed, "b").Uint64(); got != want {
			t.Fatalf("after %d draws of a, b draws %d, want %d", more, got, want)
		}
	})
	if sim.Stream(1, "a").Uint64() == sim.Stream(2, "a").Uint64() || sim.Stream(1, "a").Uint64() == sim.Stream(1, "b").Uint64() {
		t.Error("streams of other seeds or names are equal")
	}
	if got := sim.Stream(1, "golden").Uint64(); got != 14462642474339639004 {
		t.Errorf("the golden stream begins with %d", got)
	}
}

// A limit stops the run by its name, and every later run too.
func TestLimits(t *testing.T) {
	forever := func(c *sim.Ctx, ev *sim.Event) { c.After(ms, 0) }
	timers := on(func(c *sim.Ctx) {
		for range 10 {
			c.After(ms, 0)
		}
	})
	bytes := on(func(c *sim.Ctx) { _, _ = c.Send(sim.Addr{Node: 1}, 0, 1000, nil) })
	spawn := on(func(c *sim.Ctx) { _ = c.Spawn(fmt.Sprint(c.ID()), sim.ActorOptions{}, sim.ActorFunc(forever)) })
	for _, c := range []struct {
		l    sim.Limits
		h    handler
		want sim.StopReason
	}{
		{sim.Limits{Events: 50}, forever, sim.LimitEvents},
		{sim.Limits{Time: time.Second}, forever, sim.LimitTime},
		{sim.Limits{Timers: 9}, timers, sim.LimitTimers},
		{sim.Limits{Pending: 8}, timers, sim.LimitPending},
		{sim.Limits{PendingBytes: 999}, bytes, sim.LimitPendingBytes},
		{sim.Limits{Actors: 2}, spawn, sim.LimitActors},
		{sim.Limits{}, nil, sim.Quiet},
	} {
		r := newRig(t, sim.Config{Limits: c.l})
		r.node(t, sim.NodeConfig{Name: "n"}, c.h, "a")
		r.node(t, sim.NodeConfig{Name: "m"}, nil, "a")
		for range 2 {
			if got := r.Run(); got != c.want || got.IsLimit() != (c.want != sim.Quiet) {
				t.Errorf("%+v: stopped by %q, want %q", c.l, got, c.want)
			}
		}
		if c.want == sim.LimitEvents && r.Events() != 50 || r.Now() > time.Second {
			t.Errorf("%+v: %d events, time %v", c.l, r.Events(), r.Now())
		}
	}
}

// Time does not stand still before the limit when the next event lies beyond both
// the limit and the time asked for: the caller would ask for ever.
func TestRunUntilReachesTheTimeLimit(t *testing.T) {
	r := newRig(t, sim.Config{Limits: sim.Limits{Time: time.Second}})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { c.After(time.Hour, 0) }), "a")
	if got := r.RunUntil(999 * ms); got != sim.Until || r.Now() != 999*ms {
		t.Errorf("%q at %v", got, r.Now())
	}
	for range 2 {
		if got := r.RunUntil(1001 * ms); got != sim.LimitTime || r.Now() != time.Second {
			t.Errorf("%q at %v", got, r.Now())
		}
	}
}

func TestHaltStepAndRunUntil(t *testing.T) {
	r := newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) { c.After(10*ms, 0) }, "a")
	if got := r.RunUntil(25 * ms); got != sim.Until || r.Now() != 25*ms {
		t.Errorf("RunUntil: %q at %v", got, r.Now())
	}
	r.expect(t, "10ms a timer 0", "20ms a timer 0")
	r.At(35*ms, "halt", func(w *sim.World) { w.Halt("enough") })
	if got := r.Run(); got != sim.Halted("enough") || !got.IsHalt() || r.Now() != 35*ms {
		t.Errorf("Run: %q at %v", got, r.Now())
	}
	if !r.Step() || r.Now() != 40*ms {
		t.Errorf("Step: at %v", r.Now())
	}
	r.At(45*ms, "halt", func(w *sim.World) { w.Halt("enough") })
	if !r.Step() || r.Now() != 45*ms || r.Step() || r.Now() != 45*ms {
		t.Errorf("Step past a halt: at %v", r.Now())
	}
	if !r.Step() || r.Now() != 50*ms {
		t.Errorf("Step after a halt was told: at %v", r.Now())
	}
	r.Halt("before the run")
	if got := r.Run(); got != sim.Halted("before the run") || r.Now() != 50*ms {
		t.Errorf("Run: %q at %v", got, r.Now())
	}
	empty := newWorld(t, sim.Config{})
	if empty.Step() || empty.Run() != sim.Quiet || empty.RunUntil(ms) != sim.Quiet || empty.Now() != ms {
		t.Error("an empty world is not quiet")
	}
}

func TestMixAndEventsChangeTheHash(t *testing.T) {
	a, b := newWorld(t, sim.Config{Seed: 1}), newWorld(t, sim.Config{Seed: 1})
	if a.Hash() != b.Hash() {
		t.Error("equal worlds have other hashes")
	}
	a.Mix(1)
	b.Mix(2)
	if a.Hash() == b.Hash() {
		t.Error("Mix changes nothing")
	}
}

// The golden hash holds on every platform and must change only on purpose.
func TestGoldenHash(t *testing.T) {
	w := newWorld(t, sim.Config{Seed: 42})
	must(t, w.SetDefaultLink(sim.LinkConfig{Latency: sim.Exponential(ms, 3*ms, time.Second)}))
	one := addNode(t, w, "a", &pinger{})
	addNode(t, w, "b", &pinger{peer: sim.Addr{Node: one, Actor: "main"}, first: true})
	must(t, w.Impair(0, 1, sim.AllClasses, sim.Impairment{Jitter: ms, DuplicatePPM: 100_000, LossPPM: 90_000}))
	w.RunUntil(time.Second)
	if w.Hash() != 0x879258ccc0255a3a || w.Events() != 97 {
		t.Errorf("hash %#x after %d events", w.Hash(), w.Events())
	}
}

func TestConfigErrorsNameEverything(t *testing.T) {
	_, err := sim.New(sim.Config{Limits: sim.Limits{Events: 1 << 60, Time: -1, Pending: -2}})
	for _, want := range []string{"Events", "Time", "Pending is -2"} {
		if err == nil || !errors.Is(err, sim.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	w := newWorld(t, sim.Config{})
	_, err = w.AddNode(sim.NodeConfig{Cores: -1, DiskBytes: -1, DiskLatency: sim.Constant(-1)})
	for _, want := range []string{"name", "Boot", "Cores", "DiskBytes", "latency"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	addNode(t, w, "n", &pinger{})
	if _, err := w.AddNode(sim.NodeConfig{Name: "n", Boot: func(*sim.Booter) {}}); !errors.Is(err, sim.ErrConfig) {
		t.Errorf("a second node n: %v", err)
	}
	for _, c := range []sim.LinkConfig{{Rate: -1}, {QueueItems: -1}, {QueueBytes: -1}} {
		if err := w.SetDefaultLink(c); !errors.Is(err, sim.ErrConfig) || !strings.Contains(err.Error(), "-1") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, err := range []error{
		w.Impair(0, 0, 1, sim.Impairment{}), w.Cut(0, 7, 1), w.Heal(-1, 0, 1), w.Hold(0, 1, 1), w.Release(1, 0, 1), w.Start(3),
	} {
		if !errors.Is(err, sim.ErrNoNode) {
			t.Errorf("%v, want ErrNoNode", err)
		}
	}
	for _, err := range []error{w.Start(0), w.Resume(0)} {
		if !errors.Is(err, sim.ErrNodeState) {
			t.Errorf("%v, want ErrNodeState", err)
		}
	}
	if err := w.Slow(0, 0, 1); !errors.Is(err, sim.ErrConfig) {
		t.Errorf("Slow by 0: %v", err)
	}
	if err := w.Clock(0).Drift(-500_001); !errors.Is(err, sim.ErrConfig) {
		t.Errorf("Drift: %v", err)
	}
}

// A steady world allocates nothing: timers, links, requests and local sends.
func TestNoAllocationsInTheSteadyState(t *testing.T) {
	w := newWorld(t, sim.Config{Seed: 1})
	one := addNode(t, w, "a", &pinger{})
	addNode(t, w, "b", &pinger{peer: sim.Addr{Node: one, Actor: "main"}, first: true})
	two := addNode(t, w, "c", sim.ActorFunc(answerer))
	addNode(t, w, "d", &asker{sim.Addr{Node: two, Actor: "main"}})
	addNode(t, w, "e", &ticker{})
	addNode(t, w, "f", sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind != sim.Started && ev.Kind != sim.TimerFired {
			return
		}
		c.Cancel(c.After(time.Hour, 1)) // a timeout that never fires
		c.After(ms, 0)
		_, _ = c.Send(c.Self(), 0, 10, ball)
		c.Disk().Sync("none")
		c.Rand().Uint64()
	}))
	if r := w.RunUntil(50 * ms); r != sim.Until {
		t.Fatal(r)
	}
	// The least of three long runs: an average over many short ones would round a
	// table that grows now and then down to nothing, and the runtime itself
	// allocates once in a while.
	least := math.Inf(1)
	for range 3 {
		least = min(least, testing.AllocsPerRun(1, func() {
			for range 50_000 {
				if !w.Step() {
					t.Fatalf("the world ended at %v", w.Now())
				}
			}
		}))
	}
	if least != 0 {
		t.Errorf("%v allocations in 50,000 events", least)
	}
}
