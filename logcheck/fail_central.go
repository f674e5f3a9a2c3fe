package logcheck

// following is a verdict of a central detector that the workers have to take over.
type following struct {
	lead  *pair
	t, by int64
	ref   Ref
}

// followDue is F1 and F6 for the workers of a central detector: each has its verdict
// within apply_within, unless it changed again or the node was disturbed.
func (o *overseer) followDue(s *site, r *Record) {
	for len(s.follow) > 0 && r.T > s.follow[0].by {
		f := s.follow[0]
		s.follow = s.follow[1:]
		if f.lead.changed != f.t || !f.lead.listed || o.truth.Touched(s.node, s.node) >= f.t {
			continue
		}
		rule := ruleF1
		if !f.lead.down {
			rule = ruleF6
		}
		o.tally[rule].Case()
		for _, a := range s.agents {
			if a.view == nil || a.stopped || a.view.find(f.lead.an) < 0 || a.began > f.t {
				continue
			}
			if p := a.pairOf(f.lead.an); p.down != f.lead.down {
				o.tally[rule].Failf([]Ref{f.ref, p.verdict}, "%s has not taken over the supervisor's verdict on %s after %d ns", o.names.Name(a.actor), o.names.Name(p.an), r.T-f.t)
			}
		}
	}
}

// foundDown reports whether a central detector holds an analyser for down.
func (s *site) foundDown(an Sym) bool {
	for _, a := range s.agents {
		if p := a.byAn[an]; a.view == nil && p != nil && p.down {
			return true
		}
	}
	return false
}
