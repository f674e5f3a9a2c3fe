package logcheck

// pair is what a detector (a worker, or the supervisor when it is central) knows
// of one analyser.
type pair struct {
	an       Sym
	agent    *agent
	flying   int   // packets in flight
	ghosts   int   // at most so many more whose packet ended by another attempt
	unread   int   // answers that the worker may not have handled yet
	idle     int64 // when the last one came back, or it was shown as full
	aloneEnd int64 // last moment at which it was the only eligible analyser

	listed   bool  // the worker's view lists it with weight and not drained
	listedAt int64 // since when
	hidden   bool  // kind central: first shown drained, which hides what the supervisor holds it for
	wasFull  bool  // it is shown drained, and was shown full just before
	down     bool  // newest verdict
	changed  int64 // when the verdict changed last
	verdict  Ref   // the newest verdict; the first view before any
	why      causeSet
	judges   bool // it gives verdicts or counts probes
	gave     bool // a verdict ever, be it before the analyser was removed

	fails   streak // failed probes in a row
	data    streak // failed attempts in a row
	oks     streak // successful probes in a row
	fresh   int    // failures of the streak that are evidence of their own time
	stale   int    // timeouts of what was sent before the last pause ended
	okInc   int64  // analyser incarnation of the successes
	upSince int64  // when the verdict rose last
	incs    incarnations
	heard   int64 // node time of the last good probe; 0: none
	prone   bool  // since the last `up` enough attempts failed that a data probe may be needed
	probe   sentProbe
	reply   sentProbe
	dataUp  bool // a data probe succeeded since the last `down` and data failure
	hard    bool // a refusal or reset since the last `up`

	outSince int64  // since when it is unreachable by the ground truth
	okAt     int64  // when a probe last succeeded
	outRef   Ref    // the fault that made it so
	seen     outage // for the report
	f1Judged bool   // F1 was judged for that outage
	f6Judged bool
	f1At     int64 // when F1 and F6 decide, and whether that moves with a fault
	f6At     int64
	f1Moves  bool
	f6Moves  bool
	due      int64 // the next moment at which the pair must be looked at
	gray     gray
}

// streak counts in a row as a range: low counts only what must count and is reset
// by everything that may reset it, high the other way round. FORMAT.md leaves to
// the detector whether data traffic takes part in the counts of probes.
type streak struct{ low, high int }

func (s *streak) hit() { s.low++; s.high++ }

// hitIf counts a failure that the detector may leave out unless it is sure.
func (s *streak) hitIf(sure bool) {
	s.high++
	if sure {
		s.low++
	}
}

func (s *streak) zero() { *s = streak{} }

// has reports whether a logged count can be right.
func (s *streak) has(n uint64) bool {
	assert(s.low >= 0 && s.low <= s.high, "streak of %d to %d", s.low, s.high)
	return uint64(s.low) <= n && n <= uint64(s.high)
}

// causeSet is the `why` of a verdict.
type causeSet uint8

const (
	causeProbe causeSet = 1 << iota
	causeData
	causePhi
	causeRefused
	causeCentral
	causeRecovered
)

func parseCause(b []byte) causeSet {
	switch string(b) {
	case "probe":
		return causeProbe
	case "data":
		return causeData
	case "phi":
		return causePhi
	case "refused":
		return causeRefused
	case "central":
		return causeCentral
	case "recovered":
		return causeRecovered
	}
	return 0
}

// sentProbe is a probe's number with the time of its send, or with the incarnation
// that answered.
type sentProbe struct {
	pn  uint64
	tok uint64 // of the send
	v   int64
	m   int64 // of the send or the answer, in node time
	ok  bool  // of the answer: ready
}

// probed notes a probe that is sent. A detector that begins anew numbers anew.
func (p *pair) probed(r *Record) {
	p.probe = sentProbe{pn: r.Uint(KeyPN), tok: r.Uint(KeyTok), v: r.T, m: r.M}
	if p.reply.pn >= p.probe.pn {
		p.reply = sentProbe{}
	}
}

// answered notes the answer to the newest probe that has one. Older answers may come
// after it, before the detector acts on it, and those to probes from before it began
// anew.
func (p *pair) answered(r *Record) {
	pn := r.Uint(KeyPN)
	late := p.probe.pn > 0 && (pn > p.probe.pn || pn == p.probe.pn && r.Has(KeyRe) && r.Uint(KeyRe) != p.probe.tok)
	if !late && pn >= p.reply.pn {
		p.reply = sentProbe{pn: pn, v: int64(r.Uint(KeyFI)), m: r.M, ok: r.Bool(KeyReady)}
	}
}

