package scenarios

import (
	"math"
	"time"

	"weir/sim"
	"weir/system/analyser"
	"weir/system/detect"
	"weir/system/distributor"
	"weir/system/emitter"
	"weir/system/operator"
)

// Emitter is the configuration of an emitter. Without inputs it has a generator;
// inputs of so many lines it reads at InputRate.
func (s *Scenario) Emitter(inputs []emitter.Input, lines int64) emitter.Config {
	e := &s.Emitters
	cfg := emitter.Config{
		PacketMax:     s.Distributors.PacketMax,
		BufferPackets: e.Buffer.Packets,
		BufferBytes:   int(e.Buffer.Bytes),
		SubmitTimeout: e.SubmitTimeout,
		BackoffBase:   e.Backoff.Base,
		BackoffMax:    e.Backoff.Max,
		JitterPPM:     none(int(e.Backoff.Jitter), -1),
		Horizon:       e.Horizon,
		NoResults:     !s.Analyser.Results,
	}
	for _, n := range s.Nodes() {
		if n.Role == RoleDistributor {
			cfg.Distributors = append(cfg.Distributors, n.Name)
		}
	}
	if len(inputs) > 0 {
		cfg.Inputs, cfg.InputRate = inputs, s.InputRate(lines)
		cfg.BatchMessages = s.Distributors.PacketMax
	} else {
		cfg.Generator = s.generator()
		cfg.BatchBytes = int(max(s.largestPacket(), 64<<10))
	}
	return cfg
}

// largestPacket is about the size of the generators' largest packet; what the
// generator makes as one is not to be cut.
func (s *Scenario) largestPacket() Bytes {
	e := &s.Emitters
	size := Bytes(max(e.Messages.Max, e.Giant.Messages)) * Bytes(e.Bytes+messageOverhead)
	if e.Poison.Every > 0 {
		size += s.Analyser.EntryMax + messageOverhead
	}
	return size
}

// messageOverhead is about what a message takes beside its text.
const messageOverhead = 128

// InputRate is the messages a second that an emitter reads from inputs: what so many
// lines need to be read by the end of the heal phase, with a tenth to spare, so that
// the load meets all faults. 0 lines: the mean rate of its generator.
func (s *Scenario) InputRate(lines int64) int {
	e := &s.Emitters
	rate := int64(e.Rate) * int64(e.Messages.Min+e.Messages.Max) / 2 / 1000
	if lines > 0 {
		millis := max(s.ProduceFor().Milliseconds(), 1)
		if rate = lines / millis * 1100; lines < math.MaxInt64/1200 {
			rate = (lines*1100 + millis - 1) / millis
		}
	}
	return int(min(max(rate, 1), math.MaxInt32))
}

// generator is the emitters' made-up load.
func (s *Scenario) generator() *emitter.Generator {
	e := &s.Emitters
	return &emitter.Generator{
		RateMilli:     int64(e.Rate),
		Arrivals:      arrivals[e.Arrivals],
		BurstSize:     e.Burst,
		MessagesMin:   e.Messages.Min,
		MessagesMax:   e.Messages.Max,
		TextBytes:     e.Bytes,
		GiantEvery:    e.Giant.Every,
		GiantMessages: e.Giant.Messages,
		PoisonEvery:   e.Poison.Every,
		PoisonBytes:   int(s.Analyser.EntryMax) + 1,
		Until:         s.ProduceFor(),
		Packets:       uint64(e.Packets),
	}
}

var arrivals = map[string]emitter.Arrivals{
	"constant": emitter.Constant,
	"poisson":  emitter.Poisson,
	"burst":    emitter.Burst,
}

