package logcheck

// What B1 says beside the bounds: the lengths that are logged are those of the
// log's own count, an analyser is `full` only when it is, and an emitter keeps to
// its buffer.

// held counts what the workers of a distributor have in progress.
type held struct{ items, bytes int64 }

// judgeLength compares the length that an ingress logs at an admission with what its
// workers hold: it learns of an end after the worker.
func (o *overseer) judgeLength(s *site, r *Record) {
	if !r.Has(KeyQ) || !r.Has(KeyQB) {
		return
	}
	if q, qb := r.Int(KeyQ), r.Int(KeyQB); q < s.held.items || qb < s.held.bytes {
		o.tally[ruleB1].Failf([]Ref{r.Ref()}, "the queue is said to hold %d packets and %d bytes, the workers hold %d and %d", q, qb, s.held.items, s.held.bytes)
	}
}

// judgeFull judges a view that begins to show an analyser as full. One that was full
// when it was drained is so still, until it has room again.
func (o *overseer) judgeFull(p *pair, still bool, r *Record) {
	w := o.ctx.Run.Distributor.Window
	if w <= 0 || !p.agent.site.sends {
		return
	}
	o.tally[ruleB1].Case()
	least := w
	if still {
		least = w*3/4 + 1
	}
	if n := p.flying + p.unread + p.ghosts; n < least {
		o.tally[ruleB1].Failf([]Ref{r.Ref()}, "%s is shown as full with %d packets in flight to it, at least %d make it full", o.names.Name(p.an), n, least)
	}
	p.idle = r.T
}

// judgeStillFull judges, at a pick, that nobody is left aside as full who has had
// nothing in flight for so long that every attempt has ended.
func (o *overseer) judgeStillFull(v cited, r *Record) {
	if o.tA <= 0 || !v.view.full || o.over || !v.worker.site.sends {
		return
	}
	node := v.worker.site.node
	for i, st := range v.view.status {
		if st != statusFull {
			continue
		}
		p := v.worker.pairOf(v.view.set.members.ids[i])
		if p.flying == 0 && r.T > max(p.idle, o.truth.Touched(node, node))+2*o.tA {
			o.tally[ruleB1].Failf([]Ref{v.ref, r.Ref()}, "%s is still left aside as full, nothing was in flight to it for %d ns", o.names.Name(p.an), r.T-p.idle)
		}
	}
}

// judgeRoom judges that a worker which passes full analysers over chooses none whose
// window is full: the packet would wait there and hold up all others.
func (o *overseer) judgeRoom(a *agent, r *Record) {
	d := &o.ctx.Run.Distributor
	if p := a.byAn[r.Sym(KeyTo)]; d.OnFull == "skip" && d.State == "local" && d.Window > 0 && p != nil && p.flying >= d.Window {
		o.tally[ruleB1].Failf([]Ref{r.Ref()}, "%s is chosen with %d packets in flight to it, the window is %d", o.names.Name(p.an), p.flying, d.Window)
	}
}

// buffer is what an emitter has emitted and not ended.
type buffer struct {
	n     int
	began uint64 // global event of the first of them
	t     int64
}

// judgeBuffer is B1 for emitters. An empty buffer takes whatever comes at once.
func (o *overseer) judgeBuffer(r *Record) {
	most := o.ctx.Run.Emitter.BufferPackets
	b := o.kept[r.Node()]
	if b == nil || r.Kind == KindLog {
		b = &buffer{}
		o.kept[r.Node()] = b
	}
	switch r.Kind {
	case KindEmit:
		if b.n == 0 {
			b.began, b.t = r.G, r.T
		}
		b.n++
		if most > 0 && b.n > most && (b.began != r.G || b.t != r.T) {
			o.tally[ruleB1].Failf([]Ref{r.Ref()}, "an emitter holds %d packets, its buffer is %d", b.n, most)
		}
	case KindOutcome:
		b.n--
	}
}
