package logcheck

import (
	"math/big"
	"math/bits"
	"slices"
)

// harmonics holds H_j - 1 for j = 0, 1, 2, ... as 64.64 fixed point, rounded up:
// a bound made of it is at most one part (2^-32 message) above the exact one and
// never below. Index 0 is 0.
type harmonics struct{ whole, frac []uint64 }

// upTo makes the table reach n.
func (h *harmonics) upTo(n int) {
	if len(h.whole) == 0 {
		h.whole, h.frac = append(h.whole, 0, 0), append(h.frac, 0, 0)
	}
	for j := len(h.whole); j <= n; j++ {
		q, r := bits.Div64(1, 0, uint64(j))
		if r > 0 {
			q++
		}
		f, carry := bits.Add64(h.frac[j-1], q, 0)
		h.whole, h.frac = append(h.whole, h.whole[j-1]+carry), append(h.frac, f)
	}
}

// span is a run of decisions over one eligible set that is judged against the
// credits it began with: an epoch, or a window of one.
type span struct {
	set   *shareSet
	start []int64 // by position; only those of set.elig count
	sigma int64   // sum of start over set.elig
	cmax  int64   // largest of start over set.elig
	m     int64   // largest unit of a decision so far

	limit  int64   // a credit up to here is within the bound; grows with m
	full   bool    // limit is the bound itself
	mean   []int64 // prefix sums of start in descending order; made when needed
	topM   int64   // the m for which top was computed; 0: not yet
	top    int64
	finish []int64 // per position: starved bound of finish, made when needed
}

// begin starts the span at the credits given, which are copied. O(n).
func (s *span) begin(set *shareSet, credit []int64) {
	assert(len(credit) == len(set.share), "%d credits, %d shares", len(credit), len(set.share))
	assert(len(set.elig) > 0, "a span without eligible analysers")
	s.set, s.m, s.topM, s.limit, s.full = set, 0, 0, never, false
	s.start = append(s.start[:0], credit...)
	s.mean, s.finish = s.mean[:0], s.finish[:0]
	s.sigma, s.cmax = 0, never
	for _, i := range set.elig {
		s.sigma += credit[i]
		s.cmax = max(s.cmax, credit[i])
	}
}

