package logcheck

import "slices"

// The distributor's side: C7 (attempts have a cause), C13 (completion by a real
// receipt), and what C9, C12 and C14 say of distributors.

// admit starts a new piece of work for a worker.
func (d *delivery) admit(r *Record) {
	if r.Pkt == nil {
		return
	}
	if b := d.spools[r.Node()]; b == nil || !b.promise.has(r.id) {
		d.came(r)
	}
	d.logs[r.File.Index] |= tellsAdmitted
	w := r.Pkt.work(d.ctx.WhoOf(r.File, r.Sym(KeyW)))
	w.begin()
	w.admitted++
	w.admitAt = r.place()
}

// came judges that an ingress speaks of a submission that it received (C3).
func (d *delivery) came(r *Record) {
	f := int32(r.File.Index)
	if p := r.Pkt; p != nil && d.tells(r, tellsSubmitted) && !p.Forgotten && !slices.Contains(p.cameTo, f) {
		d.c3.Failf([]Ref{r.Ref()}, "%s of %s by an incarnation that never received it", r.Kind, d.text(p))
	}
}

// begin forgets the attempts of an earlier admission.
func (w *work) begin() {
	w.poisonBy = w.poisonBy[:0]
	w.open, w.failed, w.sent, w.done, w.poison, w.dead = true, 0, 0, place{}, place{}, place{}
	w.due = 0
	w.receipts = w.receipts[:0]
}

// attempt judges C7 on a packet sent to an analyser: attempt k follows the failure
// of attempt k-1 and no attempt is sent twice.
func (d *delivery) attempt(r *Record) {
	p := r.Pkt
	att := uint32(r.Uint(KeyAtt))
	w := p.work(r.Who)
	if att == 1 && w.admitted == 0 { // a system that logs no admissions
		w.begin()
	}
	before := w.sentAt
	if att > 1 {
		d.c7.Case()
	}
	most := uint32(d.run.Distributor.AttemptsMax)
	switch {
	case p.Forgotten && len(p.works) <= 1:
	case w.admitted == 0 && d.tells(r, tellsAdmitted) && !p.Forgotten:
		d.c7.Failf([]Ref{r.Ref()}, "%s was attempted by a worker that it was not given to", d.text(p))
	case most > 0 && att > most:
		d.c7.Failf([]Ref{r.Ref()}, "attempt %d at %s, attempts_max is %d", att, d.text(p), most)
	case w.sent == att:
		d.c7.Failf([]Ref{before.ref(), r.Ref()}, "attempt %d at %s was sent twice", att, d.text(p))
	case att != w.failed+1:
		d.c7.Failf([]Ref{before.ref(), w.failedAt.ref(), r.Ref()}, "attempt %d at %s was sent when %d attempts had failed", att, d.text(p), w.failed)
	}
	if att > 1 && r.M < w.due {
		d.c14.Failf([]Ref{w.failedAt.ref(), r.Ref()}, "attempt %d at %s was sent %d ns before its wait was over", att, d.text(p), w.due-r.M)
	}
	w.open = true
	w.sent, w.sentM, w.sentAt = att, r.M, r.place()
}

// attemptFailed judges that attempts fail in order (C7) and that a timeout waited
// for its time (C14).
func (d *delivery) attemptFailed(r *Record) {
	p := r.Pkt
	if p == nil {
		return
	}
	w := p.work(r.Who)
	att := uint32(r.Uint(KeyAtt))
	known := !p.Forgotten || w.sent > 0
	if known && att != w.failed+1 {
		d.c7.Failf([]Ref{w.failedAt.ref(), r.Ref()}, "attempt %d at %s failed after attempt %d", att, d.text(p), w.failed)
	}
	if known && r.Is(KeyWhy, "timeout") && d.tells(r, tellsAttempts) {
		d.c14.Case()
		if w.sent != att {
			d.c14.Failf([]Ref{r.Ref()}, "attempt %d at %s timed out and was never sent", att, d.text(p))
		} else if waited := r.M - w.sentM; waited < d.timeout {
			d.c14.Failf([]Ref{w.sentAt.ref(), r.Ref()}, "attempt %d at %s timed out after %d ns, not %d", att, d.text(p), waited, d.timeout)
		}
	}
	w.failed, w.failedAt = att, r.place()
}

