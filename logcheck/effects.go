package logcheck

// The analyser's side: C3 (nothing comes from nowhere), C6 (one effect in a
// store), C9's first link, O1 (order with one in flight).

// orderKey is an emitter's incarnation and a store.
type orderKey struct {
	source Sym
	inc    uint32
	store  int
}

type orderMark struct {
	seq uint64
	at  Ref
}

// carries judges that a message has the contents of the packet that it names (C3).
func (d *delivery) carries(r *Record) {
	p := r.Pkt
	n, b := r.Uint(KeyN), r.Uint(KeyB)
	switch {
	case p.Forgotten:
	case p.Emitted:
		if n != p.N || b != p.B || string(r.Bytes(KeyH)) != string(p.Hash[:]) {
			d.c3.Failf([]Ref{p.emit.ref(), r.Ref()}, "a %s of %s carries other contents than were emitted", r.Msg, d.text(p))
		}
	case !p.claimed.set():
		p.claimed, p.N, p.B = r.place(), n, b
		copy(p.Hash[:], r.Bytes(KeyH))
		d.unknownID(r, p)
	}
}

// unknownID handles a use of an id before its emit.
func (d *delivery) unknownID(r *Record, p *Packet) {
	if d.ctx.ClockError > 0 && len(d.unproven) < memoMax {
		d.unproven = append(d.unproven, unproven{p.ID, r.Ref()})
		return
	}
	d.c3.Failf([]Ref{r.Ref()}, "%s was never emitted", d.text(p))
}

// arrive notes a packet that reached an analyser and what it says is done with.
func (d *delivery) arrive(r *Record) {
	s := d.storeOf(r.File)
	if s == nil {
		return
	}
	p := r.Pkt
	key := sourceKey{p.ID.Source, p.ID.Inc}
	low := s.lo[key]
	a := p.arrivalAt(r.File.Index)
	if a == nil {
		p.arrivals = append(p.arrivals, arrival{file: int32(r.File.Index)})
		a = &p.arrivals[len(p.arrivals)-1]
	}
	s.packets = true
	a.answered, a.at = false, r.place()
	if p.ID.Seq >= low.lo {
		a.fresh = true
	} else {
		a.late = low.at
	}
	if lo := r.Uint(KeyLo); lo > low.lo {
		s.lo[key] = lowMark{lo, r.place()}
		s.ever[key] = max(s.ever[key], lo)
		d.raised(r, key, lo)
	}
}

// commit judges one effect.
func (d *delivery) commit(r *Record) {
	s := d.storeOf(r.File)
	if s == nil {
		d.c6.Failf([]Ref{r.Ref()}, "a commit in the log of a %s", r.File.Role)
		return
	}
	cs, op := r.Uint(KeyCS), r.Uint(KeyOp)
	if cs <= s.last && cs > 0 {
		d.commitAgain(r, s, cs, op)
		return
	}
	d.c6.Case()
	if s.last > 0 && !s.recover && r.File.Inc > 1 {
		d.c6.Failf([]Ref{r.Ref()}, "%s commits before it said what it recovered", d.names.Name(s.node))
		s.recover = true
	}
	if cs != s.last+1 {
		d.c6.Failf([]Ref{r.Ref()}, "%s: effect number %d where %d must come", d.names.Name(s.node), cs, s.last+1)
	}
	s.push(effect{id: r.id, op: op, n: r.Int(KeyN), at: r.place()})
	s.msgs += r.Int(KeyN)
	s.covers(op, s.last)
	if p := r.Pkt; p != nil {
		d.origin(r, s, p)
		d.once(r, s, p)
		d.inOrder(r, s, p)
		s.standing.add(p.ID)
		p.commits = append(p.commits, commitMark{store: int32(s.no), cs: s.last, at: r.place()})
		if p.definite || p.certain.set() {
			d.c5.Failf([]Ref{p.certain.ref(), r.Ref()}, "%s was committed after it was rejected for certain", d.text(p))
		}
	}
}

// commitAgain judges an effect number that was used before: only the same effect,
// after its disk operation failed.
func (d *delivery) commitAgain(r *Record, s *store, cs, op uint64) {
	e := s.at(cs)
	if e == nil {
		d.c6.Failf([]Ref{r.Ref()}, "%s: effect number %d again, the newest is %d", d.names.Name(s.node), cs, s.last)
		return
	}
	if e.id != r.id || !e.failed {
		d.c6.Failf([]Ref{e.at.ref(), r.Ref()}, "%s: effect number %d is used twice", d.names.Name(s.node), cs)
		return
	}
	e.op, e.failed = op, false
	s.covers(op, cs)
}

