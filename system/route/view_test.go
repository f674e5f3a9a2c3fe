package route

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNewViewReportsAllErrors(t *testing.T) {
	_, err := NewView(1, []Entry{
		{ID: "a", Weight: 1}, {ID: "a", Weight: 2}, {ID: "", Weight: 1}, {ID: "x,y"},
		{ID: "heavy", Weight: WeightMax + 1}, {ID: "odd", Status: statuses}, {ID: strings.Repeat("l", IDMax+1)},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{`"a" is given twice`, `id ""`, `"x,y"`, `"heavy": weight 1000001`, `"odd": status 4`, "lll"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q: %v", part, err)
		}
	}
	if _, err := NewView(1, make([]Entry, AnalysersMax+1)); err == nil || !strings.Contains(err.Error(), "16385 analysers") {
		t.Errorf("too many analysers: %v", err)
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		weights []uint32
		want    []int64
	}{
		{[]uint32{1}, []int64{One}},
		{[]uint32{1, 1}, []int64{One / 2, One / 2}},
		{[]uint32{1, 1, 1}, []int64{One/3 + 1, One / 3, One / 3}}, // 2^32 = 3k + 1
		{[]uint32{2, 0, 1}, []int64{One * 2 / 3, 0, One/3 + 1}},   // remainders 2/3 and 1/3: no tie
		{[]uint32{0, 0}, []int64{0, 0}},
	} {
		v := upView(t, c.weights...)
		got := make([]int64, v.Len())
		for i := range got {
			got[i] = v.Share(i)
		}
		if c.weights[0] == 2 { // the larger remainder takes the part
			c.want[0], c.want[2] = One*2/3+(One*2%3)/2, One-One*2/3-(One*2%3)/2
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("weights %v: shares %v, want %v", c.weights, got, c.want)
		}
	}
}

// Any view's shares are those of the model, sum to One and are at least 1.
func TestSharesAgreeWithModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		entries := make([]Entry, n)
		for i := range entries {
			entries[i] = Entry{ID: fmt.Sprint("a", i), Weight: rapid.Uint32Range(0, 12).Draw(t, "weight"),
				Status: Status(rapid.IntRange(0, 3).Draw(t, "status") / 3 * 2)}
			if rapid.IntRange(0, 3).Draw(t, "wide") == 0 {
				entries[i].Weight = rapid.Uint32Range(0, WeightMax).Draw(t, "wide weight")
			}
		}
		v, err := NewView(1, entries)
		if err != nil {
			t.Fatal(err)
		}
		want, total := newModel(Deficit, 1).shares(entries), int64(0)
		for i := range v.Len() {
			e := v.Entry(i)
			if v.Share(i) != want[e.ID] {
				t.Fatalf("share of %+v is %d, model %d", e, v.Share(i), want[e.ID])
			}
			if e.Eligible() != (v.Share(i) > 0) {
				t.Fatalf("share of %+v is %d", e, v.Share(i))
			}
			total += v.Share(i)
		}
		if v.Eligible() > 0 && total != One {
			t.Fatalf("shares sum to %d", total)
		}
	})
}

// With weights that sum to more than 2^32 the lightest analysers' shares are
// raised from 0, each part from the share that is largest then.
func TestSharesRaisedFromZero(t *testing.T) {
	n := AnalysersMax
	weights := make([]int64, n)
	for i := range weights {
		weights[i] = WeightMax - int64(i%3)
		if i%5 == 0 {
			weights[i] = 1
		}
	}
	got := quantise(weights)
	want, zeros := naiveShares(weights)
	if zeros == 0 {
		t.Fatal("nothing was raised: the case tests nothing")
	}
	if !slices.Equal(got, want) {
		t.Error("shares differ from one-at-a-time raising")
	}
}

func naiveShares(weights []int64) (shares []int64, zeros int) {
	total, left := int64(0), One
	for _, w := range weights {
		total += w
	}
	order := make([]int, len(weights))
	shares = make([]int64, len(weights))
	for i, w := range weights {
		x := new(big.Int).Mul(big.NewInt(w), big.NewInt(One))
		shares[i] = x.Div(x, big.NewInt(total)).Int64()
		left -= shares[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return int(weights[b]*One%total - weights[a]*One%total)
	})
	for _, i := range order[:left] {
		shares[i]++
	}
	for i := range shares {
		if shares[i] == 0 {
			zeros++
		}
	}
	for range zeros {
		rich := 0
		for i, s := range shares {
			if s > shares[rich] {
				rich = i
			}
		}
		shares[rich]--
	}
	for i := range shares {
		shares[i] = max(shares[i], 1)
	}
	return shares, zeros
}

