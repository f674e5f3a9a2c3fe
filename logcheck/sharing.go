package logcheck

import "slices"

// The workers of an analyser and the store that they share: A1 (one effect), A2
// (counts), A3 (an answer rests on a take and a durable effect), A4 (a worker dies).

// taken is one `take` of a packet: which worker looked at it, and what became of that.
type taken struct {
	store int32
	who   int32
	at    place
	t     int64
	told  bool // a receipt was sent for it
	dead  bool // its worker was killed before
	stood bool // the effect was durable when it came, and a dead worker had taken it before
}

// sharing is what is known of the workers of one analyser.
type sharing struct {
	seen  []seenN // what was told or read, ascending in both
	kills []killed
	dead  []killed
	heirs map[int]bool // actors that took a dead one's place
	out   unwritable

	others []seenN // what analysers saw that share the store, m being world time
}

// renew begins another incarnation.
func (w *sharing) renew() {
	w.seen, w.others, w.kills, w.dead, w.heirs = nil, nil, nil, nil, map[int]bool{}
	w.out.clean = false
}

// seenN says that at the node's time m, effect n was known to be there.
type seenN struct {
	m  int64
	n  uint64
	at Ref
}

// killed is a worker that died and whose place nobody has taken yet.
type killed struct {
	who    int
	at     Ref
	takes  int   // by others since, of what came since; at one moment one
	moment int64 // of the newest of these
	g      int   // actors that were known then
}

// seenMax bounds how many past observations are kept for A2.
const seenMax = 1 << 12

// take notes that a worker looks at a packet.
func (d *delivery) take(r *Record) {
	d.arrived(r)
	s := d.storeOf(r.File)
	if s == nil || r.Pkt == nil {
		return
	}
	p := r.Pkt
	if s.workers == nil {
		s.workers = &sharing{heirs: map[int]bool{}}
	}
	t := taken{store: int32(s.no), who: int32(r.Who), at: r.place(), t: r.T}
	other := false
	for i := range p.takes {
		x := &p.takes[i]
		if !d.one(x.store, t.store) {
			continue
		}
		other = other || x.who != t.who
		t.stood = t.stood || x.store == t.store && x.dead && !x.told && d.durable(s, p)
	}
	if other {
		d.a1.Case()
	}
	d.alive(r, s)
	d.succeeds(r, s)
	s.workers.out.took(r)
	p.takes = append(p.takes, t)
}

// durable reports whether an effect of p stands in s and was synced.
func (d *delivery) durable(s *store, p *Packet) bool {
	for i := range p.commits {
		if c := &p.commits[i]; c.store == int32(s.no) && !c.dropped {
			e := s.at(c.cs)
			return e == nil || e.synced
		}
	}
	return false
}

// twice judges A1 where C6 found two effects of one packet.
func (d *delivery) twice(r *Record, s *store, p *Packet) {
	if t := d.takesIn(s, p); len(t) > 0 {
		d.a1.Failf([]Ref{t[0].at.ref(), t[len(t)-1].at.ref(), p.commitIn(d.holder(s, p.ID).no), r.Ref()}, "%s has two effects in the store that the workers of %s share", d.text(p), d.names.Name(s.node))
	}
}

func (d *delivery) takesIn(s *store, p *Packet) (list []taken) {
	for _, t := range p.takes {
		if d.one(t.store, int32(s.no)) {
			list = append(list, t)
		}
	}
	return list
}

// workerTells judges a receipt of an analyser with workers (A3, A4).
func (d *delivery) workerTells(r *Record, s *store) {
	if s.workers == nil {
		return
	}
	d.alive(r, s)
	p := r.Pkt
	i := slices.IndexFunc(p.takes, func(t taken) bool { return t.store == int32(s.no) && t.who == int32(r.Who) && !t.told })
	good := r.Is(KeySt, "committed") || r.Is(KeySt, "duplicate")
	if i < 0 {
		if good && !p.Forgotten {
			d.a3.Case()
			d.a3.Failf([]Ref{r.Ref()}, "%s is acknowledged by a worker that did not take it, or did so before", d.text(p))
		}
		return
	}
	t := &p.takes[i]
	t.told = true
	s.workers.out.told(d, r, t)
	if !good {
		return
	}
	d.a3.Case()
	if c := p.commitIn(s.no); c.valid() && !d.durable(s, p) && p.ID.Seq >= s.ever[sourceKey{p.ID.Source, p.ID.Inc}] {
		d.a3.Failf([]Ref{t.at.ref(), c, r.Ref()}, "a worker acknowledged %s before the store had synced its effect", d.text(p))
	} else if shared := d.run.Analyser.SharedStore && r.Is(KeySt, "duplicate"); !c.valid() && !shared && !s.standing.has(p.ID) && s.unlogged == 0 && !s.blank && p.ID.Seq >= s.ever[sourceKey{p.ID.Source, p.ID.Inc}] {
		d.a3.Failf([]Ref{t.at.ref(), r.Ref()}, "a worker acknowledged %s and the store holds no effect of it", d.text(p))
	}
	if t.stood && r.Is(KeySt, "committed") {
		d.a4.Failf([]Ref{t.at.ref(), r.Ref()}, "%s is told committed anew: it was when the worker died that took it first", d.text(p))
	}
	if d.durable(s, p) || p.ID.Seq >= s.ever[sourceKey{p.ID.Source, p.ID.Inc}] { // else it rests on the low-watermark alone
		s.workers.note(r.M, s.tellable(p), r.Ref())
	}
}