func (a *agent) pairOf(an Sym) *pair {
	p := a.byAn[an]
	if p == nil {
		p = &pair{an: an, agent: a, aloneEnd: never, changed: never, outSince: forever, due: forever, listedAt: forever, gray: gray{due: forever}}
		a.byAn[an] = p
		a.pairs = append(a.pairs, p)
	}
	assert(p.agent == a && p.an == an, "pair of another actor")
	return p
}

// detects reports whether a's verdicts are its own findings: those of workers,
// and with a central detector those of the supervisor.
func (o *overseer) detects(a *agent) bool { return !o.central || a.view == nil }

// seeProbed counts the result of a probe as the detector says it counts.
func (o *overseer) seeProbed(a *agent, r *Record) {
	p := a.pairOf(r.Sym(KeyAn))
	p.judges = true
	if !p.listed && a.view == nil {
		o.list(p, r.T) // a central detector has no view
	}
	if !o.over && !p.down && o.calmBefore(p, r.T) {
		o.tally[ruleF2].Case()
	}
	res, data := r.Bytes(KeyRes), r.Bool(KeyDP)
	if !data {
		o.judgeProbed(p, string(res), r)
		if p.reply.pn == r.Uint(KeyPN) && (string(res) == "ok" || string(res) == "not_ready") {
			p.incs.heard = max(p.incs.heard, p.reply.v)
		}
	}
	switch string(res) {
	case "ignored":
		return
	case "ok":
		p.probeOK(data, r.Uint(KeyPN))
		p.heard = r.M
		if p.okAt = r.T; p.outSince != forever {
			o.plan(p)
		}
		o.judgeDelay(a, p, r)
		return
	}
	sent := int64(forever) // unknown: counts as evidence
	if p.probe.pn == r.Uint(KeyPN) && !data {
		sent = p.probe.v
	}
	p.evidence(o, a, sent, r.T, string(res) == "timeout")
	p.hard = p.hard || string(res) == "refused" || string(res) == "reset"
	p.oks.low = 0
	if data {
		// Whether a failed data probe counts among the probes, the attempts or both
		// is the detector's business.
		p.fails.high++
		p.data.high++
		p.dataUp = false
		return
	}
	p.fails.hit()
	p.oks.zero()
	o.judgeDelay(a, p, r)
}

// judgeProbed is F9 for the result of a probe: it is what the messages of the
// actor say, where they are logged.
func (o *overseer) judgeProbed(p *pair, res string, r *Record) {
	pn, timeout := r.Uint(KeyPN), int64(o.ctx.Run.Distributor.Detector.Timeout)
	newest, what := p.probe.pn == pn, ""
	switch answered := p.reply.pn == pn; {
	case p.probe.pn == 0:
		return // this writer does not log probes
	case pn > p.probe.pn:
		what = "it was never sent"
	case res == "ok" && (p.reply.pn < pn || answered && !p.reply.ok), res == "not_ready" && (p.reply.pn < pn || answered && p.reply.ok):
		what = "no such answer came"
	case res == "timeout" && answered && newest && p.reply.m-p.probe.m < timeout-o.ctx.ClockError: // a later one may count as none
		what = "its answer had come"
	case res == "timeout" && newest && r.M-p.probe.m < timeout:
		what = "it was sent too short ago"
	}
	if what != "" {
		o.tally[ruleF9].Failf([]Ref{r.Ref()}, "probe %d of %s is counted as %s, but %s", pn, o.names.Name(p.an), res, what)
	}
}

// probeOK counts a successful probe; those of another incarnation start anew.
func (p *pair) probeOK(data bool, pn uint64) {
	if data {
		p.dataUp = true
		p.oks.high++
		p.fails.low = 0
		p.data.low = 0
		return
	}
	if p.reply.pn == pn && p.reply.v != 0 {
		if p.okInc != 0 && p.okInc != p.reply.v {
			p.oks.zero()
		}
		p.okInc = p.reply.v
		p.incs.counted = max(p.incs.counted, p.reply.v)
	}
	p.oks.hit()
	p.fails.zero()
	p.clearEvidence()
}

// dataOK notes a success on the data path. A receipt that the worker may have
// ignored (late, for another attempt) only may reset the count.
func (p *pair) dataOK(maybe bool) {
	p.data.low = 0
	if !maybe {
		p.data.high = 0
		p.clearEvidence()
	}
	p.gray.succeeded()
}

