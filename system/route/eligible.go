package route

// eligible picks, among the analysers that stay within delta of their share if
// they get this packet, the one whose credit would be first to exceed delta: the
// earliest deadline. O(n) for a pick.
type eligible struct{ book }

// Name implements Policy.
func (e *eligible) Name() string { return Eligible }

// NeedsDraw implements Policy.
func (e *eligible) NeedsDraw() bool { return false }

// delta returns the bound of the policy eligible for n analysers in parts:
// M*(1 - 1/(2n-2)), rounded up.
func delta(n int, packetMax int64) int64 {
	whole := packetMax * One
	if n <= 1 {
		return whole
	}
	return whole - whole/int64(2*n-2)
}

// Pick implements Policy.
func (e *eligible) Pick(v *View, messages int, tried []string, _ uint64) (int, bool) {
	ok, anyTried := e.begin(v, messages, tried)
	if !ok {
		return 0, false
	}
	unit := int64(messages)
	e.owe(unit)
	e.settle()
	limit := delta(len(v.elig), e.packetMax)
	best := e.earliest(unit*One-limit, limit)
	if best < 0 {
		best = e.largest()
	}
	if anyTried {
		e.unmark()
	}
	return e.charge(best, unit), true
}

// earliest returns the position of the smallest (limit - credit) / share among
// those not marked whose credit is at least least; ties to the first; -1: none.
func (e *eligible) earliest(least, limit int64) int {
	best, share := -1, e.view.share
	for k, c := range e.c {
		if c < least || e.mark[k] {
			continue
		}
		if best < 0 || below(limit-c, share[k], limit-e.c[best], share[best], 0) != 0 {
			best = k
		}
	}
	return best
}
