package swarm

import (
	"time"

	"weir/scenarios"
)

// topology draws who takes part.
func (w *world) topology() {
	d := w.dice("topology")
	w.sc.Emitters.Count = one(d, 1, 1, 2, 2, 3)
	w.sc.Distributors.Count = one(d, 1, 1, 1, 2, 3)
	w.sc.Distributors.Workers = one(d, 1, 1, 2, 2, 3, 4)
	n := one(d, 2, 3, 3, 4, 5, 8)
	w.sc.Analysers = scenarios.Analysers{Count: n, Weights: w.weights(n)}
	if d.chance(40) {
		w.sc.Analysers.Spares = 1
		w.sc.Analysers.Weights = append(w.sc.Analysers.Weights, int64(d.between(1, 9)))
	}
}

// weights draws the weights of n analysers in one of several styles; at least one is
// above 0.
func (w *world) weights(n int) []int64 {
	d := w.dice("weights")
	list := make([]int64, n)
	style := d.IntN(4)
	for i := range list {
		switch style {
		case 0:
			list[i] = 1
		case 1:
			list[i] = int64(d.between(1, 9))
		case 2:
			list[i] = one[int64](d, 1, 1, 10, 100, 1000)
		case 3:
			list[i] = int64(d.between(1, 1_000_000))
		}
	}
	if n > 2 && d.chance(10) {
		list[d.IntN(n)] = 0
	}
	return list
}

// network draws the links.
func (w *world) network() {
	d := w.dice("network")
	l := &w.sc.Links
	switch d.IntN(4) {
	case 0: // as it comes
	case 1:
		mean := d.time(time.Millisecond, 20*time.Millisecond)
		l.Latency = scenarios.Latency{Kind: "constant", Min: mean, Mean: mean, Max: mean, Tail: l.Latency.Tail}
	case 2:
		top := d.time(2*time.Millisecond, 40*time.Millisecond)
		l.Latency = scenarios.Latency{Kind: "uniform", Min: 0, Mean: top / 2, Max: top, Tail: l.Latency.Tail}
	case 3:
		l.Latency.Tail = scenarios.Tail{Chance: 1000, Factor: 5} // one in a thousand is five times as long
	}
	l.Ordered = d.chance(30)
	if d.chance(15) {
		l.Rate = scenarios.Bytes(d.between(500, 5000) * 1000)
	}
}

// load draws what the emitters offer, so that all together make about as many packets
// as the options say, or down to a tenth of that.
func (w *world) load() {
	d := w.dice("load")
	e := &w.sc.Emitters
	total := time.Duration(d.between(w.opt.Packets/10, w.opt.Packets))
	if w.lone() {
		total = time.Duration(w.opt.Packets)
	}
	perSecond := total * 1000 * time.Second / w.sc.Phases.LoadEnd() // in thousandths
	e.Rate = max(scenarios.Rate(perSecond)/scenarios.Rate(e.Count), 10)
	e.Arrivals = one(d, "poisson", "poisson", "constant", "burst")
	e.Burst = d.between(2, 60)
	switch d.IntN(5) {
	case 0, 1: // 1..10
	case 2:
		e.Messages = scenarios.Span{Min: 1, Max: 1}
	case 3:
		e.Messages = scenarios.Span{Min: 1, Max: 40}
	case 4:
		n := d.between(2, 10)
		e.Messages = scenarios.Span{Min: n, Max: n}
	}
	e.Bytes = one(d, 1, 20, 120, 400)
	if d.chance(15) {
		e.Giant = scenarios.Giant{Every: d.between(20, 200), Messages: d.between(50, w.sc.Distributors.PacketMax)}
	}
	if d.chance(15) {
		e.Poison.Every = d.between(10, 200)
		w.sc.Analyser.EntryMax = 1 << 10
	}
	if d.chance(30) {
		e.Buffer.Packets = one(d, 1, d.between(1, 60)) // with 1 order holds
	}
	e.SubmitTimeout = d.time(2*time.Second, 20*time.Second)
	if d.chance(10) {
		e.Horizon = d.time(8*time.Second, 20*time.Second)
	}
	if d.chance(25) { // in a hurry
		e.Backoff.Base = d.time(time.Millisecond, 50*time.Millisecond)
		e.Backoff.Max = e.Backoff.Base * time.Duration(d.between(1, 40))
	}
}

