package distributor

import (
	"slices"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// jobState says where a packet in progress is.
type jobState uint8

const (
	jobFresh    jobState = iota // in the queue of first attempts
	jobBackoff                  // waits until its retry is due
	jobDue                      // in the queue of retries
	jobTaken                    // in no queue: its next step is being decided
	jobBlocked                  // picked, waits for room (OnFull Wait)
	jobInFlight                 // an attempt is under way
	jobOver                     // ended; a queue may still hold it
)

// job is a packet that a worker has in progress.
type job struct {
	packet  *message.Packet
	lo      uint64
	reply   node.ReplyTo
	attempt uint32 // number of the latest attempt, 0 before the first
	state   jobState
	tried   []string      // analysers tried since the last clearing, ascending
	flights []*flight     // attempts whose receipt would still be recognised
	open    int           // attempts whose outcome is not known
	since   time.Duration // waits in its queue since then
	came    time.Duration // to the distributor
	due     time.Duration // jobBackoff: the retry is due
	order   uint64        // jobBackoff: ties in order of failure
	index   int           // jobBackoff: place in the heap
	target  *slot         // jobBlocked: where to
}

// try notes that an analyser was tried.
func (j *job) try(id string) {
	if i, ok := slices.BinarySearch(j.tried, id); !ok {
		j.tried = slices.Insert(j.tried, i, id)
	}
}

// drop forgets a flight.
func (j *job) drop(f *flight) {
	if i := slices.Index(j.flights, f); i >= 0 {
		j.flights = slices.Delete(j.flights, i, i+1)
	}
}

// flight is an attempt that was sent.
type flight struct {
	job        *job // nil: the packet is over, only its place in the window is left
	slot       *slot
	token      node.Token
	attempt    uint32
	sent       time.Duration
	deadline   time.Duration
	live       bool    // awaits its receipt; else it failed and a late receipt may come
	prev, next *flight // live: neighbours by deadline
}

// flightList holds the live flights in order of their deadlines. All attempts
// have the same timeout, so that a new one goes to the end: O(1) for everything.
type flightList struct{ first, last *flight }

func (l *flightList) push(f *flight) {
	assert(l.last == nil || l.last.deadline <= f.deadline, "deadlines out of order")
	f.live, f.prev, f.next = true, l.last, nil
	if l.last == nil {
		l.first = f
	} else {
		l.last.next = f
	}
	l.last = f
}

func (l *flightList) remove(f *flight) {
	assert(f.live, "attempt %d is not in flight", f.attempt)
	if f.prev == nil {
		l.first = f.next
	} else {
		f.prev.next = f.next
	}
	if f.next == nil {
		l.last = f.prev
	} else {
		f.next.prev = f.prev
	}
	f.live, f.prev, f.next = false, nil, nil
}

// pools keep what ended for reuse.
type pools struct {
	jobs    []*job
	flights []*flight
}

func (p *pools) job() *job {
	n := len(p.jobs)
	if n == 0 {
		return &job{}
	}
	j := p.jobs[n-1]
	p.jobs = p.jobs[:n-1]
	return j
}

func (p *pools) freeJob(j *job) {
	assert(j.state == jobOver && len(j.flights) == 0, "a job in state %d with %d flights is freed", j.state, len(j.flights))
	*j = job{tried: j.tried[:0], flights: j.flights}
	p.jobs = append(p.jobs, j)
}

func (p *pools) flight() *flight {
	n := len(p.flights)
	if n == 0 {
		return &flight{}
	}
	f := p.flights[n-1]
	p.flights = p.flights[:n-1]
	return f
}

func (p *pools) freeFlight(f *flight) {
	assert(!f.live, "a flight is freed while under way")
	*f = flight{}
	p.flights = append(p.flights, f)
}
