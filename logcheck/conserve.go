package logcheck

import "fmt"

// The emitter's side: C1 (one outcome each), C4 (outcomes agree), C5 (definite
// means definite), C9's last link, and C12 and C14 on outcomes.

func (d *delivery) emit(r *Record) {
	p := r.Pkt
	if p == nil {
		return
	}
	if at := d.drained[r.File.Index]; at.set() {
		d.c1.Failf([]Ref{at.ref(), r.Ref()}, "%s was emitted after its emitter was drained", d.text(p))
	}
	if p.Emitted && !p.Forgotten {
		d.emitAgain(r, p)
		return
	}
	p.open = true
	d.open[r.File.Index]++
	d.c1.Case()
	n, b := r.Uint(KeyN), r.Uint(KeyB)
	if p.claimed.set() && (p.N != n || p.B != b || string(p.Hash[:]) != string(r.Bytes(KeyH))) {
		d.c3.Failf([]Ref{r.Ref(), p.claimed.ref()}, "%s was emitted with other contents than a message carries", d.text(p))
	}
	p.Emitted, p.N, p.B = true, n, b
	copy(p.Hash[:], r.Bytes(KeyH))
	p.emit, p.emitM, p.emitT = r.place(), r.M, r.T
}

// emitAgain judges a second emit: only an emitter that lost its memory in a crash
// or stop may repeat one, unchanged.
func (d *delivery) emitAgain(r *Record, p *Packet) {
	if f := p.emit.file; f == r.File || !f.Crashed && !f.stopped {
		d.c1.Failf([]Ref{p.emit.ref(), r.Ref()}, "%s was emitted twice", d.text(p))
	}
	if p.N != r.Uint(KeyN) || p.B != r.Uint(KeyB) || string(p.Hash[:]) != string(r.Bytes(KeyH)) {
		d.c3.Failf([]Ref{p.emit.ref(), r.Ref()}, "%s was emitted twice with different contents", d.text(p))
	}
	p.emit, p.emitM, p.emitT = r.place(), r.M, r.T
	if p.open = !p.outcome.set(); p.open {
		d.open[r.File.Index]++
	}
}

// drain judges C1 for an emitter that says that all its packets have an outcome.
func (d *delivery) drain(r *Record) {
	if n := d.open[r.File.Index]; n > 0 {
		d.c1.Failf([]Ref{r.Ref()}, "%s is drained while %d of its packets have no outcome", d.names.Name(r.Node()), n)
	}
	if at := d.drained[r.File.Index]; at.set() {
		d.c1.Failf([]Ref{at.ref(), r.Ref()}, "%s is drained twice", d.names.Name(r.Node()))
	}
	d.drained[r.File.Index] = r.place()
}

// submit judges that no packet is sent again after its outcome (C7).
func (d *delivery) submit(r *Record) {
	p := r.Pkt
	if p.submits++; p.submits > 1 {
		d.c7.Case()
	}
	if p.outcome.set() && p.outcome.file == r.File {
		d.c7.Failf([]Ref{p.outcome.ref(), r.Ref()}, "%s was submitted after its outcome", d.text(p))
	}
}

// result notes what an emitter is told and judges that it is no contradiction.
func (d *delivery) result(r *Record) {
	p := r.Pkt
	d.c4.Case()
	switch string(r.Bytes(KeyOut)) {
	case "spooled":
		p.kept = r.place()
	case "committed":
		if p.certain.set() {
			d.c4.Failf([]Ref{p.certain.ref(), r.Ref()}, "%s: told definitely poison, then committed", d.text(p))
		}
		p.told = r.place()
	case "poison":
		p.poison = r.place()
		if !r.Bool(KeyDef) {
			return
		}
		if p.told.set() {
			d.c4.Failf([]Ref{p.told.ref(), r.Ref()}, "%s: told committed, then definitely poison", d.text(p))
		}
		p.certain = r.place()
		d.rejected(r, p)
	}
}

// rejected judges that a definite rejection finds no effect (C5).
func (d *delivery) rejected(r *Record, p *Packet) {
	d.c5.Case()
	for i := range p.commits {
		if c := &p.commits[i]; !c.dropped {
			d.c5.Failf([]Ref{c.at.ref(), r.Ref()}, "%s was rejected for certain after it was committed", d.text(p))
		}
	}
}

func (d *delivery) outcome(r *Record) {
	p := r.Pkt
	if p == nil {
		return
	}
	d.outcomeOnce(r, p)
	p.outcome = r.place()
	if p.open && p.emit.file == r.File {
		p.open = false
		d.open[r.File.Index]--
	}
	switch string(r.Bytes(KeyOut)) {
	case "acked":
		d.acked(r, p)
	case "rejected":
		d.agree(r, p, outRejected)
		d.rejectedOutcome(r, p)
	case "expired":
		d.agree(r, p, outExpired)
		d.expired(r, p)
	default:
		d.c4.Failf([]Ref{r.Ref()}, "%s has the unknown outcome %q", d.text(p), r.Bytes(KeyOut))
	}
}

