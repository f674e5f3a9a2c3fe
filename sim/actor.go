package sim

import (
	"fmt"
	"math/rand/v2"
)

// actor is one sequential state machine of one incarnation; one cache line.
type actor struct {
	id      ActorID
	inHead  int32 // waiting slots, first to last
	inTail  int32
	cur     int32 // the slot whose service time passes, or none
	alive   bool
	blocked bool  // paused itself, or its node is
	timed   bool  // its node has cores or a service model
	warped  bool  // its node's clock is not the world's
	timers  int32 // pending
	impl    Actor
	node    *node
	rng     *rand.Rand
	*rest
}

// rest is what the commonest events do not need of an actor.
type rest struct {
	requests int  // open, until the answer is handled
	diskOps  int  // open, until the completion is handled
	paused   bool // by PauseActor
	queued   bool // in its node's run queue
	addr     Addr

	mailItems int // unreserved messages that wait or are on their way from this node
	mailBytes int64
	maxItems  int
	maxBytes  int64

	nextRun  *actor
	ended    int64 // when it stopped
	endedWhy Why
}

// idle reports whether an event that arrives now need not wait.
func (a *actor) idle() bool {
	if a.inHead != none || a.cur != none || a.blocked {
		return false
	}
	return !a.timed || a.node.cfg.Cores == 0 || a.node.busy < a.node.cfg.Cores
}

// spawn starts an actor; its Started event waits in its mailbox, before any other.
func (w *World) spawn(n *node, name string, o ActorOptions, impl Actor) error {
	if impl == nil || name == "" || o.MailboxItems < 0 || o.MailboxBytes < 0 {
		return fmt.Errorf("%w: actor %q of node %q, implemented by %T, with %+v", ErrConfig, name, n.cfg.Name, impl, o)
	}
	if _, used := n.names[name]; used {
		return fmt.Errorf("%w: %q on node %q", ErrNameUsed, name, n.cfg.Name)
	}
	if len(w.actors) >= w.limits.Actors {
		w.end(LimitActors)
		return fmt.Errorf("%w: actor %q is beyond Limits.Actors, %d", ErrConfig, name, w.limits.Actors)
	}
	def(&o.MailboxItems, w.limits.MailboxItems)
	def(&o.MailboxBytes, w.limits.MailboxBytes)
	a := w.newActor()
	*a = actor{
		id: ActorID(len(w.actors)), node: n, impl: impl, alive: true, inHead: none, inTail: none, cur: none,
		blocked: n.state == NodePaused,
		timed:   n.cfg.Cores > 0 || n.cfg.Service != nil, warped: n.clock.warped,
		rest: &rest{addr: Addr{Node: n.id, Inc: n.inc, Actor: name}, maxItems: o.MailboxItems, maxBytes: o.MailboxBytes},
	}
	w.actors = append(w.actors, a)
	n.actors = append(n.actors, a)
	n.names[name] = a
	if n.root == nil {
		n.root = a
	}
	w.observer.ActorStarted(a.addr)
	i, s := w.alloc(slotStarted)
	s.target = a.id
	a.enqueue(w, i) // at once: a message that is due now must not overtake it
	w.ready(a)
	return nil
}

// newActor returns room for an actor, next to the ones before: actors that lie
// close together share pages, which the address translation needs.
func (w *World) newActor() *actor {
	if len(w.actorRoom) == 0 {
		w.actorRoom = make([]actor, min(64+len(w.actors), 1024))
	}
	a := &w.actorRoom[0]
	w.actorRoom = w.actorRoom[1:]
	return a
}

// arrive gives slot i to its actor: at once if it is idle and the event costs
// no time, else through its mailbox.
func (w *World) arrive(a *actor, i int32) {
	if !a.idle() {
		a.enqueue(w, i)
		w.ready(a)
		return
	}
	if a.timed {
		if d := w.serviceTime(a, i); d > 0 {
			w.begin(a, i, d)
			return
		}
	}
	w.handle(a, i)
}

// serviceTime asks the node's model what handling slot i costs.
func (w *World) serviceTime(a *actor, i int32) int64 {
	n := a.node
	if n.cfg.Service == nil || w.slots[i].flags&flagServed != 0 {
		return 0
	}
	d := max(int64(n.cfg.Service(a.addr.Actor, w.event(i, &w.evService))), 0)
	return satMul(d, n.slowNum) / n.slowDen
}

// begin lets the service time of slot i pass; it occupies a core.
func (w *World) begin(a *actor, i int32, d int64) {
	assert(a.cur == none && !a.blocked, "an actor serves one event at a time")
	a.release(w, i)
	a.cur = i
	a.node.busy++
	a.node.served = satAdd(a.node.served, d)
	c, s := w.alloc(slotComplete)
	s.target = a.id
	w.schedule(satAdd(w.now, d), c)
}

