package logcheck

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// plainSet makes a shareSet of n analysers that are all eligible.
func plainSet(weights []uint32) *shareSet {
	s := &shareSet{share: quantise(weights), smallest: 1 << 32}
	for i := range weights {
		s.elig = append(s.elig, int32(i))
		s.smallest = min(s.smallest, s.share[i])
	}
	return s
}

func drawWeights(t *rapid.T, n int) []uint32 {
	w := make([]uint32, n)
	for i := range w {
		w[i] = rapid.OneOf(rapid.Uint32Range(1, 9), rapid.Uint32Range(1, weightMax)).Draw(t, "w")
	}
	return w
}

func TestQuantiseSharesSumToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWeights(t, rapid.IntRange(1, 40).Draw(t, "n"))
		share := quantise(w)
		sum, total := uint64(0), uint64(0)
		for i := range w {
			sum += share[i]
			total += uint64(w[i])
		}
		if sum != 1<<32 {
			t.Fatalf("shares of %v sum to %d", w, sum)
		}
		for i := range w {
			exact := new(big.Rat).SetFrac(new(big.Int).Lsh(big.NewInt(int64(w[i])), 32), new(big.Int).SetUint64(total))
			diff := exact.Sub(exact, new(big.Rat).SetUint64(share[i]))
			if diff.Abs(diff).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("share %d of %v is %d, off by one part or more", i, w, share[i])
			}
		}
	})
}

func TestQuantiseTiesGoToTheSmallerID(t *testing.T) {
	if got := quantise([]uint32{1, 1, 1}); !slices.Equal(got, []uint64{1431655766, 1431655765, 1431655765}) {
		t.Errorf("thirds are %v", got)
	}
	if got := quantise([]uint32{3, 2, 1}); !slices.Equal(got, []uint64{2147483648, 1431655765, 715827883}) {
		t.Errorf("3:2:1 is %v", got)
	}
}

func TestGiveAwayKeepsTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Int64Range(-1<<50, 1<<50).Draw(t, "c")
		credit := rapid.SliceOfN(rapid.Int64Range(-1<<40, 1<<40), 1, 9).Draw(t, "credit")
		before := slices.Clone(credit)
		giveAway(c, credit)
		got := int64(0)
		for i := range credit {
			d := credit[i] - before[i]
			if e := floorDiv(c, int64(len(credit))); d != e && d != e+1 || i > 0 && d > credit[i-1]-before[i-1] {
				t.Fatalf("position %d got %d of %d", i, d, c)
			}
			got += d
		}
		if got != c {
			t.Fatalf("%d parts given of %d", got, c)
		}
	})
}

func TestARemovedCreditIsGivenToThoseThatStay(t *testing.T) {
	names := NewNames()
	book := newViewBook(names)
	view := func(set string) *viewState {
		entries, err := book.apply(nil, []byte(set))
		if err != nil {
			t.Fatal(err)
		}
		return book.intern(entries)
	}
	c := (&agent{}).choosing(names)
	c.adopt(view("a1=1:up,a2=1:up,a3=1:up,a4=1:up"), 1)
	copy(c.credit, []int64{10, -3, 5, -12})
	c.adopt(view("a2=1:up,a4=1:up,a5=1:up"), 2) // first a1's 10 to a2 and a4, then a3's 5
	if want := []int64{5, -5, 0}; !slices.Equal(c.credit, want) {
		t.Errorf("credits %v, want %v", c.credit, want)
	}
	c.adopt(view("a2=1:up,a4=1:up"), 1) // a late worker's view removes nobody
	c.credit[0] = 8
	c.adopt(view("a2=1:up,a4=1:up,a5=1:up"), 2)
	if want := []int64{8, -5, 0}; !slices.Equal(c.credit, want) {
		t.Errorf("credits after a late view %v, want %v", c.credit, want)
	}
	c.adopt(view("a2=1:up,a4=1:up"), 1)
	c.adopt(view("a2=1:up,a4=1:up"), 2) // now a5 is gone
	if want := []int64{8, -5}; !slices.Equal(c.credit, want) || len(c.aside) != 0 {
		t.Errorf("credits %v with %d parked, want %v and none", c.credit, len(c.aside), want)
	}
}

