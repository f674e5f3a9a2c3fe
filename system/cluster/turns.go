package cluster

import (
	"math/rand/v2"
	"time"
)

// Turns gives everyone of some a turn before anyone a second one, in a random order
// each time. The zero value begins anew.
type Turns struct {
	left []int // of the present pass
}

// Next returns the next of 0..n-1 that wanted accepts. Who is not wanted when the turn
// comes waits for the next pass. ok is false if none is wanted.
func (t *Turns) Next(r *rand.Rand, n int, wanted func(int) bool) (i int, ok bool) {
	for range 2 {
		for len(t.left) > 0 {
			i, t.left = t.left[0], t.left[1:]
			if i < n && wanted(i) {
				return i, true
			}
		}
		t.left = r.Perm(n)
	}
	t.left = nil
	return 0, false
}

// spread is the part of the interval by which a round may be early or late.
const spread = 5

// Wait is how long to wait for the next round: the interval, a random fifth less or more.
func Wait(r *rand.Rand, interval time.Duration) time.Duration {
	fifth := int64(interval / spread)
	return interval + time.Duration(r.Int64N(2*fifth+1)-fifth)
}
