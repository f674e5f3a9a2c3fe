package sim

import (
	"cmp"
	"slices"
)

// A mailbox is a list of slots, linked through their next fields, so that a
// waiting message costs no memory beyond its slot. Only unreserved messages
// count against its bound. Answers to open requests, failures of them, disk
// completions and timers have slots of their own, bounded by
// Limits.Outstanding and Limits.Timers, and are never refused.

// hasRoom reports whether an unreserved message of this size may wait.
func (a *actor) hasRoom(size int) bool {
	return a.mailItems < a.maxItems && int64(size) <= a.maxBytes-a.mailBytes
}

// count lets slot i take room.
func (a *actor) count(w *World, i int32) {
	s := &w.slots[i]
	assert(s.flags&flagCounted == 0 && a.hasRoom(int(s.size)), "a mailbox never exceeds its bound")
	s.flags |= flagCounted
	a.mailItems++
	a.mailBytes += int64(s.size)
}

// release gives back the room that slot i took.
func (a *actor) release(w *World, i int32) {
	s := &w.slots[i]
	if s.flags&flagCounted == 0 {
		return
	}
	s.flags &^= flagCounted
	a.mailItems--
	a.mailBytes -= int64(s.size)
	assert(a.mailItems >= 0 && a.mailBytes >= 0, "a mailbox gives back what was taken")
}

// enqueue puts slot i last.
func (a *actor) enqueue(w *World, i int32) {
	assert(a.alive, "only the living have mailboxes")
	w.slots[i].next = none
	if a.inHead == none {
		a.inHead = i
	} else {
		w.slots[a.inTail].next = i
	}
	a.inTail = i
}

// enqueueFirst puts slot i first.
func (a *actor) enqueueFirst(w *World, i int32) {
	w.slots[i].next = a.inHead
	if a.inHead == none {
		a.inTail = i
	}
	a.inHead = i
}

// dequeue takes the first slot, past cancelled timers, or returns none.
func (a *actor) dequeue(w *World) int32 {
	for a.inHead != none {
		i := a.inHead
		a.inHead = w.slots[i].next
		if a.inHead == none {
			a.inTail = none
		}
		if w.slots[i].flags&flagCancelled == 0 {
			return i
		}
		w.free(i)
	}
	return none
}

// shuffle puts what waited through a pause into a seeded order. The Started
// event and one whose service is over stay first; messages that arrived in a
// promised order keep it.
func (a *actor) shuffle(w *World) {
	var wait []key // ord is the tie-break
	last := map[ActorID]uint64{}
	for i := a.dequeue(w); i != none; i = a.dequeue(w) {
		s := &w.slots[i]
		t := w.tie()
		if s.kind == slotStarted || s.flags&flagServed != 0 {
			t = 0
		} else if s.flags&flagFIFO != 0 {
			t = max(t, last[s.from])
			last[s.from] = t
		}
		wait = append(wait, key{ord: t, slot: i})
	}
	slices.SortStableFunc(wait, func(x, y key) int { return cmp.Compare(x.ord, y.ord) })
	for _, k := range wait {
		a.enqueue(w, k.slot)
	}
}
