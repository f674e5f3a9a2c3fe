package logcheck

import "slices"

// gray is a data path between a worker and an analyser that is cut while probes
// pass (F13).
type gray struct {
	on    bool
	ref   Ref // the fault
	since int64
	sends []int64 // the first data_failures sends since the cut or the last success, without those abandoned
	due   int64   // when the verdict must have fallen; forever: not yet known
}

func (g *gray) reset() { g.sends, g.due = g.sends[:0], forever }

// succeeded notes that something came back on the data path.
func (g *gray) succeeded() { g.reset() }

// abandoned notes that the packet of a send ended by another attempt: nobody waits for
// the answer to this one, so it fails nothing.
func (g *gray) abandoned(sent int64) {
	if i := slices.Index(g.sends, sent); i >= 0 {
		g.sends, g.due = slices.Delete(g.sends, i, i+1), forever
	}
}

// verdict notes a new verdict.
func (g *gray) verdict(bool) { g.reset() }

// refreshGray looks at the faults between the pair's nodes.
func (o *overseer) refreshGray(p *pair, ref Ref) {
	w, t := p.agent.site.node, o.truth
	probes := t.CutAny(w, p.an, ClassProbe) || t.CutAny(p.an, w, ClassProbe) || t.Impaired(w, p.an, ClassAll) || t.Impaired(p.an, w, ClassAll)
	data := t.Cut(w, p.an, ClassData) || t.Cut(p.an, w, ClassAck)
	on := data && !probes && !t.Active(w) && !t.Active(p.an) && !t.load
	if on != p.gray.on {
		p.gray.on, p.gray.ref, p.gray.since = on, ref, o.time
		p.gray.reset()
	}
}

// graySend counts a packet sent into a cut data path.
func (o *overseer) graySend(a *agent, p *pair, r *Record) {
	g, need := &p.gray, o.ctx.Run.Distributor.Detector.DataFailures
	if !g.on || p.down || need <= 0 || o.central || len(g.sends) >= need {
		return
	}
	if g.sends = append(g.sends, r.T); len(g.sends) == need {
		// Each fails by itself T_A after its send; T_A more for the worker to act.
		g.due = r.T + 2*o.tA + 2*o.ctx.ClockError
		o.plan(p)
	}
}

// judgeGray is the first half of F13.
func (o *overseer) judgeGray(p *pair, now int64) {
	g := &p.gray
	if g.due >= now {
		return
	}
	assert(len(g.sends) > 0, "due without a send")
	g.due = forever
	w := p.agent.site.node
	if !g.on || p.down || p.agent.stopped || o.truth.Touched(w, w) >= g.since || o.truth.nodeTouched(p.an) >= g.since {
		return
	}
	o.tally[ruleF13].Case()
	o.tally[ruleF13].Failf([]Ref{g.ref, p.verdict}, "%d packets were sent to %s on a cut data path and its verdict did not fall", len(g.sends), o.names.Name(p.an))
}
