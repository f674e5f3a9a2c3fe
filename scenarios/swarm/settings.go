package swarm

import (
	"slices"
	"time"

	"weir/scenarios"
)

// policy draws how the distributors choose, and within which limits.
func (w *world) policy() {
	d := w.dice("policy")
	x := &w.sc.Distributors
	x.Policy = one(d, "deficit", "deficit", "deficit", "finish", "eligible", "smooth", "random", "original")
	x.State = one(d, "local", "local", "shared")
	x.OnFull = one(d, "skip", "skip", "skip", "wait")
	x.Window = one(d, 4, 16, 64, 256, 256)
	x.AttemptTimeout = d.time(500*time.Millisecond, 1500*time.Millisecond)
	x.AttemptsMax = d.between(2, 8)
	x.RetryBudget = scenarios.RetryBudget{Min: one(d, 1, 3, 10), Percent: one(d, 0, 10, 20, 100)}
	x.Queue.Items = one(d, 20, 100, 1000, 4096)
	x.Hold = d.time(time.Second, 5*time.Second)
	x.DrainMax = d.time(time.Second, 5*time.Second)
	x.Persist = d.chance(80)
	if d.chance(20) {
		x.Cores = d.between(1, 4)
		x.Service.Packet = time.Duration(d.between(50, 1000)) * time.Microsecond
		x.Service.Message = time.Duration(d.IntN(50)) * time.Microsecond
	}
}

// detector draws what decides that an analyser is gone. A probe has time for the
// slowest way there and back, so that a verdict in calm times is a false one.
func (w *world) detector() {
	d := w.dice("detector")
	x := &w.sc.Distributors.Detector
	x.Kind = one(d, "threshold", "threshold", "threshold", "phi", "central")
	x.Timeout = d.time(250*time.Millisecond, 500*time.Millisecond)
	x.Jitter = d.time(0, 50*time.Millisecond)
	x.Interval = x.Timeout + x.Jitter + d.time(0, 300*time.Millisecond)
	x.DownInterval = x.Timeout + x.Jitter + d.time(0, 600*time.Millisecond)
	x.Failures = d.between(2, 4)
	x.Successes = d.between(1, 3)
	x.DataFailures = d.between(3, 8)
	x.RefusedDown = d.chance(30)
}

// analysers draws what the analysers and their disks are like.
func (w *world) analysers() {
	d := w.dice("analysers")
	x := &w.sc.Analyser
	if d.chance(20) {
		x.Cores = d.between(1, 2)
		x.Service.Packet = time.Duration(d.between(50, 2000)) * time.Microsecond
	}
	if d.chance(20) {
		x.Pending = d.between(4, 100)
	}
	if d.chance(50) {
		x.Compact = scenarios.Bytes(d.between(4, 64) << 10)
	}
	x.Results = w.dice("results").chance(30)
	if d.chance(40) {
		mean := one[time.Duration](d, 5, 10) * time.Millisecond
		x.Disk.Latency = scenarios.Latency{Kind: "exponential", Min: time.Millisecond, Mean: mean, Max: 50 * time.Millisecond, Tail: scenarios.Tail{Factor: 10}}
	}
}

// sharing draws how many workers share an analyser's store: in one world in four more
// than one, and in half of these they die often.
func (w *world) sharing() {
	d := w.dice("analysers' workers")
	if !d.chance(25) {
		return
	}
	w.sc.Analyser.Workers = one(d, 2, 2, 3, 4, 4, 8)
	w.sc.Analyser.StoreTimeout = d.time(100*ms, 1500*ms)
	if d.chance(50) {
		w.favour = append(slices.Clone(w.favour), "kill", one(d, "duplicate", "disk stall", "disk error"))
	}
}

// schedule draws how events are ordered: in one world in four, messages to some actors
// are late again and again.
func (w *world) schedule() {
	d := w.dice("schedule")
	window, every := d.time(time.Millisecond, 20*time.Millisecond), d.between(50, 3000)
	if d.chance(25) {
		w.sc.Schedule = scenarios.Schedule{Kind: "priority", Window: window, Every: every}
	}
}
