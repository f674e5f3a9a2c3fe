package sim_test

import (
	"fmt"
	"time"

	"weir/sim"
)

// talk is a world of two nodes: "speaker" says 0, 1, 2, ... each second in the
// classes 0 and 1 by turns, "hearer" prints what it hears.
func talk(seed uint64, words int) *sim.World {
	w := world(seed)
	hearer := start(w, "hearer", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			fmt.Println(c.WorldNow(), "heard", ev.Msg)
		}
	})
	start(w, "speaker", func(c *sim.Ctx, ev *sim.Event) {
		switch {
		case ev.Kind == sim.Failed:
			fmt.Println(c.WorldNow(), "word", ev.Msg, "failed:", ev.Err)
		case int(ev.Key) < words:
			_, _ = c.Send(mainOf(hearer), sim.Class(ev.Key%2), 1000, ev.Key)
			c.After(time.Second, ev.Key+1)
		}
	})
	_ = w.SetDefaultLink(sim.LinkConfig{Latency: sim.Constant(100 * time.Millisecond)})
	return w
}

// A cut is directed, of some classes or all, and silent.
func ExampleWorld_Cut() {
	w := talk(1, 5)
	speaker, _ := w.NodeByName("speaker")
	hearer, _ := w.NodeByName("hearer")
	w.At(1500*time.Millisecond, "cut", func(w *sim.World) { _ = w.Cut(speaker, hearer, sim.Classes(0)) })
	w.At(3500*time.Millisecond, "heal", func(w *sim.World) { _ = w.Heal(speaker, hearer, sim.Classes(0)) })
	w.Run()
	// Output:
	// 100ms heard 0
	// 1.1s heard 1
	// 3.1s heard 3
	// 4.1s heard 4
}

// What a link holds arrives at the release, on an ordered link in order.
func ExampleWorld_Hold() {
	w := talk(1, 4)
	_ = w.SetLink(1, 0, sim.LinkConfig{Latency: sim.Constant(100 * time.Millisecond), Ordered: true})
	w.At(500*time.Millisecond, "hold", func(w *sim.World) { _ = w.Hold(1, 0, sim.AllClasses) })
	w.At(2500*time.Millisecond, "release", func(w *sim.World) { _ = w.Release(1, 0, sim.AllClasses) })
	w.Run()
	// Output:
	// 100ms heard 0
	// 2.5s heard 1
	// 2.5s heard 2
	// 3.1s heard 3
}

// A lossy link loses, a duplicating one repeats; the seed decides which.
func ExampleWorld_Impair() {
	w := talk(5, 6)
	_ = w.Impair(1, 0, sim.Classes(0), sim.Impairment{LossPPM: 500_000})
	_ = w.Impair(1, 0, sim.Classes(1), sim.Impairment{DuplicatePPM: 500_000, ExtraDelay: time.Second, Jitter: 100 * time.Millisecond})
	w.Run()
	// Output:
	// 2.1s heard 2
	// 2.176275644s heard 1
	// 2.177224238s heard 1
	// 4.1s heard 4
	// 4.101717102s heard 3
	// 4.136644523s heard 3
	// 6.145973061s heard 5
}

// Corruption is found out: the message does not arrive and its sender hears of
// a reset.
func ExampleImpairment_corrupt() {
	w := talk(1, 2)
	_ = w.Impair(1, 0, sim.Classes(1), sim.Impairment{CorruptPPM: 1_000_000})
	w.Run()
	// Output:
	// 100ms heard 0
	// 1.2s word 1 failed: sim: reset
}

// Reordering lets a later message overtake.
func ExampleImpairment_reorder() {
	w := talk(1, 3)
	_ = w.Impair(1, 0, sim.Classes(0), sim.Impairment{ReorderPPM: 1_000_000, ReorderDelay: 1500 * time.Millisecond})
	w.Run()
	// Output:
	// 1.1s heard 1
	// 1.6s heard 0
	// 3.6s heard 2
}

// At 500 bytes a second a message of 1,000 bytes takes two seconds to leave,
// and the next waits for it.
func ExampleLinkConfig_rate() {
	w := talk(1, 3)
	_ = w.SetRate(1, 0, 500)
	w.Run()
	// Output:
	// 2.1s heard 0
	// 4.1s heard 1
	// 6.1s heard 2
}

// A paused node handles nothing; what came meanwhile waits for it. A slow one
// takes longer for everything.
func ExampleWorld_Pause() {
	w := world(1)
	n := startOn(w, sim.NodeConfig{
		Name: "n", Cores: 1,
		Service: func(_ string, ev *sim.Event) time.Duration {
			if ev.Kind == sim.TimerFired {
				return time.Second
			}
			return 0
		},
	}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			for i := range uint64(4) {
				c.After(time.Duration(i)*time.Minute, i)
			}
			return
		}
		fmt.Println(c.WorldNow(), "finished", ev.Key)
	})
	w.At(50*time.Second, "pause", func(w *sim.World) { _ = w.Pause(n) })
	w.At(70*time.Second, "resume", func(w *sim.World) { _ = w.Resume(n) })
	w.At(100*time.Second, "slow", func(w *sim.World) { _ = w.Slow(n, 5, 1) })
	w.At(150*time.Second, "normal", func(w *sim.World) { _ = w.Normal(n) })
	fmt.Println(w.Run())
	// Output:
	// 1s finished 0
	// 1m11s finished 1
	// 2m5s finished 2
	// 3m1s finished 3
	// quiet
}

// A mailbox is bounded: a local sender is told at once.
func ExampleCtx_Send() {
	w, err := sim.New(sim.Config{Limits: sim.Limits{MailboxItems: 2}})
	if err != nil {
		panic(err)
	}
	start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			for i := range 3 {
				_, err := c.Send(c.Self(), 0, 1, i)
				fmt.Println("send", i, err)
			}
			return
		}
		fmt.Println("got", ev.Msg)
	})
	w.Run()
	// Output:
	// send 0 <nil>
	// send 1 <nil>
	// send 2 sim: mailbox full
	// got 0
	// got 1
}

// A limit ends a run that would go on for ever, and says which it was.
func ExampleWorld_Run() {
	w, err := sim.New(sim.Config{Limits: sim.Limits{Time: time.Hour}})
	if err != nil {
		panic(err)
	}
	start(w, "n", func(c *sim.Ctx, ev *sim.Event) { c.After(time.Minute, 0) })
	fmt.Println(w.Run(), "after", w.Events(), "events at", w.Now())
	// Output: limit-time after 61 events at 1h0m0s
}
