package route

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// boundModel is a second, slow reading of what Bound's comment says: fractions throughout,
// in parts. a and c are the start credits of the eligible in order of id.
type boundModel struct {
	c     []*big.Rat
	share []*big.Rat // fractions
	sum   *big.Rat
}

func newBoundModel(v *View, start []Credit) (b boundModel, ids []string) {
	credit := map[string]int64{}
	for _, c := range start {
		credit[c.ID] = c.Parts
	}
	shares := newModel(Deficit, 1).shares(v.entries)
	for id := range shares {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	b.sum = rat(0)
	for _, id := range ids {
		b.c = append(b.c, rat(credit[id]))
		b.share = append(b.share, big.NewRat(shares[id], One))
		b.sum.Add(b.sum, rat(credit[id]))
	}
	return b, ids
}

func (b boundModel) n() int64 { return int64(len(b.c)) }

// sums for short: the arithmetic of fractions.
func add(x ...*big.Rat) *big.Rat {
	s := rat(0)
	for _, y := range x {
		s.Add(s, y)
	}
	return s
}
func mul(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) }
func neg(x *big.Rat) *big.Rat    { return new(big.Rat).Neg(x) }
func less(x *big.Rat) *big.Rat   { return add(rat(1), neg(x)) } // 1 - x

func largest(first *big.Rat, more ...*big.Rat) *big.Rat {
	for _, x := range more {
		if x.Cmp(first) > 0 {
			first = x
		}
	}
	return first
}

// rise is the largest over j of the mean of the j largest plus unit times the harmonic
// number of j - 1 (before), or of j, less 1.
func (b boundModel) rise(unit *big.Rat, before bool) *big.Rat {
	sorted := slices.Clone(b.c)
	slices.SortFunc(sorted, func(x, y *big.Rat) int { return y.Cmp(x) })
	var best *big.Rat
	for j := int64(1); j <= b.n(); j++ {
		harmonic := rat(0)
		for k := int64(1); k <= j; k++ {
			if k > 1 && !before || k < j && before {
				harmonic.Add(harmonic, big.NewRat(1, k))
			}
		}
		x := add(mul(add(sorted[:j]...), big.NewRat(1, j)), mul(unit, harmonic))
		if best == nil {
			best = x
		}
		best = largest(best, x)
	}
	return best
}

// limits are the two sides for analyser i.
func (b boundModel) limits(policy string, i int, packetMax, most int64) (starved, overfed *big.Rat) {
	p, c, n := b.share[i], b.c[i], rat(b.n())
	mean := mul(b.sum, new(big.Rat).Inv(n))
	unit := rat(most * One)
	switch policy {
	case Smooth:
		unit = rat(One)
		fallthrough
	case Deficit:
		return b.rise(unit, false), largest(neg(c), add(mul(unit, less(new(big.Rat).Inv(n))), neg(mean)))
	case Original:
		return b.rise(rat(One), true), largest(neg(c), add(mul(rat(One), less(p)), neg(mean)))
	case Finish:
		m := rat(packetMax * One)
		starved = add(mul(p, b.sum), mul(less(p), m))
		for j := range b.c {
			if j != i {
				starved.Add(starved, largest(rat(0), add(neg(mul(p, b.c[j])), neg(mul(b.share[j], add(m, neg(c)))))))
			}
		}
		return starved, largest(neg(c), mul(p, add(mul(rat(b.n()-1), m), neg(b.sum))))
	}
	g := rat(packetMax * One / (2*b.n() - 2)) // whole parts
	d := add(rat(packetMax*One), neg(g))
	reach := c
	for j := range b.c {
		if j != i {
			reach = add(reach, largest(rat(0), add(b.c[j], g)))
		}
	}
	return largest(d, reach), largest(neg(c), d, add(mul(unit, less(new(big.Rat).Inv(n))), neg(mean)))
}

// floor is the fraction in whole parts.
func floor(x *big.Rat) int64 { return new(big.Int).Div(x.Num(), x.Denom()).Int64() }

// drawWild draws a view of up to ten analysers with any weights.
func drawWild(t *rapid.T, number uint64) *View {
	n := rapid.IntRange(1, 10).Draw(t, "analysers")
	entries := make([]Entry, n)
	for i := range entries {
		weight := rapid.OneOf(rapid.Uint32Range(0, 10), rapid.Uint32Range(1, WeightMax)).Draw(t, "weight")
		status := rapid.SampledFrom([]Status{Up, Up, Up, Down, Full, Drain}).Draw(t, "status")
		entries[i] = Entry{ID: fmt.Sprint("a", i), Weight: weight, Status: status}
	}
	v, err := NewView(number, entries)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever the weights and sizes are, and however the members, their weights and their
// health change, each span between two changes keeps the limits that follow from its start,
// and these are the stated ones, counted with fractions.
func boundsOverChanges(t *rapid.T, name string) {
	packetMax := rapid.SampledFrom([]int{1, 2, 10, 4096}).Draw(t, "packet max")
	p := mustNew(name, packetMax)
	for number := range uint64(rapid.IntRange(1, 5).Draw(t, "changes")) {
		v := drawWild(t, number+1)
		p.Pick(v, 1, nil, 0) // the members that are new have their credit now
		start := p.Credits()
		most := rapid.IntRange(1, packetMax).Draw(t, "largest")
		limits, err := Bound(name, Epoch{View: v, PacketMax: packetMax, Largest: most, Start: start})
		if err != nil {
			t.Fatal(err)
		}
		model, ids := newBoundModel(v, start)
		for i, l := range limits {
			starved, overfed := model.c[0], neg(model.c[0]) // one alone does not move
			if model.n() > 1 {
				starved, overfed = model.limits(name, i, int64(packetMax), int64(most))
			}
			if l.ID != ids[i] || l.Starved != floor(starved) || l.Overfed != floor(overfed) {
				t.Fatalf("limits %+v, by the model %s %d %d", l, ids[i], floor(starved), floor(overfed))
			}
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			p.Pick(v, rapid.IntRange(1, most).Draw(t, "size"), nil, 0)
			within(t, p.Credits(), limits, start)
		}
	}
}

// within holds credits to limits, and those of who is not eligible to what they were.
func within(t *rapid.T, credits []Credit, limits []Limits, start []Credit) {
	for k, c := range credits {
		i := slices.IndexFunc(limits, func(l Limits) bool { return l.ID == c.ID })
		switch {
		case i < 0 && c != start[k]:
			t.Fatalf("%s is not eligible and went from %d to %d parts", c.ID, start[k].Parts, c.Parts)
		case i >= 0 && (c.Parts > limits[i].Starved || -c.Parts > limits[i].Overfed):
			t.Fatalf("credit of %q is %d parts, limits -%d..%d", c.ID, c.Parts, limits[i].Overfed, limits[i].Starved)
		}
	}
}

func TestBoundsOverChanges(t *testing.T) {
	for _, name := range boundedPolicies {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { boundsOverChanges(t, name) })
		})
	}
}

