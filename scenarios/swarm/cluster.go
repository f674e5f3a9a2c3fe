package swarm

import (
	"strings"
	"time"

	"weir/scenarios"
)

// One world in eight is a cluster: several distributors share their table, which is
// changed at any of them, while they are apart too.

func (w *world) clustered() bool { return strings.HasPrefix(w.sc.Distributors.State, "crdt") }

// cluster makes a world one, and draws how its distributors talk to each other.
func (w *world) cluster() {
	d := w.dice("cluster")
	if !d.chance(12) || w.lone() {
		return
	}
	x := &w.sc.Distributors
	x.State = "crdt"
	x.Count = one(d, 2, 3, 3, 4, 5)
	x.Workers = min(x.Workers, 2)
	x.Gossip = scenarios.Gossip{
		Interval: d.time(50*time.Millisecond, 600*time.Millisecond),
		Timeout:  d.time(200*time.Millisecond, time.Second),
		Part:     one[scenarios.Bytes](d, 64, 100, 1000, 32<<10),
	}
	if w.sc.Analysers.Spares == 0 {
		w.sc.Analysers.Spares = 1
		w.sc.Analysers.Weights = append(w.sc.Analysers.Weights, int64(d.between(1, 9)))
	}
	w.favour = append(w.favour, one(d, "apart", "gossip", "operators"))
	if d.chance(15) {
		x.State = "crdt-counts"
	}
}

// clusterKinds are the kinds of faults that only clusters have. A new one goes to the end.
var clusterKinds = []kind{
	{"apart", false, func(p *plan) {
		p.span(200*ms, 5000*ms, "%s %s %s %s%s", one(p.dice, "cut", "cut", "hold", "refuse"), p.distributor(), one(p.dice, "->", "<->"), "d*", one(p.dice, "", " control"))
	}},
	{"gossip", false, func(p *plan) {
		what := one(p.dice, "loss 30%", "duplicate 20%", "reorder 30% by 200ms", "delay 300ms jitter 100ms", "corrupt 2%")
		p.span(500*ms, 5000*ms, "impair d* <-> d* control %s", what)
	}},
	{"operators", false, func(p *plan) {
		for range p.between(2, 5) {
			p.addAt(p.at.Truncate(period)+p.time(0, 990*ms), "%s", strings.NewReplacer("D", p.distributor(), "A", p.analyser()).Replace(one(p.dice,
				"weight D A 1", "weight D A 5", "weight D A 9", "drain D A", "undrain D A")))
		}
		drawTable(p)
	}},
	{"blinking distributor", false, func(p *plan) { p.span(10*ms, 4000*ms, "crash %s%s", p.distributor(), one(p.dice, "", " silent")) }},
}
