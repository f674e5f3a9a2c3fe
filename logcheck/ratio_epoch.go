package logcheck

import (
	"math/big"
	"math/bits"
)

// windowDecisions is the length of the windows of R3.
const windowDecisions = 256

// epoch is a span of decisions of one chooser with constant shares and without
// exclusions.
type epoch struct {
	set       *shareSet // nil: no epoch is open
	judged    bool      // the policy has a bound that is judged at every decision
	told      bool      // R3 failed in this epoch; once tells enough
	whole     span
	window    span
	inWindow  int
	decisions int64
	units     int64
	squares   [2]uint64 // sum of u^2, high and low
	lastAt    []int64   // by position: units at its last choice, for R9
	back      []int32   // positions that are eligible again, for R11 and R12
	mark      int64     // units at which R11 is judged; 0: never
	away      bool      // the view now has a weighted analyser down, for R8
	awaySeen  bool      // R8 has counted this epoch
	ref       Ref       // the view
	last      Ref       // the last decision
	high, low []int64   // by position: extreme credits, for the report
}

// decided takes a decision that chose an eligible analyser: the epoch's bounds are
// judged and the credits follow.
func (o *overseer) decided(c *chooser, v cited, at int32, d *drawing, r *Record) {
	e, u := &c.epoch, o.pol.unit(d.n)
	assert(c.view == v.view, "a decision by a view that was not adopted")
	o.noteShare(c, v, at, d.n)
	if o.ctx.Run.Distributor.counts() {
		o.jointDecision(c, v.view.set, at, u, len(r.Bytes(KeyX)) > 0, r)
	}
	if c.lost || (e.set != v.view.set || e.decisions%reachEvery == 0) && !o.keepReach(c) {
		return
	}
	if len(r.Bytes(KeyX)) > 0 {
		// A retry with exclusions is an epoch of its own that has no bound.
		o.closeEpoch(c)
		d.settle(at, u)
		o.leaveFirst(c)
		return
	}
	if e.set != v.view.set {
		o.closeEpoch(c)
		o.openEpoch(c, v, r)
	}
	e.away = v.view.awayDown
	e.decisions++
	gap := e.units - e.lastAt[at]
	e.units += u
	hi, lo := bits.Mul64(uint64(u), uint64(u))
	var carry uint64
	e.squares[1], carry = bits.Add64(e.squares[1], lo, 0)
	e.squares[0] += hi + carry
	e.lastAt[at] = e.units
	d.settle(at, u)
	if e.judged {
		o.judgeBounds(c, at, u, r)
		o.judgeGap(c, at, gap, r.Ref())
		o.judgeReturn(c, at, r)
	}
	o.sumDecision(c, e, at, u)
	o.clusterDecision(r)
	o.noteExtremes(c)
	e.last = r.Ref()
}

// keepReach looks, now and then, whether the credits can still be judged.
func (o *overseer) keepReach(c *chooser) bool {
	if c.inReach(o.m) {
		return true
	}
	o.closeEpoch(c)
	o.leaveFirst(c)
	c.lost = true
	for _, no := range [2]int{ruleR3, ruleR6} {
		if no == ruleR3 || o.pol != policyRandom {
			o.tally[no].Unknownf("the credits of %s are too large to be judged", o.names.Name(c.agent.actor))
		}
	}
	return false
}

// openEpoch begins an epoch at the chooser's present credits.
func (o *overseer) openEpoch(c *chooser, v cited, r *Record) {
	e, set := &c.epoch, v.view.set
	if c.epochs > 0 {
		o.leaveFirst(c)
	}
	c.epochs++
	e.set, e.ref = set, v.ref
	e.decisions, e.units, e.squares, e.inWindow, e.mark = 0, 0, [2]uint64{}, 0, 0
	e.awaySeen, e.told = false, false
	e.judged = len(set.elig) >= 2 && (o.pol != policyRandom) && (o.pol != policyEligible || c.clean)
	if o.pol == policyEligible {
		c.clean = false // its bound is only known from a clean start
	}
	e.whole.begin(set, c.credit)
	e.window.begin(set, c.credit)
	assert(len(c.past) == len(c.credit), "%d memories, %d credits", len(c.past), len(c.credit))
	e.lastAt = append(e.lastAt[:0], make([]int64, len(c.credit))...)
	e.back = e.back[:0]
	for i := range c.past {
		in := set.share[i] > 0
		if in && c.past[i] == pastEver {
			e.back = append(e.back, int32(i))
		}
		if in {
			c.past[i] = pastEver | pastLast
		} else {
			c.past[i] &^= pastLast
		}
	}
	if len(e.back) > 0 && e.judged {
		e.mark = o.convergence(set)
		o.tally[ruleR12].Case()
	}
	o.sumEpoch(c, r)
}

// convergence is how many units R11 grants: max(10 * sum of weights / gcd,
// 4 * M * n / p_min).
func (o *overseer) convergence(set *shareSet) int64 {
	hi, lo := bits.Mul64(uint64(4*o.pol.unit(o.m)*int64(len(set.elig))), 1<<32)
	if hi >= set.smallest {
		return forever
	}
	q, _ := bits.Div64(hi, lo, set.smallest)
	return int64(max(10*set.cycle, q))
}

