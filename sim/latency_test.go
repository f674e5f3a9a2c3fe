package sim

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNegLogIsAccurate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Uint64().Draw(t, "u") >> rapid.IntRange(0, 63).Draw(t, "shift")
		got := float64(negLog(u)) / (1 << 32)
		want := -math.Log((float64(u) + 1) / (1 << 64))
		if math.Abs(got-want) > 1e-5 {
			t.Fatalf("negLog(%d) = %v, want %v", u, got, want)
		}
	})
}

// Fixed values: what decides must be equal on every platform.
func TestLatencyGolden(t *testing.T) {
	l := Exponential(time.Millisecond, 5*time.Millisecond, time.Second)
	want := []int64{8180045, 3018229, 2156987, 12442447}
	for n, d := range want {
		if got := l.draw(7, uint64(n), 0); got != d {
			t.Errorf("draw %d is %d, want %d", n, got, d)
		}
	}
}

func TestLatencyBoundsAndMeans(t *testing.T) {
	const n = 200_000
	for name, c := range map[string]struct {
		l        Latency
		min, max time.Duration
		mean     float64
	}{
		"zero":        {Latency{}, 0, 0, 0},
		"constant":    {Constant(7), 7, 7, 7},
		"uniform":     {Uniform(1000, 3000), 1000, 3000, 2000},
		"exponential": {Exponential(1000, 3000, 1_000_000), 1000, 1_000_000, 3000},
		"cut off":     {Exponential(0, 1000, 1000), 0, 1000, 1000 * (1 - math.Exp(-1))},
		"tail":        {Constant(1000).WithTail(100_000, 11), 1000, 11_000, 2000},
	} {
		sum := 0.0
		for i := range uint64(n) {
			d := c.l.draw(3, i, 0)
			if d < int64(c.min) || d > int64(c.max) {
				t.Fatalf("%s: drew %d, not in %d to %d", name, d, c.min, c.max)
			}
			sum += float64(d)
		}
		// The widest deviation of one draw here is 3000: 6 sigma of the mean.
		if got, tol := sum/n, 6*3000/math.Sqrt(n); math.Abs(got-c.mean) > tol {
			t.Errorf("%s: mean %v, want %v +- %v", name, got, c.mean, tol)
		}
	}
}

func TestLatencyValidate(t *testing.T) {
	for _, bad := range []Latency{
		Constant(-1), Uniform(5, 4), Exponential(5, 4, 6), Exponential(1, 4, 3), Constant(delayMax + 1),
		Constant(1).WithTail(1, 0), Constant(1).WithTail(ppmAll+1, 1), Constant(1).WithTail(1, 1_000_001),
	} {
		if err := bad.Validate(); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: %v, want ErrConfig", bad, err)
		}
	}
	for _, good := range []Latency{{}, Constant(0), Uniform(4, 4), Exponential(1, 2, delayMax).WithTail(ppmAll, 1_000_000)} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
}

func TestMulDiv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 1<<30).Draw(t, "a")
		b := rapid.Int64Range(0, 1<<30).Draw(t, "b")
		c := rapid.Int64Range(1, 1<<30).Draw(t, "c")
		if got := mulDiv(a, b, c); got != min(a*b/c, int64(timeMax)) {
			t.Fatalf("mulDiv = %d", got)
		}
		if got := mulDivUp(a, b, c); got != min((a*b+c-1)/c, int64(timeMax)) {
			t.Fatalf("mulDivUp = %d", got)
		}
	})
	if satAdd(int64(timeMax), 1) != int64(timeMax) || satAdd(int64(timeMax), int64(timeMax)) != int64(timeMax) || satAdd(2, 3) != 5 {
		t.Error("satAdd does not saturate")
	}
	if mulDiv(math.MaxInt64, 4, 1) != int64(timeMax) || mulDivUp(math.MaxInt64, 1<<40, 3) != int64(timeMax) {
		t.Error("mulDiv does not saturate")
	}
}
