package logcheck

// Analysers that share one store (`shared_store` in run.json): each numbers its own
// effects, and none takes in an id that another has. So C6 and A1 look at all of them, and
// an answer `duplicate` may rest on an effect of another. That one logs it when it hears
// of it, which may be later than the answer, or never if it is gone by then.

// claim is an answer `duplicate` for which no effect was known when it was given.
type claim struct {
	s       *store
	id      PacketID
	t       int64
	at      Ref
	below   bool // its source was known to have its outcome by then
	workers bool // A3 judges it too
}

// mates are the stores that are one with s, s included.
func (d *delivery) mates(s *store) []*store {
	if d.run.Analyser.SharedStore {
		return d.stores
	}
	return d.stores[s.no : s.no+1]
}

// one reports whether two stores, by their numbers, are one.
func (d *delivery) one(a, b int32) bool { return a == b || d.run.Analyser.SharedStore }

// holder returns the store that has an effect of id and is one with s, or nil.
func (d *delivery) holder(s *store, id PacketID) *store {
	if s.standing.has(id) {
		return s
	}
	for _, m := range d.mates(s) {
		if m.standing.has(id) {
			return m
		}
	}
	return nil
}

// doneWith reports whether a source was known to have an outcome of id, in s or one with it.
func (d *delivery) doneWith(s *store, id PacketID) bool {
	for _, m := range d.mates(s) {
		if id.Seq < m.ever[sourceKey{id.Source, id.Inc}] {
			return true
		}
	}
	return false
}

// sawThere notes that an analyser found an effect of id in the store, and nobody is known
// to have one.
func (d *delivery) sawThere(s *store, id PacketID) {
	if d.holder(s, id) == nil && len(d.seenThere) < memoMax {
		d.seenThere = append(d.seenThere, claim{s: s, id: id})
	}
}

// borrows handles an answer `duplicate` of which s itself has no effect. It reports
// whether stores are shared; then what it rests on is decided here or at the end.
func (d *delivery) borrows(r *Record, s *store) bool {
	if !d.run.Analyser.SharedStore || !r.Is(KeySt, "duplicate") || s.standing.has(r.Pkt.ID) {
		return false
	}
	p := r.Pkt
	if d.doneWith(s, p.ID) {
		return true
	}
	for i := range p.commits {
		c := &p.commits[i]
		if c.dropped {
			continue
		}
		m := d.stores[c.store]
		if e := m.at(c.cs); e == nil || e.synced {
			if m.workers != nil {
				m.workers.seenBy(r.T+d.ctx.ClockError, c.cs, r.Ref())
			}
			return true
		}
	}
	if d.holder(s, p.ID) != nil && len(p.commits) == 0 {
		return true // of a packet whose commit is no longer remembered
	}
	if len(d.claims) < memoMax {
		d.claims = append(d.claims, claim{s: s, id: p.ID, t: r.T, at: r.Ref(), workers: s.workers != nil})
	} else {
		d.manyClaims = true
	}
	return true
}

// raised notes, within the clock error, that an answer given already was about an id below
// a low-watermark that an analyser had received by then.
func (d *delivery) raised(r *Record, source sourceKey, lo uint64) {
	for i := len(d.claims) - 1; i >= 0 && d.claims[i].t+d.ctx.ClockError >= r.T; i-- {
		x := &d.claims[i]
		x.below = x.below || x.id.Source == source.source && x.id.Inc == source.inc && x.id.Seq < lo
	}
}

// finishClaims judges the answers that rested on nothing known. As many as there are
// effects that stores hold and no log tells may rest on those.
func (d *delivery) finishClaims() {
	unlogged, unsure := d.untold()
	for _, x := range d.claims {
		held := d.holder(x.s, x.id)
		switch {
		case held != nil && !d.neverSynced(held, x.id), x.below:
		case held == nil && unlogged > 0:
			unlogged--
			x.s.standing.add(x.id)
		case held == nil && unsure:
			d.c9.Unknownf("%s was acknowledged as a duplicate, and what an analyser that may have its effect did last is not known", x.id.Text(d.names))
			x.s.standing.add(x.id)
		default:
			what := "no analyser that shares the store holds an effect of it"
			if held != nil {
				what = "its effect was never synced"
			}
			d.c9.Failf([]Ref{x.at}, "%s was acknowledged as a duplicate and %s", x.id.Text(d.names), what)
			if x.workers {
				d.a3.Failf([]Ref{x.at}, "a worker acknowledged %s as a duplicate and %s", x.id.Text(d.names), what)
			}
		}
	}
	for _, x := range d.seenThere { // what a low-watermark excuses may have an effect all the same
		if d.holder(x.s, x.id) == nil && unlogged > 0 {
			unlogged--
			x.s.standing.add(x.id)
		}
	}
	if d.manyClaims {
		d.c9.Unknownf("more than %d duplicates rest on what was not known then", memoMax)
	}
}

// untold returns how many effects stores hold that no log tells, and whether there may be
// more: a crash (tcp) cut a log off, or the last operation of an analyser failed.
func (d *delivery) untold() (n uint64, unsure bool) {
	for _, s := range d.stores {
		n += s.unlogged
		unsure = unsure || s.blank || s.unsure
	}
	for _, f := range d.ctx.Files {
		unsure = unsure || d.run.World == "tcp" && f.Role == RoleAnalyser && f.Crashed
	}
	return n, unsure
}

// neverSynced reports whether s is known to hold an effect of id that is not durable.
func (d *delivery) neverSynced(s *store, id PacketID) bool {
	p := d.ledger.live[id]
	return p != nil && p.commitIn(s.no).valid() && !d.durable(s, p)
}

// seenBy keeps that another analyser saw effect n by world time t.
func (w *sharing) seenBy(t int64, n uint64, at Ref) {
	if k := len(w.others); k > 0 && w.others[k-1].n >= n {
		return
	}
	if len(w.others) == seenMax {
		w.others = append(w.others[:0], w.others[seenMax/2:]...)
	}
	w.others = append(w.others, seenN{t, n, at})
}
