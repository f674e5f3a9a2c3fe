package distributor

import (
	"time"

	"weir/system/node"
)

// backoff returns the wait before attempt k >= 2: base doubled k-2 times, spread
// by the jitter, at most max in the end.
func backoff(cfg *Config, attempt uint32, env node.Env) time.Duration {
	assert(attempt >= 2, "attempt %d is no retry", attempt)
	wait := cfg.BackoffBase
	for k := uint32(2); k < attempt && wait < cfg.BackoffMax; k++ {
		wait *= 2
	}
	wait = min(wait, cfg.BackoffMax)
	if cfg.JitterPPM > 0 {
		// Microseconds, so that the product of a day and a million fits.
		if spread := int64(wait) / 1000 * int64(cfg.JitterPPM) / (ppm / 1000); spread > 0 {
			wait += time.Duration(env.Rand().Int64N(2*spread+1) - spread)
		}
	}
	return min(wait, cfg.BackoffMax)
}

// reschedule plans the next attempt of a packet whose latest one failed, or gives
// it up.
func (w *worker) reschedule(env node.Env, j *job) {
	if int(j.attempt) >= w.cfg.AttemptsMax {
		w.giveUp(env, j, "attempts")
		return
	}
	wait := backoff(w.cfg, j.attempt+1, env)
	j.packet.ID.Log(env.Log("retry")).Uint("att", uint64(j.attempt+1)).Dur("wait", wait).End()
	w.counts.retries++
	j.state, j.due = jobBackoff, env.Now()+wait
	w.orders++
	j.order = w.orders
	w.later.push(j)
	w.retryAlarm.by(env, j.due)
}

// ripen moves the retries that are due to their queue.
func (w *worker) ripen(env node.Env) {
	now := env.Now()
	for len(w.later) > 0 && w.later[0].due <= now {
		j := w.later.pop()
		j.state, j.since = jobDue, now
		w.due.push(j)
	}
	if len(w.later) > 0 {
		w.retryAlarm.by(env, w.later[0].due)
	}
}

// retryRoom reports whether the budget allows one more retry in flight, and logs
// when it begins to hold one back, and again from time to time while it does.
func (w *worker) retryRoom(env node.Env) bool {
	limit := w.cfg.RetryMin
	if w.cfg.RetryPercent > 0 {
		limit = max(limit, w.active*w.cfg.RetryPercent/100)
	}
	if w.retrying < limit {
		w.holding = false
		return true
	}
	if now := env.Now(); !w.holding || now-w.held >= w.cfg.AttemptTimeout {
		w.holding, w.held = true, now
		env.Log("budget").Int("active", int64(w.active)).Int("retries", int64(w.retrying)).End()
	}
	return false
}

// retryHeap is a binary heap of the packets whose retry is not due yet, by time
// and then in the order of their failures.
type retryHeap []*job

func (h retryHeap) before(a, b int) bool {
	return h[a].due < h[b].due || h[a].due == h[b].due && h[a].order < h[b].order
}

func (h retryHeap) swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].index, h[b].index = a, b
}

func (h *retryHeap) push(j *job) {
	j.index = len(*h)
	*h = append(*h, j)
	h.up(j.index)
}

func (h *retryHeap) pop() *job {
	j := (*h)[0]
	h.remove(j)
	return j
}

// remove takes a packet out, wherever it is.
func (h *retryHeap) remove(j *job) {
	i, last := j.index, len(*h)-1
	assert(i <= last && (*h)[i] == j, "packet is not at %d in the heap of %d retries", i, last+1)
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	if i < last {
		h.up(i)
		h.down(i)
	}
}

func (h retryHeap) up(i int) {
	for i > 0 && h.before(i, (i-1)/2) {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (h retryHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h.before(child+1, child) {
			child++
		}
		if !h.before(child, i) {
			return
		}
		h.swap(i, child)
		i = child
	}
}
