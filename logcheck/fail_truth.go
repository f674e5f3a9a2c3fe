package logcheck

// nodeLife is what an analyser's (or any node's) own file tells of its life; the
// ground truth says the rest.
type nodeLife struct {
	began     int64 // the newest incarnation's first record
	recovered int64 // its `recover`; never before
	ended     bool
	crashed   bool
	stop      cause // the fault that told it to stop
}

// cause is the fault that is being followed up.
type cause struct {
	ref Ref
	do  string
}

func (o *overseer) lifeOf(node Sym) *nodeLife {
	l := o.nodes[node]
	if l == nil {
		l = &nodeLife{began: forever, recovered: never}
		o.nodes[node] = l
	}
	return l
}

func (l *nodeLife) see(r *Record) {
	switch r.Kind {
	case KindLog:
		*l = nodeLife{began: r.T, recovered: never}
	case KindRecover:
		l.recovered = r.T
	case KindEnd:
		l.ended = true
	}
}

// seeAnalyser takes a record of an analyser's file.
func (o *overseer) seeAnalyser(r *Record) {
	switch r.Kind {
	case KindLog, KindEnd, KindRecover:
		if r.Kind == KindRecover {
			o.recovers = true
		}
		life := o.lifeOf(r.Node())
		life.see(r)
		o.refresh(life.stop)
	}
	if r.Kind == KindCommit {
		o.iso.seeCommit(r)
	}
	if o.report != nil {
		o.report.seeAnalyser(o, r)
	}
}

// seeFault takes a record of the fault file.
func (o *overseer) seeFault(r *Record) {
	switch r.Kind {
	case KindStopped:
		o.runOver(r)
	case KindPhase:
		if r.Is(KeyName, "end") {
			o.runOver(r)
		}
	case KindFault:
		o.seePause(r)
		why := cause{ref: r.Ref(), do: r.Str(KeyDo)}
		switch why.do {
		case "crash":
			o.lifeOf(r.Sym(KeyN)).crashed = true
			o.dying = append(o.dying, death{r.Sym(KeyN), r.Uint(KeyInc), r.T})
		case "stop":
			o.lifeOf(r.Sym(KeyN)).stop = why
		case "disk_lie", "disk_rot":
			o.storedAt(r.Sym(KeyN)).spoilt = true
		}
		o.refresh(why)
		o.seeIsolationFault(r)
	}
}

// runOver ends what is judged of the run itself; what follows is its orderly end.
func (o *overseer) runOver(r *Record) {
	o.over = true
	if o.iso.state == isoTrial {
		o.judgeIsolation(r)
	}
	o.iso.state = isoOff
}

// death is a crash whose node is still to be forgotten: in tcp the fault file is read
// early, and what the node wrote before it died comes after.
type death struct {
	node Sym
	inc  uint64 // 0: whichever ran
	t    int64
}

// bury forgets the distributors that are dead by now.
func (o *overseer) bury(now int64) {
	kept := o.dying[:0]
	for _, d := range o.dying {
		if o.ctx.ClockError > 0 && now <= d.t {
			kept = append(kept, d)
			continue
		}
		for i := len(o.live) - 1; i >= 0; i-- {
			if s := o.live[i]; s.node == d.node && (d.inc == 0 || uint64(s.file.Inc) == d.inc) {
				o.leave(s)
			}
		}
	}
	o.dying = kept
}

// pauseKey names a paused node (actor 0) or actor.
type pauseKey struct{ node, actor Sym }

// pauseSpan is the newest pause of a node or actor; to is forever while it lasts.
type pauseSpan struct{ from, to int64 }

func (o *overseer) seePause(r *Record) {
	key := pauseKey{r.Sym(KeyN), r.Sym(KeyAct)}
	switch {
	case r.Is(KeyDo, "pause"):
		o.pauses[key] = pauseSpan{r.T, forever}
	case r.Is(KeyDo, "resume"):
		if p, ok := o.pauses[key]; ok && p.to == forever {
			o.pauses[key] = pauseSpan{p.from, r.T}
			if r.T-p.from > int64(o.ctx.Run.Distributor.Detector.Pause) {
				o.countPause(key)
			}
		}
	}
}

// countPause counts the detectors that a long pause put to the test of F14.
func (o *overseer) countPause(key pauseKey) {
	for _, s := range o.live {
		for _, a := range s.agents {
			if s.node == key.node && (key.actor == 0 || key.actor == a.actor) && len(a.pairs) > 0 && o.detects(a) {
				o.tally[ruleF14].Case()
			}
		}
	}
}

// lastPause returns the newest pause of the agent or its node that was longer than
// the detector's pause_ns. One that the fault file has not ended yet, although the
// agent acts, ends now: the two records may share a moment.
func (o *overseer) lastPause(a *agent, now int64) (pauseSpan, bool) {
	best, found := pauseSpan{}, false
	for _, actor := range [2]Sym{0, a.actor} {
		p, ok := o.pauses[pauseKey{a.site.node, actor}]
		if !ok {
			continue
		}
		p.to = min(p.to, now)
		if p.to-p.from > int64(o.ctx.Run.Distributor.Detector.Pause) && (!found || p.to > best.to) {
			best, found = p, true
		}
	}
	return best, found
}

