package grpc

import (
	"math/bits"
	"sync"

	"google.golang.org/grpc/mem"
)

// pool is a mem.BufferPool with a class for each power of two. gRPC's own zeroes each
// buffer that it hands out, a tenth of a distributor's time with large packets, and has
// no class between 32 KiB and 1 MiB, where frames are.
type pool struct {
	classes [poolHigh - poolLow + 1]sync.Pool
}

// The smallest and the largest class, as powers of two; what is longer is not kept.
const (
	poolLow  = 8
	poolHigh = 20
)

// buffers are those of all connections.
var buffers mem.BufferPool = &pool{}

// Get implements mem.BufferPool. What is in the buffer is left over from others: who
// gets it must fill it.
func (p *pool) Get(length int) *[]byte {
	class := max(bits.Len(uint(max(length, 1)-1)), poolLow)
	if class > poolHigh {
		b := make([]byte, length)
		return &b
	}
	if b, ok := p.classes[class-poolLow].Get().(*[]byte); ok {
		*b = (*b)[:length]
		return b
	}
	b := make([]byte, length, 1<<class)
	return &b
}

// Put implements mem.BufferPool. A buffer that grew elsewhere goes into the class that
// it can fill.
func (p *pool) Put(b *[]byte) {
	class := bits.Len(uint(cap(*b))) - 1
	if class < poolLow || cap(*b) > 1<<poolHigh {
		return
	}
	p.classes[class-poolLow].Put(b)
}
