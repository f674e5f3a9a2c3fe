package sim_test

import (
	"fmt"
	"time"

	"weir/sim"
)

// The program of the package comment.
func Example_crash() {
	w, _ := sim.New(sim.Config{Seed: 1})
	node := func(name string, f sim.ActorFunc) sim.NodeID {
		id, _ := w.AddNode(sim.NodeConfig{Name: name, Boot: func(b *sim.Booter) {
			_ = b.Spawn("main", sim.ActorOptions{}, f)
		}})
		_ = w.Start(id)
		return id
	}
	bob := node("bob", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			_, _ = c.Reply(ev.ReplyTo, 0, 8, "yes")
		}
	})
	ann := node("ann", func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started, sim.TimerFired:
			_, _ = c.Request(sim.Addr{Node: bob, Actor: "main"}, 0, 8, "there?")
			c.After(time.Second, 0)
		case sim.Replied:
			fmt.Println(c.WorldNow(), ev.Msg)
		case sim.Failed:
			fmt.Println(c.WorldNow(), ev.Err)
		}
	})
	_ = w.Impair(ann, bob, sim.AllClasses, sim.Impairment{LossPPM: 300_000})
	w.At(3500*time.Millisecond, "crash", func(w *sim.World) { _ = w.Crash(bob, sim.CrashOptions{}) })
	w.At(6500*time.Millisecond, "start", func(w *sim.World) { _ = w.Start(bob) })
	fmt.Println(w.RunUntil(10 * time.Second))
	// Output:
	// 2ms yes
	// 1.002s yes
	// 2.002s yes
	// 3.002s yes
	// 4.002s sim: refused
	// 5.002s sim: refused
	// 6.002s sim: refused
	// 7.002s yes
	// 9.002s yes
	// until
}

// A node that is asked to stop ends when it is ready; whoever waits for it is
// told, and it can be started again as a new incarnation.
func ExampleWorld_Stop() {
	w := world(1)
	server := start(w, "server", func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started:
			fmt.Println(c.WorldNow(), "incarnation", c.Self().Inc)
		case sim.Stopping:
			c.After(2*time.Second, 0) // to finish what is under way
		case sim.TimerFired:
			c.Exit()
		}
	})
	start(w, "client", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			_, _ = c.Request(mainOf(server), 0, 1, "wait")
		} else {
			fmt.Println(c.WorldNow(), ev.Err)
		}
	})
	w.At(time.Second, "stop", func(w *sim.World) { _ = w.Stop(server) })
	w.At(5*time.Second, "start", func(w *sim.World) {
		fmt.Println(w.Now(), w.Node(server).State)
		_ = w.Start(server)
	})
	w.Run()
	// Output:
	// 0s incarnation 1
	// 3.001s sim: reset
	// 5s stopped
	// 5s incarnation 2
}

// Actors come and go; a name is used once in an incarnation.
func ExampleCtx_Spawn() {
	w := world(1)
	start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind != sim.Started {
			return
		}
		child := sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) { fmt.Println(c.Self().Actor, ev.Kind) })
		fmt.Println(c.Spawn("child", sim.ActorOptions{}, child))
		fmt.Println(c.StopActor("child"))
		fmt.Println(c.Spawn("child", sim.ActorOptions{}, child))
		fmt.Println(c.Spawn("other", sim.ActorOptions{}, child))
	})
	w.Run()
	// Output:
	// <nil>
	// <nil>
	// sim: actor name already used in this incarnation: "child" on node "n"
	// <nil>
	// other started
}

// The usual way to replace a file: write another one, sync it, put it in place.
// A crash leaves the old content or the new, never a part.
func ExampleFiles() {
	for _, crash := range []time.Duration{500 * time.Microsecond, 1500 * time.Microsecond, 5 * time.Millisecond} {
		w := world(1)
		n := startOn(w, sim.NodeConfig{Name: "n", DiskLatency: sim.Constant(time.Millisecond)}, func(c *sim.Ctx, ev *sim.Event) {
			switch {
			case ev.Kind == sim.Started:
				c.Disk().Append("state", []byte("old"), true)
			case ev.Kind == sim.DiskDone && ev.DiskOp == sim.DiskAppend && ev.File == "state":
				c.Disk().Append("state.new", []byte("new"), true)
				c.Disk().Rename("state.new", "state")
			}
		})
		w.RunUntil(time.Millisecond)
		w.RunUntil(time.Millisecond + crash)
		_ = w.Crash(n, sim.CrashOptions{})
		data, _ := w.Disk(n).Bytes("state")
		fmt.Printf("%s %q\n", data, w.Disk(n).List())
	}
	// Output:
	// old ["state"]
	// new ["state"]
	// new ["state"]
}

