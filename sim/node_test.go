package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"weir/sim"
)

func to(node sim.NodeID, actor string) sim.Addr { return sim.Addr{Node: node, Actor: actor} }

func send(c *sim.Ctx, a sim.Addr, msg string) { _, _ = c.Send(a, 0, 10, msg) }
func ask(c *sim.Ctx, a sim.Addr, msg string)  { _, _ = c.Request(a, 0, 10, msg) }

// work sends n local messages to b.
func work(n int) handler {
	return on(func(c *sim.Ctx) {
		for i := range n {
			if c.Self().Actor == "a" {
				send(c, to(0, "b"), fmt.Sprint(i))
			}
		}
	})
}

func service(d time.Duration) sim.ServiceFunc {
	return func(_ string, ev *sim.Event) time.Duration {
		if ev.Kind == sim.Delivered {
			return d
		}
		return 0
	}
}

func TestServiceTime(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n", Service: service(10 * ms)}, work(3), "a", "b")
	r.At(15*ms, "slow", func(w *sim.World) { must(t, w.Slow(n, 3, 2)) })
	r.Run()
	r.expect(t, "10ms b delivered 0", "20ms b delivered 1", "35ms b delivered 2")
}

// c cores run at most c handlers at once, and each actor one.
func TestCores(t *testing.T) {
	for cores, want := range map[int][]string{
		0: {"10ms", "10ms", "10ms"}, 1: {"10ms", "20ms", "30ms"}, 2: {"10ms", "10ms", "20ms"},
	} {
		r := newRig(t, sim.Config{})
		r.node(t, sim.NodeConfig{Name: "n", Cores: cores, Service: service(10 * ms)}, func(c *sim.Ctx, ev *sim.Event) {
			if ev.Kind == sim.Started {
				send(c, c.Self(), "x")
			} else {
				r.lines[len(r.lines)-1] = c.WorldNow().String()
			}
		}, "a", "b", "c")
		r.Run()
		r.expect(t, want...)
	}
}

func TestMailboxBound(t *testing.T) {
	r := newRig(t, sim.Config{})
	var errs []error
	r.node(t, sim.NodeConfig{Name: "n", Service: service(ms)}, on(func(c *sim.Ctx) {
		for range 6 {
			_, err := c.Send(c.Self(), 0, 1, "x")
			errs = append(errs, err)
		}
		_, err := c.Send(c.Self(), 0, 1<<30, "x")
		errs = append(errs, err)
	}), "a")
	r.Run()
	if !slices.Equal(errs, []error{nil, nil, nil, nil, sim.ErrMailboxFull, sim.ErrMailboxFull, sim.ErrTooLarge}) {
		t.Errorf("%v", errs)
	}
	if len(r.lines) != 4 {
		t.Errorf("%q", r.lines)
	}
}

// A paused node's mailbox fills, the fifth message is refused, and yet the
// answer to its own request is not.
func TestReplyIsNeverRefused(t *testing.T) {
	r := newRig(t, sim.Config{})
	var other sim.NodeID
	n := r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { ask(c, to(1, "a"), "question") }), "a")
	other = r.node(t, sim.NodeConfig{Name: "m"}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			for i := range 5 {
				send(c, ev.From, fmt.Sprint(i))
			}
			c.After(5*ms, 1)
			_, err := c.Reply(ev.ReplyTo, 0, 10, "answer")
			must(t, err)
		}
	}, "a")
	must(t, r.SetLink(other, n, sim.LinkConfig{Latency: sim.Constant(ms), Ordered: true}))
	r.At(ms, "pause", func(w *sim.World) { must(t, w.Pause(n)) })
	r.RunUntil(10 * ms)
	r.expect(t, "1ms a delivered question", "3ms a failed 4 sim: remote mailbox full", "6ms a timer 1")
	must(t, r.Resume(n))
	r.Run()
	r.expect(t, "10ms a delivered 0", "10ms a delivered 1", "10ms a delivered 2", "10ms a delivered 3", "10ms a replied answer")
}