// dataFailed counts a failed attempt.
func (o *overseer) dataFailed(p *pair, sent int64, r *Record) {
	switch string(r.Bytes(KeyWhy)) {
	case "down":
		return // the verdict's consequence, not its cause
	case "timeout":
		p.data.hitIf(p.counts(sent, r.T))
		p.evidence(o, p.agent, sent, r.T, true)
	case "refused", "reset":
		p.data.hitIf(p.counts(sent, r.T))
		p.hard = true
		p.evidence(o, p.agent, sent, r.T, false)
	default: // full, busy, unavailable: an answer that the detector may count
		p.data.high++
		p.evidence(o, p.agent, sent, r.T, false)
	}
	p.oks.low = 0
	p.dataUp = false
	if n := o.ctx.Run.Distributor.Detector.DataFailures; p.data.high >= n {
		p.prone = true
	}
	o.judgeDelay(p.agent, p, r)
}

// tellCentral counts a worker's failed attempt for a central detector, to which the
// workers report. Which of their successes it saw in between is not in the log, so
// only the upper count moves.
func (o *overseer) tellCentral(a *agent, r *Record) {
	if !o.central || string(r.Bytes(KeyWhy)) == "down" {
		return
	}
	for _, other := range a.site.agents {
		if other.view != nil {
			continue
		}
		if p := other.byAn[r.Sym(KeyTo)]; p != nil && p.judges {
			p.data.high++
			p.oks.low = 0
			p.fresh++
			p.dataUp = false
			p.prone = true
		}
	}
}

// evidence sorts a failure for F14: a timeout of what was sent before the worker's
// last long pause ended, noticed after it, says nothing of the analyser.
func (p *pair) evidence(o *overseer, a *agent, sent, now int64, timeout bool) {
	end, ok := o.pauseEnd(a, now)
	if ok && timeout && sent <= end && now >= end {
		p.stale++
		return
	}
	p.fresh++
}

// restart allows for a detector that begins its counts anew here.
func (p *pair) restart() { p.fails.low, p.data.low, p.oks.low = 0, 0, 0 }

// anew begins a pair whose analyser was registered or removed: the detector that there
// is from then on, if any, knows nothing yet.
func (p *pair) anew(down bool, by Ref) {
	p.hidden, p.wasFull = false, false
	p.listed, p.listedAt = false, forever
	p.down, p.verdict, p.changed, p.why = down, by, never, 0
	p.fails, p.data, p.oks, p.okInc, p.incs.counted, p.incs.heard = streak{}, streak{}, streak{}, 0, 0, 0
	p.clearEvidence()
	p.dataUp, p.hard, p.prone, p.upSince, p.heard = false, false, false, 0, 0
	p.gray.reset()
}

func (p *pair) clearEvidence() { p.fresh, p.stale = 0, 0 }

// seeHealth judges a verdict.
func (o *overseer) seeHealth(a *agent, r *Record) {
	p := a.pairOf(r.Sym(KeyAn))
	down := r.Is(KeyTo, "down")
	own := o.detects(a)
	p.judges = p.judges || own
	switch {
	case down:
		o.tally[ruleF4].Case()
		if p.gray.on && p.gray.since < r.T && r.Is(KeyWhy, "data") {
			o.tally[ruleF13].Case()
		}
	case p.down && own:
		o.tally[ruleF6].Case()
	}
	o.judgeEvidence(a, p, down, r)
	if own {
		o.tally[ruleF8].Case()
		o.judgeIncarnation(p, r)
		if down {
			o.judgeFall(p, r)
			o.judgeCalm(p, r)
			o.judgeSelf(a, p, r)
		} else {
			o.judgeRise(p, r)
		}
	}
	if down == p.down && p.changed != never {
		o.tally[ruleF8].Failf([]Ref{p.verdict, r.Ref()}, "the verdict on %s is repeated", o.names.Name(p.an))
	}
	p.down, p.changed, p.verdict, p.why, p.gave = down, r.T, r.Ref(), parseCause(r.Bytes(KeyWhy)), true
	p.f6Judged = false
	if down {
		p.dataUp = false
		p.oks.zero() // what came before counts for no recovery
	} else {
		p.fails.zero()
		p.data.zero()
		p.clearEvidence()
		p.hard, p.prone, p.upSince = false, false, r.T
	}
	p.gray.verdict(down)
	if o.central && own && o.apply > 0 {
		a.site.follow = append(a.site.follow, following{p, r.T, r.T + o.apply, r.Ref()})
	}
	o.plan(p)
	o.noteVerdict(p, r.T)
}

