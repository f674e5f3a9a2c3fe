package scale

import "time"

// window keeps the extreme of what was wanted in the last so long: a queue in which
// each value is more extreme than all after it, so that it holds no more entries than
// there are numbers of workers.
type window struct {
	span  time.Duration // negative: only the newest counts
	less  bool          // the extreme is the least
	queue []wanted
}

// wanted is a number of workers that was wanted at a time.
type wanted struct {
	at time.Duration
	n  int
}

// add takes in what is wanted now and returns the extreme of the window, in which
// what was wanted exactly span ago still is. Times never go back. Amortised O(1).
func (w *window) add(now time.Duration, n int) int {
	k := 0
	for k < len(w.queue) && now-w.queue[k].at > w.span {
		k++
	}
	w.queue = w.queue[k:]
	for len(w.queue) > 0 {
		last := w.queue[len(w.queue)-1].n
		if w.less && last < n || !w.less && last > n {
			break
		}
		w.queue = w.queue[:len(w.queue)-1]
	}
	w.queue = append(w.queue, wanted{now, n})
	return w.queue[0].n
}
