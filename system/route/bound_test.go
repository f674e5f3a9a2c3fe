package route

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

var boundedPolicies = []string{Deficit, Finish, Eligible, Smooth, Original}

// In any epoch, from any start, sizes chosen by an adversary or at random never
// drive a credit beyond the stated limits.
func TestBoundHoldsFromAnyStart(t *testing.T) {
	for _, name := range boundedPolicies {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { runEpoch(t, name) })
		})
	}
}

func runEpoch(t *rapid.T, name string) {
	n := rapid.IntRange(1, 6).Draw(t, "n")
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{ID: fmt.Sprint("a", i), Weight: uint32(rapid.SampledFrom([]int{1, 1, 2, 3, 9, 50, 1000}).Draw(t, "weight"))}
	}
	max := rapid.SampledFrom([]int{1, 3, 100}).Draw(t, "packet max")
	v, err := NewView(1, entries)
	if err != nil {
		t.Fatal(err)
	}
	var start []Credit
	if rapid.Bool().Draw(t, "from start credits") {
		start = drawCredits(t, v, max)
	}
	largest := rapid.IntRange(1, max).Draw(t, "largest")
	limits, err := Bound(name, Epoch{View: v, PacketMax: max, Largest: largest, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	p := mustNew(name, max)
	if err := p.SetCredits(start); err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, 200).Draw(t, "steps") {
		size := rapid.SampledFrom([]int{1, largest, largest, max1(largest / 2)}).Draw(t, "size")
		p.Pick(v, size, nil, 0)
		checkLimits(t, p.Credits(), limits)
	}
}

func max1(x int) int { return max(x, 1) }

func checkLimits(t interface{ Fatalf(string, ...any) }, credits []Credit, limits []Limits) {
	for i, c := range credits {
		l := limits[i]
		if c.ID != l.ID {
			t.Fatalf("credit %d is of %q, limits of %q", i, c.ID, l.ID)
		}
		if c.Parts > l.Starved || -c.Parts > l.Overfed {
			t.Fatalf("credit of %q is %d parts, limits -%d..%d", c.ID, c.Parts, l.Overfed, l.Starved)
		}
	}
}

// A greedy adversary: at each step it takes the size that brings some credit
// closest to its limit. It searches far harder than random sizes do.
func TestBoundHoldsAgainstAdversary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range boundedPolicies {
		for range 60 {
			n := 2 + rng.IntN(5)
			weights := make([]uint32, n)
			for i := range weights {
				weights[i] = uint32(1 + rng.IntN(1+rng.IntN(60)))
			}
			attack(t, name, upView(t, weights...), 12, rng)
		}
	}
}

