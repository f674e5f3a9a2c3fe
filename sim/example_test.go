package sim_test

import (
	"fmt"
	"time"

	"weir/sim"
)

// start adds a node with one actor, "main", and starts it.
func start(w *sim.World, name string, f sim.ActorFunc) sim.NodeID {
	return startOn(w, sim.NodeConfig{Name: name}, f)
}

func startOn(w *sim.World, c sim.NodeConfig, f sim.ActorFunc) sim.NodeID {
	c.Boot = func(b *sim.Booter) {
		if err := b.Spawn("main", sim.ActorOptions{}, f); err != nil {
			panic(err)
		}
	}
	id, err := w.AddNode(c)
	if err != nil {
		panic(err)
	}
	if err := w.Start(id); err != nil {
		panic(err)
	}
	return id
}

func world(seed uint64) *sim.World {
	w, err := sim.New(sim.Config{Seed: seed})
	if err != nil {
		panic(err)
	}
	return w
}

func mainOf(node sim.NodeID) sim.Addr { return sim.Addr{Node: node, Actor: "main"} }

// Two nodes throw a ball three times over links of 10 ms.
func Example() {
	w := world(1)
	_ = w.SetDefaultLink(sim.LinkConfig{Latency: sim.Constant(10 * time.Millisecond)})
	throw := func(c *sim.Ctx, to sim.Addr, n int) {
		if n <= 3 {
			_, _ = c.Send(to, 0, 1, n)
		}
	}
	player := func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			fmt.Println(c.WorldNow(), w.Node(c.Self().Node).Name, "catches throw", ev.Msg)
			throw(c, ev.From, ev.Msg.(int)+1)
		}
	}
	ann := start(w, "ann", player)
	start(w, "bob", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			throw(c, mainOf(ann), 1)
		}
		player(c, ev)
	})
	fmt.Println(w.Run())
	// Output:
	// 10ms ann catches throw 1
	// 20ms bob catches throw 2
	// 30ms ann catches throw 3
	// quiet
}

// A request either gets its answer or, where the world can tell, a failure.
func ExampleCtx_Request() {
	w := world(1)
	adder := start(w, "adder", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			_, _ = c.Reply(ev.ReplyTo, 0, 8, ev.Msg.(int)+1)
		}
	})
	start(w, "client", func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started:
			_, _ = c.Request(mainOf(adder), 0, 8, 41)
			_, _ = c.Request(sim.Addr{Node: adder, Actor: "nobody"}, 0, 8, 0)
		case sim.Replied:
			fmt.Println("request", ev.Token, "gives", ev.Msg)
		case sim.Failed:
			fmt.Println("request", ev.Token, "failed:", ev.Err)
		}
	})
	w.Run()
	// Unordered output:
	// request 1 gives 42
	// request 2 failed: sim: refused
}

// Equal seeds give equal runs, other seeds other orders.
func ExampleWorld_Hash() {
	race := func(seed uint64) (first uint64, hash uint64) {
		w := world(seed)
		start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
			if ev.Kind == sim.Started {
				c.After(time.Second, 1)
				c.After(time.Second, 2)
			} else if first == 0 {
				first = ev.Key
			}
		})
		w.Run()
		return first, w.Hash()
	}
	wins := map[uint64]int{}
	for seed := range uint64(100) {
		first, hash := race(seed)
		again, same := race(seed)
		if first != again || hash != same {
			fmt.Println("not repeatable")
		}
		wins[first]++
	}
	fmt.Println("both orders occur:", wins[1] > 0 && wins[2] > 0)
	// Output: both orders occur: true
}

// A crash ends the process at once; what was synced is there for the next
// incarnation, what was only written is not.
func ExampleWorld_Crash() {
	w := world(1)
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		switch {
		case ev.Kind == sim.Started && c.Self().Inc == 1:
			c.Disk().Append("notes", []byte("kept "), true)
			c.Disk().Append("notes", []byte("lost"), false)
		case ev.Kind == sim.Started:
			c.Disk().Read("notes")
		case ev.Kind == sim.DiskDone && ev.DiskOp == sim.DiskRead:
			fmt.Printf("incarnation %d reads %q\n", c.Self().Inc, ev.Data)
		}
	})
	w.At(time.Second, "crash", func(w *sim.World) { _ = w.Crash(n, sim.CrashOptions{}) })
	w.At(2*time.Second, "start", func(w *sim.World) { _ = w.Start(n) })
	w.Run()
	// Output: incarnation 2 reads "kept "
}