// fit makes windows so small that all of them full, as after an outage, are carried and
// served within half a probe's timeout and a quarter of an attempt's: what waits behind
// them, a probe or the answer of a disk, is late although nothing is wrong, and no
// detector can know why. Where a window of one is too much, the link or the analyser
// is made faster.
func (w *world) fit() {
	x, l, service := &w.sc.Distributors, &w.sc.Links, &w.sc.Analyser.Service
	crew := time.Duration(max(x.Workers, x.Autoscale.Max))
	within := min(x.Detector.Timeout/2, x.AttemptTimeout/4)
	fit := func(each time.Duration) (ok bool) {
		room := int(within / max(each, 1))
		x.Window = max(1, min(x.Window, room))
		return room >= 1
	}
	if l.Rate > 0 {
		bytes := crew * time.Duration(w.packetBytes())
		if !fit(bytes * time.Second / time.Duration(l.Rate)) {
			l.Rate = scenarios.Bytes(bytes * time.Second / within)
		}
	}
	workers := time.Duration(x.Count) * crew
	if !fit(workers * (service.Packet + time.Duration(w.messagesMax())*service.Message)) {
		service.Packet, service.Message = within/workers, 0
	}
}

// backlog makes queues of distributors so short that what waits in them is served as soon: a
// worker that is busy for longer takes itself for paused, and begins anew to watch.
func (w *world) backlog() {
	x := &w.sc.Distributors
	cost := x.Service.Packet + time.Duration(w.messagesMax())*x.Service.Message
	if cost == 0 {
		return
	}
	workers := x.Workers
	if x.Autoscale.Max > 0 {
		workers = x.Autoscale.Min
	}
	if x.Cores > 0 {
		workers = min(workers, x.Cores)
	}
	within := min(x.Detector.Timeout/2, x.AttemptTimeout/4)
	x.Queue.Items = max(4, min(x.Queue.Items, int(within/cost)*max(workers, 1)))
}

// patience gives workers that share a store the time for it that its disk takes in calm
// times: a batch that is being written, their own, and one that a compaction puts between.
func (w *world) patience() {
	a := &w.sc.Analyser
	if a.Workers > 1 {
		a.StoreTimeout = max(a.StoreTimeout, 3*w.diskMax()+50*time.Millisecond)
	}
}

// diskMax is how long a disk operation takes at most.
func (w *world) diskMax() time.Duration {
	l := &w.sc.Analyser.Disk.Latency
	most := max(l.Max, l.Mean)
	if l.Tail.Chance > 0 {
		most *= time.Duration(l.Tail.Factor)
	}
	return most
}

// messagesMax is how many messages a packet of this world has at most.
func (w *world) messagesMax() int {
	if e := &w.sc.Emitters; e.Giant.Every > 0 {
		return max(e.Messages.Max, e.Giant.Messages)
	}
	return w.sc.Emitters.Messages.Max
}

// packetBytes is how large a packet of this world is at most, its attempt's head included.
func (w *world) packetBytes() int64 {
	e := &w.sc.Emitters
	size := w.messagesMax()*(e.Bytes+64) + 256
	if e.Poison.Every > 0 {
		size += int(w.sc.Analyser.EntryMax) // one entry that is too large
	}
	return int64(size)
}

// offered bounds from above how many bytes a second all emitters offer on average, in a
// world of at most PacketsMax packets. On an ordered link a rate below that would act for
// long after its end, as what waits there is not overtaken; on others it does not matter,
// and it is 0.
func (w *world) offered() int {
	if !w.sc.Links.Ordered {
		return 0
	}
	return int(w.packetBytes()) * PacketsMax / int(w.sc.Phases.LoadEnd()/time.Second)
}
