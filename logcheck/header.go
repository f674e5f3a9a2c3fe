package logcheck

import "time"

// Run is run.json: what was run and what it promised. Times are nanoseconds in
// the file. Validate says whether it can be judged by.
type Run struct {
	// Format is the version of the form: 1.
	Format int `json:"format"`
	// Scenario and ScenarioHash name what was run; informative.
	Scenario     string `json:"scenario"`
	ScenarioHash string `json:"scenario_hash"`
	// Seed is the run's seed, "0x" and hex digits; informative.
	Seed string `json:"seed"`
	// Build names the program that ran; informative.
	Build string `json:"build"`
	// World is sim or tcp.
	World string `json:"world"`
	// ClockError bounds how far the world times of two files may differ; 0 in sim.
	ClockError time.Duration `json:"clock_error_ns"`
	// Nodes lists every node of the run, once each.
	Nodes []RunNode `json:"nodes"`
	// Distributor is the configuration of every distributor.
	Distributor RunDistributor `json:"distributor"`
	// Emitter is the configuration of every emitter.
	Emitter RunEmitter `json:"emitter"`
	// Analyser is the promise of every analyser.
	Analyser RunAnalyser `json:"analyser"`
	// Phases are the planned phases; what happened is in the fault file.
	Phases []RunPhase `json:"phases"`
	// SettleMax is how long after the last heal the system may take to finish all
	// packets; 0: not limited, so only a run that ended by itself decides C1.
	SettleMax time.Duration `json:"settle_max_ns"`
	// MinPackets is how many packets must be acknowledged before the first fault.
	MinPackets int64 `json:"min_packets"`
	// Require lists premises and property ids that must not be vacuous.
	Require []string `json:"require"`
	// Limits replaces the detector's own bounds where not 0.
	Limits RunLimits `json:"limits"`
	// Expect is the verdict that the scenario's author expects: pass or fail.
	Expect string `json:"expect"`
	// ExpectFail lists the properties expected to fail.
	ExpectFail []string `json:"expect_fail"`
	// Ignore lists properties that are not judged, because what the run was put through
	// breaks them from outside. Not those of integrity.
	Ignore []string `json:"ignore,omitempty"`
}

// RunNode is one node. An analyser's name is its id everywhere.
type RunNode struct {
	Name string `json:"name"`
	// Role is emitter, distributor, analyser or operator.
	Role string `json:"role"`
}

// RunDistributor is the configuration that all distributors boot with.
type RunDistributor struct {
	// Policy is deficit, finish, eligible, smooth, random or original.
	Policy string `json:"policy"`
	// State is shared (a router actor chooses), local (each worker does), crdt or crdt-counts (as local,
	// and the distributors share the table).
	State string `json:"state"`
	// Workers is the number of workers of a distributor.
	Workers int `json:"workers"`
	// PacketMax is M, the messages of the largest packet: 1..1<<20.
	PacketMax int64 `json:"packet_max"`
	// Analysers is the boot configuration, in ascending id order.
	Analysers []RunWeight `json:"analysers"`
	// Window is the packets in flight per worker and analyser.
	Window int `json:"window"`
	// OnFull is skip or wait: what a full window does.
	OnFull string `json:"on_full"`
	// AttemptTimeout is T_A.
	AttemptTimeout time.Duration `json:"attempt_timeout_ns"`
	// AttemptsMax bounds the attempts at one packet by one worker; 0: unlimited.
	AttemptsMax int `json:"attempts_max"`
	// BackoffBase and BackoffMax bound the wait before a retry.
	BackoffBase time.Duration `json:"backoff_base_ns"`
	BackoffMax  time.Duration `json:"backoff_max_ns"`
	// JitterPPM is the jitter of the backoff, parts per million.
	JitterPPM int `json:"jitter_ppm"`
	// Hold is how long a packet waits while no analyser can be chosen; 0: not told.
	Hold time.Duration `json:"hold_ns"`
	// Persist says that an accepted configuration outlives a restart.
	Persist bool `json:"persist"`
	// RetryMin and RetryPercent are the retry budget.
	RetryMin     int `json:"retry_min"`
	RetryPercent int `json:"retry_percent"`
	// QueueItems and QueueBytes bound the queue of each worker.
	QueueItems int64 `json:"queue_items"`
	QueueBytes int64 `json:"queue_bytes"`
	// ApplyWithin bounds how long a worker may take to apply a configuration.
	ApplyWithin time.Duration `json:"apply_within_ns"`
	// ConvergeWithin is T_G: within it what one distributor has seen of the shared table
	// reaches each other that it can talk to. 0: not told.
	ConvergeWithin time.Duration `json:"converge_within_ns,omitempty"`
	// Detector is the failure detector.
	Detector RunDetector `json:"detector"`
	// Spool is the bytes that a distributor may keep on its own disk, from where it then
	// acknowledges; 0: it has none.
	Spool int64 `json:"spool_bytes,omitempty"`
	// SpoolAge is when what it keeps expires; 0: never.
	SpoolAge time.Duration `json:"spool_age_ns,omitempty"`
	// Scale is the autoscaler; nil: the number of workers never changes.
	Scale *RunScale `json:"scale,omitempty"`
}

