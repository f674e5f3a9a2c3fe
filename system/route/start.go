package route

import "math/rand/v2"

// StartPhase gives a chooser that shares nothing with others a start of its own,
// so that choosers of the same analysers do not pick in step: it makes J virtual
// decisions of one message from the view, J uniform in 0..4n-1 for n eligible
// analysers, whose charges stay, and returns J. The credits are then what the
// chooser logs as its start credits. It does nothing, and draws nothing, if no
// analyser is eligible: call it with the first view that has one, before any
// other pick.
func StartPhase(p Policy, v *View, rng *rand.Rand) (decisions int) {
	if v.Eligible() == 0 {
		return 0
	}
	decisions = rng.IntN(4 * v.Eligible())
	for range decisions {
		raw := uint64(0)
		if p.NeedsDraw() {
			raw = rng.Uint64()
		}
		_, ok := p.Pick(v, 1, nil, raw)
		assert(ok, "no virtual pick from view %d with %d eligible", v.Number(), v.Eligible())
	}
	return decisions
}