func TestNthLargest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, rapid.SampledFrom([]int64{3, 50, 1 << 40}).Draw(t, "range")), 1, 200).Draw(t, "values")
		n := rapid.IntRange(1, len(values)).Draw(t, "n")
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		if got, want := nthLargest(slices.Clone(values), n), sorted[len(sorted)-n]; got != want {
			t.Fatalf("%d-th largest of %v is %d, want %d", n, values, got, want)
		}
	})
}

// A view is its predecessor changed by the difference, whatever way it was made,
// and the order in which entries are given does not matter.
func TestDiffLeadsFromOldToNew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := drawView(t, nil)
		next := drawView(t, old)
		text := Diff(old, next)
		change, err := ParseDiff(text)
		if err != nil {
			t.Fatalf("diff %q: %v", text, err)
		}
		change.Number, change.Version = next.number, next.version
		got, err := old.With(change)
		if err != nil {
			t.Fatalf("diff %q: %v", text, err)
		}
		if !slices.Equal(got.entries, next.entries) || !slices.Equal(got.share, next.share) ||
			!slices.Equal(got.ids, next.ids) || !slices.Equal(got.place, next.place) {
			t.Fatalf("diff %q leads to %q, want %q", text, Diff(nil, got), Diff(nil, next))
		}
		if d := Diff(got, next); d != "" {
			t.Fatalf("equal views differ by %q", d)
		}
		shuffled := rapid.Permutation(next.entries).Draw(t, "order")
		again, err := NewView(1, shuffled)
		if err != nil || Diff(again, next) != "" {
			t.Fatalf("order of entries matters: %v", err)
		}
	})
}

func TestWithRefuses(t *testing.T) {
	v := upView(t, 1, 2)
	for name, c := range map[string]Change{
		"unknown removed":   {Remove: []string{"zz"}},
		"removed twice":     {Remove: []string{"a00000", "a00000"}},
		"set and removed":   {Set: []Entry{{ID: "a00000"}}, Remove: []string{"a00000"}},
		"set twice":         {Set: []Entry{{ID: "n"}, {ID: "n"}}},
		"weight out":        {Set: []Entry{{ID: "a00001", Weight: WeightMax + 1}}},
		"new id not an id":  {Set: []Entry{{ID: "a=b"}}},
		"status out of set": {Set: []Entry{{ID: "a00001", Status: 9}}},
	} {
		if _, err := v.With(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if v.Entry(1).Weight != 2 || v.Len() != 2 {
		t.Error("a refused change touched the view")
	}
}

func TestParseDiffRefuses(t *testing.T) {
	for _, text := range []string{"a", "a=", "a=1", "a=x:up", "a=1:sick", "a=-1:up", "a=1:up,", "a=4294967296:up"} {
		if c, err := ParseDiff(text); err == nil {
			t.Errorf("%q parses as %+v", text, c)
		}
	}
}

func TestStatusNames(t *testing.T) {
	for s := Up; s < statuses; s++ {
		if got, err := ParseStatus(s.String()); err != nil || got != s {
			t.Errorf("%v parses as %v, %v", s, got, err)
		}
	}
	if _, err := ParseStatus("invalid"); err == nil || Status(77).String() != "invalid" {
		t.Error("an unknown status has a name")
	}
}

func TestExhausted(t *testing.T) {
	v := mustView(t, Entry{ID: "a", Weight: 1}, Entry{ID: "b", Weight: 1, Status: Down}, Entry{ID: "c", Weight: 1})
	for _, c := range []struct {
		tried []string
		want  bool
	}{{nil, false}, {[]string{"a"}, false}, {[]string{"a", "b"}, false}, {[]string{"a", "c"}, true}, {[]string{"gone", "c", "a"}, true}} {
		if got := v.Exhausted(c.tried); got != c.want {
			t.Errorf("exhausted after %v: %v", c.tried, got)
		}
	}
	if !mustView(t).Exhausted(nil) {
		t.Error("an empty view is not exhausted")
	}
}