// RunWeight is an analyser and its weight at boot.
type RunWeight struct {
	ID     string `json:"id"`
	Weight int64  `json:"weight"`
}

// RunDetector is the configuration of the failure detector.
type RunDetector struct {
	// Kind is threshold, phi or central.
	Kind string `json:"kind"`
	// Interval, Jitter and Timeout are those of the probes.
	Interval time.Duration `json:"interval_ns"`
	Jitter   time.Duration `json:"jitter_ns"`
	Timeout  time.Duration `json:"timeout_ns"`
	// Failures, Successes and DataFailures are the counts that change a verdict.
	Failures     int `json:"failures"`
	Successes    int `json:"successes"`
	DataFailures int `json:"data_failures"`
	// DownInterval is the probes' interval while the verdict is down.
	DownInterval time.Duration `json:"down_interval_ns"`
	// Pause is the gap from which a worker holds itself for paused.
	Pause time.Duration `json:"pause_ns"`
	// SilenceMin is the shortest silence that kind phi may call down; 0: not told.
	SilenceMin time.Duration `json:"silence_min_ns"`
	// DetectMax and RecoverMax are the detector's own bounds.
	DetectMax  time.Duration `json:"detect_max_ns"`
	RecoverMax time.Duration `json:"recover_max_ns"`
}

// RunEmitter is the configuration of the emitters.
type RunEmitter struct {
	// Horizon is when an unacknowledged packet expires; 0: never.
	Horizon time.Duration `json:"horizon_ns"`
	// BufferPackets bounds the packets without an outcome.
	BufferPackets int `json:"buffer_packets"`
	// RetryMax bounds the wait between two submits of a packet.
	RetryMax time.Duration `json:"retry_max_ns"`
	// SubmitTimeout is how long the answer to a submission is awaited; 0: not told.
	SubmitTimeout time.Duration `json:"submit_timeout_ns,omitempty"`
	// Avoid is how long a distributor that failed is left aside while another can be
	// chosen; 0: not told, then the choice is not judged.
	Avoid time.Duration `json:"avoid_ns,omitempty"`
}

// RunAnalyser is what an analyser promises.
type RunAnalyser struct {
	// Ack is synced: a receipt committed follows the sync of the commit.
	Ack string `json:"ack"`
	// Workers is how many workers of an analyser share its store; 0: it has none, and
	// nothing is judged of them.
	Workers int `json:"workers,omitempty"`
	// StoreTimeout is how long a worker awaits the store before it says unavailable.
	StoreTimeout time.Duration `json:"store_timeout_ns,omitempty"`
	// DiskRetry is how long it waits at most before it tries a write that failed again.
	DiskRetry time.Duration `json:"disk_retry_ns,omitempty"`
	// SharedStore says that all analysers share one store: each numbers its own effects
	// in it, and an id has one effect over all of them.
	SharedStore bool `json:"shared_store,omitempty"`
}

// RunPhase is a planned phase, [From, To) in world time.
type RunPhase struct {
	Name string        `json:"name"`
	From time.Duration `json:"from_ns"`
	To   time.Duration `json:"to_ns"`
}

// RunLimits are the promised bounds of detection and recovery; 0: the detector's.
type RunLimits struct {
	DetectWithin  time.Duration `json:"detect_within_ns"`
	RecoverWithin time.Duration `json:"recover_within_ns"`
}

// DetectMax returns T_D in nanoseconds: the limit, else the detector's bound.
func (r *Run) DetectMax() int64 {
	if r.Limits.DetectWithin > 0 {
		return int64(r.Limits.DetectWithin)
	}
	return int64(r.Distributor.Detector.DetectMax)
}

// RecoverMax returns T_R in nanoseconds: the limit, else the detector's bound.
func (r *Run) RecoverMax() int64 {
	if r.Limits.RecoverWithin > 0 {
		return int64(r.Limits.RecoverWithin)
	}
	return int64(r.Distributor.Detector.RecoverMax)
}

// alone reports whether each worker chooses for itself.
func (d *RunDistributor) alone() bool { return d.State == "local" || d.clustered() }

// clustered reports whether distributors share their table.
func (d *RunDistributor) clustered() bool { return d.State == "crdt" || d.counts() }

// counts reports whether they share what they decided, too.
func (d *RunDistributor) counts() bool { return d.State == "crdt-counts" }