func attack(t *testing.T, name string, v *View, packetMax int, rng *rand.Rand) {
	t.Helper()
	p, trial := mustNew(name, packetMax), mustNew(name, packetMax)
	var start []Credit
	for i := range v.Len() {
		if rng.IntN(2) == 0 {
			start = append(start, Credit{ID: v.ID(i), Parts: rng.Int64N(4*12*One) - 2*12*One})
		}
	}
	limits, err := Bound(name, Epoch{View: v, PacketMax: packetMax, Largest: packetMax, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	must(t, p.SetCredits(start))
	for range 60 {
		best, bestGap := 1, int64(math.MaxInt64)
		for size := 1; size <= packetMax; size++ {
			must(t, trial.SetCredits(p.Credits()))
			trial.Pick(v, size, nil, 0)
			credits := trial.Credits()
			checkLimits(t, credits, limits)
			for i, c := range credits {
				if gap := min(limits[i].Starved-c.Parts, limits[i].Overfed+c.Parts); gap < bestGap {
					best, bestGap = size, gap
				}
			}
		}
		p.Pick(v, best, nil, 0)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The stated values, worked out by hand.
func TestBoundValues(t *testing.T) {
	h := func(a, b int64) int64 { // a/b messages in parts, rounded down
		return new(big.Int).Div(big.NewInt(a*One), big.NewInt(b)).Int64()
	}
	for _, c := range []struct {
		name             string
		weights          []uint32
		max, largest     int
		starved, overfed int64 // of the first analyser
	}{
		{Deficit, []uint32{1, 1}, 10, 10, h(10, 2), h(10, 2)},
		{Deficit, []uint32{1, 1, 1}, 6, 6, h(5, 1), h(4, 1)},
		{Deficit, []uint32{5, 1, 1, 1}, 12, 12, h(13, 1), h(9, 1)},
		{Deficit, []uint32{5, 1, 1, 1}, 100, 12, h(13, 1), h(9, 1)},
		{Smooth, []uint32{5, 1, 1, 1}, 100, 12, h(13, 12), h(3, 4)},
		{Original, []uint32{2, 1, 1}, 10, 10, h(3, 2), h(1, 2)},
		{Finish, []uint32{2, 1, 1}, 10, 3, h(5, 1), h(10, 1)},
		{Eligible, []uint32{2, 1, 1}, 8, 3, h(6, 1), h(6, 1)},
		{Finish, []uint32{7}, 8, 3, 0, 0},
	} {
		limits, err := Bound(c.name, Epoch{View: upView(t, c.weights...), PacketMax: c.max, Largest: c.largest})
		if err != nil {
			t.Fatal(err)
		}
		if l := limits[0]; l.Starved != c.starved || l.Overfed != c.overfed {
			t.Errorf("%s %v: limits %+v, want starved %d overfed %d", c.name, c.weights, l, c.starved, c.overfed)
		}
	}
}

// extremes runs unit-size (or fixed-size) picks and returns the largest credit on each side.
func extremes(t *testing.T, name string, v *View, packetMax int, sizes []int) (starved, overfed int64) {
	t.Helper()
	p := mustNew(name, packetMax)
	for _, size := range sizes {
		p.Pick(v, size, nil, 0)
		for _, c := range p.Credits() {
			starved, overfed = max(starved, c.Parts), max(overfed, -c.Parts)
		}
	}
	return starved, overfed
}

func repeat(size, times int) []int {
	sizes := make([]int, times)
	for i := range sizes {
		sizes[i] = size
	}
	return sizes
}

// Two equal analysers: deficit reaches half a packet on both sides, its bound.
func TestDeficitBoundAttainedByTwo(t *testing.T) {
	starved, overfed := extremes(t, Deficit, upView(t, 1, 1), 10, repeat(10, 4))
	if starved != 5*One || overfed != 5*One {
		t.Errorf("extremes %d and %d parts, want 5 messages both", starved, overfed)
	}
}

// One analyser of weight 55 among nine of weight 1 (exact shares, so that ties
// are ties): finish gives it the first 55 messages and overfeeds it by
// p (n-1) = 495/64 = 7.73 messages, exactly its bound.
func TestFinishBoundAttained(t *testing.T) {
	v := upView(t, 55, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	_, overfed := extremes(t, Finish, v, 1, repeat(1, 64))
	limits, err := Bound(Finish, Epoch{View: v, PacketMax: 1, Largest: 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := 495 * One / 64; overfed != want || limits[0].Overfed != want {
		t.Errorf("overfed %d parts, bound %d, want both %d", overfed, limits[0].Overfed, want)
	}
}

// Eligible stays below one message on a mix that finish overfeeds by seven.
func TestEligibleIsTighterThanFinish(t *testing.T) {
	v := upView(t, 50, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	starved, overfed := extremes(t, Eligible, v, 1, repeat(1, 59*3))
	if limit := delta(10, 1); starved > limit || overfed > limit || limit >= One {
		t.Errorf("eligible: %d and %d parts, delta %d", starved, overfed, limit)
	}
}

func TestBoundRefuses(t *testing.T) {
	v := upView(t, 1, 2)
	for name, e := range map[string]Epoch{
		"no view":       {PacketMax: 3, Largest: 3},
		"largest > max": {View: v, PacketMax: 3, Largest: 4},
		"largest 0":     {View: v, PacketMax: 3},
		"max 0":         {View: v, Largest: 1},
	} {
		if _, err := Bound(Deficit, e); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, policy := range []string{Random, "fairest"} {
		if _, err := Bound(policy, Epoch{View: v, PacketMax: 3, Largest: 3}); err == nil {
			t.Errorf("policy %s: no error", policy)
		}
	}
}

// The fixed-point logarithm is never below the true one, nor far above.
func TestRandomBound(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 1000, AnalysersMax} {
		for _, squares := range []uint64{0, 1, 30, 1_000_000, 1 << 40} {
			want := math.Sqrt(0.5*math.Log(2*float64(n)*1e9)*float64(squares)) * float64(One)
			got := float64(RandomBound(n, squares))
			if got < want*(1-1e-14) || got > want*(1+1e-9)+2 {
				t.Errorf("n %d, squares %d: %.0f parts, want %.0f", n, squares, got, want)
			}
		}
	}
	if RandomBound(2, math.MaxUint64) != math.MaxInt64 {
		t.Error("a bound beyond int64 does not saturate")
	}
}

// Random stays within its bound at a moment fixed in advance.
func TestRandomStaysWithinBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	v := upView(t, 5, 3, 2, 1)
	for range 50 {
		p, squares := mustNew(Random, 20), uint64(0)
		for range 500 {
			size := 1 + rng.IntN(20)
			squares += uint64(size * size)
			p.Pick(v, size, nil, rng.Uint64())
		}
		for _, c := range p.Credits() {
			if limit := RandomBound(4, squares); c.Parts > limit || -c.Parts > limit {
				t.Errorf("credit %d parts, limit %d", c.Parts, limit)
			}
		}
	}
}
