package route

import (
	"math/big"
	"slices"
)

func newBounder(e Epoch) *bounder {
	b := &bounder{view: e.View, start: make([]int64, len(e.View.elig)), sum: new(big.Int)}
	for _, c := range e.Start {
		if i, ok := e.View.Index(c.ID); ok && e.View.place[i] >= 0 {
			b.start[e.View.place[i]] = c.Parts
		}
	}
	for _, c := range b.start {
		b.sum.Add(b.sum, big.NewInt(c))
	}
	b.sorted = slices.Clone(b.start)
	slices.Sort(b.sorted)
	slices.Reverse(b.sorted)
	return b
}

// rise returns the largest over j of mean(j largest) + unit*harmonic(j), where
// harmonic is H_j - 1, or H_{j-1} if before. Over the common denominator
// L = lcm(1..n) every term is a whole number: that is far faster than adding
// fractions, and as exact.
func (b *bounder) rise(unit int64, before bool) int64 {
	common := leastCommonMultiple(b.n())
	whole := big.NewInt(unit * One)
	prefix, harmonic := new(big.Int), new(big.Int) // harmonic is over common
	var best *big.Int
	piece, term := new(big.Int), new(big.Int)
	for j := 1; j <= b.n(); j++ {
		prefix.Add(prefix, big.NewInt(b.sorted[j-1]))
		piece.Div(common, big.NewInt(int64(j))) // exact
		if !before && j > 1 {
			harmonic.Add(harmonic, piece)
		}
		term.Mul(prefix, piece)
		term.Add(term, new(big.Int).Mul(whole, harmonic))
		if best == nil || term.Cmp(best) > 0 {
			best = new(big.Int).Set(term)
		}
		if before {
			harmonic.Add(harmonic, piece)
		}
	}
	return parts(new(big.Rat).SetFrac(best, common))
}

// leastCommonMultiple returns lcm(1..n).
func leastCommonMultiple(n int) *big.Int {
	common := big.NewInt(1)
	for j := int64(2); j <= int64(n); j++ {
		x := big.NewInt(j)
		common.Mul(common, x.Div(x, new(big.Int).GCD(nil, nil, new(big.Int).Mod(common, x), x)))
	}
	return common
}

// fall returns the larger of -start and unit*gap - sum/n in parts.
func (b *bounder) fall(k int, unit int64, gap *big.Rat) int64 {
	x := new(big.Rat).SetInt64(unit * One)
	x.Mul(x, gap)
	x.Sub(x, ratio(b.sum, int64(b.n())))
	return max(-b.start[k], parts(x))
}

// others returns 1 - 1/n.
func (b *bounder) others() *big.Rat {
	return big.NewRat(int64(b.n()-1), int64(b.n()))
}

func (b *bounder) greedy(unit int64) []Limits {
	rise, gap := b.rise(unit, false), b.others()
	return b.limits(
		func(int) int64 { return rise },
		func(k int) int64 { return b.fall(k, unit, gap) })
}

func (b *bounder) original() []Limits {
	rise := b.rise(1, true)
	return b.limits(
		func(int) int64 { return rise },
		func(k int) int64 { return b.fall(k, 1, big.NewRat(One-b.view.share[k], One)) })
}

// finish works over the denominator One, that of the shares. O(n^2).
func (b *bounder) finish(packetMax int64) []Limits {
	share := b.view.share
	whole := big.NewInt(packetMax * One)
	starved := func(i int) int64 {
		room := new(big.Int).Sub(whole, big.NewInt(b.start[i])) // M - c_i
		total := new(big.Int).Mul(big.NewInt(share[i]), b.sum)
		total.Add(total, new(big.Int).Mul(big.NewInt(One-share[i]), whole))
		x, y := new(big.Int), new(big.Int)
		for j, c := range b.start {
			if j == i {
				continue
			}
			x.Mul(big.NewInt(-c), y.SetInt64(share[i]))
			x.Sub(x, y.Mul(room, y.SetInt64(share[j])))
			if x.Sign() > 0 {
				total.Add(total, x)
			}
		}
		return parts(ratio(total, One))
	}
	overfed := func(i int) int64 {
		x := new(big.Int).Mul(big.NewInt(int64(b.n()-1)), whole)
		x.Mul(x.Sub(x, b.sum), big.NewInt(share[i]))
		return max(-b.start[i], parts(ratio(x, One)))
	}
	return b.limits(starved, overfed)
}

func (b *bounder) eligible(packetMax, largest int64) []Limits {
	limit := delta(b.n(), packetMax)
	grace := packetMax*One - limit
	total := new(big.Int) // of max(0, c_j + grace)
	for _, c := range b.start {
		total.Add(total, big.NewInt(max(0, c+grace)))
	}
	gap := b.others()
	starved := func(i int) int64 {
		x := new(big.Int).Sub(total, big.NewInt(max(0, b.start[i]+grace)))
		x.Add(x, big.NewInt(b.start[i]))
		return max(limit, parts(new(big.Rat).SetInt(x)))
	}
	return b.limits(starved, func(i int) int64 { return max(limit, b.fall(i, largest, gap)) })
}
