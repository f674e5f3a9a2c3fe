package logcheck

import (
	"bytes"
	"slices"
)

// job is a packet that a worker holds: from its admission (or first pick) to its
// end. Jobs are reused; gen tells two uses apart.
type job struct {
	gen    uint32
	att    uint64 // the newest attempt
	n      int64  // its messages
	bytes  int64  // of an admitted packet
	admit  bool   // counted in its site
	to     Sym    // its analyser
	sent   bool   // its packet was sent
	open   bool   // sent, and neither answered nor failed
	unread bool   // answered, but the worker may not have handled that yet
	failed bool   // the newest attempt failed and no pick followed
	sentT  int64
	tok    uint64 // of its packet's send; 0: the writer logs none
	pick   Ref
	send   Ref
	tried  []Sym // analysers picked since the exclusions were last cleared
}

// peak is the largest number of packets a worker held in at least the last
// backoff_max: a retry that was allowed waits that long before it is picked.
type peak struct {
	from      int64
	now, past int
}

func (p *peak) note(t, span int64, v int) {
	if t-p.from >= span {
		p.past = p.now
		if t-p.from >= 2*span {
			p.past = v
		}
		p.from, p.now = t, v
	}
	p.now = max(p.now, v)
	assert(v >= 0 && p.past >= 0, "%d packets active", v)
}

func (o *overseer) jobOf(a *agent, id PacketID, t int64) *job {
	if j := a.jobs[id]; j != nil {
		return j
	}
	var j *job
	if n := len(o.spare); n > 0 {
		j, o.spare = o.spare[n-1], o.spare[:n-1]
		*j = job{gen: j.gen + 1, tried: j.tried[:0]}
	} else {
		j = &job{}
	}
	a.jobs[id] = j
	a.peak.note(t, o.retry, a.active) // the past up to now
	a.active++
	a.fresh++
	a.peak.note(t, o.retry, a.active)
	return j
}

// endJob forgets a packet of a worker.
func (o *overseer) endJob(a *agent, id PacketID, t int64) bool {
	j := a.jobs[id]
	if j == nil {
		return false
	}
	if j.open {
		p := a.pairOf(j.to)
		p.ghosts++ // its place in the window is taken until it lands
		p.gray.abandoned(j.sentT)
	}
	o.closeAttempt(a, j)
	a.handled(j)
	if j.admit {
		a.site.held.items--
		a.site.held.bytes -= j.bytes
	}
	delete(a.jobs, id)
	a.peak.note(t, o.retry, a.active)
	a.active--
	if !j.pick.valid() {
		a.fresh--
	}
	assert(a.active == len(a.jobs), "%d active, %d jobs", a.active, len(a.jobs))
	j.gen++
	o.spare = append(o.spare, j)
	return true
}

// closeAttempt counts the newest attempt as no longer in flight.
func (o *overseer) closeAttempt(a *agent, j *job) {
	if !j.open {
		return
	}
	j.open = false
	p := a.pairOf(j.to)
	p.flying--
	p.idle = o.time
	assert(p.flying >= 0, "%d packets in flight", p.flying)
	if j.att >= 2 {
		a.retries--
		assert(a.retries >= 0, "%d retries in flight", a.retries)
	}
}

// answered counts the newest attempt as answered. In state shared a worker sets aside
// what it receives while the router decides, and counts it as in flight until then.
func (o *overseer) answered(a *agent, j *job) {
	if j.open && !j.unread && o.ctx.Run.Distributor.State == "shared" {
		j.unread = true
		a.pairOf(j.to).unread++
	}
	o.closeAttempt(a, j)
}

// handled notes that the worker has acted on what it received about the attempt.
func (a *agent) handled(j *job) {
	if j.unread {
		j.unread = false
		a.pairOf(j.to).unread--
	}
}

// seeAdmit is B1 for the queue, and the beginning of a job.
func (o *overseer) seeAdmit(s *site, r *Record) {
	o.judgeQueue(r)
	id, ok := r.ID()
	if !ok {
		return
	}
	if r.Has(KeyW) {
		j := o.jobOf(s.agent(r.Sym(KeyW)), id, r.T)
		if g := s.agent(r.Actor); !j.admit && g.ask.id == id {
			j.admit, j.bytes = true, g.ask.bytes
			s.held.items++
			s.held.bytes += j.bytes
		}
		o.judgeLength(s, r)
	}
	o.seeAnswer(s.agent(r.Actor), r)
}

// judgeQueue is B1 for an admission or refusal.
func (o *overseer) judgeQueue(r *Record) {
	t, d := &o.tally[ruleB1], &o.ctx.Run.Distributor
	t.Case()
	if q := r.Uint(KeyQ); d.QueueItems > 0 && q > uint64(d.QueueItems) {
		t.Failf([]Ref{r.Ref()}, "queue of %d packets, the bound is %d", q, d.QueueItems)
	}
	if q := r.Uint(KeyQB); d.QueueBytes > 0 && q > uint64(d.QueueBytes) {
		t.Failf([]Ref{r.Ref()}, "queue of %d bytes, the bound is %d", q, d.QueueBytes)
	}
}

