package distributor

// fifo is a queue in a slice that is reused. It has no bound of its own: what may
// be in it is bounded by the ingress.
type fifo[T any] struct {
	items []T
	head  int
}

func (q *fifo[T]) len() int { return len(q.items) - q.head }

func (q *fifo[T]) push(v T) {
	if q.head > 32 && q.head*2 >= len(q.items) { // half of it is gone: move up, amortised O(1)
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, v)
}

// pushFront puts back what pop took.
func (q *fifo[T]) pushFront(v T) {
	if q.head == 0 {
		q.items = append([]T{v}, q.items...)
		return
	}
	q.head--
	q.items[q.head] = v
}

// front returns the oldest item; the queue must not be empty.
func (q *fifo[T]) front() T {
	assert(q.len() > 0, "front of an empty queue")
	return q.items[q.head]
}

// pop removes the oldest item; the queue must not be empty.
func (q *fifo[T]) pop() T {
	v := q.front()
	var zero T
	q.items[q.head] = zero
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return v
}
