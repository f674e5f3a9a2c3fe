package sim

import "math/bits"

// key orders one event: by time, then by ord, whose upper bits are the seeded
// tie-break and whose lower bits are the sequence number, so that no two keys
// are equal and the order is total.
type key struct {
	at    int64
	ord   uint64
	slot  int32
	actor ActorID // whose event it is, or none: known before the slot is loaded
}

const (
	seqBits = 44
	tieMax  = 1<<(64-seqBits) - 1
)

// before is the order of events.
func (k *key) before(o *key) bool { return k.less(o) != 0 }

// less is before as a number, computed as the borrow of a 128-bit subtraction
// (times are never negative): the processor cannot predict how two events
// compare, so that a branch on it would cost more than both subtractions.
func (k *key) less(o *key) uint64 {
	_, borrow := bits.Sub64(k.ord, o.ord, 0)
	_, borrow = bits.Sub64(uint64(k.at), uint64(o.at), borrow)
	return borrow
}

// queue is a 4-ary min-heap of keys by value: a shallower tree than a binary
// heap, and the four children lie side by side.
//
// take leaves a hole at the root instead of filling it at once, because most
// events schedule another: its key then sinks from the root, which is one walk
// instead of two.
type queue struct {
	heap []key
	hole bool
}

// settle closes the hole, after which heap[0] is the least key, if any.
func (q *queue) settle() {
	if !q.hole {
		return
	}
	q.hole = false
	last := len(q.heap) - 1
	k := q.heap[last]
	q.heap = q.heap[:last]
	if last > 0 {
		q.sink(0, k)
	}
}

// take removes the least key of a settled, non-empty queue.
func (q *queue) take() key {
	assert(!q.hole && len(q.heap) > 0, "take needs a settled queue with a key")
	q.hole = true
	return q.heap[0]
}

// push adds a key; O(log n).
func (q *queue) push(k key) {
	if q.hole {
		q.hole = false
		q.sink(0, k)
		return
	}
	q.heap = append(q.heap, k)
	h := q.heap
	i := len(h) - 1
	for i > 0 {
		p := (i - 1) >> 2
		if !k.before(&h[p]) {
			break
		}
		h[i] = h[p]
		i = p
	}
	h[i] = k
}

// sink places k at i or below it.
func (q *queue) sink(i int, k key) {
	h := q.heap
	for {
		c := i<<2 + 1
		least := 0
		if c+4 <= len(h) {
			f := h[c : c+4 : c+4]
			l, r := f[1].less(&f[0]), 2+f[3].less(&f[2])
			pick := -f[r&3].less(&f[l&3])
			least = c + int(l^(l^r)&pick)
		} else if c < len(h) {
			least = c
			for j := c + 1; j < len(h); j++ {
				if h[j].before(&h[least]) {
					least = j
				}
			}
		} else {
			break
		}
		if !h[least].before(&k) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = k
}

// size returns the number of keys.
func (q *queue) size() int {
	if q.hole {
		return len(q.heap) - 1
	}
	return len(q.heap)
}

// rework calls f on every key, which may change its time, drops those for
// which f says false, and restores the order; O(n).
func (q *queue) rework(f func(k *key) bool) {
	q.settle()
	kept := q.heap[:0]
	for i := range q.heap {
		if k := &q.heap[i]; f(k) { // in place: a copy would escape, one for each key
			kept = append(kept, *k)
		}
	}
	q.heap = kept
	for i := (len(kept) - 2) >> 2; i >= 0; i-- {
		q.sink(i, kept[i])
	}
}
