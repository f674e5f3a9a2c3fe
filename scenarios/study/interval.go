package study

import (
	"hash/fnv"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// resamples is how many a bootstrap draws.
const resamples = 1000

// noneMilli is the highest mean of a Poisson count that is compatible at 95 % with none
// in one run: -ln 0.05, in thousandths, rounded up. In N runs it is an N-th.
const noneMilli = 2996

// statOf gives the mean of values and its interval at 95 %: the middle of the means of
// samples drawn from the values with replacement (percentile bootstrap), from a stream
// that the key seeds. A count that was none in all runs has the exact upper limit.
func statOf(values []int64, count bool, key string) Stat {
	n := len(values)
	m, ok := mean(values)
	if !ok {
		return Stat{}
	}
	s := Stat{Mean: m, Low: m, High: m, N: n}
	if slices.Max(values) == slices.Min(values) {
		if count && m == 0 {
			s.High = (noneMilli + int64(n) - 1) / int64(n)
		}
		return s
	}
	h := fnv.New64a()
	h.Write([]byte(key))
	draw := rand.NewPCG(h.Sum64(), uint64(n))
	means := make([]int64, resamples)
	for i := range means {
		sum := int64(0)
		for range n {
			at, _ := bits.Mul64(draw.Uint64(), uint64(n))
			sum += values[at]
		}
		means[i] = divide(sum, int64(n))
	}
	slices.Sort(means)
	s.Low, s.High = means[resamples*25/1000], means[resamples*975/1000-1]
	return s
}

// log2 is the binary logarithm of x > 0 in 2^-16, rounded down.
func log2(x uint64) int64 {
	n := bits.Len64(x) - 1
	r := int64(n) << 16
	m := x << (63 - n) // 1 to 2 in 2^-63
	for bit := int64(1) << 15; bit > 0; bit >>= 1 {
		hi, _ := bits.Mul64(m, m) // in 2^-62
		if hi>>63 == 1 {
			r |= bit
			m = hi
		} else {
			m = hi << 1
		}
	}
	return r
}
