package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/logcheck"
	"weir/system/analyser"
)

// applyMax is the promise of how soon a worker decides by an accepted
// configuration: the supervisor's write to its disk, its push to the workers and
// their own queue, generously.
const applyMax = 2 * time.Second

// header is run.json: what was run and what it promised.
func (s *Scenario) header(opt Options) *logcheck.Run {
	h := &logcheck.Run{
		Format: 1, Scenario: s.Name, ScenarioHash: s.Hash(), Seed: fmt.Sprintf("0x%016x", opt.Seed),
		Build: opt.Build, World: "sim",
		Distributor: s.headDistributor(len(opt.Inputs) > 0),
		Emitter:     s.headEmitter(),
		Analyser:    s.headAnalyser(),
		Phases:      s.headPhases(),
		SettleMax:   s.Phases.Settle, MinPackets: s.Check.MinPackets,
		Require: s.Check.Require, Expect: s.Check.Expect, ExpectFail: s.Check.ExpectFail,
		Ignore: s.Check.Ignore,
		Limits: logcheck.RunLimits{DetectWithin: s.Check.DetectWithin, RecoverWithin: s.Check.RecoverWithin},
	}
	for _, n := range s.Nodes() {
		h.Nodes = append(h.Nodes, logcheck.RunNode{Name: n.Name, Role: string(n.Role)})
	}
	return h
}

func (s *Scenario) headAnalyser() logcheck.RunAnalyser {
	out := logcheck.RunAnalyser{Ack: "synced", DiskRetry: analyser.Config{}.WithDefaults().DiskRetryMax}
	if a := &s.Analyser; a.Workers > 1 {
		out.Workers, out.StoreTimeout = a.Workers, a.StoreTimeout
	}
	return out
}

func (s *Scenario) headEmitter() logcheck.RunEmitter {
	e := s.Emitter(nil, 0).WithDefaults()
	return logcheck.RunEmitter{Horizon: e.Horizon, BufferPackets: e.BufferPackets, RetryMax: e.BackoffMax, SubmitTimeout: e.SubmitTimeout, Avoid: e.AvoidFor}
}

func (s *Scenario) headDistributor(inputs bool) logcheck.RunDistributor {
	d := &s.Distributors
	out := logcheck.RunDistributor{
		Policy: d.Policy, State: d.State, Workers: d.Workers, PacketMax: int64(d.PacketMax),
		Window: d.Window, OnFull: d.OnFull,
		AttemptTimeout: d.AttemptTimeout, AttemptsMax: d.AttemptsMax,
		BackoffBase: d.Backoff.Base, BackoffMax: d.Backoff.Max, JitterPPM: int(d.Backoff.Jitter),
		Hold: d.Hold, Persist: d.Persist,
		RetryMin: d.RetryBudget.Min, RetryPercent: d.RetryBudget.Percent,
		QueueItems: int64(d.Queue.Items), QueueBytes: int64(d.Queue.Bytes),
		ApplyWithin: applyMax, ConvergeWithin: s.convergeMax(), Detector: s.headDetector(), Scale: s.headScale(inputs),
	}
	if d.Spool.Bytes > 0 {
		out.Spool, out.SpoolAge = int64(d.Spool.Bytes), d.Spool.Age
	}
	for _, a := range s.AnalyserList() {
		if !a.Spare {
			out.Analysers = append(out.Analysers, logcheck.RunWeight{ID: a.ID, Weight: a.Weight})
		}
	}
	slices.SortFunc(out.Analysers, func(a, b logcheck.RunWeight) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (s *Scenario) headDetector() logcheck.RunDetector {
	d, own := &s.Distributors.Detector, s.Detector().WithDefaults()
	return logcheck.RunDetector{
		Kind: d.Kind, Interval: d.Interval, Jitter: d.Jitter, Timeout: d.Timeout,
		Failures: d.Failures, Successes: d.Successes, DataFailures: d.DataFailures,
		DownInterval: d.DownInterval, Pause: d.Pause,
		SilenceMin: own.SilenceMin(),
		DetectMax:  own.DetectMax() + s.slack(), RecoverMax: own.RecoverMax() + s.slack(),
	}
}

// slack is what the way and the queues of this scenario add to the detector's own
// bounds: two messages, and the handlers before a probe's.
func (s *Scenario) slack() time.Duration {
	l := &s.Links.Latency
	way := max(l.Max, l.Mean)
	if l.Tail.Chance > 0 {
		way *= time.Duration(l.Tail.Factor)
	}
	if s.Schedule.Kind != "random" {
		way += s.Schedule.Window // by which a message may be late
	}
	return 2*way + 50*time.Millisecond
}

func (s *Scenario) headPhases() []logcheck.RunPhase {
	p := s.Phases
	end := max(p.LoadEnd(), s.ProduceFor())
	return []logcheck.RunPhase{
		{Name: "warmup", From: 0, To: p.Warmup},
		{Name: "faults", From: p.Warmup, To: p.FaultsEnd()},
		{Name: "heal", From: p.FaultsEnd(), To: end},
		{Name: "settle", From: end, To: end + p.Settle},
	}
}
