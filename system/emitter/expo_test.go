package emitter

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestMinusLog(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := []uint64{0, 1, 2, 1 << 32, 1<<63 - 1, 1 << 63, math.MaxUint64 - 1, math.MaxUint64}
	for i := 0; i < 20_000; i++ {
		values = append(values, rng.Uint64()>>rng.IntN(64))
	}
	for _, u := range values {
		want := 64*math.Ln2 - math.Log(float64(u)+1)
		got := float64(minusLog(u)) / one
		if math.Abs(got-want) > 1.0/(1<<27) {
			t.Fatalf("minusLog(%d) = %v, want %v", u, got, want)
		}
	}
}

func TestExponentialHasItsMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 100_000
	var sum, squares float64
	for i := 0; i < n; i++ {
		v := float64(exponential(rng, time.Second)) / float64(time.Second)
		sum += v
		squares += v * v
	}
	mean := sum / n
	if deviation := math.Sqrt(squares/n - mean*mean); math.Abs(mean-1) > 0.02 || math.Abs(deviation-1) > 0.03 {
		t.Fatalf("mean %v, deviation %v, want 1 and 1", mean, deviation)
	}
}
