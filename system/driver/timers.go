package driver

import (
	"container/heap"
	"time"

	"weir/system/node"
)

// timers are the timers of one actor, by due time and then by age.
type timers struct {
	heap timerHeap
	last node.Timer
}

type timer struct {
	at  time.Duration
	id  node.Timer
	key uint64
}

func (t *timers) add(at time.Duration, key uint64) node.Timer {
	t.last++
	heap.Push(&t.heap, timer{at, t.last, key})
	return t.last
}

// cancel removes a timer, in time O(timers of the actor): actors have a handful.
func (t *timers) cancel(id node.Timer) {
	for i := range t.heap {
		if t.heap[i].id == id {
			heap.Remove(&t.heap, i)
			return
		}
	}
}

// next is when the first timer is due.
func (t *timers) next() (time.Duration, bool) {
	if len(t.heap) == 0 {
		return 0, false
	}
	return t.heap[0].at, true
}

// pop removes the first timer that is due.
func (t *timers) pop(now time.Duration) (id node.Timer, key uint64, ok bool) {
	if len(t.heap) == 0 || t.heap[0].at > now {
		return 0, 0, false
	}
	first := heap.Pop(&t.heap).(timer)
	return first.id, first.key, true
}

// alarm wakes an actor when its first timer may be due. It is not put off: to wake once
// in vain costs less than to set it anew for each event.
type alarm struct {
	timer *time.Timer
	at    time.Duration // when it goes off; 0: it has, or is about to
}

// by sees to it that the alarm goes off at that time or before.
func (c *alarm) by(at, now time.Duration) {
	if c.at == 0 || at < c.at {
		c.at = max(at, 1)
		c.timer.Reset(at - now)
	}
}

type timerHeap []timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].id < h[j].id
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)   { *h = append(*h, x.(timer)) }
func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	*h = (*h)[:last]
	return t
}
