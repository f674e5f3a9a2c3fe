package logcheck

// The other side of F8: a verdict comes with the failure or success that completes
// its count, not later, and tells the analyser's incarnation as the detector knew it.

// incarnations are those of an analyser as one detector met them.
type incarnations struct {
	counted int64 // the highest that answered a probe which counted as ok
	heard   int64 // the highest that answered a probe which counted
	seen    int64 // the highest in any answer that it received
	since   int64 // when the detector may have met that one at the latest so far
	anew    bool  // an older one was seen before
}

// meet notes the incarnation in an answer. Counts may begin anew with a new one: at its
// first answer or, as a detector leaves late answers aside, at any until one counted.
func (p *pair) meet(inc, t int64) {
	i := &p.incs
	if inc < i.seen || inc <= i.heard {
		return
	}
	i.anew = i.anew || i.seen != 0 && inc > i.seen
	if i.anew {
		p.restart()
	}
	if inc > i.seen || i.anew {
		i.seen, i.since = inc, t
	}
}

// counts reports whether a failed attempt that was sent then is evidence for sure: a
// detector leaves out what was sent before its verdict up, to another incarnation, or
// before it was last paused.
func (p *pair) counts(sent, now int64) bool {
	return sent > max(p.upSince, p.incs.since, p.agent.resumed) && sent <= now
}

// judgeDelay is F8 for a verdict that is overdue: one more than enough was counted
// for sure. With kind phi probes bring nothing down by their number.
func (o *overseer) judgeDelay(a *agent, p *pair, r *Record) {
	if !o.detects(a) || !p.judges || a.view != nil && a.view.find(p.an) < 0 {
		return // nobody watches an analyser that was removed
	}
	d := &o.ctx.Run.Distributor.Detector
	what, n, need := "", 0, 0
	switch {
	case p.down && !p.prone && p.why != causeData && p.oks.low > d.Successes:
		what, n, need = "successful probes", p.oks.low, d.Successes
	case !p.down && d.Kind != "phi" && p.fails.low > d.Failures:
		what, n, need = "failed probes", p.fails.low, d.Failures
	case !p.down && !o.central && d.DataFailures > 0 && p.data.low > d.DataFailures:
		what, n, need = "failed attempts", p.data.low, d.DataFailures
	}
	if need > 0 {
		o.tally[ruleF8].Failf([]Ref{p.verdict, r.Ref()}, "%d %s of %s in a row and no verdict, %d are enough", n, what, o.names.Name(p.an), need)
	}
}

// judgeIncarnation is F8 for the `inc` of a detector's verdict.
func (o *overseer) judgeIncarnation(p *pair, r *Record) {
	if inc := r.Int(KeyInc); r.Has(KeyInc) && (inc < p.incs.counted || inc > p.incs.seen) {
		o.tally[ruleF8].Failf([]Ref{p.verdict, r.Ref()}, "inc is %d for %s, whose incarnation %d answered a probe and %d is the highest heard of", inc, o.names.Name(p.an), p.incs.counted, p.incs.seen)
	}
}
