package distributor

import (
	"slices"
	"strings"

	"weir/system/detect"
	"weir/system/node"
)

// talliesMost bounds the analysers that a worker tells apart in its measures: an
// operator may register and remove any number of names over time.
const talliesMost = 256

// The words of the log by which refusals and packets given up are told apart.
var (
	turnedWhy = [...]string{"queue_full", "stopping", "many_waiting", "recovering", "spool_full", "spool_busy", "outdated", "disk_full", "disk_error"}
	gaveUpWhy = [...]string{"no_analyser", "attempts", "stopping"}
)

// measures are what a worker measures beside its totals.
type measures struct {
	tallies  []*tally // ascending ids
	rest     *tally   // of all analysers beyond talliesMost
	failures [len(whys)]uint64
	gaveUp   [len(gaveUpWhy)]uint64
	wait     node.Times // of first attempts, in the worker's queue
}

// tally is what was measured of one analyser. It outlives its registration.
type tally struct {
	id       string
	attempts uint64     // packets given to it, whether they could be sent or not
	messages uint64     // in first attempts
	done     uint64     // packets it completed
	failed   uint64     // attempts
	took     node.Times // attempts with a receipt
}

// of is the tally for an analyser.
func (m *measures) of(id string) *tally {
	i, ok := slices.BinarySearchFunc(m.tallies, id, func(t *tally, id string) int { return strings.Compare(t.id, id) })
	switch {
	case ok:
		return m.tallies[i]
	case len(m.tallies) < talliesMost:
		t := &tally{id: id}
		m.tallies = slices.Insert(m.tallies, i, t)
		return t
	case m.rest == nil:
		m.rest = &tally{id: node.Other}
	}
	return m.rest
}

func (t *tally) samples(s []node.Sample) []node.Sample {
	return append(s,
		node.Count("attempts", t.id, t.attempts),
		node.Count("first_messages", t.id, t.messages),
		node.Count("completed", t.id, t.done),
		node.Count("failed_attempts", t.id, t.failed),
		t.took.Sample("attempt_time", t.id),
	)
}

// Samples implements node.Sampler.
func (w *worker) Samples(s []node.Sample) []node.Sample {
	eligible := 0
	if w.view != nil {
		eligible = w.view.Eligible()
	}
	s = append(s,
		node.Level("workers", "", 1),
		node.Level("eligible", "", eligible),
		node.Truth("idle_workers", w.view == nil || w.none),
		node.Level("waiting_retries", "", len(w.later)+w.due.len()),
	)
	for _, v := range w.slots {
		up := 0
		if !v.down {
			up = 1
		}
		s = append(s, node.Level("in_flight", v.tally.id, v.inFlight), node.Level("up", v.tally.id, up))
	}
	return w.counters(s)
}

// counters are the samples that outlive a worker.
func (w *worker) counters(s []node.Sample) []node.Sample {
	m := &w.measured
	s = append(s,
		node.Count("picks", "", w.choose.picks),
		node.Count("retries", "", w.counts.retries),
		node.Count("done", "", w.counts.done),
		node.Count("dead", "", w.counts.dead),
		m.wait.Sample("queue_time", ""),
	)
	for i, n := range m.gaveUp {
		s = append(s, node.Count("gave_up", gaveUpWhy[i], n))
	}
	for i, n := range m.failures {
		s = append(s, node.Count("failures", whys[i], n))
	}
	for _, t := range m.tallies {
		s = t.samples(s)
	}
	if m.rest != nil {
		s = m.rest.samples(s)
	}
	return w.watch.samples(s)
}

// samples tells of the detectors; of none if x is nil.
func (x *watcher) samples(s []node.Sample) []node.Sample {
	if x == nil {
		return s
	}
	for r := detect.ResultNone + 1; r < detect.Results; r++ {
		s = append(s, node.Count("probes", r.String(), x.results[r]))
	}
	return append(s, node.Count("verdicts", detect.Up.String(), x.turns[detect.Up]), node.Count("verdicts", detect.Down.String(), x.turns[detect.Down]))
}

// Samples implements node.Sampler.
func (g *ingress) Samples(s []node.Sample) []node.Sample {
	for i, n := range g.turned {
		s = append(s, node.Count("refused", turnedWhy[i], n))
	}
	s = g.spool.samples(s)
	return append(s,
		node.Count("admitted", "", g.counts.admitted),
		node.Count("joined", "", g.joined),
		node.Level("queue_packets", "", len(g.open)),
		node.Level("queue_bytes", "", g.bytes),
	)
}

// samples tells of the spool; of an empty one if there is none.
func (s *spooling) samples(out []node.Sample) []node.Sample {
	var c spoolCounts
	packets, bytes, open := 0, 0, false
	if s != nil {
		c, packets, bytes, open = s.counts, s.sp.Held(), s.sp.Bytes(), s.ready && s.sp.Open()
	}
	return append(out,
		node.Level("held_packets", "", packets),
		node.Level("held_bytes", "", bytes),
		node.Truth("held_open", open),
		node.Count("spooled", "", c.spooled),
		node.Count("held_expired", "", c.expired),
		node.Count("held_lost", "", c.lost),
	)
}

// Samples implements node.Sampler.
func (r *router) Samples(s []node.Sample) []node.Sample {
	return append(s, node.Count("picks", "", r.picks))
}

// Samples implements node.Sampler.
func (s *supervisor) Samples(out []node.Sample) []node.Sample {
	out = append(out, node.Truth("ready", s.table != nil && !s.stop.begun))
	if s.table != nil {
		out = append(out, node.Count("table_version", "", s.table.version))
		for i, m := range s.table.members {
			id, weight := m.id, uint64(m.weight)
			if i >= talliesMost {
				id = node.Other
			}
			if m.drain {
				weight = 0
			}
			out = append(out, node.Count("weight", id, weight))
		}
	}
	return s.cluster.samples(s.scale.samples(s.watch.samples(out)))
}
