package route

import (
	"fmt"
	"testing"
)

// benchView has n analysers with weights 1..50 in a fixed mix.
func benchView(b *testing.B, n int) *View {
	weights := make([]uint32, n)
	for i := range weights {
		weights[i] = uint32(i*7919%50 + 1)
	}
	return upView(b, weights...)
}

// A pick of every policy with 4 to 10,000 analysers, packets of 1 to 10.
func BenchmarkPick(b *testing.B) {
	for _, name := range Policies() {
		for _, n := range []int{4, 10, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) { benchPick(b, name, n, nil) })
		}
	}
}

func benchPick(b *testing.B, name string, n int, tried []string) {
	v := benchView(b, n)
	p := mustNew(name, 1000)
	for range 2 {
		p.Pick(v, 1, nil, 0)
	}
	raw := uint64(1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		raw = raw*6364136223846793005 + 1442695040888963407
		p.Pick(v, 1+i%10, tried, raw)
	}
}

// A retry: two analysers are excluded.
func BenchmarkRetry(b *testing.B) {
	for _, name := range []string{Deficit, Finish} {
		b.Run(name+"/1000", func(b *testing.B) { benchPick(b, name, 1000, []string{"a00003", "a00500"}) })
	}
}

// A flip of one status, and the first pick from the new view.
func BenchmarkFlip(b *testing.B) {
	for _, name := range []string{Deficit, Finish} {
		for _, n := range []int{4, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) { benchFlip(b, name, n) })
		}
	}
}

func benchFlip(b *testing.B, name string, n int) {
	v := benchView(b, n)
	p := mustNew(name, 1000)
	set := []Entry{v.Entry(1)}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		set[0].Status = Status(i%2) * Full
		next, err := v.With(Change{Number: v.Number() + 1, Set: set})
		if err != nil {
			b.Fatal(err)
		}
		v = next
		p.Pick(v, 1, nil, 0)
	}
}
