package logcheck

// A5: while a store cannot be written, its workers say so in time, and its analyser
// says that it is not ready.

// unwritable is a time in which an analyser's disk takes nothing: it is full, broken or
// stalled. The times are the world's.
type unwritable struct {
	on    bool
	since int64
	at    Ref
	first int64 // the first take in it, unless that packet needed no writing; 0: none
	of    PacketID
	clean bool // no other fault acted on the node, and it did not begin anew
}

// storeLimit is how long a worker may owe an answer because of the store: what it
// waits for that, and as long as the distributor waits, for what is queued before.
func (d *delivery) storeLimit() int64 {
	return int64(d.run.Analyser.StoreTimeout + d.run.Distributor.AttemptTimeout)
}

// outages follows the disk faults of analysers with workers.
func (d *delivery) outages(r *Record) {
	s := d.byNode[r.Sym(KeyN)]
	if s == nil || s.workers == nil || d.run.Analyser.StoreTimeout <= 0 {
		return
	}
	o := &s.workers.out
	n := d.ctx.Truth.nodes[s.node]
	on := n != nil && n.disk&(subFill|subBreak|subStall) != 0
	others := n != nil && (n.active&^ActDisk != 0 || n.actors > 0 || n.disk&subLie != 0) || d.ctx.Truth.load
	v := verbs[string(r.Bytes(KeyDo))]
	switch {
	case on && !o.on:
		*o = unwritable{on: true, since: r.T, at: r.Ref(), clean: !others}
	case o.on && !on:
		d.owed(r, s)
		o.on = false
	case v.act != ActDisk:
		o.clean = false
	}
}

// took notes the first use of the store in an outage.
func (o *unwritable) took(r *Record) {
	if o.on && o.first == 0 {
		o.first, o.of = r.T, r.Pkt.ID
	}
}

// spared takes back a first use that was none: who answers from memory that a packet is
// a duplicate or poison finds nothing out about the store.
func (o *unwritable) spared(r *Record, t *taken) {
	if o.first == t.t && o.of == r.Pkt.ID && (r.Is(KeySt, "duplicate") || r.Is(KeySt, "poison")) {
		o.first = 0
	}
}

// told judges an answer to what was taken in an outage.
func (o *unwritable) told(d *delivery, r *Record, t *taken) {
	if !o.on || t.t < o.since {
		return
	}
	o.spared(r, t)
	d.a5.Case()
	if r.Is(KeySt, "committed") {
		d.a5.Failf([]Ref{o.at, t.at.ref(), r.Ref()}, "%s is told committed, and its store cannot be written since before it was taken", d.text(r.Pkt))
	}
	if late := r.T - t.t - d.storeLimit(); late > d.ctx.ClockError && o.clean {
		d.a5.Failf([]Ref{o.at, t.at.ref(), r.Ref()}, "%s is answered %d ns after its worker had to know that the store cannot be written", d.text(r.Pkt), late)
	}
}

// owed judges at the end of an outage what was not answered in time.
func (d *delivery) owed(r *Record, s *store) {
	o := &s.workers.out
	if !o.clean {
		return
	}
	d.ledger.each(func(p *Packet) {
		for i := range p.takes {
			t := &p.takes[i]
			if t.store != int32(s.no) || t.told || t.dead || t.t < o.since || t.at.file != s.file || r.T-t.t <= d.storeLimit()+d.ctx.ClockError {
				continue
			}
			d.a5.Failf([]Ref{o.at, t.at.ref(), r.Ref()}, "%s was taken while its store could not be written, and nobody was told", d.text(p))
		}
	})
}

// probeAnswered judges what an analyser tells a probe.
func (d *delivery) probeAnswered(r *Record) {
	ready := r.Bool(KeyReady)
	if ready {
		d.saysReady(r)
	}
	s := d.storeOf(r.File)
	if s == nil || s.workers == nil {
		return
	}
	o := &s.workers.out
	if !o.on || !o.clean || o.first == 0 || r.T-o.first <= d.storeLimit()+d.ctx.ClockError {
		return
	}
	d.a5.Case()
	if ready {
		d.a5.Failf([]Ref{o.at, r.Ref()}, "%s says that it is ready, %d ns after it first had use for a store that cannot be written", d.names.Name(s.node), r.T-o.first)
	}
}
