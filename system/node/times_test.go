package node

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTimes holds every class, the sum and Merge against a slow count.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edge := rapid.SampledFrom(TimesBounds[:])
		one := rapid.OneOf(
			rapid.Map(rapid.Int64Range(-10, int64(400*time.Hour)), func(n int64) time.Duration { return time.Duration(n) }),
			rapid.Map(edge, func(d time.Duration) time.Duration { return d - 1 }), edge,
			rapid.Map(edge, func(d time.Duration) time.Duration { return d + 1 }))
		all := rapid.SliceOf(one).Draw(t, "all")
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		var got, rest, want Times
		sum := time.Duration(0)
		for i, d := range all {
			if i < cut {
				got.Add(d)
			} else {
				rest.Add(d)
			}
			class := 0
			for class < len(TimesBounds) && d > TimesBounds[class] {
				class++
			}
			want.Classes[class]++
			sum += max(d, 0)
		}
		got.Merge(&rest)
		want.Seconds, want.Nanos = uint64(sum/time.Second), uint64(sum%time.Second)
		if got != want || got.Count() != uint64(len(all)) {
			t.Fatalf("%v: got %+v, want %+v", all, got, want)
		}
	})
}

// TestTimesSnapshot holds that a sample does not change with what it was taken of.
func TestTimesSnapshot(t *testing.T) {
	var live Times
	s := live.Sample("x", "")
	live.Add(time.Second)
	if s.Times.Count() != 0 {
		t.Error("the sample changed")
	}
}

func BenchmarkTimesAdd(b *testing.B) {
	var t Times
	for i := range b.N {
		t.Add(time.Duration(i) * 1000)
	}
}
