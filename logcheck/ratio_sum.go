package logcheck

import "strconv"

// siteSum is R4: the choosers of one distributor added up, as long as every one of
// them is in its first epoch with the same shares.
type siteSum struct {
	set      *shareSet
	off      bool // eligibility changed somewhere
	choosers []*chooser
	dev      []int64 // by position: sum of (credit - start credit)
	count    int
	last     Ref
}

// sumEvery is how often R4 is computed, in decisions of the distributor; it is
// also computed when its premise ends. Each chooser alone is judged every time.
const sumEvery = 16

// sumEpoch adds a chooser's first epoch to its distributor's sum.
func (o *overseer) sumEpoch(c *chooser, r *Record) {
	s := &c.agent.site.sum
	if !c.first {
		return
	}
	o.starts.add(c, r)
	if s.off {
		return
	}
	if s.set == nil {
		s.set = c.epoch.set
		s.dev = make([]int64, len(c.credit))
	}
	if s.set != c.epoch.set || !c.epoch.judged {
		o.closeSum(c.agent.site)
		return
	}
	s.choosers = append(s.choosers, c)
}

// sumDecision adds one decision.
func (o *overseer) sumDecision(c *chooser, e *epoch, at int32, u int64) {
	s := &c.agent.site.sum
	if s.off || !c.first || s.set != e.set {
		return
	}
	for _, i := range s.set.elig {
		s.dev[i] += u * int64(s.set.share[i])
	}
	s.dev[at] -= u * one
	assert(len(s.choosers) > 0, "a sum without choosers")
	if s.count++; s.count%sumEvery == 0 {
		o.judgeSum(c.agent.site)
	}
}

// leaveFirst ends the first epoch of a chooser, and with it R4 for its distributor.
func (o *overseer) leaveFirst(c *chooser) {
	if c.first {
		o.closeSum(c.agent.site)
		c.first = false
	}
}

// closeSum judges R4 for the last time.
func (o *overseer) closeSum(s *site) {
	if !s.sum.off {
		s.sum.off = true
		o.judgeSum(s)
	}
}

func (o *overseer) judgeSum(s *site) {
	m := &s.sum
	if len(m.choosers) < 2 || len(m.set.elig) < 2 || m.count == 0 || o.pol == policyRandom {
		return
	}
	assert(len(m.dev) == len(m.set.share), "%d sums, %d shares", len(m.dev), len(m.set.share))
	t := &o.tally[ruleR4]
	t.Case()
	for _, i := range m.set.elig {
		up, down := int64(0), int64(0)
		for _, c := range m.choosers {
			w := &c.epoch.whole
			if w.m == 0 {
				continue // has not been judged yet: nothing decided
			}
			up += w.starvedTopFor(o.pol, &o.harm, i, o.m) - w.start[i]
			down += w.overfed(o.pol, i, o.m) + w.start[i]
		}
		if m.dev[i] > up || -m.dev[i] > down {
			t.Failf([]Ref{m.choosers[0].epoch.ref}, "the %d choosers of %s together are off the share of %s by %s messages", len(m.choosers),
				o.names.Name(s.node), o.names.Name(m.set.members.ids[i]), partsText(abs(m.dev[i])))
			m.off = true
			return
		}
	}
}

// startCredits is the other half of R4: workers that draw their start phases
// independently do not all begin alike.
type startCredits struct {
	groups []startGroup
}

type startGroup struct {
	set    *shareSet
	like   []int64
	count  int
	differ bool
	refs   []Ref
}

// startGroupsMax bounds the groups of equal shares that are compared.
const startGroupsMax = 16

// add notes the credits with which a chooser makes its first decision.
func (s *startCredits) add(c *chooser, r *Record) {
	for i := range s.groups {
		g := &s.groups[i]
		if g.set != c.epoch.set {
			continue
		}
		g.count++
		g.differ = g.differ || !equalCredits(g.like, c.credit)
		if len(g.refs) < 4 {
			g.refs = append(g.refs, r.Ref())
		}
		return
	}
	if len(s.groups) < startGroupsMax && len(c.epoch.set.elig) >= 2 {
		like := append([]int64(nil), c.credit...)
		s.groups = append(s.groups, startGroup{set: c.epoch.set, like: like, count: 1, refs: []Ref{r.Ref()}})
	}
}

// judge fails a group whose start credits are all equal, if k independent draws
// come out so with a chance below 1e-9: at most n^-(k-1), because the phases of
// the start fall into at least n classes of equal credits.
func (s *startCredits) judge(t *Tally, local bool) {
	if !local {
		return
	}
	for i := range s.groups {
		g := &s.groups[i]
		odds := uint64(1)
		for k := 1; k < g.count && odds < 1e9; k++ {
			odds *= uint64(len(g.set.elig))
		}
		if odds < 1e9 {
			continue
		}
		t.Case()
		if !g.differ {
			t.Failf(g.refs, "%d choosers began with the same credits", g.count)
		}
	}
}

// partsText writes parts as messages with three decimals, rounded down.
func partsText(v int64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	milli := (v & (one - 1)) * 1000 >> 32
	return sign + strconv.FormatInt(v>>32, 10) + "." + strconv.FormatInt(1000+milli, 10)[1:]
}