// tellable is the number of the effect that an acknowledgement of p rests on.
func (s *store) tellable(p *Packet) (n uint64) {
	for i := range p.commits {
		if c := &p.commits[i]; c.store == int32(s.no) && !c.dropped {
			n = max(n, c.cs)
		}
	}
	return n
}

// note keeps that effect n was known to be there at time m of the node.
func (w *sharing) note(m int64, n uint64, at Ref) {
	if k := len(w.seen); k > 0 && w.seen[k-1].n >= n {
		return
	}
	if len(w.seen) == seenMax {
		w.seen = slices.Delete(w.seen, 0, seenMax/2)
	}
	w.seen = append(w.seen, seenN{m, n, at})
}

// counts judges A2: a read of the store's totals fits into one order of all reads and
// commits. It shows the effects 1 to n and their messages; all that was acknowledged
// or read before it began is among them.
func (d *delivery) counts(r *Record) {
	s := d.storeOf(r.File)
	if s == nil || s.workers == nil {
		return
	}
	d.a2.Case()
	d.alive(r, s)
	n, msgs := r.Uint(KeyN), r.Uint(KeyMsgs)
	began := r.M - r.Int(KeyWait)
	for i := len(s.workers.seen) - 1; i >= 0; i-- {
		if x := s.workers.seen[i]; x.m < began {
			if x.n > n {
				d.a2.Failf([]Ref{x.at, r.Ref()}, "a read that began later than effect %d of %s was known shows only %d", x.n, d.names.Name(s.node), n)
			}
			break
		}
	}
	for i := len(s.workers.others) - 1; i >= 0; i-- {
		if x := s.workers.others[i]; x.m < r.T-r.Int(KeyWait)-d.ctx.ClockError {
			if x.n > n {
				d.a2.Failf([]Ref{x.at, r.Ref()}, "a read that began after another analyser had seen effect %d of %s shows only %d", x.n, d.names.Name(s.node), n)
			}
			break
		}
	}
	if n > s.synced && s.unlogged == 0 {
		d.a2.Failf([]Ref{s.syncedAt, r.Ref()}, "a read shows %d effects of %s, %d are durable", n, d.names.Name(s.node), s.synced)
	} else if want, ok := s.sum(n); ok && msgs != want {
		d.a2.Failf([]Ref{r.Ref()}, "a read shows %d messages in effects 1 to %d of %s, they have %d", msgs, n, d.names.Name(s.node), want)
	}
	s.workers.note(r.M, n, r.Ref())
}

// sum is how many messages effects 1 to n have, if that is known.
func (s *store) sum(n uint64) (uint64, bool) {
	if s.msgless || n < s.base || n > s.last {
		return 0, false
	}
	sum := s.msgs
	for cs := s.last; cs > n; cs-- {
		sum -= s.at(cs).n
	}
	return uint64(sum), true
}

// killed notes that a worker died (A4).
func (d *delivery) killed(r *Record) {
	s := d.byNode[r.Sym(KeyN)]
	if s == nil || s.file == nil || s.workers == nil {
		return
	}
	s.hindered = true // what it had is answered by nobody
	who := d.ctx.WhoOf(s.file, r.Sym(KeyAct))
	d.a4.Case()
	s.workers.inherits(who) // it may have died before it did anything
	s.workers.kills = append(s.workers.kills, killed{who: who, at: r.Ref(), g: d.ctx.actors.count()})
	d.ledger.each(func(p *Packet) {
		for i := range p.takes {
			if t := &p.takes[i]; t.who == int32(who) && !t.told {
				t.dead = true
			}
		}
	})
	s.workers.dead = append(s.workers.dead, killed{who: who, at: r.Ref()})
}

// alive judges that a dead worker does nothing.
func (d *delivery) alive(r *Record, s *store) {
	if s.workers == nil {
		return
	}
	for _, k := range s.workers.dead {
		if k.who == r.Who {
			d.a4.Failf([]Ref{k.at, r.Ref()}, "a record of worker %s of %s, which was killed", d.names.Name(r.Actor), d.names.Name(s.node))
		}
	}
}

// successorTakes is how many packets the other workers take at most, for each of them,
// until somebody works in the place of one that died.
const successorTakes = 8

// inherits notes an actor that nobody knew when a worker died, and reports whether it is
// one. It counts for the newest death before it: heirs of older ones cannot be its.
func (w *sharing) inherits(who int) bool {
	for i := len(w.kills) - 1; i >= 0; i-- {
		if who >= w.kills[i].g && !w.heirs[who] {
			w.heirs[who] = true
			w.kills = slices.Delete(w.kills, i, i+1)
			return true
		}
	}
	return false
}

// succeeds judges that the place of a dead worker is taken.
func (d *delivery) succeeds(r *Record, s *store) {
	w := s.workers
	if len(w.kills) == 0 {
		return
	}
	if w.inherits(r.Who) {
		return
	}
	if d.ctx.Truth.Active(s.node) {
		for i := range w.kills {
			w.kills[i].takes = 0 // it may not be able to
		}
		return
	}
	k := &w.kills[0]
	if k.takes > 0 && k.moment == r.T {
		return // they came at once, and the heir's turn is next
	}
	k.moment = r.T
	if k.takes++; k.takes > successorTakes*max(d.run.Analyser.Workers, 1) {
		d.a4.Failf([]Ref{k.at, r.Ref()}, "the others have taken %d packets since, and nobody has taken the place of the worker of %s that was killed", k.takes, d.names.Name(s.node))
		w.kills = w.kills[1:]
	}
}
