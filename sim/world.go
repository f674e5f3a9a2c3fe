package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Config describes a world.
type Config struct {
	Seed     uint64    // every draw and tie-break follows from it; any value
	Limits   Limits    // zero fields take defaults
	Observer Observer  // told the fate of messages; nil = none
	Schedule Schedule  // the order of events; zero = seeded among those of one instant
	Epoch    time.Time // wall time at virtual time 0; zero = 2026-01-01 00:00 UTC
}

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	err := errors.Join(c.Limits.Validate(), c.Schedule.Validate())
	if !c.Epoch.IsZero() && (c.Epoch.Year() < 1700 || c.Epoch.Year() > 2100) {
		err = errors.Join(err, fmt.Errorf("%w: Epoch %v, not in 1700 to 2100", ErrConfig, c.Epoch))
	}
	return err
}

// World is one deterministic run: its nodes, links and queue. It belongs to
// one goroutine. Several worlds can run side by side: they share nothing.
type World struct {
	now      int64
	events   uint64
	hash     uint64
	seq      uint64
	tieSeed  uint64
	seed     uint64
	queue    queue
	slots    []slot
	bodies   []body // of the slots, by the same index
	freeSlot int32
	used     int // slots in use
	dead     int // about how many cancelled timers the queue holds
	stop     StopReason
	exiting  bool // the running handler called Exit

	actors    []*actor
	actorRoom []actor // for actors to come
	ctx       Ctx
	ev        Event // what handlers are given, except timers
	evTimer   Event
	evService Event // what service models are given, maybe while a handler runs
	pairs     [1 << pairBits]chain
	nodes     []*node
	byName    map[string]NodeID
	links     []*link
	linkAt    table // (from, to) -> index of links
	linkDef   LinkConfig
	requests  requests
	bytes     int64 // of messages under way or waiting
	streams   map[string]*rand.Rand
	limits    Limits
	observer  Observer
	epoch     time.Time

	priorities *priorities // nil: all alike
	fallAt     uint64      // the event at which an actor falls
	choose     func(n int) int
	within     time.Duration
}

