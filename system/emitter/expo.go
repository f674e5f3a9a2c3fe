package emitter

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

const (
	one = 1 << 32    // 1 in fixed point with 32 fraction bits
	ln2 = 2977044472 // ln 2, floor(ln(2) * 2^32)
)

// minusLog returns -ln((u+1)/2^64) with 32 fraction bits, in integer arithmetic
// only: floating point differs between processors that fuse operations and those
// that do not, and arrivals decide everything. With u+1 = x * 2^(63-lz), x in
// [1,2): ln x = 2 artanh(z), z = (x-1)/(x+1) <= 1/3, whose series gains a digit a
// term. The error is below 2^-27.
func minusLog(u uint64) uint64 {
	if u != ^uint64(0) {
		u++
	} else {
		return 0
	}
	lz := bits.LeadingZeros64(u)
	half := u << lz >> 1 // x with 62 fraction bits
	n, d := half-1<<62, half+1<<62
	z, _ := bits.Div64(n>>32, n<<32, d)
	z2 := z * z >> 32
	series := uint64(0)
	for k := 19; k >= 1; k -= 2 {
		series = one/uint64(k) + z2*series>>32
	}
	ln := 2 * z * series >> 32
	whole := uint64(lz+1) * ln2
	if ln > whole {
		return 0
	}
	return whole - ln
}

// exponential draws from the exponential distribution with that mean, by
// inversion.
func exponential(r *rand.Rand, mean time.Duration) time.Duration {
	hi, lo := bits.Mul64(uint64(mean), minusLog(r.Uint64()))
	return time.Duration(hi<<32 | lo>>32)
}
