package swarm

import (
	"time"

	"weir/scenarios"
)

// Some behaviour shows only where several settings come together, as an expiry needs a
// short horizon and an outage that lasts. Independent draws meet there in one world of
// hundreds: so four worlds in ten have a theme, which sets them together.

// theme is such a meeting.
type theme struct {
	favour []string // kinds of faults that come for certain and often
	set    func(d dice, sc *scenarios.Scenario)
}

// themes are drawn alike, one a world. None may set what the number of packets decides
// but the emitters'.
var themes = []theme{
	{[]string{"crash", "shape", "cut"}, func(d dice, sc *scenarios.Scenario) { // packets expire
		sc.Emitters.Horizon = d.time(1500*ms, 4000*ms)
		sc.Emitters.SubmitTimeout = d.time(1000*ms, 2000*ms)
	}},
	{[]string{"crash", "shape", "pause"}, func(d dice, sc *scenarios.Scenario) { // the bytes in the queue are the bound
		sc.Distributors.Queue = scenarios.Queue{Items: 4096, Bytes: 64 << 10}
		sc.Emitters.Bytes, sc.Emitters.Messages = 400, scenarios.Span{Min: 1, Max: 40}
		sc.Emitters.Giant, sc.Emitters.Buffer = scenarios.Giant{}, scenarios.Default().Emitters.Buffer
	}},
	{[]string{"crash", "torn write"}, func(d dice, sc *scenarios.Scenario) { // nearly every packet is poison
		sc.Emitters.Poison.Every = d.between(2, 5)
		sc.Analyser.EntryMax = 1 << 10
	}},
	{[]string{"blink", "torn write", "duplicate", "reorder"}, func(d dice, sc *scenarios.Scenario) { // stores remember little and often begin anew
		if sc.Analyser.Dedup = d.between(400, 800); d.chance(60) { // and emitters hold as little, so that what is done with makes room
			each := d.between(1, 10)
			sc.Emitters.Buffer.Packets, sc.Analyser.Dedup = each, 16*each*sc.Emitters.Count
		}
		sc.Analyser.Compact = scenarios.Bytes(d.between(1, 4)) << 10
	}},
	{[]string{"delay", "hold", "slow"}, func(d dice, sc *scenarios.Scenario) { // nobody waits for long: answers come late
		x := &sc.Distributors
		x.AttemptTimeout, x.AttemptsMax = d.time(100*ms, 350*ms), d.between(2, 3)
		x.RetryBudget = scenarios.RetryBudget{Min: 100, Percent: 100}
		x.Detector.DataFailures = 1000
		sc.Emitters.SubmitTimeout = d.time(250*ms, 1500*ms)
	}},
	{[]string{"crash", "pause", "wall clock", "hold"}, func(d dice, sc *scenarios.Scenario) { // probes alone show who is gone
		sc.Emitters.Rate = scenarios.Rate(d.between(800, 2500)) // in thousandths a second
		sc.Emitters.Arrivals = "poisson"
	}},
	{[]string{"slow", "stop", "pause"}, func(d dice, sc *scenarios.Scenario) { // windows and analysers are full
		sc.Distributors.Window, sc.Distributors.OnFull = d.between(1, 3), one(d, "skip", "wait", "wait")
		busy(d, sc)
	}},
	{[]string{"stop under way", "stop"}, func(d dice, sc *scenarios.Scenario) { // stops with work under way
		x := &sc.Distributors
		x.DrainMax, x.AttemptTimeout = d.time(300*ms, 1500*ms), d.time(300*ms, 900*ms)
		x.RetryBudget, x.Detector.DataFailures = scenarios.RetryBudget{Min: 100, Percent: 100}, 1000
		busy(d, sc)
	}},
	{[]string{"blink", "hold", "torn write", "receipts lost"}, func(d dice, sc *scenarios.Scenario) { // every retry comes back to the only one
		sc.Analysers = scenarios.Analysers{Count: 1, Weights: []int64{int64(d.between(1, 9))}}
		sc.Analyser.Compact = scenarios.Bytes(d.between(1, 4)) << 10
		sc.Distributors.Hold = 10_000 * ms
	}},
	{[]string{"torn table"}, func(d dice, sc *scenarios.Scenario) { // tables and what becomes of them
		sc.Distributors.Persist = true
	}},
	{[]string{"quick restart", "blink"}, func(d dice, sc *scenarios.Scenario) { // incarnations follow fast on one another
		sc.Distributors.Detector.DataFailures = 1000
		sc.Distributors.Detector.Successes = d.between(2, 3)
		sc.Distributors.Detector.RefusedDown = false
	}},
	{[]string{"table", "weight", "misconfigure", "crash"}, busy}, // tables change with work under way
	{[]string{"crash", "cut", "stop"}, func(d dice, sc *scenarios.Scenario) { // retries and submissions wait otherwise
		base := d.time(5*ms, 100*ms)
		sc.Distributors.Backoff = scenarios.Backoff{Base: base, Max: base * time.Duration(d.between(1, 20)), Jitter: one[scenarios.PPM](d, 0, 100_000, 500_000)}
		own := d.time(1*ms, 50*ms) // less than distributors ask for
		sc.Emitters.Backoff = scenarios.Backoff{Base: own, Max: own * time.Duration(d.between(1, 20)), Jitter: one[scenarios.PPM](d, 0, 100_000, 500_000)}
	}},
	{[]string{"gray"}, func(d dice, sc *scenarios.Scenario) { // packets alone show who is gone
		sc.Distributors.AttemptTimeout = d.time(400*ms, 700*ms)
		sc.Distributors.Detector.DataFailures = d.between(2, 4)
	}},
	{[]string{"silence"}, func(d dice, sc *scenarios.Scenario) { // silence alone shows who is gone
		sc.Distributors.Detector.Kind = "phi"
		x := &sc.Distributors.Detector
		x.DataFailures, x.Phi.SilenceMax = 1000, x.Interval+x.Jitter+x.Timeout+d.time(300*ms, 1000*ms)
	}},
	{[]string{"crash", "pause", "hold"}, func(d dice, sc *scenarios.Scenario) { // a detector that is not the usual one
		sc.Distributors.Detector.Kind = one(d, "phi", "central")
		sc.Emitters.Rate = max(sc.Emitters.Rate/scenarios.Rate(d.between(1, 20)), 800)
		sc.Emitters.Arrivals = "poisson"
	}},
}

// busy makes work take time at analysers, so that there always is some. One of them can
// take the whole load, bursts too: a probe that waits behind packets is no fault.
func busy(d dice, sc *scenarios.Scenario) {
	sc.Analyser.Cores = 1
	sc.Emitters.Burst = min(sc.Emitters.Burst, 20)
	sc.Analyser.Service.Packet = d.time(1*ms, 3*ms)
	sc.Analyser.Disk.Latency = scenarios.Latency{Kind: "exponential", Min: time.Millisecond, Mean: 20 * ms, Max: 100 * ms, Tail: scenarios.Tail{Factor: 10}}
}

// rare gives the world its theme, if it has one.
func (w *world) rare() {
	d := w.dice("theme")
	if !d.chance(40) || w.lone() {
		return
	}
	t := themes[d.IntN(len(themes))]
	w.favour = t.favour
	t.set(d, w.sc)
}