// complete runs the handler whose service time is over, and gives its core on.
// If the actor was paused meanwhile, the handler runs when it resumes.
func (w *World) complete(a *actor) {
	i, n := a.cur, a.node
	assert(i != none && n.busy > 0, "a completion belongs to an event in service")
	a.cur = none
	n.busy--
	if a.blocked {
		w.slots[i].flags |= flagServed
		a.enqueueFirst(w, i)
	} else {
		w.handle(a, i)
		w.ready(a)
	}
	w.serve(n)
}

// ready puts an actor that has work and is idle at the end of its node's run
// queue.
func (w *World) ready(a *actor) {
	if a.queued || a.blocked || !a.alive || a.cur != none || a.inHead == none {
		return
	}
	n := a.node
	a.queued, a.nextRun = true, nil
	if n.runHead == nil {
		n.runHead = a
	} else {
		n.runTail.nextRun = a
	}
	n.runTail = a
	w.serve(n)
}

// serve gives free cores to waiting actors, first come first served. It runs
// no handler: each is an event of its own, now or after its service time.
func (w *World) serve(n *node) {
	for n.runHead != nil && (n.cfg.Cores == 0 || n.busy < n.cfg.Cores) {
		a := n.runHead
		n.runHead = a.nextRun
		assert(a.queued && a.cur == none, "the run queue holds idle actors")
		a.queued, a.nextRun = false, nil
		if a.blocked || !a.alive {
			continue
		}
		if i := a.dequeue(w); i != none {
			w.begin(a, i, w.serviceTime(a, i))
		}
	}
}

// handle runs the actor's handler with slot i.
func (w *World) handle(a *actor, i int32) {
	assert(w.ctx.a == nil && a.alive, "handlers do not nest, nor do the dead handle")
	a.release(w, i)
	ev := &w.evTimer
	if s := &w.slots[i]; s.kind == slotTimer { // the commonest event, with the fewest fields
		ev.Timer, ev.Key = timerID(i, s.gen), s.key
	} else {
		ev = w.event(i, &w.ev)
	}
	a.settle(w, i)
	w.free(i)
	w.ctx.a = a
	a.impl.Handle(&w.ctx, ev)
	w.ctx.a = nil
	if w.exiting {
		w.exiting = false
		w.exit(a.node)
	}
}

// settle gives back what slot i reserved of its actor's limits.
func (a *actor) settle(w *World, i int32) {
	s := &w.slots[i]
	switch s.kind {
	case slotTimer:
		a.timers--
		assert(a.timers >= 0, "an actor's timers are counted")
	case slotDisk:
		if s.flags&flagReserved != 0 {
			a.diskOps--
			assert(a.diskOps >= 0, "an actor's disk operations are counted")
		}
	case slotReply, slotFail:
		w.bytes -= int64(s.size)
		if s.flags&flagReserved != 0 {
			a.requests--
			assert(a.requests >= 0, "an actor's requests are counted")
		}
	case slotSend:
		w.bytes -= int64(s.size)
	}
}

// event writes slot i into ev, as the event that its actor is told.
func (w *World) event(i int32, ev *Event) *Event {
	s := &w.slots[i]
	*ev = Event{Class: s.class, Token: s.token, Msg: w.bodies[i].msg, Size: int(s.size)}
	switch s.kind {
	case slotSend:
		ev.Kind, ev.Sent = Delivered, s.token
		from := w.actors[s.from]
		ev.From = from.addr
		if s.key == fromOutside {
			ev.From = Addr{Node: Outside}
		}
		if s.flags&flagRequest != 0 {
			ev.ReplyTo = ReplyTo{Node: from.addr.Node, Inc: from.addr.Inc, Actor: from.id, Token: s.token}
		}
	case slotReply:
		ev.Kind, ev.From, ev.Token, ev.Sent = Replied, w.actors[s.from].addr, Token(s.key), s.token
	case slotFail:
		ev.Kind, ev.Err = Failed, s.fail.err()
		ev.From = Addr{Node: s.toNode, Inc: s.toInc, Actor: w.bodies[i].name}
	case slotTimer:
		ev.Kind, ev.Timer, ev.Key = TimerFired, timerID(i, s.gen), s.key
	case slotStarted:
		ev.Kind = Started
	case slotStopping:
		ev.Kind = Stopping
	case slotDisk:
		ev.Kind, ev.DiskOp, ev.File, ev.Err = DiskDone, DiskOp(s.key), w.bodies[i].name, s.fail.err()
		ev.Data, _ = w.bodies[i].msg.([]byte)
		ev.Msg = nil
	default:
		assert(false, "a mailbox holds events for actors only")
	}
	return ev
}

func timerID(i int32, gen uint32) TimerID { return TimerID(gen)<<32 | TimerID(uint32(i+1)) }
