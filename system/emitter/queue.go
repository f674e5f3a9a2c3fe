package emitter

import (
	"time"

	"weir/system/node"
)

// deadline is when the answer to a submission is overdue.
type deadline struct {
	at  time.Duration
	seq uint64
	tok node.Token
}

// deadlines is a queue: the timeout is the same for all, so they fall due in the
// order in which they were set. What was answered meanwhile is dropped when it
// comes to the front.
type deadlines struct {
	items []deadline
	head  int
}

func (q *deadlines) push(d deadline) {
	assert(len(q.items) == q.head || q.items[len(q.items)-1].at <= d.at, "deadlines are set in order")
	if q.head > 64 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, d)
}

func (q *deadlines) front() *deadline {
	if q.head == len(q.items) {
		return nil
	}
	return &q.items[q.head]
}

func (q *deadlines) pop() { q.head++ }

// retry is when a packet is due to be submitted again.
type retry struct {
	at    time.Duration
	seq   uint64
	tries uint32 // how often it had been submitted: a stale entry does not match
}

func (r retry) before(o retry) bool { return r.at < o.at || r.at == o.at && r.seq < o.seq }

// retries is a binary heap ordered by due time, then by sequence. Every packet
// has at most one entry that matches it, so it holds no more than the stale ones
// of packets answered late beside those.
type retries []retry

func (h *retries) push(r retry) {
	*h = append(*h, r)
	a := *h
	for i := len(a) - 1; i > 0; {
		up := (i - 1) / 2
		if !a[i].before(a[up]) {
			break
		}
		a[i], a[up] = a[up], a[i]
		i = up
	}
}

func (h *retries) pop() retry {
	a := *h
	assert(len(a) > 0, "nothing is popped from an empty heap")
	top, last := a[0], len(a)-1
	a[0] = a[last]
	a = a[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(a); c++ {
			if a[c].before(a[least]) {
				least = c
			}
		}
		if least == i {
			break
		}
		a[i], a[least] = a[least], a[i]
		i = least
	}
	*h = a
	return top
}
