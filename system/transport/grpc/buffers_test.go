package grpc

import "testing"

// A buffer has the length that was asked for, also one that was used before, grew or is
// of no class.
func TestBuffers(t *testing.T) {
	p := &pool{}
	for range 3 {
		for _, n := range []int{0, 1, 255, 256, 257, 4096, 100_000, 1 << 20, 1<<20 + 1, 3 << 20} {
			b := p.Get(n)
			if len(*b) != n || cap(*b) > max(256, 2*n) {
				t.Errorf("asked for %d, got %d of %d", n, len(*b), cap(*b))
			}
			*b = append((*b)[:0], make([]byte, n+n/3)...)
			p.Put(b)
		}
	}
	short := make([]byte, 3)
	p.Put(&short)
}
