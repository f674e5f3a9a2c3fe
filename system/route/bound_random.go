package route

import (
	"math"
	"math/big"
)

// lnBits is the number of fraction bits in the fixed-point logarithms.
const lnBits = 64

// RandomBound returns how far, in parts, the credit of every one of n eligible
// analysers may have moved, up or down, at one moment fixed in advance of an
// epoch of the policy random, where squares is the sum of the squares of the
// epoch's packet sizes in messages. It is wrong with probability at most 10^-9
// over all n together (Hoeffding 1963, union over 2n sides):
// sqrt(ln(2n x 10^9) / 2 x squares), rounded up; the largest int64 if that is
// more. Exact integers, so the same on every platform.
func RandomBound(n int, squares uint64) int64 {
	assert(n >= 1 && n <= AnalysersMax, "%d analysers", n)
	x := logarithm(2 * int64(n) * 1_000_000_000)
	x.Mul(x, new(big.Int).SetUint64(squares))
	x.Rsh(x, 1) // 2^32 parts squared cancel lnBits; half remains
	x.Sqrt(x).Add(x, big.NewInt(1))
	if !x.IsInt64() {
		return math.MaxInt64
	}
	return x.Int64()
}

// logarithm returns the natural logarithm of x >= 1 with lnBits fraction bits,
// rounded up by less than 2^-48.
func logarithm(x int64) *big.Int {
	shift := int64(0)
	for x>>shift > 1 {
		shift++
	}
	// x = 2^shift * y with 1 <= y < 2, and ln y = 2 artanh((y-1)/(y+1)).
	power := int64(1) << shift
	sum := twiceArtanh(x-power, x+power)
	two := twiceArtanh(1, 3)
	sum.Add(sum, two.Mul(two, big.NewInt(shift)))
	return sum.Add(sum, big.NewInt(1<<14)) // more than all truncations together
}

// twiceArtanh returns 2 artanh(p/q) for 0 <= p/q <= 1/3 with lnBits fraction
// bits: the series z + z^3/3 + z^5/5 ..., truncated below the last bit.
func twiceArtanh(p, q int64) *big.Int {
	z := new(big.Int).Lsh(big.NewInt(p), lnBits)
	z.Div(z, big.NewInt(q))
	square := new(big.Int).Mul(z, z)
	square.Rsh(square, lnBits)
	sum, term := new(big.Int), new(big.Int)
	for k := int64(1); z.Sign() > 0; k += 2 {
		sum.Add(sum, term.Div(z, big.NewInt(k)))
		z.Mul(z, square)
		z.Rsh(z, lnBits)
	}
	return sum.Lsh(sum, 1)
}