// seeChoice keeps the attempt that a pick begins: R10, B3, and for R1 the send.
func (o *overseer) seeChoice(v cited, at int32, r *Record) {
	id, ok := r.ID()
	if !ok {
		return
	}
	a := v.worker
	j := o.jobOf(a, id, r.T)
	o.closeAttempt(a, j)
	a.handled(j)
	if !j.pick.valid() {
		a.fresh--
	}
	to := r.Sym(KeyTo)
	j.n = r.Int(KeyN)
	if j.att = r.Uint(KeyAtt); j.att <= 1 {
		j.tried = j.tried[:0]
	} else {
		o.judgeRetry(v, j, r)
		o.judgeBudget(a, r)
		o.noteRetry()
	}
	j.tried = append(j.tried, to)
	j.to, j.sent, j.failed, j.pick = to, false, false, r.Ref()
	if p := a.byAn[to]; p != nil && r.Actor == a.actor {
		o.judgeQuiet(p, r) // F4: a worker's own pick; a router's may be overtaken
	}
}

// judgeRetry is R10: the exclusions of a retry are the analysers tried since the
// last clearing, and they are cleared only when every eligible one was tried.
func (o *overseer) judgeRetry(v cited, j *job, r *Record) {
	t := &o.tally[ruleR10]
	t.Case()
	x := r.Bytes(KeyX)
	if len(x) == 0 {
		for _, i := range v.view.set.elig {
			if id := v.view.set.members.ids[i]; !slices.Contains(j.tried, id) {
				t.Failf([]Ref{v.ref, j.pick, r.Ref()}, "attempt %d excludes nothing although %s was not tried yet", r.Uint(KeyAtt), o.names.Name(id))
				return
			}
		}
		j.tried = j.tried[:0]
		return
	}
	known := 0
	for len(x) > 0 {
		item := x
		if i := bytes.IndexByte(x, ','); i >= 0 {
			item, x = x[:i], x[i+1:]
		} else {
			x = nil
		}
		id := o.names.Intern(item)
		if v.view.find(id) < 0 {
			continue
		}
		known++
		if !slices.Contains(j.tried, id) {
			t.Failf([]Ref{j.pick, r.Ref()}, "attempt %d excludes %s, which was not tried", r.Uint(KeyAtt), item)
			return
		}
	}
	for _, id := range dedupe(j.tried) {
		if v.view.find(id) >= 0 {
			known--
		}
	}
	if known < 0 {
		t.Failf([]Ref{j.pick, r.Ref()}, "attempt %d does not exclude every analyser that was tried", r.Uint(KeyAtt))
	}
}

// dedupe removes repeated names in place; the list is as short as the attempts.
func dedupe(list []Sym) []Sym {
	out := list[:0]
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// judgeBudget is B3 at the pick of a retry.
func (o *overseer) judgeBudget(a *agent, r *Record) {
	d := &o.ctx.Run.Distributor
	if d.RetryMin == 0 && d.RetryPercent == 0 {
		return // no budget
	}
	t := &o.tally[ruleB3]
	t.Case()
	a.peak.note(r.T, o.retry, a.active)
	active := max(a.peak.now, a.peak.past)
	limit := max(d.RetryMin, (active*d.RetryPercent+99)/100)
	if a.retries+1 > limit {
		t.Failf([]Ref{r.Ref()}, "%d retries in flight with at most %d packets active, the budget is %d", a.retries+1, active, limit)
	}
}

// seePacket takes the send of a packet to an analyser: R1, B1, F4, F5.
func (o *overseer) seePacket(a *agent, r *Record) {
	id, ok := r.ID()
	if !ok || r.Uint(KeyN) == 0 || !a.site.views {
		return // a data probe, or a writer that logs no choices
	}
	t, to := &o.tally[ruleR1], r.Sym(KeyTo)
	a.site.sends = true
	t.Case()
	j := a.jobs[id]
	if j == nil || j.att != r.Uint(KeyAtt) || j.to != to || j.failed {
		var pick Ref
		if j != nil {
			pick = j.pick
		}
		t.Failf([]Ref{pick, r.Ref()}, "a packet is sent to %s that no pick of this attempt gave to it", o.names.Name(to))
		return
	}
	p := a.pairOf(to)
	o.judgeQuiet(p, r)
	o.closeAttempt(a, j)
	j.sent, j.open, j.sentT, j.tok, j.send = true, true, r.T, r.Uint(KeyTok), r.Ref()
	p.flying++
	if j.att >= 2 {
		a.retries++
	}
	if w := o.ctx.Run.Distributor.Window; w > 0 {
		o.tally[ruleB1].Case()
		if p.flying > w {
			o.tally[ruleB1].Failf([]Ref{r.Ref()}, "%d packets in flight to %s, the window is %d", p.flying, o.names.Name(to), w)
		}
	}
	o.crowdIsolation(p)
	o.graySend(a, p, r)
	if o.tA > 0 {
		o.late.push(dueJob{at: r.T + o.failoverWithin(), agent: a, job: j, gen: j.gen, att: j.att})
	}
}

// seeEnded takes the end of a packet at a worker.
func (o *overseer) seeEnded(a *agent, r *Record) {
	id, ok := r.ID()
	if !ok {
		return
	}
	if r.Kind == KindDone {
		o.noteDelivered(a.jobs[id], r)
		if p := a.byAn[r.Sym(KeyTo)]; p != nil {
			p.dataOK(false)
		}
	}
	if !o.endJob(a, id, r.T) && r.Kind != KindDone {
		for _, other := range a.site.agents {
			o.endJob(other, id, r.T) // given up by another actor of the node
		}
	}
}