// judgeFall is F8 for up to down: enough failures in a row, counted again.
func (o *overseer) judgeFall(p *pair, r *Record) {
	t, d, name := &o.tally[ruleF8], &o.ctx.Run.Distributor.Detector, o.names.Name(p.an)
	f := r.Uint(KeyF)
	switch parseCause(r.Bytes(KeyWhy)) {
	case causeProbe:
		if p.fails.high < d.Failures {
			t.Failf([]Ref{p.verdict, r.Ref()}, "%s is down after %d failed probes in a row, %d are needed", name, p.fails.high, d.Failures)
		} else if !p.fails.has(f) {
			t.Failf([]Ref{p.verdict, r.Ref()}, "f is %d for %s, the log has %d to %d failed probes in a row", f, name, p.fails.low, p.fails.high)
		}
	case causeData:
		if p.data.high < d.DataFailures {
			t.Failf([]Ref{p.verdict, r.Ref()}, "%s is down after %d failed attempts in a row, %d are needed", name, p.data.high, d.DataFailures)
		} else if !p.data.has(f) {
			t.Failf([]Ref{p.verdict, r.Ref()}, "f is %d for %s, the log has %d to %d failed attempts in a row", f, name, p.data.low, p.data.high)
		}
	case causePhi:
		if d.Kind != "phi" {
			t.Failf([]Ref{r.Ref()}, "a phi verdict on %s by a detector of kind %s", name, d.Kind)
		} else if silence := r.M - p.heard; p.heard > 0 && silence < int64(d.SilenceMin) {
			t.Failf([]Ref{r.Ref()}, "%s is down after a silence of %d ns, less than %d is never improbable enough", name, silence, int64(d.SilenceMin))
		}
	case causeRefused:
		if !p.hard {
			t.Failf([]Ref{p.verdict, r.Ref()}, "%s is down because it refused, but nothing was refused or reset since it was up", name)
		}
	default:
		t.Failf([]Ref{r.Ref()}, "%s is down for a reason that is none: %s", name, r.Str(KeyWhy))
	}
}

// judgeRise is F8 for down to up, and the second half of F13.
func (o *overseer) judgeRise(p *pair, r *Record) {
	t, name := &o.tally[ruleF8], o.names.Name(p.an)
	if !r.Is(KeyWhy, "recovered") {
		t.Failf([]Ref{r.Ref()}, "%s is up for a reason that is none: %s", name, r.Str(KeyWhy))
	}
	if need := o.ctx.Run.Distributor.Detector.Successes; p.oks.high < need {
		t.Failf([]Ref{p.verdict, r.Ref()}, "%s is up after %d successful probes in a row, %d are needed", name, p.oks.high, need)
	} else if n := r.Uint(KeyOK); !p.oks.has(n) {
		t.Failf([]Ref{p.verdict, r.Ref()}, "ok is %d for %s, the log has %d to %d successful probes in a row", n, name, p.oks.low, p.oks.high)
	}
	if p.why == causeData {
		o.tally[ruleF13].Case()
		if !p.dataUp || !r.Bool(KeyDP) {
			o.tally[ruleF13].Failf([]Ref{p.verdict, r.Ref()}, "%s failed on the data path and is up again without a data probe that succeeded since", name)
		}
	}
}

// judgeEvidence is F9: a verdict cites its own actor's records; with a central
// detector a worker's verdict is the supervisor's, which rests on all its workers.
func (o *overseer) judgeEvidence(a *agent, p *pair, down bool, r *Record) {
	t := &o.tally[ruleF9]
	t.Case()
	cause := parseCause(r.Bytes(KeyWhy))
	if o.central && a.view != nil {
		for _, other := range a.site.agents {
			if q := other.byAn[p.an]; other != a && other.view == nil && q != nil && q.judges && (q.down == down || q.gave) {
				return
			}
		}
		if n := len(a.site.configs); n > 0 && a.ver < a.site.configs[n-1].ver {
			return // the worker is late, and the supervisor may have forgotten the analyser since
		}
		t.Failf([]Ref{p.verdict, r.Ref()}, "a worker's verdict on %s that the supervisor did not give", o.names.Name(p.an))
		return
	}
	if cause == causeCentral {
		t.Failf([]Ref{p.verdict, r.Ref()}, "a central verdict on %s, but each worker detects for itself", o.names.Name(p.an))
		return
	}
	if down && cause == causePhi && p.heard > 0 && o.ctx.Run.Distributor.Detector.SilenceMin > 0 {
		return // the evidence is its own silence, which F8 measures
	}
	if down && p.fails.high+p.data.high == 0 || !down && p.oks.high == 0 {
		t.Failf([]Ref{p.verdict, r.Ref()}, "%s has no evidence of its own for its verdict on %s", o.names.Name(a.actor), o.names.Name(p.an))
	}
}
