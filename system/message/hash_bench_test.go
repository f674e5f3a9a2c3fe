package message

import (
	"fmt"
	"testing"
)

func BenchmarkHashEntries(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("entries=%d", n), func(b *testing.B) {
			entries := make([]Entry, n)
			for i := range entries {
				entries[i] = Entry{Time: 1, Severity: Info, Source: "e1", Text: "INFO request 4711 served in 12 ms xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
			}
			var h Hasher
			b.ReportAllocs()
			for b.Loop() {
				h.hash(entries)
			}
		})
	}
}