// exactTop computes the starved bound of deficit or original with big.Rat.
func exactTop(p policy, start []int64, m int64) *big.Int {
	s := slices.Clone(start)
	slices.Sort(s)
	slices.Reverse(s)
	var best *big.Rat
	sum, h := new(big.Rat), new(big.Rat)
	for j := 1; j <= len(s); j++ {
		sum.Add(sum, new(big.Rat).SetInt64(s[j-1]))
		if p != policyOriginal && j > 1 {
			h.Add(h, big.NewRat(1, int64(j)))
		}
		if p == policyOriginal && j > 1 {
			h.Add(h, big.NewRat(1, int64(j-1)))
		}
		x := new(big.Rat).Quo(sum, new(big.Rat).SetInt64(int64(j)))
		x.Add(x, new(big.Rat).Mul(h, new(big.Rat).SetInt64(m*one)))
		if best == nil || x.Cmp(best) > 0 {
			best = x
		}
	}
	q, r := new(big.Int).DivMod(best.Num(), best.Denom(), new(big.Int))
	_ = r // DivMod floors for a positive denominator
	return q
}

func TestStarvedTopEqualsTheExactBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		p := rapid.SampledFrom([]policy{policyDeficit, policyOriginal}).Draw(t, "p")
		start := rapid.SliceOfN(rapid.Int64Range(-1<<45, 1<<45), n, n).Draw(t, "start")
		var s span
		var h harmonics
		s.begin(plainSet(drawWeights(t, n)), start)
		s.m = rapid.Int64Range(1, 1<<20).Draw(t, "m")
		got, want := s.starvedTop(p, &h), exactTop(p, start, s.m)
		if d := new(big.Int).Sub(big.NewInt(got), want); d.Sign() < 0 || d.Cmp(big.NewInt(1)) > 0 {
			t.Fatalf("bound %d, exact %v", got, want)
		}
		if quick := s.starvedQuick(p, &h); quick > got {
			t.Fatalf("quick bound %d above %d", quick, got)
		}
	})
}

func TestOverfedEqualsTheExactBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 30).Draw(t, "n")
		p := rapid.SampledFrom([]policy{policyDeficit, policyOriginal, policyFinish}).Draw(t, "p")
		start := rapid.SliceOfN(rapid.Int64Range(-1<<45, 1<<45), n, n).Draw(t, "start")
		var s span
		s.begin(plainSet(drawWeights(t, n)), start)
		s.m = rapid.Int64Range(1, 1<<20).Draw(t, "m")
		i := rapid.Int32Range(0, int32(n-1)).Draw(t, "i")
		whole, sigma := new(big.Rat).SetInt64(s.m*one), new(big.Rat).SetInt64(s.sigma)
		share := new(big.Rat).SetFrac(new(big.Int).SetUint64(s.set.share[i]), big.NewInt(one))
		mean := new(big.Rat).Quo(sigma, new(big.Rat).SetInt64(int64(n)))
		var x *big.Rat
		switch p {
		case policyDeficit: // m (1 - 1/n) - sigma/n
			x = new(big.Rat).Mul(whole, big.NewRat(int64(n-1), int64(n)))
			x.Sub(x, mean)
		case policyOriginal: // m (1 - p) - sigma/n
			x = new(big.Rat).Sub(whole, new(big.Rat).Mul(whole, share))
			x.Sub(x, mean)
		case policyFinish: // p ((n-1) M - sigma)
			x = new(big.Rat).Mul(whole, new(big.Rat).SetInt64(int64(n-1)))
			x.Sub(x, sigma).Mul(x, share)
		}
		want := new(big.Int).Div(x.Num(), x.Denom())
		if own := big.NewInt(-start[i]); own.Cmp(want) > 0 {
			want = own
		}
		if got := s.overfed(p, i, s.m); want.Cmp(big.NewInt(got)) != 0 {
			t.Fatalf("bound %d, exact %v", got, want)
		}
	})
}

// plainWinner is the choice of FORMAT.md section 8, read plainly with rationals.
func plainWinner(p policy, d *drawing) int32 {
	part := func(v int64) *big.Rat { return new(big.Rat).SetInt64(v) }
	share := func(i int32) *big.Rat { return new(big.Rat).SetInt(new(big.Int).SetUint64(d.share[i])) }
	delta := part(d.m * one)
	if n := int64(len(d.elig)); n > 1 {
		delta.Sub(delta, part(d.m*one/(2*n-2)))
	}
	best, at := new(big.Rat), int32(-1)
	try := func(allow func(c *big.Rat) bool, key func(i int32, c *big.Rat) *big.Rat) {
		for _, i := range d.elig {
			c := new(big.Rat).Add(part(d.credit[i]), new(big.Rat).Mul(share(i), part(p.unit(d.n))))
			if d.candidate(i) && (allow == nil || allow(c)) {
				if k := key(i, c); at < 0 || k.Cmp(best) < 0 {
					best, at = k, i
				}
			}
		}
	}
	largest := func(_ int32, c *big.Rat) *big.Rat { return new(big.Rat).Neg(c) }
	due := func(top *big.Rat) func(int32, *big.Rat) *big.Rat {
		return func(i int32, c *big.Rat) *big.Rat { return new(big.Rat).Quo(new(big.Rat).Sub(top, c), share(i)) }
	}
	switch p {
	case policyOriginal:
		try(nil, func(i int32, _ *big.Rat) *big.Rat { return part(-d.credit[i]) })
	case policyFinish:
		try(nil, due(part(d.m*one)))
	case policyEligible:
		try(func(c *big.Rat) bool { return c.Cmp(new(big.Rat).Sub(part(d.n*one), delta)) >= 0 }, due(delta))
		if at < 0 {
			try(nil, largest)
		}
	case policyRandom:
		return plainDraw(d)
	default:
		try(nil, largest)
	}
	return at
}

