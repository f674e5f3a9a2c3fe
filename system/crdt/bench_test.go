package crdt

import (
	"fmt"
	"testing"
)

// cluster returns two tables that agree on n analysers written by all of some
// replicas.
func cluster(n, replicas int) (x, y *Table) {
	x = site("hub", 1)
	for r := range replicas {
		z := site(fmt.Sprintf("r%d", r), 2)
		z.sync(x)
		for i := r; i < max(n, replicas); i += replicas {
			must(z.Put(Analyser{fmt.Sprintf("analyser-%d", i%n), fmt.Sprintf("10.0.%d.%d:9000", i>>8, i&255), 10, false}))
		}
		must(x.Merge(z.Since(x.Seen())))
	}
	y = site("other", 1)
	y.sync(x)
	return x, y
}

var sizes = []struct{ analysers, replicas int }{
	{10, 3}, {100, 3}, {1000, 3}, {10000, 3}, {10, 64}, {100, 64}, {1000, 64}, {10000, 64},
}

func each(b *testing.B, f func(b *testing.B, n, replicas int)) {
	for _, s := range sizes {
		b.Run(fmt.Sprintf("analysers=%d/replicas=%d", s.analysers, s.replicas), func(b *testing.B) { f(b, s.analysers, s.replicas) })
	}
}

// tell is one change at x, told to y as delta says, encoded, decoded and merged.
func tell(b *testing.B, delta func(x, y *Table, change Delta) Delta) {
	each(b, func(b *testing.B, n, replicas int) {
		x, y := cluster(n, replicas)
		x.self = Site{"r0", 3}
		b.ReportAllocs()
		bytes, i := 0, uint32(0)
		for b.Loop() {
			i++
			change := must(x.SetWeight("analyser-7", 1+i%100))
			data := must(delta(x, y, change).Encode())
			bytes = len(data)
			must(y.Merge(must(Decode(data))))
		}
		b.ReportMetric(float64(bytes), "wire-B")
	})
}

// BenchmarkCRDTChange passes the change's own delta on.
func BenchmarkCRDTChange(b *testing.B) {
	tell(b, func(_, _ *Table, change Delta) Delta { return change })
}

// BenchmarkCRDTGossip is a round of anti-entropy between two that agree but for the change.
func BenchmarkCRDTGossip(b *testing.B) {
	tell(b, func(x, y *Table, _ Delta) Delta { return x.Since(y.Seen()) })
}

// BenchmarkCRDTState is a whole state, decoded and merged into an empty table.
func BenchmarkCRDTState(b *testing.B) {
	each(b, func(b *testing.B, n, replicas int) {
		x, _ := cluster(n, replicas)
		data := must(x.State().Encode())
		b.ReportAllocs()
		for b.Loop() {
			must(site("new", 1).Merge(must(Decode(data))))
		}
		b.ReportMetric(float64(len(data)), "wire-B")
	})
}

// BenchmarkCRDTCounts is what a round tells of counts: all sites' counts of all analysers, of
// which those of one changed; encoded, decoded and merged elsewhere.
func BenchmarkCRDTCounts(b *testing.B) {
	each(b, func(b *testing.B, n, replicas int) {
		x, y := must(NewCounts(Site{"r0", 1})), must(NewCounts(Site{"other", 1}))
		values := make([]Count, n)
		for i := range n {
			values[i] = Count{fmt.Sprintf("analyser-%05d", i), int64(i) << 32}
		}
		for r := 1; r < replicas; r++ {
			z := must(NewCounts(Site{fmt.Sprintf("r%d", r), 2}))
			must(z.Set(values))
			must(x.Merge(z.All()))
		}
		b.ReportAllocs()
		bytes := 0
		for b.Loop() {
			for i := range values {
				values[i].Value += int64(i%7-3) << 30
			}
			must(x.Set(values))
			data := must(x.All().Encode())
			bytes = len(data)
			must(y.Merge(must(DecodeCounts(data))))
		}
		b.ReportMetric(float64(bytes), "wire-B")
	})
}
