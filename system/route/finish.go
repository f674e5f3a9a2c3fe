package route

import "math/bits"

// finish picks the smallest virtual finish (M*One - credit) / share. Crediting a
// message to all shifts every key by the same amount, so only the winner's key
// moves: a winner tree over the eligible makes a pick O(log n). The tree is
// built when a view is used for the second time in a row; until then, and for
// packets with tried analysers, a scan decides. Both give the same order.
type finish struct {
	book
	tree  []int32 // tree[i]: winner below node i; leaves at n..2n-1; tree[1]: of all
	built *View   // the bound view if the tree is of it, else nil
}

// Name implements Policy.
func (f *finish) Name() string { return Finish }

// NeedsDraw implements Policy.
func (f *finish) NeedsDraw() bool { return false }

// Pick implements Policy.
func (f *finish) Pick(v *View, messages int, tried []string, _ uint64) (int, bool) {
	again := v == f.view
	ok, anyTried := f.begin(v, messages, tried)
	if !ok {
		return 0, false
	}
	unit := int64(messages)
	f.owe(unit)
	switch {
	case !again:
		f.built = nil // credits moved while another view was bound
	case f.built == nil:
		f.grow()
	}
	best := 0
	switch {
	case anyTried:
		best = f.scan()
		f.unmark()
	case f.built == v:
		best = int(f.tree[1])
	default:
		best = f.scan()
	}
	index := f.charge(best, unit)
	if f.built == v {
		f.update(best)
	}
	return index, true
}

// SetCredits implements Policy.
func (f *finish) SetCredits(credits []Credit) error {
	err := f.book.SetCredits(credits)
	if err == nil {
		f.built = nil
	}
	return err
}

// scan returns the position of the smallest key among those not marked.
func (f *finish) scan() int {
	best := -1
	share, whole := f.view.share, f.packetMax*One
	for k := range f.c {
		if f.mark[k] {
			continue
		}
		if best < 0 || below(whole-f.c[k], share[k], whole-f.c[best], share[best], 0) != 0 {
			best = k
		}
	}
	if best < 0 {
		fail("all %d eligible are marked as tried", len(f.c))
	}
	return best
}

// below returns 1 if p/q < r/s, or if p/q = r/s and tie is 1; else 0. q and s
// are positive, tie is 0 or 1. It multiplies crosswise in 128 bits and has no
// branch, because in a tree the outcome cannot be predicted.
func below(p, q, r, s int64, tie uint64) uint64 {
	leftHigh, leftLow := bits.Mul64(uint64(p), uint64(s))
	rightHigh, rightLow := bits.Mul64(uint64(r), uint64(q))
	// uint64(p) is p + 2^64 for a negative p: take s*2^64 off again. Then make
	// the signed high words comparable as unsigned ones.
	const sign = 1 << 63
	leftHigh = (leftHigh - uint64((p>>63)&s)) ^ sign
	rightHigh = (rightHigh - uint64((r>>63)&q)) ^ sign
	_, borrow := bits.Sub64(leftLow, rightLow, tie)
	_, borrow = bits.Sub64(leftHigh, rightHigh, borrow)
	return borrow
}

// grow builds the tree of the bound view. O(n).
func (f *finish) grow() {
	n := len(f.c)
	f.tree = resize(f.tree, 2*n)
	for k := range n {
		f.tree[n+k] = int32(k)
	}
	share, whole := f.view.share, f.packetMax*One
	for i := n - 1; i >= 1; i-- {
		a, b := f.tree[2*i], f.tree[2*i+1]
		if below(whole-f.c[b], share[b], whole-f.c[a], share[a], smaller(b, a)) != 0 {
			a = b
		}
		f.tree[i] = a
	}
	f.built = f.view
}

// smaller returns 1 if a < b, else 0.
func smaller(a, b int32) uint64 {
	return uint64(uint32(a-b)) >> 31
}

// update restores the tree after the key of position k changed: up from its
// leaf, the winner so far meets the winner of the other half. O(log n).
func (f *finish) update(k int) {
	c, share, tree, whole := f.c, f.view.share, f.tree, f.packetMax*One
	if len(tree) != 2*len(c) {
		fail("tree of %d nodes for %d eligible", len(tree), len(c))
	}
	best, key, part := int64(k), whole-c[k], share[k]
	for i := len(c) + k; i > 1; i >>= 1 {
		other := tree[i^1]
		otherKey, otherPart := whole-c[other], share[other]
		// All ones if the other wins: a choice without a branch.
		mask := -int64(below(otherKey, otherPart, key, part, smaller(other, int32(best))))
		best ^= (best ^ int64(other)) & mask
		key ^= (key ^ otherKey) & mask
		part ^= (part ^ otherPart) & mask
		tree[i>>1] = int32(best)
	}
}
