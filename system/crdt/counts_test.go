package crdt

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// TestCounts: whatever order, loss and duplicates the parts have, a replica's
// value is never beyond what was counted; once all have all, it is the sum.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*Counts
		for i := range 3 {
			all = append(all, must(NewCounts(Site{fmt.Sprintf("d%d", i), 1})))
		}
		want := map[string]int64{}
		var parts []CountPart
		for range 40 {
			c := rapid.SampledFrom(all).Draw(t, "at")
			id := rapid.SampledFrom(modelIDs).Draw(t, "id")
			n := rapid.Int64Range(-5, 100).Draw(t, "n")
			before := c.Value(id)
			parts = append(parts, must(c.Add(id, n)))
			want[id] += n
			if c.Value(id) != before+n {
				t.Fatalf("%d + %d is %d", before, n, c.Value(id))
			}
			must(rapid.SampledFrom(all).Draw(t, "to").Merge(must(DecodeCounts(must(rapid.SampledFrom(parts).Draw(t, "part").Encode())))))
		}
		a, b := all[0].All(), all[1].All()
		x, y := &Counts{}, &Counts{}
		must(x.Merge(a))
		must(x.Merge(b))
		must(y.Merge(b))
		must(y.Merge(a))
		if !reflect.DeepEqual(x.All(), y.All()) {
			t.Fatal("not commutative")
		}
		if news := must(x.Merge(a)); news {
			t.Fatal("not idempotent")
		}
		for _, c := range all {
			for _, d := range all {
				must(c.Merge(must(DecodeCounts(must(d.All().Encode())))))
				must(all[0].Merge(c.All()))
			}
		}
		for _, id := range modelIDs {
			if got := all[0].Value(id); got != want[id] {
				t.Fatalf("%s is %d, counted %d", id, got, want[id])
			}
		}
	})
}

func TestCountsLimits(t *testing.T) {
	c := must(NewCounts(Site{"d", 1}))
	must(c.Add("a", math.MaxInt64))
	if _, err := c.Add("a", 1); !errors.Is(err, ErrLimit) || c.Value("a") != math.MaxInt64 {
		t.Errorf("%v, value %d", err, c.Value("a"))
	}
	if _, err := c.Add("b", math.MinInt64); !errors.Is(err, ErrLimit) {
		t.Errorf("%v", err)
	}
	if _, err := c.Add("a b", 1); !errors.Is(err, ErrInvalid) {
		t.Errorf("%v", err)
	}
	twin := must(NewCounts(Site{"d", 1}))
	if _, err := twin.Merge(c.All()); !errors.Is(err, ErrForged) || twin.Value("a") != 0 {
		t.Errorf("counts in its own name that it did not make: %v", err)
	}
}

// FuzzDecodeCounts: what is accepted has one form and merges once.
func FuzzDecodeCounts(f *testing.F) {
	c, d := must(NewCounts(Site{"d1", 1})), must(NewCounts(Site{"d2", 7}))
	f.Add(must(c.All().Encode()))
	f.Add(must(must(c.Add("a", 5)).Encode()))
	must(d.Merge(c.All()))
	must(d.Add("a", -3))
	must(d.Add("b", math.MaxInt64))
	all := must(d.All().Encode())
	f.Add(all)
	f.Add(all[:len(all)-1])
	f.Add(append(bytes.Clone(all), 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := DecodeCounts(data)
		if err != nil {
			return
		}
		if !bytes.Equal(must(p.Encode()), data) {
			t.Fatal("not the canonical form")
		}
		x := &Counts{}
		if news := must(x.Merge(p)); news != (len(p.counters) > 0) || must(x.Merge(p)) {
			t.Fatalf("news %v of %d counters, or news twice", news, len(p.counters))
		}
	})
}

// TestDecodeCountsRefuses: prefixes and longer forms are refused.
func TestDecodeCountsRefuses(t *testing.T) {
	c := must(NewCounts(Site{"d1", 1}))
	must(c.Add("a", 500))
	must(c.Add("b", -500))
	data := must(c.All().Encode())
	for n := range data {
		if _, err := DecodeCounts(data[:n]); !errors.Is(err, ErrInvalid) {
			t.Fatalf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	if _, err := DecodeCounts(append(data, 0)); !errors.Is(err, ErrInvalid) {
		t.Fatalf("a byte more: %v", err)
	}
}
