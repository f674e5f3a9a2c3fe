package route

// greedy picks the largest credit after crediting: deficit, and smooth if it
// counts packets. O(n) for a pick.
type greedy struct {
	book
	byPackets bool
}

// Name implements Policy.
func (g *greedy) Name() string {
	if g.byPackets {
		return Smooth
	}
	return Deficit
}

// NeedsDraw implements Policy.
func (g *greedy) NeedsDraw() bool { return false }

// Pick implements Policy.
func (g *greedy) Pick(v *View, messages int, tried []string, _ uint64) (int, bool) {
	ok, anyTried := g.begin(v, messages, tried)
	if !ok {
		return 0, false
	}
	unit := int64(messages)
	if g.byPackets {
		unit = 1
	}
	if anyTried {
		g.owe(unit)
		g.settle()
		best := g.largest()
		g.unmark()
		return g.charge(best, unit), true
	}
	best := 0
	c := g.c[:len(v.share)]
	most := -creditMost
	for k, s := range v.share { // one pass credits and finds the largest
		x := c[k] + unit*s
		c[k] = x
		if x > most {
			most, best = x, k
		}
	}
	if most >= creditMost {
		fail("credit of entry %d is %d parts, near overflow", best, most)
	}
	return g.charge(best, unit), true
}

// largest returns the position of the largest credit among those not marked,
// the first of equal ones. What is pending must be settled or not matter.
func (b *book) largest() int {
	best := -1
	for k := range b.c {
		if !b.mark[k] && (best < 0 || b.c[k] > b.c[best]) {
			best = k
		}
	}
	if best < 0 {
		fail("all %d eligible are marked as tried", len(b.c))
	}
	return best
}

// original picks the largest credit before crediting and counts packets: the
// rule of the project that weir descends from. O(n) for a pick.
type original struct{ book }

// Name implements Policy.
func (o *original) Name() string { return Original }

// NeedsDraw implements Policy.
func (o *original) NeedsDraw() bool { return false }

// Pick implements Policy.
func (o *original) Pick(v *View, messages int, tried []string, _ uint64) (int, bool) {
	ok, anyTried := o.begin(v, messages, tried)
	if !ok {
		return 0, false
	}
	if anyTried {
		best := o.largest()
		o.unmark()
		o.owe(1)
		o.settle()
		return o.charge(best, 1), true
	}
	best := 0
	c := o.c[:len(v.share)]
	most := -creditMost
	for k, s := range v.share { // one pass finds the largest and credits
		x := c[k]
		c[k] = x + s
		if x > most {
			most, best = x, k
		}
	}
	if most >= creditMost {
		fail("credit of entry %d is %d parts, near overflow", best, most)
	}
	return o.charge(best, 1), true
}
