package main

import (
	"os"
	"runtime"
	"time"
)

// A distributor hands each packet on over a dozen goroutines. With more processors than
// there is work for, the runtime wakes another one at nearly every step, which costs more
// than the step. So a distributor has as many as its load takes, and no more than the
// runtime gave it.

// How often the load is looked at, and for how long it must be low before there are fewer
// processors: more is urgent, fewer is not.
const (
	procsEvery = 100 * time.Millisecond
	procsCalm  = 10 // looks
)

// Parts of the processors that are in use, in percent: when there are too few, and when a
// smaller number would still be enough.
const (
	procsHigh = 90
	procsLow  = 70
)

// procs is how many processors there are now.
type procs struct {
	now, most int
	calm      int // looks in a row at which fewer would have been enough
}

// next takes in the processor time used since the last look, and returns how many
// processors there are from now on.
func (p *procs) next(used, since time.Duration) int {
	fewer := (p.now + 1) / 2
	switch percent := 100 * used / max(since, 1); {
	case percent > time.Duration(procsHigh*p.now):
		p.now, p.calm = min(2*p.now, p.most), 0
	case percent > time.Duration(procsLow*fewer):
		p.calm = 0
	default:
		if p.calm++; p.calm >= procsCalm {
			p.now, p.calm = fewer, 0
		}
	}
	return p.now
}

// adjustProcs gives the process as many processors as it has work for, as long as it runs,
// unless the environment says how many it has.
func adjustProcs() {
	p := procs{now: 1, most: runtime.GOMAXPROCS(0)}
	used, ok := processorTime()
	if os.Getenv("GOMAXPROCS") != "" || p.most == 1 || !ok {
		return
	}
	runtime.GOMAXPROCS(p.now)
	last := time.Now()
	for now := range time.Tick(procsEvery) {
		more, _ := processorTime()
		if before := p.now; p.next(more-used, now.Sub(last)) != before {
			runtime.GOMAXPROCS(p.now)
		}
		used, last = more, now
	}
}
