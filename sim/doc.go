// Package sim is a seeded world for testing distributed systems: nodes made of
// actors, joined by links, each with a disk and a clock, in virtual time, in
// one goroutine. It runs millions of events a second and, given the same seed
// and program, the same events in the same order on every platform.
//
// It knows nothing of the system it runs: messages are values of any type with
// a class and a size. It is not a checker, writes no log, and injects no fault
// of its own accord: every fault is a call. It imports the standard library
// only, and none of the clock, the global random generators, goroutines,
// channels or locks. Anyone may import it.
//
// # Use
//
// Make a World, add nodes with AddNode, Start them, plan faults with At, and
// Run. A node's Boot function spawns its first actors; it runs again for every
// incarnation. An Actor is a state machine: Handle gets one Event at a time
// and acts through its Ctx. Time and randomness come from the Ctx and nowhere
// else. What the program does must follow from its events alone: a program
// that ranges over a map to send, reads the real clock or starts a goroutine
// is not repeatable, and two runs with different hashes will say so.
//
// One node asks another every second over a link that loses a third of the
// messages; the other crashes for three seconds (errors are left out here):
//
//	w, _ := sim.New(sim.Config{Seed: 1})
//	node := func(name string, f sim.ActorFunc) sim.NodeID {
//		id, _ := w.AddNode(sim.NodeConfig{Name: name, Boot: func(b *sim.Booter) {
//			_ = b.Spawn("main", sim.ActorOptions{}, f)
//		}})
//		_ = w.Start(id)
//		return id
//	}
//	bob := node("bob", func(c *sim.Ctx, ev *sim.Event) {
//		if ev.Kind == sim.Delivered {
//			_, _ = c.Reply(ev.ReplyTo, 0, 8, "yes")
//		}
//	})
//	ann := node("ann", func(c *sim.Ctx, ev *sim.Event) {
//		switch ev.Kind {
//		case sim.Started, sim.TimerFired:
//			_, _ = c.Request(sim.Addr{Node: bob, Actor: "main"}, 0, 8, "there?")
//			c.After(time.Second, 0)
//		case sim.Replied:
//			fmt.Println(c.WorldNow(), ev.Msg)
//		case sim.Failed:
//			fmt.Println(c.WorldNow(), ev.Err)
//		}
//	})
//	_ = w.Impair(ann, bob, sim.AllClasses, sim.Impairment{LossPPM: 300_000})
//	w.At(3500*time.Millisecond, "crash", func(w *sim.World) { _ = w.Crash(bob, sim.CrashOptions{}) })
//	w.At(6500*time.Millisecond, "start", func(w *sim.World) { _ = w.Start(bob) })
//	fmt.Println(w.RunUntil(10 * time.Second), w.Hash())
//
// The zero value of a configuration's field means the default that its comment
// names.
//
// # Order, which is guaranteed
//
// One queue holds all events, ordered by time, then by a tie-break, then by
// the sequence number of their scheduling.
//
//   - The tie-break is 20 bits of a hash of the seed and the sequence number:
//     events of one instant run in a seeded order. This holds for timers of one
//     deadline too, even of one actor.
//   - Control functions (At, Soon) have tie-break 0: they run before all other
//     events of their instant, in the order in which they were asked for.
//   - Messages between one pair of actors of the same node are first in, first
//     out, replies included. Their tie-break is at least that of the one
//     before. Messages of different pairs interleave in a seeded order.
//   - Messages on a link with Ordered arrive in the order of their sends; the
//     time and tie-break of each are at least those of the one before. When
//     one class is held, the others pass it; each class keeps its order.
//     Failures (Failed events) are not ordered with messages.
//   - An actor handles what arrived first, first. A node with Cores gives them
//     to waiting actors first come, first served.
//   - Disk operations of a node take effect and complete in the order of the
//     calls.
//   - After a pause, what waited comes in a seeded order within the promises
//     above; an event whose service had begun comes first.
//
// An event of something that is gone (a timer of a crashed node, a cancelled
// timer) does not happen: it is not counted and does not move the time.
//
// # Messages
//
// Send and Request accept a message and return its Token, or refuse it at
// once with an error. An accepted message arrives at most once, unless the
// link duplicates it, and in no order, unless the link is ordered. A Failed
// event may tell that it did not arrive; silence proves nothing. Requests
// reserve a slot for their answer or failure, as timers and disk operations do
// for their completion, so that a full mailbox never refuses one of those.
// Every accepted message has one fate that is observable: see Observer. A fate
// can precede the return of Send (a message lost on a cut link).
//
// A handler sees its message when the node's virtual service time for it has
// passed; its sends leave then. Without a service time, an idle actor handles
// a message in the very event of its arrival.
//
// # Randomness
//
// Stream gives generators keyed by seed and name; each actor has its own. The
// world itself draws by (seed, name of link or disk, counter, purpose), so
// that a fault that draws more does not move the delays of other messages.
//
// # Limits and the hash
//
// Every queue and table is bounded; a run that exceeds a bound of the world
// stops with a reason that names it (StopReason). Hash covers every scheduler
// event and every loss, and whatever the user gives to Mix.
package sim