// origin judges C3 on an effect.
func (d *delivery) origin(r *Record, s *store, p *Packet) {
	d.c3.Case()
	switch {
	case p.Forgotten:
	case !p.Emitted:
		d.unknownID(r, p)
	case s.packets && p.arrivalAt(r.File.Index) == nil:
		d.c3.Failf([]Ref{r.Ref()}, "%s was committed by an incarnation that never received it", d.text(p))
	case r.Uint(KeyN) != p.N || string(r.Bytes(KeyH)) != string(p.Hash[:]):
		d.c3.Failf([]Ref{p.emit.ref(), r.Ref()}, "%s was committed with other contents than were emitted", d.text(p))
	}
}

// once judges that the store had no effect of p and that p was not suppressed by
// acked_below when it came.
func (d *delivery) once(r *Record, s *store, p *Packet) {
	if h := d.holder(s, p.ID); h != nil {
		if h == s && s.damaged > 0 {
			s.damaged--
		} else if !h.blank {
			d.twice(r, s, p)
			where := d.names.Name(s.node)
			if h != s {
				where = "the store that " + d.names.Name(h.node) + " and " + where + " share"
			}
			d.c6.Failf([]Ref{p.commitIn(h.no), r.Ref()}, "%s has two effects in %s", d.text(p), where)
		}
	}
	if a := p.arrivalAt(r.File.Index); a != nil && !a.fresh {
		d.c6.Failf([]Ref{a.late.ref(), r.Ref()}, "%s was committed though its source was done with it", d.text(p))
	}
}

// commitIn returns the newest standing commit of p in a store.
func (p *Packet) commitIn(store int) Ref {
	for i := len(p.commits) - 1; i >= 0; i-- {
		if c := &p.commits[i]; c.store == int32(store) && !c.dropped {
			return c.at.ref()
		}
	}
	return Ref{}
}

// inOrder judges O1: with one packet in flight, effects come in the order of seq;
// a late copy of a packet that has its outcome is no effect of that order. The same
// packet may come again where its effect was lost before it was synced.
func (d *delivery) inOrder(r *Record, s *store, p *Packet) {
	if !d.ordered || p.Forgotten || p.outcome.set() || s.standing.has(p.ID) {
		return
	}
	d.o1.Case()
	key := orderKey{p.ID.Source, p.ID.Inc, s.no}
	if m := d.order[key]; p.ID.Seq < m.seq {
		d.o1.Failf([]Ref{m.at, r.Ref()}, "%s was committed after number %d", d.text(p), m.seq)
	}
	d.order[key] = orderMark{p.ID.Seq, r.Ref()}
}

// arrived judges that an analyser speaks of a packet that it received (C3).
func (d *delivery) arrived(r *Record) {
	if s := d.storeOf(r.File); s != nil && s.packets && r.Pkt != nil && r.Pkt.arrivalAt(r.File.Index) == nil {
		d.c3.Failf([]Ref{r.Ref()}, "%s of %s by an incarnation that never received it", r.Kind, d.text(r.Pkt))
	}
}

// suppressed handles a `dup`: where a crash cut off the log, it proves an effect.
func (d *delivery) suppressed(r *Record) {
	s := d.storeOf(r.File)
	d.arrived(r)
	if s == nil || r.Pkt == nil || !r.Is(KeyWhy, "seen") {
		return
	}
	if d.run.Analyser.SharedStore { // decided at the end
		d.sawThere(s, r.id)
		return
	}
	if s.unlogged > 0 && !s.standing.has(r.id) {
		s.unlogged--
		s.standing.add(r.id)
	}
}

// receiptSent judges C9's first link: an analyser acknowledges what is durable.
func (d *delivery) receiptSent(r *Record) {
	s := d.storeOf(r.File)
	if s == nil {
		return
	}
	p := r.Pkt
	s.answers = true
	d.workerTells(r, s)
	if a := p.arrivalAt(r.File.Index); a != nil {
		a.answered = true
	}
	dup := r.Is(KeySt, "duplicate")
	if !dup && !r.Is(KeySt, "committed") {
		return
	}
	d.c9.Case()
	if dup && p.ID.Seq < s.ever[sourceKey{p.ID.Source, p.ID.Inc}] {
		return // its source has an outcome, whatever became of an effect here
	}
	for i := range p.commits {
		c := &p.commits[i]
		if c.store != int32(s.no) || c.dropped {
			continue
		}
		if e := s.at(c.cs); e != nil && !e.synced {
			d.c9.Failf([]Ref{c.at.ref(), r.Ref()}, "%s was acknowledged before its effect was synced", d.text(p))
		}
		return
	}
	if d.borrows(r, s) || s.standing.has(p.ID) || s.unlogged > 0 || s.blank {
		return
	}
	d.c9.Failf([]Ref{r.Ref()}, "%s was acknowledged and the store holds no effect of it", d.text(p))
}