// A broken disk says so; a stalled one says nothing until it flows again.
func ExampleDisk_Stall() {
	w := world(1)
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.DiskDone {
			fmt.Println(c.WorldNow(), ev.DiskOp, ev.Err)
			return
		}
		c.Disk().Append("log", []byte("x"), true)
		c.After(time.Second, 0)
	})
	w.At(500*time.Millisecond, "break", func(w *sim.World) { w.Disk(n).Break() })
	w.At(1500*time.Millisecond, "repair, stall", func(w *sim.World) { w.Disk(n).Repair(); w.Disk(n).Stall() })
	w.At(2500*time.Millisecond, "flow", func(w *sim.World) { w.Disk(n).Flow() })
	w.RunUntil(2900 * time.Millisecond)
	// Output:
	// 0s append <nil>
	// 1s append sim: disk error
	// 2.5s append <nil>
}

// A lease that is compared by wall clocks: a skewed holder believes in it too long.
func ExampleClock_Skew() {
	w := world(1)
	var until time.Time
	n := start(w, "holder", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			until = ev.Msg.(time.Time)
		}
		fmt.Println(c.WorldNow(), "mine:", c.Wall().Before(until))
		c.After(20*time.Second, 0)
	})
	start(w, "granter", func(c *sim.Ctx, ev *sim.Event) {
		_, _ = c.Send(mainOf(n), 0, 1, c.Wall().Add(10*time.Second))
	})
	_ = w.SetDefaultLink(sim.LinkConfig{Latency: sim.Constant(time.Second)})
	w.Clock(n).Skew(-15 * time.Second)
	w.RunUntil(45 * time.Second)
	// Output:
	// 0s mine: false
	// 1s mine: true
	// 20s mine: true
	// 21s mine: true
	// 40s mine: false
	// 41s mine: false
}

// Delays are drawn from a distribution: here mostly about 2 ms, and of a
// hundred messages about five are ten times as slow.
func ExampleLatency_WithTail() {
	w := world(1)
	slow := 0
	hearer := start(w, "hearer", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered && c.WorldNow()-ev.Msg.(time.Duration) > 20*time.Millisecond {
			slow++
		}
	})
	start(w, "speaker", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Key < 1000 {
			_, _ = c.Send(mainOf(hearer), 0, 1, c.WorldNow())
			c.After(time.Millisecond, ev.Key+1)
		}
	})
	l := sim.Exponential(time.Millisecond, 2*time.Millisecond, 10*time.Millisecond).WithTail(50_000, 10)
	_ = w.SetDefaultLink(sim.LinkConfig{Latency: l})
	w.Run()
	fmt.Println("slow:", slow > 10 && slow < 60)
	// Output: slow: true
}

// A link holds so many messages and bytes; beyond, the sender is told at once.
func ExampleLinkConfig_capacity() {
	w := world(1)
	start(w, "hearer", func(*sim.Ctx, *sim.Event) {})
	start(w, "speaker", func(c *sim.Ctx, _ *sim.Event) {
		for i := range 3 {
			_, err := c.Send(sim.Addr{Node: 0, Actor: "main"}, 0, 100, i)
			fmt.Println(err)
		}
	})
	_ = w.SetLink(1, 0, sim.LinkConfig{Latency: sim.Constant(time.Second), QueueItems: 2})
	w.Run()
	// Output:
	// <nil>
	// <nil>
	// sim: link queue full
}

// A cut in both directions that both ends notice, as when a cable is pulled and
// the kernel finds out.
func ExampleWorld_Reset() {
	w := talk(1, 3)
	w.At(1050*time.Millisecond, "cut", func(w *sim.World) {
		for _, way := range [][2]sim.NodeID{{0, 1}, {1, 0}} {
			_ = w.Cut(way[0], way[1], sim.AllClasses)
			_ = w.Reset(way[0], way[1], sim.AllClasses)
		}
	})
	w.At(1500*time.Millisecond, "heal", func(w *sim.World) {
		_ = w.Heal(0, 1, sim.AllClasses)
		_ = w.Heal(1, 0, sim.AllClasses)
	})
	w.Run()
	// Output:
	// 100ms heard 0
	// 1.1s word 1 failed: sim: reset
	// 2.1s heard 2
}

// fates counts what becomes of messages.
type fates struct {
	sim.NopObserver
	lost, refused int
}

func (f *fates) Lost(sim.MsgInfo, sim.Why)  { f.lost++ }
func (f *fates) Refused(sim.MsgInfo, error) { f.refused++ }

// An observer hears what no actor is told. Messages can be put in from outside.
func ExampleObserver() {
	f := &fates{}
	w, _ := sim.New(sim.Config{Seed: 1, Observer: f})
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			_, _ = c.Send(sim.Addr{Node: 1, Actor: ev.Msg.(string)}, 0, 1, nil)
		}
	})
	start(w, "m", func(*sim.Ctx, *sim.Event) {})
	_ = w.Inject(mainOf(n), 0, 1, "nobody")
	w.Run()
	_ = w.Cut(0, 1, sim.AllClasses)
	_ = w.Inject(mainOf(n), 0, 1, "main")
	w.Run()
	fmt.Println("lost", f.lost, "refused", f.refused)
	// Output: lost 1 refused 1
}
