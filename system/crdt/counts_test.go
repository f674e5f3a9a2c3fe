package crdt

import (
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
			must(rapid.SampledFrom(all).Draw(t, "to").Merge(rapid.SampledFrom(parts).Draw(t, "part")))
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
				must(c.Merge(d.All()))
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
	late := c.All()
	c.Drop("a")
	if c.Value("a") != 0 {
		t.Error("dropped and still there")
	}
	must(c.Merge(late))
	if c.Value("a") != math.MaxInt64 {
		t.Error("a part that still tells of it does not bring it back")
	}
}
