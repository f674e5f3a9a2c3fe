package emitter

import (
	"math"
	"math/rand/v2"
	"time"
)

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// percentMax bounds a load document: a hundred times the normal rate.
const percentMax = 10_000

// arrivals says when the next arrival is due.
type arrivals struct {
	gen     *Generator
	rng     *rand.Rand // the load's own stream: retries do not change the load
	next    time.Duration
	left    time.Duration // what was left of the gap when the load went to 0
	burst   int           // arrivals left of this burst
	percent int64         // 100: the normal rate
}

// begin sets the first arrival to a random phase of the first gap, so that
// emitters that start together do not march in step.
func (a *arrivals) begin(now time.Duration) {
	a.percent = 100
	a.burst = a.gen.BurstSize
	start := max(now, a.gen.Start)
	a.next = start
	if gap := a.mean(); gap > 1 && gap != never {
		a.next += time.Duration(a.rng.Int64N(int64(gap)))
	}
}

// mean is the mean gap between arrivals, or between bursts, now.
func (a *arrivals) mean() time.Duration {
	if a.percent == 0 {
		return never
	}
	gap := int64(time.Second) * 1000 / a.gen.RateMilli
	if a.gen.Arrivals == Burst {
		gap *= int64(a.gen.BurstSize)
	}
	if gap >= math.MaxInt64/percentMax {
		return never // so slow that sums of gaps would overflow
	}
	return max(1, time.Duration(gap*100/a.percent))
}

// step moves on to the arrival after the one that is due.
func (a *arrivals) step() {
	if a.mean() == never && (a.gen.Arrivals != Burst || a.burst <= 1) {
		a.next = never
		return
	}
	switch a.gen.Arrivals {
	case Constant:
		a.next += a.mean()
	case Poisson:
		a.next += exponential(a.rng, a.mean())
	case Burst:
		a.burst--
		if a.burst <= 0 {
			a.burst = a.gen.BurstSize
			a.next += a.mean()
		}
	}
}

// load changes the rate to percent of the normal one: what is left of the gap
// that runs is stretched or shrunk with it.
func (a *arrivals) load(now time.Duration, percent int64) {
	old := a.percent
	if a.next != never {
		a.left = max(0, a.next-now)
	}
	if percent == 0 {
		a.percent, a.next = 0, never
		if old != 0 {
			a.left = scale(a.left, old, 100) // kept at the normal rate
		}
		return
	}
	if old == 0 {
		old = 100
	}
	a.percent = percent
	a.left = scale(a.left, old, percent)
	a.next = now + a.left
}

// scale returns d * num / den, saturating far below overflow. num and den are
// percentages of at most percentMax.
func scale(d time.Duration, num, den int64) time.Duration {
	const most = math.MaxInt64 / percentMax / 4
	return time.Duration(min(int64(d), most) * num / den)
}
