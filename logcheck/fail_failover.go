package logcheck

// dueJob is an attempt that must have been answered, picked again or ended by at.
type dueJob struct {
	at    int64
	agent *agent
	job   *job
	gen   uint32
	att   uint64
}

// dueQueue is a queue of attempts in the order of their moments: every push is
// the present time plus the same span.
type dueQueue struct {
	list []dueJob
	head int
}

func (q *dueQueue) push(d dueJob) {
	if q.head > 1024 && q.head*2 > len(q.list) {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	assert(q.head <= len(q.list), "head %d of %d", q.head, len(q.list))
	if n := len(q.list); n > q.head {
		d.at = max(d.at, q.list[n-1].at) // node files may differ by the clock error
	}
	q.list = append(q.list, d)
}

// failoverWithin is the span of F5: T_D + T_A + backoff_max, jitter included, and
// T_A once more because it is counted from the send.
func (o *overseer) failoverWithin() int64 { return o.tD + 2*o.tA + o.retry + 2*o.ctx.ClockError }

// failoverDue judges the attempts whose moment has passed.
func (o *overseer) failoverDue() {
	q := &o.late
	for q.head < len(q.list) && q.list[q.head].at < o.time {
		d := q.list[q.head]
		assert(d.job != nil && d.agent != nil, "an empty entry is due")
		q.list[q.head] = dueJob{}
		q.head++
		if d.job.gen != d.gen || d.job.att != d.att || d.agent.site.agents == nil {
			continue // ended, picked again, or its worker is gone
		}
		o.judgeFailover(d)
	}
}

// judgeFailover is F5 for an attempt that still is the packet's newest. It is put
// off while the worker's node is disturbed, while a retry budget holds it back and
// while no other analyser is eligible.
func (o *overseer) judgeFailover(d dueJob) {
	a, j, t := d.agent, d.job, &o.tally[ruleF5]
	if !j.open && !j.failed {
		return // answered: a rejection on its way to the dead-letter file
	}
	from := d.at - o.failoverWithin()
	bad := max(o.truth.Touched(a.site.node, a.site.node), a.held)
	if j.failed {
		bad = max(bad, o.noOther(a, j.to))
	}
	if bad >= from || a.stopped {
		d.at = o.time + o.failoverWithin()
		o.late.push(d)
		return
	}
	t.Case()
	what := "was neither answered nor failed"
	if j.failed {
		what = "failed and was not picked again"
	}
	t.Failf([]Ref{j.pick, j.send}, "attempt %d to %s %s within %d ns", j.att, o.names.Name(j.to), what, o.time-j.sentT)
}

// noOther is the last moment at which the worker had no eligible analyser besides
// an; the present time while it has none.
func (o *overseer) noOther(a *agent, an Sym) int64 {
	last := a.emptyEnd
	if p := a.byAn[an]; p != nil {
		last = max(last, p.aloneEnd)
	}
	if a.view != nil && !a.view.otherThan(an) {
		return o.time
	}
	return last
}

// otherThan reports whether an analyser besides an is eligible.
func (v *viewState) otherThan(an Sym) bool {
	e := v.set.elig
	return len(e) >= 2 || len(e) == 1 && v.set.members.ids[e[0]] != an
}

// viewBegins keeps, for F5, since when the old view left the worker with no or
// with one analyser.
func (o *overseer) viewBegins(a *agent, t int64) {
	if a.view == nil {
		return
	}
	switch e := a.view.set.elig; len(e) {
	case 0:
		a.emptyEnd = t
	case 1:
		a.pairOf(a.view.set.members.ids[e[0]]).aloneEnd = t
	}
}

// judgeQuiet is F4: nothing goes to an analyser while the worker's newest verdict
// on it is down.
func (o *overseer) judgeQuiet(p *pair, r *Record) {
	if p.down {
		o.tally[ruleF4].Failf([]Ref{p.verdict, r.Ref()}, "%s to %s while the worker's verdict on it is down", r.Kind, o.names.Name(p.an))
	}
}

// seeAttemptFailed takes the failure of an attempt.
func (o *overseer) seeAttemptFailed(a *agent, r *Record) {
	id, ok := r.ID()
	if !ok {
		return
	}
	o.tally[ruleF5].Case()
	o.judgeBlame(a, r)
	j := a.jobs[id]
	if a.site.views && !o.over && (j == nil || j.att != r.Uint(KeyAtt) || j.to != r.Sym(KeyTo)) {
		o.tally[ruleR1].Failf([]Ref{r.Ref()}, "attempt %d to %s failed, which no pick began", r.Uint(KeyAtt), r.Str(KeyTo))
	}
	sent := int64(forever)
	if j != nil && j.att == r.Uint(KeyAtt) {
		sent = j.sentT
		if !j.sent && o.tA > 0 {
			sent = r.T
			// Never sent: F5 counts from the failure.
			o.late.push(dueJob{at: r.T + o.failoverWithin(), agent: a, job: j, gen: j.gen, att: j.att})
		}
		o.closeAttempt(a, j)
		a.handled(j)
		j.failed = true
	}
	o.dataFailed(a.pairOf(r.Sym(KeyTo)), sent, r)
	o.tellCentral(a, r)
}

// judgeBlame is F4 for an attempt that is given up because its analyser is held for
// down: it is, or the worker's view does not let it be chosen.
func (o *overseer) judgeBlame(a *agent, r *Record) {
	if !r.Is(KeyWhy, "down") || a.view == nil {
		return
	}
	an := r.Sym(KeyTo)
	if i := a.view.find(an); i >= 0 && a.view.eligible(i) && !a.pairOf(an).down {
		o.tally[ruleF4].Failf([]Ref{a.viewRef, r.Ref()}, "an attempt at %s fails for a verdict down, and it is up", o.names.Name(an))
	}
}