// retry judges that the next attempt is the one told (C7) and that its wait is
// within the longest backoff (C14).
func (d *delivery) retry(r *Record) {
	p := r.Pkt
	if p == nil || p.Forgotten {
		return
	}
	w := p.work(r.Who)
	if att := uint32(r.Uint(KeyAtt)); att != w.failed+1 {
		d.c7.Failf([]Ref{w.failedAt.ref(), r.Ref()}, "attempt %d at %s is due when %d attempts had failed", att, d.text(p), w.failed)
	}
	c := &d.run.Distributor
	most := int64(c.BackoffMax) + int64(c.BackoffMax)/1e6*int64(c.JitterPPM)
	w.due = r.M + r.Int(KeyWait)
	if c.BackoffMax > 0 && r.Uint(KeyWait) > uint64(most) {
		d.c14.Failf([]Ref{r.Ref()}, "%s waits %d ns for its next attempt, the longest backoff is %d ns", d.text(p), r.Uint(KeyWait), most)
	}
}

// receiptGot notes what a worker was answered.
func (d *delivery) receiptGot(r *Record) {
	w := r.Pkt.work(r.Who)
	switch string(r.Bytes(KeySt)) {
	case "committed", "duplicate":
		got := receiptMark{uint32(r.Uint(KeyAtt)), r.Is(KeySt, "duplicate"), r.Sym(KeyFr)}
		if !slices.Contains(w.receipts, got) {
			w.receipts = append(w.receipts, got)
		}
	case "poison":
		w.poison, w.poisonBy = r.place(), append(w.poisonBy, r.Sym(KeyFr))
	}
}

// done judges C13 and notes for C9 that this distributor completed the packet.
func (d *delivery) done(r *Record) {
	p := r.Pkt
	if p == nil {
		return
	}
	d.logs[r.File.Index] |= tellsDone
	d.c13.Case()
	w := p.work(r.Who)
	att := uint32(r.Uint(KeyAtt))
	switch {
	case p.Forgotten && w.sent == 0:
	case w.done.set():
		d.c13.Failf([]Ref{w.done.ref(), r.Ref()}, "%s was completed twice", d.text(p))
	case d.tells(r, tellsAttempts) && !slices.ContainsFunc(w.receipts, func(m receiptMark) bool {
		return m.att == att && (!r.Has(KeyTo) || r.Sym(KeyTo) == m.from) && (!r.Has(KeySt) || r.Is(KeySt, "duplicate") == m.dup)
	}):
		d.c13.Failf([]Ref{r.Ref()}, "%s was completed by attempt %d, of which no such receipt came", d.text(p), att)
	}
	w.done, w.open = r.place(), false
	if f := int32(r.File.Index); !slices.Contains(p.doneIn, f) {
		p.doneIn = append(p.doneIn, f)
	}
}

// containsFile reports whether a list of files has f.
func containsFile(list []int32, f *File) bool { return slices.Contains(list, int32(f.Index)) }

// tellsCommitted judges that an ingress tells committed only after a done (C9).
func (d *delivery) tellsCommitted(r *Record) {
	p := r.Pkt
	d.c9.Case()
	if !p.Forgotten && !d.doneBy(r, p) {
		d.c9.Failf([]Ref{r.Ref()}, "%s is told committed and no worker completed it", d.text(p))
	}
}

// doneBy reports whether a worker of that incarnation completed a packet, or one of an
// earlier incarnation of a node that keeps this in its spool.
func (d *delivery) doneBy(r *Record, p *Packet) bool {
	return slices.ContainsFunc(p.doneIn, func(i int32) bool {
		f := d.ctx.Files[i]
		return f == r.File || f.Node == r.File.Node && d.spools[f.Node] != nil
	})
}

// tellsPoison judges that what a worker declared dead is told only once the worker
// has synced the dead letter (C9).
func (d *delivery) tellsPoison(r *Record) {
	for i := range r.Pkt.works {
		w := &r.Pkt.works[i]
		if !w.dead.set() || w.dead.file != r.File {
			continue
		}
		d.c9.Case()
		if at := d.syncedAt[int(w.who)]; at.line < w.dead.line {
			d.c9.Failf([]Ref{w.dead.ref(), r.Ref()}, "%s is told poison before its dead letter was synced", d.text(r.Pkt))
		}
	}
}

