package logcheck

import "slices"

// confVersion is a configuration that a supervisor accepted.
type confVersion struct {
	ver     uint64
	t       int64
	entries []entry
	ref     Ref
	judged  bool // every worker has applied it or was judged
}

// configsMax bounds the configurations remembered for each distributor.
const configsMax = 64

// seeConfig takes an accepted or refused configuration.
func (o *overseer) seeConfig(s *site, r *Record) {
	t := &o.tally[ruleR13]
	s.tells = true
	if !r.Bool(KeyOK) {
		s.unread = s.unread || r.Is(KeyFrom, "disk")
		t.Case() // its effect, if it has one, is a view that no configuration explains
		return
	}
	if len(s.configs) > 0 {
		t.Case()
		o.iso.reconfigured(r.T)
	}
	c := confVersion{ver: r.Uint(KeyVer), t: r.T, ref: r.Ref()}
	var err error
	if c.entries, err = o.book.apply(nil, r.Bytes(KeySet)); err != nil {
		t.Failf([]Ref{c.ref}, "configuration %d: %v", c.ver, err)
		return
	}
	if r.Is(KeyFrom, "boot") && !o.isBoot(c.entries) {
		t.Failf([]Ref{c.ref}, "configuration %d is said to be that of the boot, which run.json tells otherwise", c.ver)
	}
	if n := len(s.configs); n > 0 && c.ver <= s.configs[n-1].ver {
		t.Failf([]Ref{s.configs[n-1].ref, c.ref}, "configuration %d was accepted after configuration %d", c.ver, s.configs[n-1].ver)
	}
	if d := &o.ctx.Run.Distributor; r.Is(KeyFrom, "client") && o.ctx.Run.World == "sim" && d.clustered() {
		t.Failf([]Ref{c.ref}, "configuration %d was asked for by somebody without a log, and in the simulation there is nobody", c.ver)
	}
	o.judgeStored(s, &c)
	o.judgeAsked(s, &c, r)
	if len(s.configs) == configsMax {
		s.configs = append(s.configs[:0], s.configs[1:]...)
	}
	s.configs = append(s.configs, c)
	assert(len(s.configs) <= configsMax, "%d configurations kept", len(s.configs))
	if o.apply > 0 {
		s.next = min(s.next, c.t+o.apply)
	}
	if o.central {
		o.watchAll(s.agent(r.Actor), c.entries, r)
	}
}

// isBoot reports whether a configuration is the boot configuration of run.json,
// which may leave it out.
func (o *overseer) isBoot(entries []entry) bool {
	boot := o.ctx.Run.Distributor.Analysers
	if len(boot) == 0 {
		return true
	}
	return slices.EqualFunc(boot, entries, func(b RunWeight, e entry) bool {
		return b.ID == o.names.Name(e.id) && b.Weight == int64(e.weight)
	})
}

// watchAll lists the analysers that a central detector has to watch, and forgets those
// that are not registered any more.
func (o *overseer) watchAll(a *agent, entries []entry, r *Record) {
	for _, p := range a.pairs {
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.id == p.an }) {
			p.anew(false, r.Ref())
			o.plan(p)
		}
	}
	for _, e := range entries {
		p := a.pairOf(e.id)
		if e.weight > 0 && e.status != statusDrain {
			o.list(p, r.T)
		} else {
			p.listed = false
		}
		o.plan(p)
	}
}

// seeView takes a change of a worker's view.
func (o *overseer) seeView(a *agent, r *Record) {
	first := a.view == nil
	if v := r.Uint(KeyV); !first && v <= a.v {
		o.tally[ruleR1].Failf([]Ref{a.viewRef, r.Ref()}, "view %d follows view %d", v, a.v)
	}
	if !first && o.ctx.Run.Distributor.State == "shared" {
		a.keepOld()
	}
	if first {
		a.began = r.T
	}
	o.viewBegins(a, r.T)
	entries, err := o.book.apply(a.entries, r.Bytes(KeySet))
	a.entries = entries
	if err != nil {
		o.tally[ruleR6].Failf([]Ref{r.Ref()}, "view %d: %v", r.Uint(KeyV), err)
	}
	ver := r.Uint(KeyVer)
	changed := first || ver != a.ver
	if ver < a.ver {
		o.tally[ruleR13].Failf([]Ref{a.viewRef, r.Ref()}, "a view of configuration %d follows one of %d", ver, a.ver)
	}
	before := a.view
	a.v, a.ver, a.view, a.viewRef = r.Uint(KeyV), ver, o.book.intern(a.entries), r.Ref()
	o.judgeWeights(a, changed && !first, r)
	o.viewChanged(a, before, changed, r)
	o.seeIsolationView(a)
}

// keepOld remembers the view that is about to be replaced, for a router.
func (a *agent) keepOld() {
	if len(a.old) == oldViewsMax {
		a.old = append(a.old[:0], a.old[oldViewsMax/2:]...)
	}
	assert(len(a.old) < oldViewsMax, "%d old views", len(a.old))
	a.old = append(a.old, oldView{v: a.v, ver: a.ver, view: a.view, ref: a.viewRef})
}

// judgeWeights compares a view with the configuration that it says it applies:
// the same analysers with the same weights, drained exactly where told.
func (o *overseer) judgeWeights(a *agent, change bool, r *Record) {
	t, s := &o.tally[ruleR13], a.site
	if len(s.configs) == 0 && !s.tells {
		return // this writer does not log configurations
	}
	if change {
		t.Case()
	}
	for k := len(s.configs) - 1; k >= 0; k-- {
		c := &s.configs[k]
		if c.ver != a.ver {
			continue
		}
		if !sameWeights(c.entries, a.entries) {
			t.Failf([]Ref{c.ref, r.Ref()}, "view %d is not what configuration %d says", a.v, a.ver)
		}
		return
	}
	if len(s.configs) < configsMax {
		t.Failf([]Ref{r.Ref()}, "view %d applies configuration %d, which was not accepted", a.v, a.ver)
	}
}

// sameWeights reports whether a view shows exactly a configuration's analysers,
// weights and drains. A drained analyser may show as down or full instead.
func sameWeights(conf, view []entry) bool {
	if len(conf) != len(view) {
		return false
	}
	for i := range conf {
		c, v := &conf[i], &view[i]
		if c.id != v.id || c.weight != v.weight {
			return false
		}
		if drain := c.status == statusDrain; drain && v.status == statusUp || !drain && v.status == statusDrain {
			return false
		}
	}
	return true
}

// configDue judges the configurations that every worker of s had to apply by now:
// apply_within after it was accepted, the worker began or the last fault on the
// distributor's node ended, whichever is latest.
func (o *overseer) configDue(s *site) {
	calm := o.truth.Touched(s.node, s.node) + o.ctx.ClockError
	s.next = forever
	for k := range s.configs {
		c := &s.configs[k]
		if c.judged {
			continue
		}
		due := max(c.t, calm) + o.apply
		if o.time <= due {
			s.next = min(s.next, due)
			continue
		}
		c.judged = true
		for _, a := range s.agents {
			if a.view == nil || a.stopped || a.ver >= c.ver {
				continue
			}
			if late := a.began + o.apply; o.time <= late {
				c.judged, s.next = false, min(s.next, late)
			} else {
				o.tally[ruleR13].Failf([]Ref{c.ref, a.viewRef}, "worker %s still has configuration %d, %d ns after %d was accepted", o.names.Name(a.actor), a.ver, o.time-c.t, c.ver)
			}
		}
	}
}
