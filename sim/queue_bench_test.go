package sim

import (
	"fmt"
	"testing"
)

// The queue alone: each operation takes the least key and adds a later one.
func BenchmarkQueue(b *testing.B) {
	for _, size := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprintf("keys=%d", size), func(b *testing.B) {
			var q queue
			x := uint64(1)
			for i := range size {
				x = scramble(x)
				q.push(key{at: int64(x >> 43), ord: uint64(i)})
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				q.settle()
				k := q.take()
				x = x*mixA + mixB
				q.push(key{at: k.at + int64(x>>43), ord: uint64(size + i)})
			}
		})
	}
}
