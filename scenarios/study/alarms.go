package study

import (
	"strings"

	"weir/logcheck"
)

// alarms follows what detectors say of analysers, beside what was done to them. An
// analyser is gone while it has crashed or packets to it are cut off; an alarm is false
// if it is not gone.
type alarms struct {
	gone    map[string]int64 // since when, ns
	back    map[string]int64 // when it was back
	hits    map[answer]bool  // workers whose verdict on this failure or return has come
	away    map[answer]int64 // since when a worker passes over an analyser that is not gone
	detect  []int64          // from the failure to a worker's verdict, ns
	recover []int64          // from the return to a worker's verdict, ns
	first   map[string]int64 // of each analyser that is gone, when the first worker knew
	last    map[string]int64 // and when the last did
	spread  int64            // the longest time between the two, ns
	falsely int64            // alarms of detectors
	lost    int64            // time for which workers passed over such analysers, ns
	already int64            // workers that passed it over before it was gone
	wasted  int64            // attempts at an analyser that is gone
	until   int64            // the longest time from a failure to the last of them, ns
	probes  int64
	failed  int64 // attempts
}

// answer is a worker and an analyser.
type answer struct {
	who actor
	an  string
}

func newAlarms() alarms {
	return alarms{gone: map[string]int64{}, back: map[string]int64{}, hits: map[answer]bool{},
		away: map[answer]int64{}, first: map[string]int64{}, last: map[string]int64{}}
}

// fault takes an act of the fault log: on a node, or on the link to it. What distributors
// tell each other is no matter of analysers.
func (a *alarms) fault(r *logcheck.Record) {
	node := r.Str(logcheck.KeyN) + r.Str(logcheck.KeyTo)
	if r.Is(logcheck.KeyCls, "control") || !strings.HasPrefix(node, "a") {
		return
	}
	switch string(r.Bytes(logcheck.KeyDo)) {
	case "crash", "cut":
		a.gone[node] = r.T
		clear(a.hits)
		for k, since := range a.away { //weir:anyorder only a sum is made
			if k.an == node {
				a.lost += r.T - since
				a.already++
				a.hits[k] = true
				delete(a.away, k)
			}
		}
	case "restart", "heal":
		delete(a.gone, node)
		a.back[node] = r.T
		clear(a.hits)
	}
}

// pick notes an attempt.
func (a *alarms) pick(to string, t int64) {
	if since, gone := a.gone[to]; gone {
		a.wasted++
		a.until = max(a.until, t-since)
	}
}

// verdict takes a verdict of a worker, or of the detector that a distributor's workers
// share; what a worker takes over from that one is no alarm of its own.
func (a *alarms) verdict(who actor, r *logcheck.Record) {
	an, down := r.Str(logcheck.KeyAn), r.Is(logcheck.KeyTo, "down")
	since, gone := a.gone[an]
	if down && !gone && !r.Is(logcheck.KeyWhy, "central") {
		a.falsely++
	}
	if !strings.HasPrefix(string(r.Bytes(logcheck.KeyA)), "w") {
		return // nobody is passed over until the workers know
	}
	k := answer{who, an}
	switch {
	case down && gone:
		if !a.hits[k] {
			a.hits[k] = true
			a.detect = append(a.detect, r.T-since)
			if _, known := a.first[an]; !known {
				a.first[an] = r.T
			}
			a.last[an] = r.T
			a.spread = max(a.spread, a.last[an]-a.first[an])
		}
	case down:
		a.away[k] = r.T
	default:
		a.up(k, r.T)
	}
}

func (a *alarms) up(k answer, t int64) {
	if since, ok := a.away[k]; ok {
		a.lost += t - since
		delete(a.away, k)
	}
	if from, ok := a.back[k.an]; ok && !a.hits[k] {
		a.hits[k] = true
		a.recover = append(a.recover, t-from)
	}
}

// stopped ends what a worker thinks.
func (a *alarms) stopped(who actor, t int64) {
	for k, since := range a.away { //weir:anyorder only a sum is made
		if k.who == who {
			a.lost += t - since
			delete(a.away, k)
		}
	}
}
