package faults

import (
	"slices"
	"time"
)

// shrinkStep is what the times of a shrunk plan are rounded to.
const shrinkStep = 10 * time.Millisecond

// Shrink looks for a smaller plan that still fails: it leaves out actions and halves how
// long they last, until neither helps any more. fails must answer the same whenever it is
// asked about the same plan, and false if the plan is not valid; p itself must fail.
// It is Minimise in turn with halving: O(actions^2) questions at worst. The draws of an action stay the same whatever else goes,
// but not when its own times change.
func (p Plan) Shrink(fails func(Plan) bool) Plan {
	assert(fails(p), "the plan to shrink does not fail")
	for changed := true; changed; {
		changed = false
		Minimise(func() []Action { return p.Actions }, func(rest []Action) bool {
			c := Plan{rest}
			if !fails(c) {
				return false
			}
			p, changed = c, true
			return true
		})
		for i := range p.Actions {
			for half := p.halved(i); half.Actions[i].For < p.Actions[i].For && fails(half); half = p.halved(i) {
				p, changed = half, true
			}
		}
	}
	return p
}

// halved is the plan with action i half as long, but not shorter than a step.
func (p Plan) halved(i int) Plan {
	c := Plan{slices.Clone(p.Actions)}
	c.Actions[i].For = max((c.Actions[i].For / 2).Round(shrinkStep), shrinkStep)
	return c
}
