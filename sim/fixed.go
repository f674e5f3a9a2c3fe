package sim

import "math/bits"

// Integer arithmetic on times: no float decides anything, so that runs agree
// on every platform.

// satAdd returns a+b for non-negative values, at most the largest time.
func satAdd(a, b int64) int64 {
	if s := a + b; s >= 0 && s < int64(timeMax) {
		return s
	}
	return int64(timeMax)
}

// satMul returns a*b for non-negative values, at most the largest time.
func satMul(a, b int64) int64 { return mulDiv(a, b, 1) }

// mulDiv returns a*b/c rounded down for a, b >= 0 and c > 0, at most the
// largest time.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return quotient(hi, lo, c)
}

// mulDivUp is mulDiv rounded up.
func mulDivUp(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(c-1), 0)
	return quotient(hi+carry, lo, c)
}

func quotient(hi, lo uint64, c int64) int64 {
	assert(c > 0, "a divisor is positive")
	if hi >= uint64(c) {
		return int64(timeMax)
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(min(q, uint64(timeMax)))
}