func TestRequestsBoundAndForget(t *testing.T) {
	r := newRig(t, sim.Config{Limits: sim.Limits{Outstanding: 2}})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		a, _ := c.Request(to(1, "a"), 0, 1, "1")
		_, err := c.Request(to(1, "a"), 0, 1, "2")
		must(t, err)
		if _, err = c.Request(to(1, "a"), 0, 1, "3"); !errors.Is(err, sim.ErrOutstanding) {
			t.Errorf("third request: %v", err)
		}
		if !c.Forget(a) || c.Forget(a) || c.Forget(0) {
			t.Error("Forget works once, on open requests")
		}
		_, err = c.Request(to(1, "a"), 0, 1, "4")
		must(t, err)
	}), "a")
	r.node(t, sim.NodeConfig{Name: "m"}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered {
			_, err := c.Reply(ev.ReplyTo, 0, 1, ev.Msg)
			must(t, err)
		}
	}, "a")
	r.Run()
	slices.Sort(r.lines) // the forgotten one's answer still fits the mailbox
	r.expect(t, "1ms a delivered 1", "1ms a delivered 2", "1ms a delivered 4", "2ms a replied 1", "2ms a replied 2", "2ms a replied 4")
}

func TestCrashKillsVolatileState(t *testing.T) {
	for _, silent := range []bool{false, true} {
		r := newRig(t, sim.Config{})
		n := r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
			c.After(10*ms, uint64(c.Self().Inc))
		}, "a")
		r.node(t, sim.NodeConfig{Name: "m"}, func(c *sim.Ctx, ev *sim.Event) {
			switch ev.Kind {
			case sim.Started:
				ask(c, to(n, "a"), "open")
				c.After(20*ms, 9)
			case sim.TimerFired:
				ask(c, sim.Addr{Node: n, Inc: 1, Actor: "a"}, "later")
			}
		}, "b")
		r.At(5*ms, "crash", func(w *sim.World) { must(t, w.Crash(n, sim.CrashOptions{Silent: silent})) })
		r.At(30*ms, "start", func(w *sim.World) { must(t, w.Start(n)) })
		r.RunUntil(45 * ms)
		want := []string{"1ms a delivered open", "6ms b failed open sim: reset", "20ms b timer 9", "22ms b failed later sim: refused", "40ms a timer 2"}
		if silent {
			want = []string{"1ms a delivered open", "20ms b timer 9", "40ms a timer 2"}
		}
		r.expect(t, want...)
		if why := []string{"later down"}; silent && !slices.Equal(r.lost, why) {
			t.Errorf("lost %q, want %q", r.lost, why)
		}
		if i := r.Node(n); i.Inc != 2 || i.State != sim.NodeUp || !slices.Equal(i.Actors, []string{"a"}) {
			t.Errorf("%+v", i)
		}
	}
}

func TestStopTellsTheRoot(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Stopping {
			c.After(ms, 1)
		} else if ev.Kind == sim.TimerFired {
			c.Exit()
			c.After(ms, 2) // never fires
		}
	}, "root", "other")
	must(t, r.Stop(n))
	r.Run()
	r.expect(t, "0s root stopping", "1ms root timer 1")
	if s := r.Node(n).State; s != sim.NodeStopped {
		t.Errorf("the node is %v", s)
	}
	must(t, r.Start(n))
}

func TestPauseActorAlone(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { c.After(ms, 1) }), "a", "b")
	r.RunUntil(0)
	must(t, r.PauseActor(n, "a"))
	r.RunUntil(5 * ms)
	r.expect(t, "1ms b timer 1")
	must(t, r.ResumeActor(n, "a"))
	r.Run()
	r.expect(t, "5ms a timer 1")
}

// An actor that is paused while it waits for a core does not get one.
func TestPausedActorGetsNoCore(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n", Cores: 1, Service: service(10 * ms)}, on(func(c *sim.Ctx) {
		if c.Self().Actor == "a" {
			send(c, to(0, "a"), "first")
			c.After(ms, 0)
		}
	}), "a", "b")
	r.At(ms, "send", func(w *sim.World) { must(t, w.Inject(to(n, "b"), 0, 1, "second")) })
	r.At(5*ms, "pause", func(w *sim.World) { must(t, w.PauseActor(n, "b")) })
	r.At(50*ms, "resume", func(w *sim.World) { must(t, w.ResumeActor(n, "b")) })
	r.Run()
	r.expect(t, "10ms a delivered first", "10ms a timer 0", "60ms b delivered second")
}

// A timer that is cancelled while it waits in the mailbox leaves nothing behind.
func TestCancelOfATimerThatWaits(t *testing.T) {
	r := newRig(t, sim.Config{})
	var id sim.TimerID
	r.node(t, sim.NodeConfig{Name: "n", Service: service(10 * ms)}, func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started:
			send(c, c.Self(), "x")
			id = c.After(ms, 1) // due while x is in service
		case sim.Delivered:
			if !c.Cancel(id) {
				t.Error("not cancelled")
			}
		}
	}, "a")
	r.Run()
	r.expect(t, "10ms a delivered x")
	if p := r.Pending(); p != 0 {
		t.Errorf("%d events are left", p)
	}
}