// A disk that lies about sync loses what it said was durable.
func ExampleDisk_Lie() {
	w := world(1)
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			c.Disk().Append("notes", []byte("promised"), true)
		} else {
			fmt.Println(ev.DiskOp, "error:", ev.Err)
		}
	})
	w.Disk(n).Lie()
	w.Run()
	_ = w.Crash(n, sim.CrashOptions{})
	data, found := w.Disk(n).Bytes("notes")
	fmt.Printf("%q %t\n", data, found)
	// Output:
	// append error: <nil>
	// "" false
}

// A torn write leaves a prefix, which the seed decides.
func ExampleDisk_TearNext() {
	w := world(3)
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			c.Disk().Append("notes", []byte("abcdefghij"), false)
		}
	})
	w.Run()
	w.Disk(n).TearNext()
	_ = w.Crash(n, sim.CrashOptions{})
	data, _ := w.Disk(n).Bytes("notes")
	fmt.Printf("%s\n", data)
	// Output: abcdef
}

// A full disk says so, until it is freed; a rotten one does not.
func ExampleDisk_Fill() {
	w := world(1)
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started:
			c.Disk().Append("notes", []byte("abc"), true)
			c.After(time.Second, 0)
		case sim.TimerFired:
			c.Disk().Append("notes", []byte("def"), true)
		case sim.DiskDone:
			fmt.Println(c.WorldNow(), ev.Err)
		}
	})
	w.Disk(n).Fill()
	w.RunUntil(500 * time.Millisecond)
	w.Disk(n).Free()
	w.Run()
	_ = w.Disk(n).Rot("notes", 1, 1)
	data, _ := w.Disk(n).Bytes("notes")
	fmt.Printf("%s\n", data)
	// Output:
	// 0s sim: disk full
	// 1s <nil>
	// ddf
}

// A lease that its holder times by a drifting clock lasts too long.
func ExampleClock_Drift() {
	w := world(1)
	holder := start(w, "holder", func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Delivered:
			c.After(10*time.Second, 0) // the lease is mine for 10 s
		case sim.TimerFired:
			fmt.Println("given up at", c.WorldNow(), "my clock says", c.Now())
		}
	})
	start(w, "granter", func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started:
			_, _ = c.Send(mainOf(holder), 0, 1, "lease")
			c.After(10*time.Second, 0)
		case sim.TimerFired:
			fmt.Println("granted to another at", c.WorldNow())
		}
	})
	_ = w.SetDefaultLink(sim.LinkConfig{}) // no latency
	_ = w.Clock(holder).Drift(-200_000)    // a fifth too slow
	w.Run()
	// Output:
	// granted to another at 10s
	// given up at 12.5s my clock says 10s
}

// Skew and jump move the wall time; timers do not notice.
func ExampleClock_Jump() {
	w := world(1)
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		fmt.Println(c.Now(), c.Wall().Format(time.DateTime))
		if ev.Kind == sim.Started {
			c.After(time.Minute, 0)
		}
	})
	w.At(time.Second, "jump", func(w *sim.World) { w.Clock(n).Jump(-24 * time.Hour) })
	w.Run()
	// Output:
	// 0s 2026-01-01 00:00:00
	// 1m0s 2025-12-31 00:01:00
}

// A frozen clock's timers wait for the thaw, and then for what was left.
func ExampleClock_Freeze() {
	w := world(1)
	n := start(w, "n", func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			c.After(3*time.Second, 0)
		} else {
			fmt.Println("at", c.WorldNow(), "the clock says", c.Now())
		}
	})
	w.At(time.Second, "freeze", func(w *sim.World) { w.Clock(n).Freeze() })
	w.At(time.Minute, "thaw", func(w *sim.World) { w.Clock(n).Thaw() })
	w.Run()
	// Output: at 1m2s the clock says 3s
}
