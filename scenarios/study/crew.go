package study

import (
	"strings"

	"weir/logcheck"
)

// crews follows how many workers distributors have, and how that number changes.
type crews struct {
	since   map[actor]int64 // since when a worker runs, ns
	changes []change
	held    int64 // the time of all workers that ended, ns, as far as the load went
	now     int64 // how many there are
	atPeak  int64 // how many there were when the great load ended
	peaked  bool
	most    int64
	enough  int64 // when there were as many as the great load needs, ns; 0: never
}

// change is a decision for more or for fewer workers.
type change struct {
	at int64 // ns
	by int64
}

// The great load of study scale begins and ends, and all load ends, ns.
const (
	peakFrom = 4_000_000_000
	peakTo   = 20_000_000_000
	loadTo   = 36_000_000_000
)

func newCrews() crews { return crews{since: map[actor]int64{}} }

// see takes the records of workers' lives and of decisions about their number.
func (c *crews) see(who actor, r *logcheck.Record) {
	if r.T >= peakTo && !c.peaked {
		c.peaked, c.atPeak = true, c.now
	}
	if r.Kind == logcheck.KindScale {
		if by := r.Int(logcheck.KeyTo) - r.Int(logcheck.KeyN); by != 0 {
			c.changes = append(c.changes, change{r.T, by})
		}
		return
	}
	if !strings.HasPrefix(string(r.Bytes(logcheck.KeyA)), "w") {
		return // no worker
	}
	if r.Kind == logcheck.KindStart {
		c.since[who] = r.T
		c.now++
		c.most = max(c.most, c.now)
		if c.now == peakCrew && c.enough == 0 {
			c.enough = r.T
		}
		return
	}
	c.held += min(r.T, loadTo) - min(c.since[who], loadTo)
	c.now--
}

// settled is the time from the beginning of the great load to the last change during it;
// false if there was none.
func (c *crews) settled() (ns int64, ok bool) {
	for _, ch := range c.changes {
		if ch.at >= peakFrom && ch.at < peakTo {
			ns, ok = ch.at-peakFrom, true
		}
	}
	return ns, ok
}

// turns is how often a change went the other way than the one before.
func (c *crews) turns() (n int64) {
	for i, ch := range c.changes {
		if i > 0 && (ch.by > 0) != (c.changes[i-1].by > 0) {
			n++
		}
	}
	return n
}