// tops fills the prefix sums of the descending start credits.
func (s *span) tops() {
	if len(s.mean) > 0 {
		return
	}
	for _, i := range s.set.elig {
		s.mean = append(s.mean, s.start[i])
	}
	slices.SortFunc(s.mean, func(a, b int64) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	for j := 1; j < len(s.mean); j++ {
		s.mean[j] += s.mean[j-1]
	}
}

// starvedTop is the bound on every credit in the span under deficit and smooth:
// max over j of a_j(0) + m (H_j - 1); under original, which credits after it
// chose, max over j of a_j(0) + m H_(j-1). The proof is in FORMAT.md section 8.
func (s *span) starvedTop(p policy, h *harmonics) int64 {
	if s.topM == s.m && s.m > 0 {
		return s.top
	}
	s.tops()
	h.upTo(len(s.mean))
	s.topM, s.top = s.m, never
	for j := 1; j <= len(s.mean); j++ {
		s.top = max(s.top, s.term(p, h, j))
	}
	assert(s.top >= s.cmax, "bound %d below the start %d", s.top, s.cmax)
	return s.top
}

// term is the bound's term for the j largest start credits, floored to parts.
func (s *span) term(p policy, h *harmonics, j int) int64 {
	k, extra := j, int64(0)
	if p == policyOriginal {
		if k--; k >= 1 {
			extra = s.m * one
		}
	}
	sum := s.mean[j-1]
	assert(j >= 1 && s.m >= 1, "term %d of a span with M %d", j, s.m)
	q, r := sum/int64(j), sum%int64(j)
	if r < 0 {
		q, r = q-1, r+int64(j)
	}
	part, rest := bits.Div64(uint64(r), 0, uint64(j))
	if rest > 0 {
		part++ // cannot wrap: r < j
	}
	y, frac := bits.Mul64(h.frac[k], uint64(s.m*one))
	_, carry := bits.Add64(frac, part, 0)
	return q + extra + int64(h.whole[k])*s.m*one + int64(y) + int64(carry)
}

// starvedQuick is a value not above starvedTop that needs no sorting.
func (s *span) starvedQuick(p policy, h *harmonics) int64 {
	n := len(s.set.elig)
	h.upTo(n)
	k, extra := n, int64(0)
	if p == policyOriginal {
		if k--; k >= 1 {
			extra = s.m * one
		}
	}
	y, _ := bits.Mul64(h.frac[k], uint64(s.m*one))
	return max(s.cmax, floorDiv(s.sigma, int64(n))+extra+int64(h.whole[k])*s.m*one+int64(y))
}

// overfed is the bound on -credit of position i, right after it was chosen or
// before it ever was.
func (s *span) overfed(p policy, i int32, largest int64) int64 {
	n := int64(len(s.set.elig))
	own := -s.start[i]
	switch p {
	case policyDeficit, policySmooth:
		return max(own, s.m*one-ceilDiv(s.m*one+s.sigma, n))
	case policyOriginal:
		return max(own, s.m*one-s.m*int64(s.set.share[i])-ceilDiv(s.sigma, n))
	case policyFinish:
		return max(own, s.finishOverfed(i, largest))
	}
	return spread(largest, len(s.set.elig))
}

// finishOverfed is p_i ((n-1) M - sigma), floored to parts and saturated.
func (s *span) finishOverfed(i int32, largest int64) int64 {
	share := s.set.share[i]
	hi, lo := bits.Mul64(share, uint64(len(s.set.elig)-1)*uint64(largest))
	if hi > 0 || lo > 1<<61 {
		lo = 1 << 61
	}
	return int64(lo) - ceilShare(share, s.sigma)
}

// finishQuick is a value not above the starved bound of finish for position i:
// (1 - p_i) M + p_i sigma, floored.
func (s *span) finishQuick(i int32, largest int64) int64 {
	share := s.set.share[i]
	return max(s.start[i], (one-int64(share))*largest-ceilShare(share, -s.sigma))
}

// finishStarved is the starved bound of finish for position i from any start
// credits: with s_k = -c_k(0), p_i sigma + sum over the others of
// max(p_i s_k, (s_i + M) p_k) - (1 - p_i) s_i. From zeros it is (1 - p_i) M. The
// proof is in FORMAT.md section 8. O(n) the first time for each i.
func (s *span) finishStarved(i int32, largest int64) int64 {
	if len(s.finish) == 0 {
		for range s.start {
			s.finish = append(s.finish, never)
		}
	}
	if s.finish[i] != never {
		return s.finish[i]
	}
	share := func(k int32) *big.Int { return new(big.Int).SetUint64(s.set.share[k]) }
	pi, si := share(i), big.NewInt(-s.start[i])
	reach := new(big.Int).Add(si, big.NewInt(largest*one))
	sum := new(big.Int).Mul(pi, big.NewInt(s.sigma))
	sum.Sub(sum, new(big.Int).Mul(new(big.Int).Sub(big.NewInt(one), pi), si))
	for _, k := range s.set.elig {
		if k == i {
			continue
		}
		a := new(big.Int).Mul(pi, big.NewInt(-s.start[k]))
		b := new(big.Int).Mul(reach, share(k))
		if a.Cmp(b) > 0 {
			b = a
		}
		sum.Add(sum, b)
	}
	sum.Rsh(sum, 32) // floors, also below zero
	s.finish[i] = 1 << 62
	if sum.IsInt64() {
		s.finish[i] = sum.Int64()
	}
	assert(s.finish[i] >= s.start[i], "bound %d below the start %d", s.finish[i], s.start[i])
	return s.finish[i]
}

// ceilShare is ceil(share * v / 2^32).
func ceilShare(share uint64, v int64) int64 {
	if v >= 0 {
		hi, lo := bits.Mul64(share, uint64(v))
		lo, carry := bits.Add64(lo, 1<<32-1, 0)
		return int64((hi+carry)<<32 | lo>>32)
	}
	hi, lo := bits.Mul64(share, uint64(-v))
	return -int64(hi<<32 | lo>>32)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }

// chance is the statistical bound of policy random at the end of an epoch of T
// decisions: it reports whether a deviation of c parts (either side) is within
// eps = sqrt(1/2 * (ln(2n/delta) + ln(T(T+1))) * sum of u^2) messages, delta =
// 1e-9 (Hoeffding). The term in T pays for epochs whose end depends on the draws
// (a window that fills up ends its epoch): the sum of 1/(T(T+1)) over all T is 1.
// Logarithms are rounded up to multiples of 2^-16, squares are exact.
func chance(c int64, n, decisions int64, squares *big.Int) bool {
	assert(n >= 1 && decisions >= 1 && squares.Sign() > 0, "chance of %d decisions over %d", decisions, n)
	ln := lnUp(uint64(n)) + lnUp(2) + lnUp(1e9) + lnUp(uint64(decisions)) + lnUp(uint64(decisions)+1)
	limit := new(big.Int).Mul(squares, new(big.Int).SetUint64(ln))
	limit.Lsh(limit, 64-16-1) // ONE^2 / 2^16 / 2
	dev := big.NewInt(c)
	return dev.Mul(dev, dev).Cmp(limit) <= 0
}

// lnUp returns ln(v) in 2^-16, rounded up, for v >= 1, from the binary logarithm
// by repeated squaring in fixed point: no floating point, the same everywhere.
func lnUp(v uint64) uint64 {
	if v <= 1 {
		return 0
	}
	k := bits.Len64(v) - 1
	x := v << (63 - k) // mantissa in [1,2) as 1.63
	log := uint64(k)
	for range 20 {
		hi, lo := bits.Mul64(x, x)
		log <<= 1
		if hi>>63 == 1 { // square >= 2
			log |= 1
			x = hi
		} else {
			x = hi<<1 | lo>>63
		}
	}
	// log is in 2^-20 and too small by less than two steps; ln 2 < 45427/65536.
	return ((log+2)*45427)>>20 + 1
}

// starvedTopFor is the full starved bound of position i under any judged policy.
func (s *span) starvedTopFor(p policy, h *harmonics, i int32, largest int64) int64 {
	switch p {
	case policyFinish:
		return s.finishStarved(i, largest)
	case policyEligible:
		return spread(largest, len(s.set.elig))
	}
	return s.starvedTop(p, h)
}

// note counts a decision of u units.
func (s *span) note(u int64) {
	if u > s.m {
		s.m, s.limit, s.full = u, never, false
	}
}

// starvedBeyond looks for a credit above its starved bound and returns its
// position and the bound; -1 when all are within. O(n); the bound itself is only
// computed when a cheaper one does not settle the matter.
func (s *span) starvedBeyond(p policy, h *harmonics, credit []int64, largest int64) (int32, int64) {
	switch p {
	case policyFinish:
		for _, i := range s.set.elig {
			if c := credit[i]; c > s.finishQuick(i, largest) && c > s.finishStarved(i, largest) {
				return i, s.finishStarved(i, largest)
			}
		}
		return -1, 0
	case policyEligible:
		s.limit, s.full = spread(largest, len(s.set.elig)), true
	}
	at, most := int32(-1), int64(never)
	for _, i := range s.set.elig {
		if credit[i] > most {
			at, most = i, credit[i]
		}
	}
	if most > s.limit && !s.full {
		s.limit = s.starvedQuick(p, h)
		if most > s.limit {
			s.limit, s.full = s.starvedTop(p, h), true
		}
	}
	if most > s.limit {
		return at, s.limit
	}
	return -1, 0
}