func (o *overseer) pauseEnd(a *agent, now int64) (int64, bool) {
	if len(o.pauses) == 0 {
		return 0, false
	}
	p, ok := o.lastPause(a, now)
	return p.to, ok
}

// judgeSelf is F14: soon after its own long pause a detector does not find an
// analyser down, that nothing touched, by timeouts which ran out in the pause.
func (o *overseer) judgeSelf(a *agent, p *pair, r *Record) {
	span, ok := o.lastPause(a, r.T)
	d := &o.ctx.Run.Distributor.Detector
	if !ok || r.T > span.to+int64(d.Timeout) || p.stale == 0 || p.fresh > 0 {
		return
	}
	node := a.site.node
	touched := max(o.truth.nodeTouched(p.an), o.truth.linkTouched(node, p.an), o.truth.linkTouched(p.an, node))
	if touched >= span.from-o.tA-int64(d.Timeout)-o.ctx.ClockError {
		return
	}
	o.tally[ruleF14].Failf([]Ref{r.Ref()}, "%s was paused for %d ns and found %s down from the time it slept through", o.names.Name(a.actor), span.to-span.from, o.names.Name(p.an))
}

// calmBefore reports calm(w,a) in [t - T_D, t], with the ends of all faults at
// least T_A before that: an attempt sent during a fault fails that much later. The
// nodes must have begun before, too.
func (o *overseer) calmBefore(p *pair, t int64) bool {
	from := t - o.tD - o.tA - o.ctx.ClockError
	if o.tD <= 0 {
		return false // no bound is promised
	}
	life := o.nodes[p.an]
	if life == nil || life.ended || life.crashed || life.began >= from || p.agent.site.began >= from {
		return false
	}
	return o.truth.Touched(p.agent.site.node, p.an) < from
}

// judgeCalm is F2: no verdict down out of the blue.
func (o *overseer) judgeCalm(p *pair, r *Record) {
	if o.over || !o.calmBefore(p, r.T) {
		return
	}
	o.tally[ruleF2].Case()
	o.tally[ruleF2].Failf([]Ref{r.Ref()}, "%s is found down although nothing had touched it, the distributor or the links for %d ns", o.names.Name(p.an), o.tD+o.tA)
}

// unreachable is the premise of F1 now: a is down (a stop counts from the end of
// its log), its node is paused, or everything is cut one way between w and a.
func (o *overseer) unreachable(p *pair) bool {
	const most = ClassData | ClassAck | ClassProbe
	w, life := p.agent.site.node, o.nodes[p.an]
	if life == nil {
		return false // no such node
	}
	return o.truth.Down(p.an) && (life.crashed || life.ended) || o.truth.on(p.an, ActPause) ||
		o.truth.Cut(w, p.an, most) || o.truth.Cut(p.an, w, most)
}

// refresh looks at every pair after a fault or a change in a node's life.
func (o *overseer) refresh(why cause) {
	if o.over {
		return
	}
	for _, s := range o.live {
		for _, a := range s.agents {
			for _, p := range a.pairs {
				o.refreshPair(p, why)
			}
		}
	}
}

func (o *overseer) refreshPair(p *pair, why cause) {
	switch out := o.unreachable(p); {
	case !out:
		p.outSince, p.f1Judged = forever, false
	case p.outSince == forever:
		p.outSince, p.outRef, p.f1Judged = o.time, why.ref, false
	}
	o.refreshGray(p, why.ref)
	o.noteOutage(p, why)
	assert((p.outSince == forever) == !o.unreachable(p), "outage lost")
	o.plan(p)
}

// f1Due is when F1 decides for the outage that lasts; forever without one. Faults
// on the detector's own node put it off, and so does a good answer to what was sent before
// the outage: it may come late, where only one direction is cut, and says all is well.
func (o *overseer) f1Due(p *pair) int64 {
	if o.tD <= 0 || !p.listed || p.outSince == forever || p.f1Judged || !o.detects(p.agent) || p.agent.stopped {
		return forever
	}
	w := p.agent.site.node
	return max(p.outSince, p.okAt, p.listedAt, o.truth.Touched(w, w)) + o.tD + 2*o.ctx.ClockError
}

// f6Due is when F6 decides: T_R after the last fault (and T_A, see calmBefore; and the
// wait of a write that failed, if it was the disk), the verdict, the analyser's own recovery or the registration, whichever is last.
func (o *overseer) f6Due(p *pair) int64 {
	life := o.nodes[p.an]
	if o.tR <= 0 || !p.listed || !p.down || p.f6Judged || !o.detects(p.agent) || p.agent.stopped || life == nil || life.ended || life.crashed || life.began == forever {
		return forever
	}
	if o.recovers && life.recovered == never {
		return forever // not ready, by its own log
	}
	since := max(o.truth.Touched(p.agent.site.node, p.an)+o.tA, p.changed, p.listedAt, life.began, life.recovered)
	if n := o.truth.nodes[p.an]; n != nil && n.wrote != never {
		since = max(since, n.wrote+int64(o.ctx.Run.Analyser.DiskRetry)+o.tA) // it is ready once a write worked
	}
	return since + o.tR + 2*o.ctx.ClockError
}