// outcomeOnce judges C1's "at most one": a later incarnation may tell it again
// because the first one lost its memory.
func (d *delivery) outcomeOnce(r *Record, p *Packet) {
	o := p.outcome
	if o.set() && (o.file == r.File || !o.file.Crashed && !o.file.stopped) {
		d.c1.Failf([]Ref{o.ref(), r.Ref()}, "%s has two outcomes", d.text(p))
	}
}

// agree judges C4: what the emitter concludes does not contradict a committed
// result that it received in this incarnation.
func (d *delivery) agree(r *Record, p *Packet, is outcome) {
	if p.told.set() && p.told.file == r.File {
		d.c4.Failf([]Ref{p.told.ref(), r.Ref()}, "%s was told committed, the outcome is %s", d.text(p), r.Bytes(KeyOut))
	}
	p.outcomeIs = is
}

func (d *delivery) rejectedOutcome(r *Record, p *Packet) {
	if p.Forgotten {
		return
	}
	if !d.tells(r, tellsAnswers) {
		// Why it was rejected is not in this log.
	} else if !p.poison.set() || p.poison.file != r.File {
		d.c4.Failf([]Ref{r.Ref()}, "%s was rejected without a poison result", d.text(p))
	} else if r.Bool(KeyDef) && !p.certain.set() {
		d.c4.Failf([]Ref{p.poison.ref(), r.Ref()}, "%s was rejected for certain on a result that was not", d.text(p))
	}
	if r.Bool(KeyDef) {
		p.definite = true
		d.rejected(r, p)
	}
	if p.stopping.set() && !p.poison.set() {
		d.c12.Failf([]Ref{p.stopping.ref(), r.Ref()}, "%s was given up in a stop and then rejected", d.text(p))
	}
}

// acked judges C9's last link and starts C2.
func (d *delivery) acked(r *Record, p *Packet) {
	d.c2.Case()
	p.outcomeIs = outAcked
	if p.Forgotten {
		return
	}
	if d.tells(r, tellsAnswers) {
		d.c9.Case()
	}
	if d.tells(r, tellsAnswers) && (!p.told.set() || p.told.file != r.File) && (!r.Is(KeyWhy, "spooled") || !p.kept.set() || p.kept.file != r.File) {
		d.c9.Failf([]Ref{r.Ref()}, "%s was acked without a result committed or spooled", d.text(p))
	}
	if r.Is(KeyWhy, "spooled") {
		p.promised = true // judged at the end
		return
	}
	if d.stands(p) {
		return
	}
	if d.ctx.ClockError == 0 {
		d.unheld(r.Ref(), d.text(p))
	} else if len(d.uncommits) < memoMax {
		d.uncommits = append(d.uncommits, unproven{p.ID, r.Ref()})
	} else {
		d.unheld(r.Ref(), d.text(p))
	}
}

// expired judges C14's horizon and that a stop expired nothing before it (C12).
func (d *delivery) expired(r *Record, p *Packet) {
	horizon := int64(d.run.Emitter.Horizon)
	if !r.Is(KeyWhy, "horizon") && horizon == 0 || p.Forgotten || p.emit.file != r.File {
		return
	}
	d.c14.Case()
	if age := r.M - p.emitM; horizon == 0 || age < horizon {
		refs := []Ref{p.emit.ref(), r.Ref()}
		d.c14.Failf(refs, "%s expired after %d ns, the horizon is %d ns", d.text(p), age, horizon)
		if r.File.stopped {
			d.c12.Failf(append([]Ref{r.File.stopRef}, refs...), "%s expired in a stop, before its horizon", d.text(p))
		} else if p.stopping.set() {
			d.c12.Failf([]Ref{p.stopping.ref(), r.Ref()}, "%s was given up in a stop and expired before its horizon", d.text(p))
		}
	}
}

func (d *delivery) text(p *Packet) string { return p.ID.Text(d.names) }

// finishEmitted judges what has no outcome at the end (C1, C12).
func (d *delivery) finishEmitted(end *End) {
	var inFlight, undecided int64
	lost := d.ledger.lostWithEmitter
	reason := ""
	ways := newWays(d.ctx, &d.weights)
	d.ledger.each(func(p *Packet) {
		if !p.Emitted || p.Forgotten || p.outcome.set() {
			return
		}
		switch why := ways.blocked(p.emit.file.Node); {
		case p.emit.file.Crashed || p.emit.file.stopped:
			lost++
		case why != "":
			inFlight++
			reason = why
		case !end.LivenessDue, !end.Settled && end.Time-p.emitT < int64(d.run.SettleMax):
			undecided++
		default:
			d.c1.Failf([]Ref{p.emit.ref()}, "%s has no outcome at the end", d.text(p))
			if p.stopping.set() {
				d.c12.Failf([]Ref{p.emit.ref(), p.stopping.ref()}, "%s was given up in a stop and has no outcome", d.text(p))
			}
		}
	})
	if undecided > 0 {
		d.c1.Unknownf("%d packets have no outcome and the run ended early (%s)", undecided, end.Why)
	}
	if lost+inFlight > 0 {
		d.c1.note = fmt.Sprintf("lost_with_emitter %d, in_flight %d", lost, inFlight)
		if reason != "" {
			d.c1.note += " (" + reason + ")"
		}
	}
	d.c1.Judged = max(0, d.c1.Judged-lost-inFlight)
}