// plainDraw scales the raw draw to the sum of the candidates' shares.
func plainDraw(d *drawing) int32 {
	sum := new(big.Int)
	for _, i := range d.elig {
		if d.candidate(i) {
			sum.Add(sum, new(big.Int).SetUint64(d.share[i]))
		}
	}
	x := sum.Rsh(sum.Mul(sum, new(big.Int).SetUint64(d.raw)), 64)
	for _, i := range d.elig {
		if d.candidate(i) {
			if x.Sub(x, new(big.Int).SetUint64(d.share[i])).Sign() < 0 {
				return i
			}
		}
	}
	return -1
}

func TestWinnerAgainstPlainReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		set := plainSet(drawWeights(t, n))
		m := rapid.Int64Range(1, 20).Draw(t, "M")
		lim := m * one * 2
		d := drawing{elig: set.elig, share: set.share, m: m, n: rapid.Int64Range(1, m).Draw(t, "size"), raw: rapid.Uint64().Draw(t, "raw"),
			credit: rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(-lim, lim), rapid.SampledFrom([]int64{0, one, -one})), n, n).Draw(t, "credit")}
		if n > 1 && rapid.Bool().Draw(t, "exclude") {
			d.barred = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "barred")
			d.barred[rapid.IntRange(0, n-1).Draw(t, "free")] = false
		}
		for p := policyDeficit; p <= policyOriginal; p++ {
			if got, want := d.winner(p), plainWinner(p, &d); got != want {
				t.Fatalf("policy %d chooses %d, plainly %d", p, got, want)
			}
		}
	})
}

// TestBoundsHoldFromAnyStart drives every deterministic policy from arbitrary
// start credits: the start-state bounds must hold after every decision.
func TestBoundsHoldFromAnyStart(t *testing.T) {
	for _, p := range []policy{policyDeficit, policySmooth, policyOriginal, policyFinish} {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { boundRun(t, p) })
		})
	}
}

func boundRun(t *rapid.T, p policy) {
	n := rapid.IntRange(2, 8).Draw(t, "n")
	largest := rapid.Int64Range(1, 50).Draw(t, "M")
	lim := rapid.SampledFrom([]int64{0, one / 2, 3 * one, 100 * one}).Draw(t, "lim")
	credit := rapid.SliceOfN(rapid.Int64Range(-lim, lim), n, n).Draw(t, "start")
	set := plainSet(drawWeights(t, n))
	d := drawing{elig: set.elig, share: set.share, credit: credit, m: largest}
	var s span
	var h harmonics
	s.begin(set, credit)
	sizes := rapid.SliceOfN(rapid.Int64Range(1, largest), 1, 60).Draw(t, "sizes")
	for k, size := range sizes {
		d.n = size
		u := p.unit(size)
		s.m = max(s.m, u)
		at := d.winner(p)
		d.settle(at, u)
		for _, i := range set.elig {
			limit := s.starvedTopFor(p, &h, i, largest)
			if credit[i] > limit {
				t.Fatalf("decision %d: credit %d of %d above %d", k, credit[i], i, limit)
			}
			if -credit[i] > s.overfed(p, i, largest) {
				t.Fatalf("decision %d: credit %d of %d overfed beyond %d", k, credit[i], i, s.overfed(p, i, largest))
			}
		}
	}
}

// TestEligibleStaysWithinDelta looks for a violation of the empirical bound of
// policy eligible from zero credits and from the virtual start.
func TestEligibleStaysWithinDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 9).Draw(t, "n")
		largest := rapid.Int64Range(1, 20).Draw(t, "M")
		set := plainSet(drawWeights(t, n))
		d := drawing{elig: set.elig, share: set.share, credit: make([]int64, n), m: largest, n: 1}
		for range rapid.IntRange(0, 4*n-1).Draw(t, "J") {
			d.settle(d.winner(policyEligible), 1)
		}
		if !startPhase(policyEligible, set, largest, slices.Clone(d.credit)) {
			t.Fatal("the start phase does not know its own credits")
		}
		delta := spread(largest, n)
		for k, size := range rapid.SliceOfN(rapid.Int64Range(1, largest), 1, 80).Draw(t, "sizes") {
			d.n = size
			d.settle(d.winner(policyEligible), size)
			for _, i := range set.elig {
				if d.credit[i] > delta || -d.credit[i] > delta {
					t.Fatalf("decision %d: credit %d beyond %d", k, d.credit[i], delta)
				}
			}
		}
	})
}

