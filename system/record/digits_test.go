package record

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersAreWrittenAsStrconvDoes(t *testing.T) {
	check := func(v uint64, room int) {
		b := append(make([]byte, 0, room), "x"...)
		if got, want := string(appendUint(b, v)), "x"+strconv.FormatUint(v, 10); got != want {
			t.Errorf("%d: %q, want %q", v, got, want)
		}
		if got, want := string(appendInt(b, int64(v))), "x"+strconv.FormatInt(int64(v), 10); got != want {
			t.Errorf("%d: %q, want %q", int64(v), got, want)
		}
	}
	for _, p := range powers {
		for _, v := range []uint64{p - 1, p, p + 1, -p} {
			check(v, 1)
			check(v, 64)
		}
	}
	for i := range 64 {
		check(1<<i-1, 8)
		check(1<<i, 8)
	}
	check(math.MaxUint64, 21)
	rapid.Check(t, func(t *rapid.T) {
		check(rapid.Uint64().Draw(t, "v"), rapid.IntRange(1, 40).Draw(t, "room"))
	})
}
