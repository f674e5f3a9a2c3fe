package logcheck

import "math/bits"

// policy names a rule of FORMAT.md section 8.
type policy uint8

const (
	policyNone policy = iota
	policyDeficit
	policyFinish
	policyEligible
	policySmooth
	policyRandom
	policyOriginal
)

// parsePolicy reads a policy's name; policyNone for an unknown one.
func parsePolicy(s string) policy {
	switch s {
	case "deficit":
		return policyDeficit
	case "finish":
		return policyFinish
	case "eligible":
		return policyEligible
	case "smooth":
		return policySmooth
	case "random":
		return policyRandom
	case "original":
		return policyOriginal
	}
	return policyNone
}

// unit is what a packet of n messages counts: its messages, or 1 in the policies
// that count packets.
func (p policy) unit(n int64) int64 {
	if p == policySmooth || p == policyOriginal {
		return 1
	}
	return n
}

// drawing is one decision to be replayed. Slices are by position in the
// registered set; elig lists the positions of E, in ascending id order.
type drawing struct {
	elig   []int32
	share  []uint64
	credit []int64
	barred []bool // excluded positions; nil: none
	n      int64  // messages
	m      int64  // the configured largest packet
	raw    uint64 // random only
}

// winner returns the position that policy p chooses, with the credits as they
// are before the decision. There must be a candidate. O(len(elig)).
func (d *drawing) winner(p policy) int32 {
	assert(d.n >= 1 && d.n <= d.m, "a packet of %d messages, at most %d", d.n, d.m)
	assert(len(d.credit) == len(d.share), "%d credits, %d shares", len(d.credit), len(d.share))
	switch p {
	case policyDeficit, policySmooth:
		return d.largest(p.unit(d.n))
	case policyOriginal:
		return d.largest(0)
	case policyFinish:
		return d.nearest(d.m*one, d.n, nil)
	case policyEligible:
		return d.inTurn()
	}
	assert(p == policyRandom, "policy %d", p)
	return d.drawn()
}

func (d *drawing) candidate(i int32) bool { return d.barred == nil || !d.barred[i] }

// credited is the credit of position i after u units were credited.
func (d *drawing) credited(i int32, u int64) int64 { return d.credit[i] + u*int64(d.share[i]) }

// largest is the candidate with the largest credit after u units.
func (d *drawing) largest(u int64) int32 {
	best, at := int64(0), int32(-1)
	for _, i := range d.elig {
		if c := d.credited(i, u); d.candidate(i) && (at < 0 || c > best) {
			best, at = c, i
		}
	}
	assert(at >= 0, "no candidate")
	return at
}

// nearest is the candidate with the smallest (top - credit)/share after n
// messages, among those that allow passes (nil: all); -1 when there is none.
func (d *drawing) nearest(top, n int64, allow func(c int64) bool) int32 {
	at, num := int32(-1), int64(0)
	for _, i := range d.elig {
		c := d.credited(i, n)
		if !d.candidate(i) || allow != nil && !allow(c) {
			continue
		}
		if x := top - c; at < 0 || lessFraction(x, d.share[i], num, d.share[at]) {
			at, num = i, x
		}
	}
	return at
}

// inTurn is policy eligible: among the candidates that may take n messages and
// stay within Delta, the one that is due first; else the largest credit.
func (d *drawing) inTurn() int32 {
	delta := spread(d.m, len(d.elig))
	need := d.n*one - delta
	at := d.nearest(delta, d.n, func(c int64) bool { return c >= need })
	if at < 0 {
		return d.largest(d.n)
	}
	return at
}

// spread is Delta of policy eligible, in parts: (1 - 1/(2n-2)) M, rounded up.
func spread(m int64, n int) int64 {
	if n <= 1 {
		return m * one
	}
	return m*one - m*one/int64(2*n-2)
}

// drawn is policy random: the raw draw scaled to the sum of the shares.
func (d *drawing) drawn() int32 {
	sum := uint64(0)
	for _, i := range d.elig {
		if d.candidate(i) {
			sum += d.share[i]
		}
	}
	x, _ := bits.Mul64(d.raw, sum)
	for _, i := range d.elig {
		if !d.candidate(i) {
			continue
		}
		if x < d.share[i] {
			return i
		}
		x -= d.share[i]
	}
	panic("logcheck: bug: draw beyond the sum of the shares")
}

// lessFraction reports a/b < c/d exactly, for positive b and d.
func lessFraction(a int64, b uint64, c int64, d uint64) bool {
	if (a < 0) != (c < 0) {
		return a < 0
	}
	if a < 0 {
		a, c, b, d = -c, -a, d, b
	}
	h1, l1 := bits.Mul64(uint64(a), d)
	h2, l2 := bits.Mul64(uint64(c), b)
	return h1 < h2 || h1 == h2 && l1 < l2
}

// settle applies a decision of u units that was won by position at.
func (d *drawing) settle(at int32, u int64) {
	assert(u > 0 && d.share[at] > 0, "%d units for a share of %d", u, d.share[at])
	for _, i := range d.elig {
		d.credit[i] += u * int64(d.share[i])
	}
	d.credit[at] -= u * one
}

// startPhase reports whether want can be the start credits that policy p gives
// after J virtual decisions of one message, 0 <= J < 4n, from zero credits. For
// random only the sum is judged. O(n^2).
func startPhase(p policy, set *shareSet, m int64, want []int64) bool {
	if p == policyRandom {
		sum := int64(0)
		for _, c := range want {
			sum += c
		}
		return sum == 0
	}
	d := drawing{elig: set.elig, share: set.share, credit: make([]int64, len(want)), n: 1, m: m}
	for j := 0; j < 4*len(set.elig); j++ {
		if equalCredits(d.credit, want) {
			return true
		}
		d.settle(d.winner(p), 1)
	}
	return false
}

func equalCredits(a, b []int64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