func TestFinishBoundFromZeroIsTheTextbookOne(t *testing.T) {
	set := plainSet([]uint32{1, 1, 1, 5})
	var s span
	s.begin(set, make([]int64, 4))
	for i := range int32(4) {
		p, m := int64(set.share[i]), int64(7)
		if got, want := s.finishStarved(i, m), (one-p)*m; got != want {
			t.Errorf("starved bound of %d is %d, want %d", i, got, want)
		}
		if got, want := s.overfed(policyFinish, i, m), p*3*m; got != want {
			t.Errorf("overfed bound of %d is %d, want %d", i, got, want)
		}
		if q := s.finishQuick(i, m); q > s.finishStarved(i, m) {
			t.Errorf("quick bound of %d is %d, above the full one", i, q)
		}
	}
}

func TestLnUpIsTightFromAbove(t *testing.T) {
	// ln in 2^-16, from tables: ln 2, ln 10, ln 1e9, ln(2^63).
	for v, want := range map[uint64]float64{2: 0.693147180559945, 10: 2.302585092994046, 1e9: 20.72326583694641, 1 << 63: 43.66827237527655} {
		got := float64(lnUp(v)) / 65536
		if got < want || got > want+0.001 {
			t.Errorf("ln(%d) is %v, want just above %v", v, got, want)
		}
	}
}

func TestChanceTellsABiasFromLuck(t *testing.T) {
	sq := big.NewInt(10000) // 10,000 decisions of one message
	if !chance(300*one, 2, 10000, sq) {
		t.Error("3 sigma of 2 analysers is not a defect")
	}
	if chance(600*one, 2, 10000, sq) {
		t.Error("a deviation of 600 in 10,000 must not pass")
	}
}

func TestLessFraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, c := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "c")
		b, d := rapid.Uint64Range(1, 1<<32).Draw(t, "b"), rapid.Uint64Range(1, 1<<32).Draw(t, "d")
		x := new(big.Rat).Quo(new(big.Rat).SetInt64(a), new(big.Rat).SetUint64(b))
		y := new(big.Rat).Quo(new(big.Rat).SetInt64(c), new(big.Rat).SetUint64(d))
		if a == -1<<63 || c == -1<<63 {
			t.Skip("credits never reach the smallest integer")
		}
		if got, want := lessFraction(a, b, c, d), x.Cmp(y) < 0; got != want {
			t.Fatalf("%d/%d < %d/%d: %v", a, b, c, d, got)
		}
	})
}

// TestARandomEpochEndsBeforeARemoval: what policy random drew is judged by the credits
// from before a removed analyser's are given away; the analysers' places change then.
func TestARandomEpochEndsBeforeARemoval(t *testing.T) {
	run := func(raw func(k int) uint64) Result {
		book := newViewBook(NewNames())
		entries, _ := book.apply(nil, []byte("a1=1:up,a2=1:up,a3=1:up"))
		set := book.intern(entries).set
		d := drawing{elig: set.elig, share: set.share, credit: make([]int64, 3), n: 5, m: 10}
		var b strings.Builder
		b.WriteString("run policy=random\n0 a1/s recover n=0 lost=0\n0 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up,a3=1:up\n1 d/w1 view v=1 ver=1 set=a1=1:up,a2=1:up,a3=1:up\n")
		for k := 1; k <= 99; k++ {
			d.raw = raw(k)
			at := d.winner(policyRandom)
			fmt.Fprintf(&b, "%d d/w1 pick p=%d id=e/1/%d att=1 n=5 to=a%d v=1 raw=%016x\n", k+1, k, k, at+1, d.raw)
		}
		b.WriteString("101 d/sup config ver=2 ok=true from=control set=a2=1:up,a3=1:up\n102 d/w1 view v=2 ver=2 set=a1=-\n103 d/w1 pick p=100 id=e/1/100 att=1 n=5 to=a2 v=2 raw=0000000000000000\n")
		return watchOf(checkWatch(t, b.String(), Options{}), "R3")
	}
	if r := run(func(k int) uint64 { return uint64(k) * 0x5555_5555_5555_5555 }); r.Status != Pass || r.Judged != 1 {
		t.Errorf("R3 is %s in %d cases: %s", r.Status, r.Judged, r.Detail)
	}
	if r := run(func(k int) uint64 { return uint64(k) }); r.Status != Fail {
		t.Errorf("R3 is %s although a1 got everything", r.Status)
	}
}