// Distributor is the configuration of every distributor.
func (s *Scenario) Distributor() distributor.Config {
	d := &s.Distributors
	cfg := distributor.Config{
		Workers:        d.Workers,
		Policy:         d.Policy,
		State:          distributor.State(d.State),
		PacketMax:      d.PacketMax,
		Window:         d.Window,
		OnFull:         distributor.OnFull(d.OnFull),
		AttemptTimeout: d.AttemptTimeout,
		AttemptsMax:    d.AttemptsMax,
		BackoffBase:    d.Backoff.Base,
		BackoffMax:     d.Backoff.Max,
		JitterPPM:      none(int(d.Backoff.Jitter), distributor.NoJitter),
		RetryMin:       d.RetryBudget.Min,
		RetryPercent:   none(d.RetryBudget.Percent, distributor.NoPercent),
		QueueItems:     d.Queue.Items,
		QueueBytes:     int(d.Queue.Bytes),
		Hold:           d.Hold,
		DrainMax:       d.DrainMax,
		Volatile:       !d.Persist,
		Detector:       s.Detector(),
		Central:        d.Detector.Kind == "central",
		Autoscale:      d.Autoscale.config(),
		Spool:          d.Spool.config(),
	}
	if cfg.Clustered() {
		cfg.Cluster = s.Gossip()
	}
	for _, a := range s.AnalyserList() {
		if !a.Spare {
			cfg.Analysers = append(cfg.Analysers, distributor.Analyser{ID: a.ID, Weight: uint32(a.Weight)})
		}
	}
	return cfg
}

// Detector is the configuration of every failure detector.
func (s *Scenario) Detector() detect.Config {
	d := &s.Distributors.Detector
	cfg := detect.Config{
		Kind:         detect.Threshold,
		Interval:     d.Interval,
		DownInterval: d.DownInterval,
		Jitter:       time.Duration(none(int(d.Jitter), -1)),
		Timeout:      d.Timeout,
		DataTimeout:  s.Distributors.AttemptTimeout,
		Failures:     d.Failures,
		Successes:    d.Successes,
		DataFailures: d.DataFailures,
		RefusedDown:  d.RefusedDown,
		Pause:        d.Pause,
	}
	if d.Kind == "phi" {
		cfg.Kind = detect.Phi
		cfg.PhiThreshold = d.Phi.Threshold
		cfg.PhiWindow = d.Phi.Window
		cfg.PhiMargin = time.Duration(none(int(d.Phi.Margin), -1))
		cfg.PhiStdMin = d.Phi.StdMin
		cfg.SilenceMax = d.Phi.SilenceMax
	}
	return cfg
}

// AnalyserConfig is the configuration of every analyser.
func (s *Scenario) AnalyserConfig() analyser.Config {
	return analyser.Config{EntryMax: int(s.Analyser.EntryMax), PendingMax: s.Analyser.Pending, BatchMax: s.Analyser.Batch,
		DedupMax: s.Analyser.Dedup, CompactBytes: int(s.Analyser.Compact),
		Workers: s.Analyser.Workers, StoreTimeout: s.Analyser.StoreTimeout, NoResults: !s.Analyser.Results}
}

// Operator is the configuration of the node that sends control documents. It has
// patience for the whole run.
func (s *Scenario) Operator() operator.Config { return operator.Config{} }

// Draws is the simulator's form of a random time.
func (l Latency) Draws() sim.Latency {
	var out sim.Latency
	switch l.Kind {
	case "constant":
		out = sim.Constant(l.Mean)
	case "uniform":
		out = sim.Uniform(l.Min, l.Max)
	default:
		out = sim.Exponential(l.Min, l.Mean, l.Max)
	}
	if l.Tail.Chance > 0 {
		out = out.WithTail(uint32(l.Tail.Chance), int64(l.Tail.Factor))
	}
	return out
}

// Time is the virtual processor time of a packet of so many messages.
func (v Service) Time(messages int) time.Duration {
	return v.Packet + time.Duration(messages)*v.Message
}

// none writes zero as the value by which a configuration means none, because its
// own zero means the default.
func none(v, zero int) int {
	if v == 0 {
		return zero
	}
	return v
}

// roles holds the roles' own rules against what the scenario makes of them: what
// they refuse, no run could start with.
func (c *checker) roles() {
	for _, r := range []struct {
		path string
		err  error
	}{
		{"emitters", c.s.Emitter(nil, 0).Validate()},
		{"distributors", c.s.Distributor().Validate()},
		{"analyser", c.s.AnalyserConfig().Validate()},
		{"links.latency", c.s.Links.Latency.Draws().Validate()},
		{"analyser.disk.latency", c.s.Analyser.Disk.Latency.Draws().Validate()},
	} {
		for _, err := range flatten(r.err) {
			c.refuse(true, r.path, "%v", err)
		}
	}
}