// plan sets when the pair must be looked at next. It is called after every event
// that moves those moments, so they hold until the next one; only while a fault
// lasts do they move by themselves.
func (o *overseer) plan(p *pair) {
	t, w := o.truth, p.agent.site.node
	p.f1At, p.f6At = o.f1Due(p), o.f6Due(p)
	p.f1Moves = t.Active(w) || t.load
	p.f6Moves = p.f1Moves || t.Active(p.an) || t.linkTouched(w, p.an) == t.now || t.linkTouched(p.an, w) == t.now
	p.due = min(p.f1At, p.f6At, p.gray.due)
	o.due = min(o.due, p.due)
}

// lookAtPairs judges every pair whose moment has passed.
func (o *overseer) lookAtPairs() {
	now := o.time
	o.due = forever
	for _, s := range o.live {
		for _, a := range s.agents {
			for _, p := range a.pairs {
				if p.due < now {
					o.judgePair(p, now)
					o.plan(p)
					assert(p.due >= now, "still due at %d, now %d", p.due, now)
				} else {
					o.due = min(o.due, p.due)
				}
			}
		}
	}
}

func (o *overseer) judgePair(p *pair, now int64) {
	w, an := o.names.Name(p.agent.actor), o.names.Name(p.an)
	if p.f1At < now && (!p.f1Moves || o.f1Due(p) < now) {
		p.f1Judged = true
		o.tally[ruleF1].Case()
		if !p.down {
			o.tally[ruleF1].Failf([]Ref{p.outRef, p.verdict}, "%s is unreachable for %d ns and %s has not found it down within %d ns", an, now-p.outSince, w, o.tD)
		}
	}
	if p.f6At < now && (!p.f6Moves || o.f6Due(p) < now) {
		p.f6Judged = true
		o.tally[ruleF6].Case()
		o.tally[ruleF6].Failf([]Ref{p.verdict}, "%s is well and untouched, and %s has not found it up again within %d ns", an, w, o.tR)
	}
	o.judgeGray(p, now)
}

// list notes that a detector watches an analyser that may get traffic.
func (o *overseer) list(p *pair, t int64) {
	if !p.listed {
		p.listed, p.listedAt = true, t
		o.refreshPair(p, cause{})
	}
}

// viewChanged follows a worker's view: which analysers it watches, the verdict it
// begins with, and F9: what the view shows follows from the worker's verdicts.
func (o *overseer) viewChanged(a *agent, before *viewState, newVer bool, r *Record) {
	v := a.view
	if before == v && !newVer {
		return
	}
	for i, id := range v.set.members.ids {
		was := int32(-1)
		if before != nil {
			was = before.find(id)
		}
		same := was >= 0 && before.weight[was] == v.weight[i] && before.status[was] == v.status[i]
		if same && !newVer {
			continue
		}
		p := a.pairOf(id)
		if was < 0 {
			p.anew(v.status[i] == statusDown, r.Ref())
			p.hidden = o.central && v.status[i] == statusDrain
		} else {
			o.judgeShown(p, before.status[was], v.status[i], r)
		}
		if v.weight[i] > 0 && v.status[i] != statusDrain && !a.drained(id) {
			o.list(p, r.T)
		} else {
			p.listed = false
		}
		o.plan(p)
	}
	if before == nil || before.set.members == v.set.members {
		return
	}
	for _, id := range before.set.members.ids {
		if v.find(id) < 0 {
			p := a.pairOf(id)
			p.anew(false, r.Ref())
			o.plan(p)
		}
	}
}

// drained reports whether the configuration that a's view applies drains an: a view
// may show down instead.
func (a *agent) drained(an Sym) bool {
	for k := len(a.site.configs) - 1; k >= 0; k-- {
		if c := &a.site.configs[k]; c.ver == a.ver {
			for i := range c.entries {
				if c.entries[i].id == an {
					return c.entries[i].status == statusDrain
				}
			}
			return false
		}
	}
	return false
}

// judgeShown is F9 for a view: down is shown after a verdict down, up or full
// after a verdict up. The verdict is written before the view.
func (o *overseer) judgeShown(p *pair, was, is viewStatus, r *Record) {
	if was == is {
		return
	}
	still := p.wasFull
	p.wasFull = is == statusDrain && was == statusFull
	switch is {
	case statusDrain:
		return
	case statusFull:
		o.judgeFull(p, still, r)
	}
	if p.hidden && is == statusDown && p.agent.site.foundDown(p.an) {
		p.down, p.verdict = true, r.Ref()
	}
	p.hidden = false
	if shown := is == statusDown; shown != p.down {
		o.tally[ruleF9].Failf([]Ref{p.verdict, r.Ref()}, "the view changes %s although the worker's verdict did not", o.names.Name(p.an))
	}
}