// What waited comes in a seeded order: both orders occur.
func TestResumeOrderIsSeeded(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(40) {
		r := newRig(t, sim.Config{Seed: seed})
		n := r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) { c.After(ms, 1); c.After(2*ms, 2) }), "a")
		r.RunUntil(0)
		must(t, r.Pause(n))
		r.RunUntil(3 * ms)
		r.expect(t)
		must(t, r.Resume(n))
		r.Run()
		seen[fmt.Sprint(r.lines)]++
	}
	if len(seen) != 2 {
		t.Errorf("orders: %v", seen)
	}
}

func TestSpawnAndStopActors(t *testing.T) {
	r := newRig(t, sim.Config{})
	kid := sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) { r.note(c, ev) })
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		must(t, c.Spawn("kid", sim.ActorOptions{}, kid))
		if err := c.Spawn("kid", sim.ActorOptions{}, kid); !errors.Is(err, sim.ErrNameUsed) {
			t.Errorf("spawned twice: %v", err)
		}
		ask(c, to(0, "kid"), "lost")
		must(t, c.StopActor("kid"))
		if err := c.Spawn("kid", sim.ActorOptions{}, kid); !errors.Is(err, sim.ErrNameUsed) {
			t.Errorf("spawned after its end: %v", err)
		}
		if _, err := c.Send(to(0, "kid"), 0, 1, nil); !errors.Is(err, sim.ErrRefused) {
			t.Errorf("sent to the dead: %v", err)
		}
		if err := c.StopActor("kid"); !errors.Is(err, sim.ErrNoActor) {
			t.Errorf("stopped twice: %v", err)
		}
	}), "a")
	r.Run()
	r.expect(t, "0s a failed lost sim: reset")
	if want := []string{"lost stop"}; !slices.Equal(r.lost, want) {
		t.Errorf("lost %q, want %q", r.lost, want)
	}
}

func TestCancel(t *testing.T) {
	r := newRig(t, sim.Config{})
	r.node(t, sim.NodeConfig{Name: "n"}, on(func(c *sim.Ctx) {
		c.After(2*ms, 2)
		id := c.After(time.Hour, 1)
		for range 200 { // enough to be swept
			if !c.Cancel(c.After(time.Hour, 3)) {
				t.Error("not cancelled")
			}
		}
		if !c.Cancel(id) || c.Cancel(id) || c.Cancel(0) {
			t.Error("Cancel works once")
		}
	}), "a")
	r.RunUntil(0)
	if p := r.Pending(); p > 130 {
		t.Errorf("%d events are kept for one timer", p)
	}
	r.Run()
	r.expect(t, "2ms a timer 2")
	if r.Now() != 2*ms {
		t.Errorf("cancelled timers moved the time to %v", r.Now())
	}
}

// What comes from outside is an event like others, within the mailbox's bound.
func TestInject(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Delivered && (ev.From != sim.Addr{Node: sim.Outside} || ev.Size != 3 || ev.Token != 0 || !ev.ReplyTo.None()) {
			t.Errorf("%+v", ev)
		}
	}, "a")
	for i := range 4 {
		must(t, r.Inject(to(n, "a"), 1, 3, i))
	}
	for want, a := range map[error]sim.Addr{
		sim.ErrMailboxFull: to(n, "a"), sim.ErrNoActor: to(n, "b"), sim.ErrNoNode: to(7, "a"), sim.ErrNodeState: {Node: n, Inc: 2, Actor: "a"},
	} {
		if err := r.Inject(a, 1, 3, "x"); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	r.Run()
	r.expect(t, "0s a delivered 0", "0s a delivered 1", "0s a delivered 2", "0s a delivered 3")
	must(t, r.Inject(to(n, "a"), 1, 3, "late"), r.Crash(n, sim.CrashOptions{}))
	r.Run()
	r.expect(t)
	if want := []string{"late crash"}; !slices.Equal(r.lost, want) {
		t.Errorf("lost %q, want %q", r.lost, want)
	}
}

// Events name both ends' tokens and, of a failure, where it was sent to.
// A message that is due in the moment of the start does not overtake Started,
// whatever the tie-breaks.
func TestStartedComesFirst(t *testing.T) {
	for seed := range uint64(64) {
		w := newWorld(t, sim.Config{Seed: seed})
		begun := map[string]bool{}
		addActors := func(b *sim.Booter) {
			for _, name := range []string{"a", "b", "c"} {
				must(t, b.Spawn(name, sim.ActorOptions{}, sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
					if !begun[name] && ev.Kind != sim.Started {
						t.Fatalf("seed %d: the first event of %s is %v", seed, name, ev.Kind)
					}
					if begun[name] = true; ev.Kind == sim.Started && name == "a" {
						for _, peer := range []string{"b", "c"} {
							_, err := c.Send(to(c.Self().Node, peer), 0, 1, "hello")
							must(t, err)
						}
					}
				})))
			}
		}
		n, err := w.AddNode(sim.NodeConfig{Name: "n", Boot: addActors})
		must(t, err, w.Start(n))
		w.Run()
		if len(begun) != 3 {
			t.Fatalf("seed %d: %v began", seed, begun)
		}
	}
}

