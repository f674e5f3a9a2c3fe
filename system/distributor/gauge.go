package distributor

import (
	"time"

	"weir/system/scale"
)

// Gauge tells what the actors of a distributor cannot see: what their process uses.
// One actor asks, between two events.
type Gauge interface {
	// Load is the use of the processor since the call before, or since the start, and of
	// the memory now.
	Load() Load
}

// Load is what a process uses; NaN: it is not known.
type Load struct {
	Cores  float64 // kept busy, on average
	Memory float64 // in use, as a part of what may be used
}

// pace is what a worker measures for the autoscaler, since it began.
type pace struct {
	waited, answered span
}

// span is a sum of times and how many they are.
type span struct {
	sum time.Duration
	n   int64
}

func (s *span) add(d time.Duration) {
	s.sum += d
	s.n++
}

// since is what came after an earlier reading.
func (s span) since(o span) span { return span{s.sum - o.sum, s.n - o.n} }

// mean is the average; of none it is 0, as nothing waits.
func (s span) mean() scale.Value {
	if s.n == 0 {
		return scale.Of(0)
	}
	return scale.Of(int64(s.sum) / s.n)
}

// gauge asks a worker or the ingress what it measures for the autoscaler. The answer is
// a gauged.
type gauge struct{ local }

// gauged answers a gauge.
type gauged struct {
	local
	pace     pace // a worker's
	emitters int  // the ingress's
}

// callers are the emitters that an ingress heard of lately.
type callers struct {
	list []caller
	at   map[string]int
}

// caller is one of them.
type caller struct {
	name string
	last time.Duration
}

// An emitter counts for callerGone after its newest submission; beyond callersMost at
// once they are not told apart.
const (
	callerGone  = 10 * time.Second
	callersMost = 10_000
)

// note takes in a submission.
func (c *callers) note(name string, now time.Duration) {
	if i, ok := c.at[name]; ok {
		c.list[i].last = now
		return
	}
	if len(c.list) >= callersMost {
		return
	}
	if c.at == nil {
		c.at = map[string]int{}
	}
	c.at[name] = len(c.list)
	c.list = append(c.list, caller{name, now})
}

// count forgets who is gone and returns how many are left.
func (c *callers) count(now time.Duration) int {
	for i := 0; i < len(c.list); {
		if now-c.list[i].last <= callerGone {
			i++
			continue
		}
		delete(c.at, c.list[i].name)
		last := len(c.list) - 1
		if i < last {
			c.list[i] = c.list[last]
			c.at[c.list[i].name] = i
		}
		c.list = c.list[:last]
	}
	return len(c.list)
}
