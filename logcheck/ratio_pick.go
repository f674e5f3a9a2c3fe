package logcheck

import "strconv"

// oldView is a view that a router may still cite for a worker.
type oldView struct {
	v    uint64
	ver  uint64
	view *viewState
	ref  Ref
}

// oldViewsMax bounds the views kept for each worker in state shared: a question
// that waits in the router longer than that many changes is not judged.
const oldViewsMax = 1024

// cited is the view that a pick was made from.
type cited struct {
	worker *agent
	ver    uint64
	view   *viewState
	ref    Ref
}

// seePick judges one decision.
func (o *overseer) seePick(a *agent, r *Record) {
	o.tally[ruleR1].Case()
	c := a.choosing(o.names)
	if p := r.Uint(KeyP); p != c.p+1 {
		o.tally[ruleR6].Failf([]Ref{r.Ref()}, "decision %d follows decision %d of the chooser", p, c.p)
	}
	c.p = r.Uint(KeyP)
	if p := r.Pkt; p != nil && p.Emitted && !p.Forgotten && r.Uint(KeyN) != p.N {
		o.tally[ruleR1].Failf([]Ref{p.emit.ref(), r.Ref()}, "a pick for %d messages, the packet has %d", r.Uint(KeyN), p.N)
	}
	switch shared := o.ctx.Run.Distributor.State == "shared"; {
	case shared && a.view != nil:
		o.tally[ruleR1].Failf([]Ref{a.viewRef, r.Ref()}, "worker %s chooses for itself, the state is shared", o.names.Name(a.actor))
	case !shared && r.Has(KeyW) && r.Sym(KeyW) != a.actor:
		o.tally[ruleR1].Failf([]Ref{r.Ref()}, "%s chooses for worker %s, the state is local", o.names.Name(a.actor), r.Str(KeyW))
	}
	v, ok := o.citedView(a, r)
	if !ok {
		return
	}
	at := v.view.find(r.Sym(KeyTo))
	o.judgeEligible(v, at, r)
	o.judgeTarget(v, at, r)
	o.judgeStillFull(v, r)
	o.judgeRoom(a, r)
	if !c.keeps(v.view, v.ver) {
		o.closeEpoch(c) // its positions and credits are those of the old set
	}
	c.adopt(v.view, v.ver)
	barred := c.bar(r.Bytes(KeyX), o.names)
	if at >= 0 && barred != nil && barred[at] {
		o.tally[ruleR1].Failf([]Ref{r.Ref()}, "the chosen analyser is excluded")
	}
	o.seeChoice(v, at, r)
	o.replay(c, v, at, barred, r)
}

// citedView finds the view of a pick: the worker's newest, or in state shared one
// that the worker had when it asked.
func (o *overseer) citedView(a *agent, r *Record) (cited, bool) {
	w, want := a, r.Uint(KeyV)
	if r.Has(KeyW) {
		w = a.site.agent(r.Sym(KeyW))
	}
	if w.view == nil || want > w.v {
		o.tally[ruleR1].Failf([]Ref{w.viewRef, r.Ref()}, "the pick cites view %d, the worker's newest is %d", want, w.v)
		return cited{}, false
	}
	if want == w.v {
		return cited{w, w.ver, w.view, w.viewRef}, true
	}
	if w == a {
		o.tally[ruleR1].Failf([]Ref{w.viewRef, r.Ref()}, "the pick cites view %d, the worker's newest is %d", want, w.v)
	}
	for i := len(w.old) - 1; i >= 0; i-- {
		if w.old[i].v == want {
			return cited{w, w.old[i].ver, w.old[i].view, w.old[i].ref}, true
		}
	}
	if w != a {
		o.tally[ruleR6].Unknownf("a pick cites view %d of a worker at view %d: too old to be replayed", want, w.v)
	}
	return cited{}, false
}

// judgeEligible is the view's part of R1.
func (o *overseer) judgeEligible(v cited, at int32, r *Record) {
	switch t := &o.tally[ruleR1]; {
	case at < 0:
		t.Failf([]Ref{v.ref, r.Ref()}, "the chosen analyser %s is not registered in the view", r.Str(KeyTo))
	case !v.view.eligible(at):
		t.Failf([]Ref{v.ref, r.Ref()}, "the chosen analyser %s is not eligible in the view", r.Str(KeyTo))
	}
}

// judgeTarget is R7: nothing for a zero weight or a drained analyser, and no
// configuration older than one that had to be applied by now.
func (o *overseer) judgeTarget(v cited, at int32, r *Record) {
	t := &o.tally[ruleR7]
	if v.view.idle {
		t.Case()
		if at >= 0 && (v.view.weight[at] == 0 || v.view.status[at] == statusDrain) {
			t.Failf([]Ref{v.ref, r.Ref()}, "pick of %s, which has no weight or is drained", r.Str(KeyTo))
		}
	}
	s := v.worker.site
	if len(s.configs) == 0 || o.over || o.apply <= 0 {
		return
	}
	k := len(s.configs) - 1
	if v.ver >= s.configs[k].ver {
		return
	}
	slack := o.apply
	if r.Has(KeyW) {
		slack *= 2 // the question waits for the router
	}
	for ; k >= 0 && s.configs[k].ver > v.ver; k-- {
		c := &s.configs[k]
		if r.T > max(c.t, o.truth.Touched(s.node, s.node))+slack {
			t.Case()
			t.Failf([]Ref{c.ref, v.ref, r.Ref()}, "pick by configuration %d, %d ns after configuration %d was accepted", v.ver, r.T-c.t, c.ver)
			return
		}
	}
}

// replay is R6: the same decision from the same state. The credits then follow
// the logged choice, so that one wrong choice is one failure.
func (o *overseer) replay(c *chooser, v cited, at int32, barred []bool, r *Record) {
	t := &o.tally[ruleR6]
	if o.pol == policyNone {
		t.Unknownf("run.json names no policy")
		return
	}
	t.Case()
	n, set := r.Int(KeyN), v.view.set
	if n < 1 || n > o.m {
		t.Failf([]Ref{r.Ref()}, "a packet of %d messages, the largest is %d", n, o.m)
		return
	}
	c.started = true
	d := drawing{elig: set.elig, share: set.share, credit: c.credit, barred: barred, n: n, m: o.m}
	if !d.anyCandidate() {
		t.Failf([]Ref{v.ref, r.Ref()}, "a decision although no analyser is eligible and not excluded")
		return
	}
	if o.pol == policyRandom {
		raw, err := strconv.ParseUint(string(r.Bytes(KeyRaw)), 16, 64)
		if err != nil {
			t.Failf([]Ref{r.Ref()}, "the raw draw is missing")
			return
		}
		d.raw = raw
		if c.drawn && c.raw == raw {
			t.Failf([]Ref{r.Ref()}, "the raw draw is that of the decision before")
		}
		c.raw, c.drawn = raw, true
	}
	if c.lost && o.pol != policyRandom {
		return
	}
	if want := d.winner(o.pol); want != at {
		t.Failf([]Ref{v.ref, r.Ref()}, "decision %d chose %s, policy %s chooses %s", c.p, r.Str(KeyTo), o.ctx.Run.Distributor.Policy, o.names.Name(set.members.ids[want]))
	}
	if at >= 0 && v.view.eligible(at) {
		o.decided(c, v, at, &d, r)
	}
}

func (d *drawing) anyCandidate() bool {
	for _, i := range d.elig {
		if d.candidate(i) {
			return true
		}
	}
	return false
}