// gaveUp judges the reasons of C14 and notes a stop's victims for C12.
func (d *delivery) gaveUp(r *Record) {
	p := r.Pkt
	if p == nil {
		return
	}
	w := p.work(r.Who)
	if d.tells(r, tellsAdmitted) && !w.open && !p.Forgotten {
		d.c14.Failf([]Ref{r.Ref()}, "%s was given up by a worker that does not hold it", d.text(p))
	}
	w.open = false
	switch string(r.Bytes(KeyWhy)) {
	case "attempts":
		d.c14.Case()
		if most := d.run.Distributor.AttemptsMax; !p.Forgotten && int(w.failed) != most {
			d.c14.Failf([]Ref{w.failedAt.ref(), r.Ref()}, "%s was given up for its attempts after %d of %d", d.text(p), w.failed, most)
		}
	case "no_analyser":
		d.c14.Case()
		if v := d.views[r.Who]; v != nil && len(v.up) > 0 {
			d.c14.Failf([]Ref{v.at, r.Ref()}, "%s was given up for want of an analyser, the view has %d", d.text(p), len(v.up))
		}
	case "stopping":
		d.judgeStopping(r)
		if r.File.stopped {
			d.c12.Case()
			p.stopping = r.place()
		}
	}
}

// dead judges that only a refused packet becomes a dead letter (C12, C14).
func (d *delivery) dead(r *Record) {
	p := r.Pkt
	if p == nil {
		return
	}
	w := p.work(r.Who)
	w.open, w.dead = false, r.place()
	if !d.tells(r, tellsAttempts) {
		return
	}
	d.c14.Case()
	switch {
	case p.Forgotten && w.sent == 0:
		return
	case w.poison.set() && r.Has(KeyTo) && !slices.Contains(w.poisonBy, r.Sym(KeyTo)):
		d.c14.Failf([]Ref{w.poison.ref(), r.Ref()}, "%s was refused by another analyser than its dead letter tells", d.text(p))
		return
	case w.poison.set():
		return
	}
	d.c14.Failf([]Ref{r.Ref()}, "%s is dead and no analyser refused it", d.text(p))
	if r.File.stopped {
		d.c12.Failf([]Ref{r.File.stopRef, r.Ref()}, "%s became a dead letter in a stop, and no analyser refused it", d.text(p))
	}
}

// judgeStopping judges that a node which gives `stopping` as its reason was told to
// stop, by a fault or because the run is over. Only the simulation tells both.
func (d *delivery) judgeStopping(r *Record) {
	if d.run.World != "sim" || d.ctx.Truth.Phase() == "end" || d.over {
		return
	}
	d.c14.Case()
	if !r.File.stopped {
		d.c14.Failf([]Ref{r.Ref()}, "%s gives its stop as a reason and was not told to stop", d.names.Name(r.Node()))
	}
}

// noneUp judges that a worker which says that it has nobody to choose has nobody.
func (d *delivery) noneUp(r *Record) {
	v := d.views[r.Who]
	if v == nil {
		return
	}
	d.c14.Case()
	if r.Bool(KeyOn) != (len(v.up) == 0) {
		d.c14.Failf([]Ref{v.at, r.Ref()}, "none_up is %v, the view has %d eligible analysers", r.Bool(KeyOn), len(v.up))
	}
}

// refuse judges that a full queue was full (C14).
func (d *delivery) refuse(r *Record) {
	p := r.Pkt
	d.came(r)
	d.unwritten(r)
	if p == nil || r.Is(KeyWhy, "stopping") {
		d.judgeStopping(r)
	}
	if p == nil || !r.Is(KeyWhy, "queue_full") {
		return
	}
	d.c14.Case()
	c := &d.run.Distributor
	q, qb := r.Uint(KeyQ), r.Uint(KeyQB)
	if q < uint64(c.QueueItems) && qb+p.B <= uint64(c.QueueBytes) {
		d.c14.Failf([]Ref{r.Ref()}, "%s was refused with %d items and %d bytes queued, the bounds are %d and %d",
			d.text(p), q, qb, c.QueueItems, c.QueueBytes)
	}
}