// judgeBounds is R3 (and R8 while another analyser is away) after a decision.
func (o *overseer) judgeBounds(c *chooser, at int32, u int64, r *Record) {
	e := &c.epoch
	o.tally[ruleR3].Case()
	away := e.away
	if away && !e.awaySeen {
		e.awaySeen = true
		o.tally[ruleR8].Case()
	}
	e.whole.note(u)
	o.judgeSpan(c, &e.whole, at, "epoch", r)
	if o.pol != policyFinish && o.pol != policyEligible {
		e.window.note(u)
		o.judgeSpan(c, &e.window, at, "window", r)
		if e.inWindow++; e.inWindow == windowDecisions {
			e.inWindow = 0
			e.window.begin(e.set, c.credit)
		}
	}
}

// judgeSpan compares the credits with the bounds of one span.
func (o *overseer) judgeSpan(c *chooser, s *span, at int32, what string, r *Record) {
	if c.epoch.told {
		return
	}
	side, i, limit := "starved", int32(-1), int64(0)
	if i, limit = s.starvedBeyond(o.pol, &o.harm, c.credit, o.m); i < 0 {
		if limit = s.overfed(o.pol, at, o.m); -c.credit[at] <= limit {
			return
		}
		side, i = "overfed", at
	}
	c.epoch.told = true
	rules := []int{ruleR3}
	if c.epoch.away {
		rules = append(rules, ruleR8)
	}
	for _, no := range rules {
		o.tally[no].Failf([]Ref{c.epoch.ref, r.Ref()}, "decision %d: %s is %s by %s messages in its %s, the bound is %s",
			c.p, o.names.Name(s.set.members.ids[i]), side, partsText(abs(c.credit[i])), what, partsText(limit))
	}
}

// judgeGap is R9: the units decided since the last choice of position i.
func (o *overseer) judgeGap(c *chooser, i int32, gap int64, ref Ref) {
	e := &c.epoch
	t := &o.tally[ruleR9]
	t.Case()
	s := &e.whole
	assert(gap >= 0, "gap of %d units", gap)
	hi, lo := bits.Mul64(uint64(gap), e.set.share[i])
	if hi == 0 && lo <= uint64(s.m*one) {
		return
	}
	limit := s.starvedTopFor(o.pol, &o.harm, i, o.m) + s.overfed(o.pol, i, o.m) + s.m*one
	if hi > 0 || lo > uint64(max(limit, 0)) {
		t.Failf([]Ref{e.ref, ref}, "%s was eligible and got nothing of %d units in a row", o.names.Name(e.set.members.ids[i]), gap)
	}
}

// judgeReturn is R11 and R12 for the analysers that came back with this epoch.
func (o *overseer) judgeReturn(c *chooser, at int32, r *Record) {
	e := &c.epoch
	if len(e.back) == 0 {
		return
	}
	for _, i := range e.back {
		if i != at {
			continue
		}
		extra := e.whole.start[i] - c.credit[i]
		if limit := max(0, e.whole.start[i]) + e.whole.overfed(o.pol, i, o.m); extra > limit {
			o.tally[ruleR12].Failf([]Ref{e.ref, r.Ref()}, "%s came back and got %s messages more than its share, the bound is %s",
				o.names.Name(e.set.members.ids[i]), partsText(extra), partsText(limit))
		}
	}
	if e.mark == 0 || e.units < e.mark {
		return
	}
	assert(len(e.back) <= len(e.set.elig), "%d came back to %d", len(e.back), len(e.set.elig))
	e.mark = 0
	o.tally[ruleR11].Case()
	for _, i := range e.back {
		up, down := e.whole.starvedTopFor(o.pol, &o.harm, i, o.m), e.whole.overfed(o.pol, i, o.m)
		if c.credit[i] > up || -c.credit[i] > down {
			o.tally[ruleR11].Failf([]Ref{e.ref, r.Ref()}, "%s is off its share by %s messages, %d units after it came back",
				o.names.Name(e.set.members.ids[i]), partsText(abs(c.credit[i])), e.units)
		}
	}
}

// closeEpoch judges what an epoch's end decides: gaps that are still open, and
// policy random.
func (o *overseer) closeEpoch(c *chooser) {
	e := &c.epoch
	if e.set == nil {
		return
	}
	if e.judged {
		for _, i := range e.set.elig {
			o.judgeGap(c, i, e.units-e.lastAt[i], e.last)
		}
	}
	if o.pol == policyRandom && len(e.set.elig) >= 2 && e.decisions >= 30 {
		o.judgeChance(c)
	}
	o.noteWorst(c)
	e.set = nil
}

// judgeChance is R3 (and R8) of policy random.
func (o *overseer) judgeChance(c *chooser) {
	e := &c.epoch
	o.tally[ruleR3].Case()
	if e.away {
		o.tally[ruleR8].Case()
	}
	squares := new(big.Int).SetUint64(e.squares[0])
	squares.Lsh(squares, 64).Or(squares, new(big.Int).SetUint64(e.squares[1]))
	for _, i := range e.set.elig {
		dev := c.credit[i] - e.whole.start[i]
		if chance(dev, int64(len(e.set.elig)), e.decisions, squares) {
			continue
		}
		for _, no := range [2]int{ruleR3, ruleR8} {
			if no == ruleR3 || e.away {
				o.tally[no].Failf([]Ref{e.ref, e.last}, "%s is off its share by %s messages after %d decisions: not by chance",
					o.names.Name(e.set.members.ids[i]), partsText(abs(dev)), e.decisions)
			}
		}
	}
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
