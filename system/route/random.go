package route

import (
	"math/bits"
	"sort"
)

// random picks with probability equal to the share, from the draw it is given.
// Its credits are kept for the report only. O(log n) for a pick.
type random struct {
	book
	sum   []int64 // cumulative shares of the view below
	built *View
}

// Name implements Policy.
func (r *random) Name() string { return Random }

// NeedsDraw implements Policy.
func (r *random) NeedsDraw() bool { return true }

// Pick implements Policy.
func (r *random) Pick(v *View, messages int, tried []string, raw uint64) (int, bool) {
	ok, anyTried := r.begin(v, messages, tried)
	if !ok {
		return 0, false
	}
	r.owe(int64(messages))
	best := 0
	if anyTried {
		best = r.drawUntried(raw)
		r.unmark()
	} else {
		if r.built != v {
			r.accumulate()
		}
		high, _ := bits.Mul64(raw, uint64(One))
		best = sort.Search(len(r.sum), func(k int) bool { return r.sum[k] > int64(high) })
	}
	return r.charge(best, int64(messages)), true
}

// accumulate sums the shares of the bound view up.
func (r *random) accumulate() {
	r.sum = resize(r.sum, len(r.c))
	total := int64(0)
	for k, s := range r.view.share {
		total += s
		r.sum[k] = total
	}
	assert(total == One, "shares of view %d sum to %d", r.view.number, total)
	r.built = r.view
}

// drawUntried maps the raw draw onto the shares of those not marked.
func (r *random) drawUntried(raw uint64) int {
	total := int64(0)
	for k, s := range r.view.share {
		if !r.mark[k] {
			total += s
		}
	}
	high, _ := bits.Mul64(raw, uint64(total))
	x := int64(high)
	for k, s := range r.view.share {
		if r.mark[k] {
			continue
		}
		if x < s {
			return k
		}
		x -= s
	}
	fail("draw %d is beyond the total share %d", high, total)
	return -1
}
