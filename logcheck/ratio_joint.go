package logcheck

import "math/bits"

// joint is the other half of R14 in state crdt-counts: as long as all choosers decide over
// the same shares, from the beginning of the run on, their decisions together stay within
// what the policy and the messages allow that a chooser had not heard of when it decided.
// It holds however late these come, because it counts them.
type joint struct {
	set       *shareSet
	dev       []int64 // by position: credit of all choosers together
	units     int64
	largest   int64
	unseen    int64 // most units that a chooser did not know of when it decided
	decisions int
	off       bool
}

// jointEvery is how often the joint deviation is judged, in decisions.
const jointEvery = 16

// sharesCounts reports whether the joint bound can be judged at all: with an exact order
// of decisions, and a policy that takes the largest credit.
func (o *overseer) sharesCounts() bool {
	return o.ctx.Run.Distributor.counts() && o.ctx.ClockError == 0 && (o.pol == policyDeficit || o.pol == policySmooth)
}

// jointDecision adds a decision of u units for position at; excluded says that some
// analysers were.
func (o *overseer) jointDecision(c *chooser, set *shareSet, at int32, u int64, excluded bool, r *Record) {
	b := &c.agent.trading
	j := &o.counted.joint
	unseen := j.units - b.units - b.told.units
	b.units += u
	j.units += u
	if j.off || !o.sharesCounts() {
		return
	}
	if j.set == nil {
		j.set, j.dev = set, make([]int64, len(set.share))
	}
	if j.set != set || excluded || c.lost || c.agent.site.file.Inc > 1 || len(set.elig) < 2 {
		o.judgeJoint(r)
		j.off = true
		return
	}
	for _, i := range set.elig {
		j.dev[i] += u * int64(set.share[i])
	}
	j.dev[at] -= u * one
	j.largest, j.unseen = max(j.largest, u), max(j.unseen, unseen)
	if j.decisions++; j.decisions%jointEvery == 0 {
		o.judgeJoint(r)
	}
}

// judgeJoint compares with the bounds of FORMAT.md section 12.
func (o *overseer) judgeJoint(r *Record) {
	j := &o.counted.joint
	if j.decisions == 0 || j.off {
		return
	}
	n, t := int64(len(j.set.elig)), &o.tally[ruleR14]
	t.Case()
	least, most := uint64(one), uint64(0)
	for _, i := range j.set.elig {
		least, most = min(least, j.set.share[i]), max(most, j.set.share[i])
	}
	o.harm.upTo(int(n))
	// (M + U (1 + p_max - p_min)) (H_n - 1), rounded up
	reach := j.largest*one + j.unseen*(one+int64(most)-int64(least))
	high, _ := bits.Mul64(o.harm.frac[n], uint64(reach))
	starved := int64(o.harm.whole[n])*reach + int64(high) + 1
	for _, i := range j.set.elig {
		overfed := j.largest*one - j.largest*one/n + j.unseen*(one-int64(j.set.share[i]))
		if j.dev[i] > starved || -j.dev[i] > overfed {
			t.Failf([]Ref{r.Ref()}, "all choosers together are off the share of %s by %s messages, with at most %d unheard of",
				o.names.Name(j.set.members.ids[i]), partsText(abs(j.dev[i])), j.unseen)
			j.off = true
			return
		}
	}
}
