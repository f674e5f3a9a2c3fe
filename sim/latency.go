package sim

import (
	"errors"
	"fmt"
	"math/bits"
	"time"
)

type latencyKind uint8

const (
	latencyConstant latencyKind = iota
	latencyUniform
	latencyExponential
)

// Latency is a distribution of delays. The zero value is always 0. Draws use
// integer arithmetic only, so that they are equal on every platform.
type Latency struct {
	kind           latencyKind
	min, mean, max time.Duration
	tailPPM        uint32
	tailFactor     int64
}

// Constant is always d.
func Constant(d time.Duration) Latency { return Latency{min: d, mean: d, max: d} }

// Uniform is uniform over min to max, both included.
func Uniform(min, max time.Duration) Latency {
	return Latency{kind: latencyUniform, min: min, mean: min + (max-min)/2, max: max}
}

// Exponential is min plus an exponential time, with this mean in total and cut
// off at max (which lowers the true mean by (mean-min) * e^(-(max-min)/(mean-min))).
func Exponential(min, mean, max time.Duration) Latency {
	return Latency{kind: latencyExponential, min: min, mean: mean, max: max}
}

// WithTail returns l with a slow tail: with probability ppm / 1,000,000 a draw
// is multiplied by factor (1 to 1,000,000), beyond max too.
func (l Latency) WithTail(ppm uint32, factor int64) Latency {
	l.tailPPM, l.tailFactor = ppm, factor
	return l
}

// delayMax bounds every configured delay: 2^51 ns, about 26 days.
const delayMax time.Duration = 1 << 51

// Validate reports every parameter that is out of range, wrapping ErrConfig.
func (l Latency) Validate() error {
	var errs []error
	if l.min < 0 || l.max > delayMax {
		errs = append(errs, fmt.Errorf("%w: latency %v to %v, not in 0 to %v", ErrConfig, l.min, l.max, delayMax))
	}
	if l.min > l.mean || l.mean > l.max {
		errs = append(errs, fmt.Errorf("%w: latency min %v, mean %v, max %v, not in order", ErrConfig, l.min, l.mean, l.max))
	}
	if l.tailPPM > ppmAll {
		errs = append(errs, fmt.Errorf("%w: latency tail of %d ppm, above %d", ErrConfig, l.tailPPM, ppmAll))
	}
	if l.tailFactor < 0 || l.tailFactor > 1_000_000 || l.tailPPM > 0 && l.tailFactor == 0 {
		errs = append(errs, fmt.Errorf("%w: latency tail factor %d, not in 1 to 1000000", ErrConfig, l.tailFactor))
	}
	return errors.Join(errs...)
}

// draw returns the delay of the n-th act of the owner of seed.
func (l *Latency) draw(seed, n uint64, copy purpose) int64 {
	d := int64(l.min)
	switch l.kind {
	case latencyUniform:
		d += int64(below(draw(seed, n, drawLatency+copy), uint64(l.max-l.min)+1))
	case latencyExponential:
		e := exponential(draw(seed, n, drawLatency+copy), int64(l.mean-l.min))
		d += min(e, int64(l.max-l.min))
	}
	if l.tailPPM > 0 && hits(draw(seed, n, drawTail+copy), l.tailPPM) {
		d = min(satMul(d, l.tailFactor), int64(delayMax))
	}
	return d
}

// ln2 is ln(2) * 2^32.
const ln2 = 0xb17217f7

// log2Table holds log2(1 + i/256) * 2^32, computed bit by bit from squares,
// in integers (the method is Briggs's; see Knuth, TAOCP 1.2.2 exercise 25).
var log2Table = func() (t [257]uint64) {
	for i := range t {
		x := uint64(256+i) << 55 // 1.63 fixed point
		if i == 256 {
			t[i] = 1 << 32
			break
		}
		for bit := 31; bit >= 0; bit-- {
			hi, lo := bits.Mul64(x, x) // 2.126
			if hi>>63 != 0 {
				t[i] |= 1 << bit
				x = hi
			} else {
				x = hi<<1 | lo>>63
			}
		}
	}
	return t
}()

// negLog returns -ln((u+1) / 2^64) * 2^32 within 1e-5, from 0 to 44.4 * 2^32.
func negLog(u uint64) uint64 {
	if u == 1<<64-1 {
		return 0
	}
	u++
	zeros := uint64(bits.LeadingZeros64(u))
	m := u << zeros << 1 // the fraction of the mantissa
	i := m >> 56
	part := m << 8 >> 32 // position between two entries, 32 bits
	a, b := log2Table[i], log2Table[i+1]
	log2 := a + (b-a)*part>>32
	hi, lo := bits.Mul64((zeros+1)<<32-log2, ln2)
	return hi<<32 | lo>>32
}

// exponential returns an exponential time of this mean.
func exponential(u uint64, mean int64) int64 {
	hi, lo := bits.Mul64(negLog(u), uint64(mean))
	assert(hi < 1<<31, "an exponential draw overflows")
	return int64(hi<<32 | lo>>32)
}
