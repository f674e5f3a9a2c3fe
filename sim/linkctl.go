package sim

import "fmt"

// way returns the link from one node to another for a control function.
func (w *World) way(from, to NodeID) (*link, error) {
	w.control()
	if !w.hasNode(from) || !w.hasNode(to) || from == to {
		return nil, fmt.Errorf("%w: link %d to %d of %d nodes", ErrNoNode, from, to, len(w.nodes))
	}
	return w.link(from, to), nil
}

// SetDefaultLink configures every link that SetLink does not, from now on. At
// first it is Constant(1 ms), unordered, without a rate.
func (w *World) SetDefaultLink(c LinkConfig) error {
	w.control()
	if err := c.Validate(); err != nil {
		return err
	}
	w.linkDef = c.withDefaults()
	return nil
}

// SetLink configures the link from one node to another. What is under way
// already keeps its time of arrival.
func (w *World) SetLink(from, to NodeID, c LinkConfig) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return err
	}
	l.cfg, l.explicit = c.withDefaults(), true
	return nil
}

// Link returns the configuration of the link from one node to another. It
// panics if one of them does not exist.
func (w *World) Link(from, to NodeID) LinkConfig { return *w.config(w.link(from, to)) }

// SetRate changes the link's rate alone, in bytes a second; 0 = no limit.
func (w *World) SetRate(from, to NodeID, bytesPerSecond int64) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	c := *w.config(l)
	c.Rate = bytesPerSecond
	return w.SetLink(from, to, c)
}

// Cut loses, in silence, every message of these classes that is under way on
// the link or is sent before Heal. What is under way is reported as lost at
// the time of its arrival, and takes room on the link until then.
func (w *World) Cut(from, to NodeID, s ClassSet) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	l.cut |= s
	w.breakLink(l, s, WhyCut)
	return nil
}

// Heal ends Cut for these classes.
func (w *World) Heal(from, to NodeID, s ClassSet) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	l.cut &^= s
	return nil
}

// Reset breaks the link once for these classes, in a way that both ends notice:
// what is under way is lost, its senders get a Failed event with ErrReset, and
// so do those whose requests over the link are open, answered or not. The link
// then works on. Cut and Reset together are a cut that its sender notices.
func (w *World) Reset(from, to NodeID, s ClassSet) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	w.breakLink(l, s, WhyReset)
	w.resetRequests(from, to, s, false)
	return nil
}

// Refuse is Reset, and until Accept what the link takes to the node is refused
// there: its sender gets a Failed event with ErrRefused, as of a node that is
// down.
func (w *World) Refuse(from, to NodeID, s ClassSet) error {
	if err := w.Reset(from, to, s); err != nil {
		return err
	}
	w.link(from, to).refused |= s
	return nil
}

// Accept ends Refuse for these classes.
func (w *World) Accept(from, to NodeID, s ClassSet) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	l.refused &^= s
	return nil
}

// breakLink loses what is under way.
func (w *World) breakLink(l *link, s ClassSet, why Why) {
	for c := Class(0); c < classCount; c++ {
		if s.Has(c) {
			l.epoch[c]++
			l.why[c] = why
		}
	}
	for i := l.unhold(w, s); i != none; i = l.unhold(w, s) {
		w.land(l, i)
	}
}

// Hold keeps messages of these classes back at the end of the link, until
// Release. They take room on the link meanwhile.
func (w *World) Hold(from, to NodeID, s ClassSet) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	l.held |= s
	return nil
}

// Release ends Hold for these classes: what was held arrives now, in the order
// of its arrival if the link is ordered, else in a seeded order.
func (w *World) Release(from, to NodeID, s ClassSet) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	l.held &^= s
	if w.config(l).Ordered {
		w.drainSoon(l)
		return nil
	}
	for i := l.unhold(w, ^l.held); i != none; i = l.unhold(w, ^l.held) {
		w.schedule(w.now, i)
	}
	return nil
}

// hold puts slot i at the end of those held.
func (l *link) hold(w *World, i int32) {
	s := &w.slots[i]
	s.next = none
	l.waiting[s.class]++
	if l.heldHead == none {
		l.heldHead = i
	} else {
		w.slots[l.heldTail].next = i
	}
	l.heldTail = i
}

// unhold takes the first held slot of these classes, or returns none.
func (l *link) unhold(w *World, set ClassSet) int32 {
	prev := int32(none)
	for i := l.heldHead; i != none; prev, i = i, w.slots[i].next {
		s := &w.slots[i]
		if !set.Has(s.class) {
			continue
		}
		if prev == none {
			l.heldHead = s.next
		} else {
			w.slots[prev].next = s.next
		}
		if l.heldTail == i {
			l.heldTail = prev
		}
		s.next = none
		l.waiting[s.class]--
		assert(l.waiting[s.class] >= 0, "a link counts what it holds")
		return i
	}
	return none
}

// drainSoon queues the event that lets the next released message of an
// ordered link go. One at a time: what arrives meanwhile joins the end.
func (w *World) drainSoon(l *link) {
	if l.draining {
		return
	}
	for c := Class(0); c < classCount; c++ {
		if l.waiting[c] > 0 && !l.held.Has(c) {
			l.draining = true
			i, s := w.alloc(slotDrain)
			s.key = uint64(l.id)
			w.schedule(w.now, i)
			return
		}
	}
}

// drain lets one released message go.
func (w *World) drain(l *link) {
	l.draining = false
	if i := l.unhold(w, ^l.held); i != none {
		w.land(l, i)
	}
	w.drainSoon(l)
}

// Impair sets the impairment of these classes on the link; it replaces the
// one before.
func (w *World) Impair(from, to NodeID, s ClassSet, p Impairment) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if l.imp == nil {
		l.imp = new([classCount]Impairment)
	}
	for c := Class(0); c < classCount; c++ {
		if s.Has(c) {
			l.imp[c] = p
		}
	}
	l.impaired |= s
	return nil
}

// Mend ends Impair for these classes.
func (w *World) Mend(from, to NodeID, s ClassSet) error {
	l, err := w.way(from, to)
	if err != nil {
		return err
	}
	l.impaired &^= s
	return nil
}