// The properties as fuzz targets: the bytes are what rapid draws from.
func FuzzBoundsOverChanges(f *testing.F) {
	addDraws(f)
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		boundsOverChanges(t, rapid.SampledFrom(boundedPolicies).Draw(t, "policy"))
	}))
}

func FuzzPoliciesAgreeWithModel(f *testing.F) {
	addDraws(f)
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		runAgainstModel(t, rapid.SampledFrom(Policies()).Draw(t, "policy"))
	}))
}

// addDraws seeds a target with bytes that are enough for a whole case.
func addDraws(f *testing.F) {
	for seed := range byte(4) {
		draws := make([]byte, 16<<10)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(draws) // never fails
		f.Add(draws)
	}
}

// With weights that change at every single decision, all analysers eligible, deficit keeps
// the limits that it has in one epoch from zero: (H_n - 1) M starved, (1 - 1/n) M overfed.
func TestDeficitUnderChangingWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "n")
		most := rapid.SampledFrom([]int{1, 7, 100}).Draw(t, "packet max")
		p := mustNew(Deficit, most)
		var limits []Limits
		for number := range uint64(rapid.IntRange(1, 120).Draw(t, "steps")) {
			entries := make([]Entry, n)
			for i := range entries {
				entries[i] = Entry{ID: fmt.Sprint("a", i), Weight: rapid.OneOf(rapid.Uint32Range(1, 5), rapid.Uint32Range(1, WeightMax)).Draw(t, "weight")}
			}
			v, err := NewView(number+1, entries)
			if err != nil {
				t.Fatal(err)
			}
			if limits == nil {
				if limits, err = Bound(Deficit, Epoch{View: v, PacketMax: most, Largest: most}); err != nil {
					t.Fatal(err)
				}
			}
			p.Pick(v, rapid.IntRange(1, most).Draw(t, "size"), nil, 0)
			checkLimits(t, p.Credits(), limits)
		}
	})
}

// TestBoundsAttained: what distribution theory says is reached is reached, to the part. So
// no bound here can be lowered. Finish needs shares that are whole parts, as of 55 and nine
// of 1, not 50: where they are rounded, ties are none.
func TestBoundsAttained(t *testing.T) {
	ones := func(n int, first uint32) []uint32 {
		weights := slices.Repeat([]uint32{1}, n)
		weights[0] = first
		return weights
	}
	for _, c := range []struct {
		name             string
		weights          []uint32
		size, times      int
		starved, overfed bool // which side is attained
	}{
		{Deficit, ones(2, 1), 10, 4, true, true},
		{Deficit, ones(4, 1), 4, 1, false, true},
		{Deficit, ones(5, 1), 5, 1, false, true},
		{Deficit, ones(3, 1), 3, 1, false, true},
		{Smooth, ones(4, 1), 9, 1, false, true},
		{Original, ones(2, 1), 1, 4, false, true},
		{Original, ones(4, 1), 1, 4, false, true},
		{Finish, ones(2, 1), 10, 4, true, true},
		{Finish, ones(8, 1), 1, 8, true, true},
		{Finish, ones(10, 55), 1, 64, false, true},
	} {
		v := upView(t, c.weights...)
		starved, overfed := extremes(t, c.name, v, c.size, repeat(c.size, c.times))
		limits, err := Bound(c.name, Epoch{View: v, PacketMax: c.size, Largest: c.size})
		if err != nil {
			t.Fatal(err)
		}
		mostStarved, mostOverfed := int64(0), int64(0)
		for _, l := range limits {
			mostStarved, mostOverfed = max(mostStarved, l.Starved), max(mostOverfed, l.Overfed)
		}
		const off = 64 // parts that rounding the shares to 2^-32 may cost
		if gap := mostStarved - starved; gap < 0 || c.starved && gap > off {
			t.Errorf("%s %v: starved by %d parts, bound %d", c.name, c.weights, starved, mostStarved)
		}
		if gap := mostOverfed - overfed; gap < 0 || c.overfed && gap > off {
			t.Errorf("%s %v: overfed by %d parts, bound %d", c.name, c.weights, overfed, mostOverfed)
		}
	}
}