// New returns an empty world at virtual time 0.
func New(c Config) (*World, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	w := &World{
		seed:     c.Seed,
		tieSeed:  scramble(c.Seed ^ mixD),
		hash:     scramble(c.Seed ^ mixE),
		freeSlot: none,
		byName:   map[string]NodeID{},
		streams:  map[string]*rand.Rand{},
		limits:   c.Limits.withDefaults(),
		observer: c.Observer,
		epoch:    c.Epoch,
		linkDef:  LinkConfig{Latency: Constant(time.Millisecond)}.withDefaults(),
	}
	w.requests.freeHead = none
	if w.observer == nil {
		w.observer = NopObserver{}
	}
	if w.epoch.IsZero() {
		w.epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	w.choose, w.within = c.Schedule.Choose, c.Schedule.Within
	w.fallAt = never
	if c.Schedule.Priority.Window > 0 {
		w.priorities = newPriorities(c.Schedule.Priority, c.Seed)
		w.fallAt = w.priorities.next(0)
	}
	w.ctx.w = w
	w.evTimer.Kind = TimerFired
	return w, nil
}

// Now returns the virtual time since the world began.
func (w *World) Now() time.Duration { return time.Duration(w.now) }

// Events returns the number of scheduler events so far.
func (w *World) Events() uint64 { return w.events }

// Seed returns the seed of the world.
func (w *World) Seed() uint64 { return w.seed }

// Pending returns the number of events, timers and messages that wait
// anywhere: in the queue, in mailboxes, on held links. Cancelled timers that
// have not been swept yet count too.
func (w *World) Pending() int { return w.used }

// Halt makes the run return after the present event, with Halted(reason). The
// first reason to stop stands. A later Run goes on.
func (w *World) Halt(reason string) { w.end(Halted(reason)) }

// end notes the first reason to stop.
func (w *World) end(r StopReason) {
	if w.stop == "" {
		w.stop = r
	}
}

// Run runs until nothing is left to do, a limit is reached or Halt is called.
// A limit that was reached ends every later run too.
func (w *World) Run() StopReason { return w.run(int64(timeMax)) }

// RunUntil runs every event up to and including time t, and then sets the
// time to t. It returns Until, or Quiet when the queue became empty, or what
// stopped it earlier (the time then is that of the last event, or Limits.Time if
// t and all that is left to do lie beyond that).
func (w *World) RunUntil(t time.Duration) StopReason {
	assert(int64(t) >= w.now, "RunUntil needs a time that is not in the past")
	r := w.run(int64(t))
	switch {
	case r != Until && r != Quiet:
	case t <= w.limits.Time:
		w.now = int64(t)
	case r == Until: // time does not pass beyond the limit, though no event lies between
		w.now = int64(w.limits.Time)
		w.end(LimitTime)
		return w.taken()
	}
	return r
}

// Step runs one event. It reports false, having run none, when the queue is
// empty, a limit is reached or Halt was called since the last Step or Run.
func (w *World) Step() bool {
	if w.stop == "" && w.step(int64(timeMax)) {
		return true // why to stop, if the event said so, is for the next call
	}
	w.taken()
	return false
}

func (w *World) run(until int64) StopReason {
	assert(w.ctx.a == nil, "no handler may run the world")
	for w.stop == "" {
		w.step(until)
	}
	return w.taken()
}

// taken returns the reason to stop and forgets it, unless it is a limit.
func (w *World) taken() StopReason {
	r := w.stop
	if !r.IsLimit() {
		w.stop = ""
	}
	return r
}

// step runs the next event at or before until. If there is none it notes why
// and reports false.
func (w *World) step(until int64) bool {
	q := &w.queue
	for {
		q.settle()
		if len(q.heap) == 0 {
			w.end(Quiet)
			return false
		}
		k := q.heap[0]
		alive := k.actor == none || w.actors[k.actor].alive
		s := &w.slots[k.slot]
		if w.isDead(s, alive) {
			q.take()
			w.bury(k.slot)
			continue
		}
		if k.at > until {
			w.end(Until)
			return false
		}
		if w.events >= w.limits.Events {
			w.end(LimitEvents)
			return false
		}
		if k.at > int64(w.limits.Time) {
			w.end(LimitTime)
			return false
		}
		if w.choose == nil {
			q.take()
			assert(k.at >= w.now, "time never goes back")
		} else {
			k = w.choice(k, until)
			s = &w.slots[k.slot]
			k.at = max(k.at, w.now) // another may have been chosen before it
		}
		w.now = k.at
		w.events++
		if w.events >= w.fallAt {
			w.fall(k.slot)
		}
		w.hashEvent(k.at, s)
		w.dispatch(k.slot, s)
		return true
	}
}

// isDead reports whether a slot is an event of something that is no more. Such
// an event does not happen: it is not counted, hashed, nor does time move to
// it. Messages are never dead, because each has a fate.
func (w *World) isDead(s *slot, alive bool) bool {
	switch s.kind {
	case slotTimer:
		return !alive || s.flags&flagCancelled != 0
	case slotComplete, slotStarted, slotStopping, slotFail, slotDisk:
		return !alive
	case slotTicket:
		n := w.nodes[s.toNode]
		return n.inc != s.toInc || n.state != NodeUp && n.state != NodePaused
	}
	return false
}

// bury frees a dead slot that was taken from the queue.
func (w *World) bury(i int32) {
	switch w.slots[i].kind {
	case slotFail:
		w.drop(i)
		return
	case slotTimer:
		w.dead = max(w.dead-1, 0)
	}
	w.free(i)
}

// dispatch runs the event in slot i.
func (w *World) dispatch(i int32, s *slot) {
	switch s.kind {
	case slotTimer, slotStarted, slotStopping, slotDisk:
		w.arrive(w.actors[s.target], i)
	case slotSend, slotReply, slotFail:
		if s.link >= 0 {
			w.leaveLink(i)
		} else {
			w.admit(i)
		}
	case slotComplete:
		a := w.actors[s.target]
		w.free(i)
		w.complete(a)
	case slotDrain:
		l := w.links[s.key]
		w.free(i)
		w.drain(l)
	case slotTicket:
		n := w.nodes[s.toNode]
		w.free(i)
		n.disk.ticket()
	case slotCall:
		f := w.bodies[i].msg.(func(*World))
		w.free(i)
		f(w)
	default:
		assert(false, "the queue holds events only")
	}
}

// sweep drops dead timers from the queue once they are more than half of it,
// so that cancelled timeouts cost O(1) each, in memory and time.
func (w *World) sweep() {
	w.dead++
	if w.dead < 64 || 2*w.dead < w.queue.size() {
		return
	}
	w.dead = 0
	w.queue.rework(func(k *key) bool {
		if s := &w.slots[k.slot]; s.kind != slotTimer || !w.isDead(s, w.actors[k.actor].alive) {
			return true
		}
		w.free(k.slot)
		return false
	})
}