func TestEventsNameTheirMessages(t *testing.T) {
	r := newRig(t, sim.Config{})
	var got []string
	note := func(ev *sim.Event) {
		got = append(got, fmt.Sprintf("%v token %d sent %d from %v", ev.Kind, ev.Token, ev.Sent, ev.From))
	}
	r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started:
			ask(c, to(1, "b"), "q")
			ask(c, to(1, "none"), "r")
			c.After(5*ms, 0)
		case sim.TimerFired:
			ask(c, to(1, "b"), "s")
			must(t, c.StopActor("a"))
		default:
			note(ev)
		}
	}, "a")
	r.node(t, sim.NodeConfig{Name: "m"}, func(c *sim.Ctx, ev *sim.Event) {
		switch ev.Kind {
		case sim.Started:
			c.Disk().Sync("x") // uses token 1
		case sim.Delivered:
			_, err := c.Reply(ev.ReplyTo, 0, 1, "a")
			must(t, err)
			note(ev)
		default:
			note(ev)
		}
	}, "b")
	r.Run()
	slices.Sort(got)
	want := []string{
		"delivered token 1 sent 1 from {0 1 a}", "delivered token 3 sent 3 from {0 1 a}", "disk token 1 sent 0 from {0 0 }",
		"failed token 2 sent 0 from {1 0 none}", "failed token 3 sent 0 from {0 1 a}", "replied token 1 sent 2 from {1 1 b}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// stations notes what an Observer hears of nodes and actors.
type stations struct {
	sim.NopObserver
	heard []string
}

func (s *stations) ActorStarted(a sim.Addr) { s.heard = append(s.heard, "start "+a.Actor) }
func (s *stations) ActorStopped(a sim.Addr) { s.heard = append(s.heard, "end "+a.Actor) }
func (s *stations) NodeChanged(_ sim.NodeID, inc uint32, st sim.NodeState) {
	s.heard = append(s.heard, fmt.Sprint(st, inc))
}

func TestObserverHearsOfNodesInOrder(t *testing.T) {
	s := &stations{}
	w := newWorld(t, sim.Config{Observer: s})
	n := addNode(t, w, "n", sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
		if c.EventNumber() != w.Events() || c.EventNumber() == 0 {
			t.Errorf("event %d is number %d", w.Events(), c.EventNumber())
		}
		if ev.Kind == sim.Stopping {
			c.Exit()
		}
	}))
	must(t, w.Pause(n), w.Resume(n), w.Restart(n), w.Stop(n))
	w.Run()
	want := []string{"up 1", "start main", "paused 1", "up 1", "end main", "down 1", "up 2", "start main", "end main", "stopped 2"}
	if !slices.Equal(s.heard, want) {
		t.Errorf("got  %q\nwant %q", s.heard, want)
	}
}

func TestMisusePanics(t *testing.T) {
	for name, f := range map[string]func(c *sim.Ctx, w *sim.World){
		"control in a handler": func(c *sim.Ctx, w *sim.World) { _ = w.Crash(0, sim.CrashOptions{}) },
		"run in a handler":     func(c *sim.Ctx, w *sim.World) { w.Run() },
		"class":                func(c *sim.Ctx, w *sim.World) { _, _ = c.Send(c.Self(), 8, 1, nil) },
		"size":                 func(c *sim.Ctx, w *sim.World) { _, _ = c.Send(c.Self(), 0, -1, nil) },
		"reply to nobody":      func(c *sim.Ctx, w *sim.World) { _, _ = c.Reply(sim.ReplyTo{}, 0, 1, nil) },
		"clock in a handler":   func(c *sim.Ctx, w *sim.World) { w.Clock(0).Freeze() },
		"disk in a handler":    func(c *sim.Ctx, w *sim.World) { w.Disk(0).Stall() },
		"the past":             func(c *sim.Ctx, w *sim.World) { w.At(-1, "x", func(*sim.World) {}) },
	} {
		w := newWorld(t, sim.Config{})
		addNode(t, w, "n", sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f(c, w)
		}))
		w.Run()
	}
}
