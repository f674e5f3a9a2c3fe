package sim

import "time"

// Ctx is what an actor may see and do. It is valid while Handle runs.
type Ctx struct {
	w *World
	a *actor
}

// live returns the actor whose handler runs.
func (c *Ctx) live() *actor {
	assert(c.a != nil, "a Ctx is valid while Handle runs")
	return c.a
}

// Self returns the actor's own address, with its incarnation.
func (c *Ctx) Self() Addr { return c.live().addr }

// ID returns the actor's index in the world.
func (c *Ctx) ID() ActorID { return c.live().id }

// Now returns the node's monotonic time.
func (c *Ctx) Now() time.Duration { return c.live().node.clock.Now() }

// Wall returns the node's wall time.
func (c *Ctx) Wall() time.Time { return c.live().node.clock.Wall() }

// WorldNow returns the world's virtual time: for records, not for decisions,
// because no real node can know it.
func (c *Ctx) WorldNow() time.Duration { return time.Duration(c.w.now) }

// EventNumber returns the number of this event in the world, from 1.
func (c *Ctx) EventNumber() uint64 { return c.w.events }

// Send sends a message of size bytes and returns its token, or at once
// ErrTooLarge, ErrNoNode, ErrLinkFull (other node), ErrMailboxFull or
// ErrRefused (same node). An accepted message may still be lost. A Failed
// event may tell so, if this actor's mailbox has room; silence proves nothing.
// msg must not change after Send.
func (c *Ctx) Send(to Addr, class Class, size int, msg any) (Token, error) {
	return c.w.send(c.live(), to, class, size, msg, 0)
}

// Request is Send for a message that wants an answer. It reserves a slot, so
// that one Replied or Failed event for its token is never refused. The slot is
// in use until that event was handled, or Forget; ErrOutstanding means that
// all are in use.
func (c *Ctx) Request(to Addr, class Class, size int, msg any) (Token, error) {
	return c.w.send(c.live(), to, class, size, msg, flagRequest)
}

// Reply answers a request; any actor of the node that received it may. The
// answer is subject to the link, but never to the requester's mailbox bound,
// unless the request is no longer open. It panics if rt.None().
func (c *Ctx) Reply(rt ReplyTo, class Class, size int, msg any) (Token, error) {
	return c.w.reply(c.live(), rt, class, size, msg)
}

// Forget gives up an open request of this actor: its slot is free, a later
// failure is dropped, and a later answer is delivered only if the mailbox has
// room. It reports whether the request was open (an answer that waits in the
// mailbox has closed it).
func (c *Ctx) Forget(tok Token) bool {
	a := c.live()
	if !c.w.closeRequest(a.node, a.id, tok) {
		return false
	}
	a.requests--
	return true
}

// After sets a timer: a TimerFired event with this key, once the node's
// monotonic clock has advanced by d (negative counts as 0). Timers that are
// due at the same time fire in a seeded order. Beyond Limits.Timers it sets
// none, returns 0 and ends the run.
func (c *Ctx) After(d time.Duration, key uint64) TimerID {
	a, w := c.live(), c.w
	if !a.alive {
		return 0
	}
	if int(a.timers) >= w.limits.Timers {
		w.end(LimitTimers)
		return 0
	}
	a.timers++
	i, s := w.alloc(slotTimer)
	s.target, s.key = a.id, key
	gen := s.gen
	d = max(d, 0)
	if a.warped {
		a.node.clock.set(i, s, int64(d))
	} else {
		s.due = satAdd(w.now, int64(d))
		w.schedule(s.due, i)
	}
	return timerID(i, gen)
}

// Cancel ends a timer of this actor; after true its event will not be handled,
// even if it was due already. It reports false if there is no such timer.
func (c *Ctx) Cancel(id TimerID) bool {
	a, w := c.live(), c.w
	i := int32(uint32(id)) - 1
	if i < 0 || int(i) >= len(w.slots) {
		return false
	}
	s := &w.slots[i]
	if s.gen != uint32(id>>32) || s.kind != slotTimer || s.target != a.id || s.flags&flagCancelled != 0 {
		return false
	}
	s.flags |= flagCancelled
	a.timers--
	w.sweep()
	return true
}

// Spawn starts another actor on this node. Its Started event is due now.
// ErrNameUsed: a name is never used twice within an incarnation.
func (c *Ctx) Spawn(name string, o ActorOptions, a Actor) error {
	return c.w.spawn(c.live().node, name, o, a)
}

// StopActor ends an actor of this node at once, which may be this one: its
// mailbox is lost (requests in it fail with ErrReset), its timers and open
// requests are forgotten. ErrNoActor: none of this name runs.
func (c *Ctx) StopActor(name string) error {
	a := c.live().node.find(name)
	if a == nil {
		return ErrNoActor
	}
	c.w.endActor(a, WhyStop)
	return nil
}

// Exit ends the node gracefully after this event: disk operations under way
// are applied, un-synced writes stay in the disk's cache, peers are told as
// after a crash that is not silent. The node is then NodeStopped.
func (c *Ctx) Exit() {
	c.live()
	c.w.exiting = true
}

// Disk returns the node's disk as an actor sees it.
func (c *Ctx) Disk() Files { return Files{c} }
