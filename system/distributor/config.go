package distributor

import (
	"time"

	"weir/system/cluster"
	"weir/system/detect"
	"weir/system/route"
	"weir/system/scale"
)

// Analyser is one registered analyser of a configuration.
type Analyser struct {
	// ID is the analyser's id and the name of its node, [A-Za-z0-9._-]{1,64}. Required.
	ID string `yaml:"id"`
	// Weight is its share relative to the others, 0..1_000_000. 0: registered, never given a packet.
	Weight uint32 `yaml:"weight"`
}

// State says who keeps the credits that picks rest on, and whose the table is.
type State string

// The states.
const (
	Local  State = "local"  // each worker has its own, with a random start
	Shared State = "shared" // one router actor chooses for all workers
	Crdt   State = "crdt"   // as Local, and several distributors share the table
	// CrdtCounts is as Crdt, and workers choose by the sum of all workers' credits, which
	// all distributors share. They begin at zero.
	CrdtCounts State = "crdt-counts"
)

// OnFull says what a full window of an analyser does.
type OnFull string

// What a full window does.
const (
	Skip OnFull = "skip" // the analyser is not eligible until there is room
	Wait OnFull = "wait" // a packet picked for it waits, and all behind it
)

// Config is a distributor's configuration. WithDefaults fills in what is zero;
// Boot does so itself.
type Config struct {
	// Analysers is the table to boot with, in any order, at most 4096. A table that
	// was changed and persisted before wins over it. Default: none.
	Analysers []Analyser `yaml:"analysers"`
	// Drained are the ids of those among Analysers that are drained from the boot on: they
	// keep what they have and get nothing new. Default: none.
	Drained []string `yaml:"drained"`
	// Workers is the number of worker actors, 1..1000, with Autoscale at the start. Default
	// (0): 4, or the limit of Autoscale that is nearest to it.
	Workers int `yaml:"workers"`
	// Policy is one of route.Policies(). Default (empty): route.Auto of the number of analysers.
	Policy string `yaml:"policy"`
	// State is Local, Shared, Crdt or CrdtCounts. Default (empty): Local.
	State State `yaml:"state"`
	// PacketMax is M, the largest packet in messages, 1..1<<20. Larger ones are answered as poison. Default (0): 100.
	PacketMax int `yaml:"packet_max"`
	// Window is the packets in flight per worker and analyser, 1..1_000_000. Default (0): 64.
	Window int `yaml:"window"`
	// OnFull is Skip or Wait. Default (empty): Skip.
	OnFull OnFull `yaml:"on_full"`
	// AttemptTimeout is how long an attempt waits for its receipt. Default (0): 1 s.
	AttemptTimeout time.Duration `yaml:"attempt_timeout"`
	// AttemptsMax is the most attempts that a worker makes for one packet, 1..1000. Default (0): 8.
	AttemptsMax int `yaml:"attempts_max"`
	// BackoffBase is the wait before the second attempt; it doubles each time. Default (0): 50 ms.
	BackoffBase time.Duration `yaml:"backoff_base"`
	// BackoffMax caps the wait, jitter included. Default (0): 2 s.
	BackoffMax time.Duration `yaml:"backoff_max"`
	// JitterPPM spreads the wait evenly by plus or minus this many parts per million of it,
	// 1..1_000_000. Default (0): 200_000; NoJitter: none.
	JitterPPM int `yaml:"jitter_ppm"`
	// RetryMin is how many retries of a worker may be in flight whatever the load, 1..1_000_000.
	// Default (0): 16.
	RetryMin int `yaml:"retry_min"`
	// RetryPercent is how many retries may be in flight, in percent of the worker's packets in
	// progress, 1..100. Default (0): 20; NoPercent: none.
	RetryPercent int `yaml:"retry_percent"`
	// QueueItems is how many packets may be in progress in the whole distributor, 1..10_000_000.
	// The world must allow an actor as many open requests. Default (0): 4096.
	QueueItems int `yaml:"queue_items"`
	// QueueBytes is how many bytes they may hold; a single packet with more is answered
	// as poison. Default (0): 64 MiB.
	QueueBytes int `yaml:"queue_bytes"`
	// RefuseWait is what a refused emitter is told to wait. Default (0): 50 ms.
	RefuseWait time.Duration `yaml:"refuse_wait"`
	// Hold is how long a packet may wait while no analyser is eligible before it is given back.
	// Default (0): 5 s.
	Hold time.Duration `yaml:"hold"`
	// DrainMax is how long a stop waits for packets in progress before it gives them back. Default (0): 5 s.
	DrainMax time.Duration `yaml:"drain_max"`
	// DeadBytes is the size at which a worker's dead-letter file is set aside; one older file is
	// kept. Default (0): 64 MiB.
	DeadBytes int `yaml:"dead_bytes"`
	// Spool has packets kept on disk and acknowledged from there. Default (zero): none is.
	Spool Spool `yaml:"spool"`
	// Volatile leaves accepted tables unpersisted: each boot begins with Analysers. Default
	// (false): an accepted table is durable before it is in force.
	Volatile bool `yaml:"volatile"`
	// Detector is the configuration of the failure detectors. Its zero fields mean that
	// package's defaults, but DataTimeout: AttemptTimeout.
	Detector detect.Config `yaml:"detector"`
	// Central puts the detectors into the supervisor, which tells the workers its verdicts;
	// they rest on its probes alone. Default (false): each worker has its own, which counts
	// failing packets too, and believes nobody else.
	Central bool `yaml:"central"`
	// Autoscale has the number of workers follow the load. Default (zero): it is Workers.
	Autoscale scale.Config `yaml:"autoscale"`
	// Cluster is the other distributors that share the table, State Crdt and CrdtCounts only. Its zero fields
	// mean that package's defaults.
	Cluster cluster.Config `yaml:"cluster"`
}

// Clustered reports whether distributors share their table.
func (c *Config) Clustered() bool { return c.State == Crdt || c.State == CrdtCounts }

// Spool is a distributor's own durability: a packet is acknowledged once it is on this
// distributor's disk, and kept there until an analyser has it. An emitter with several
// distributors waits for the analyser all the same, see DESIGN.md.
type Spool struct {
	// Bytes is what it may have on disk, 64 KiB..2 GiB, kept to within a few bytes for each
	// packet. 0: no spool.
	Bytes int `yaml:"bytes"`
	// Items is how many packets it may hold, 1..10_000_000. Default (0): 1_000_000.
	Items int `yaml:"items"`
	// Age is how old a packet becomes, at least 1 s, in time that the distributor runs, before
	// it goes to the dead letters. Default (0): it never expires.
	Age time.Duration `yaml:"age"`
	// Retry is the wait before a packet that its worker gave up is given to one again. Default (0): 1 s.
	Retry time.Duration `yaml:"retry"`
}

// alone reports whether each worker chooses for itself.
func (c *Config) alone() bool { return c.State != Shared }

// Values of Config that mean none where 0 means the default.
const (
	NoJitter  = -1 // JitterPPM: waits are exact
	NoPercent = -1 // RetryPercent: RetryMin alone counts
)

// WithDefaults returns the configuration with every zero field replaced by its
// default.
func (c Config) WithDefaults() Config {
	c.Autoscale = c.Autoscale.WithDefaults()
	if c.Autoscale.On() {
		defaultTo(&c.Workers, min(max(4, c.Autoscale.Min), c.Autoscale.Max))
	}
	defaultTo(&c.Workers, 4)
	defaultTo(&c.Policy, route.Auto(len(c.Analysers)))
	defaultTo(&c.State, Local)
	defaultTo(&c.PacketMax, 100)
	defaultTo(&c.Window, 64)
	defaultTo(&c.OnFull, Skip)
	defaultTo(&c.AttemptTimeout, time.Second)
	defaultTo(&c.AttemptsMax, 8)
	defaultTo(&c.BackoffBase, 50*time.Millisecond)
	defaultTo(&c.BackoffMax, 2*time.Second)
	defaultTo(&c.JitterPPM, 200_000)
	defaultTo(&c.RetryMin, 16)
	defaultTo(&c.RetryPercent, 20)
	defaultTo(&c.QueueItems, 4096)
	defaultTo(&c.QueueBytes, 64<<20)
	defaultTo(&c.RefuseWait, 50*time.Millisecond)
	defaultTo(&c.Hold, 5*time.Second)
	defaultTo(&c.DrainMax, 5*time.Second)
	defaultTo(&c.DeadBytes, 64<<20)
	if c.Spool.Bytes != 0 {
		defaultTo(&c.Spool.Items, 1_000_000)
		defaultTo(&c.Spool.Retry, time.Second)
	}
	defaultTo(&c.Detector.DataTimeout, c.AttemptTimeout)
	c.Detector = c.Detector.WithDefaults()
	c.Cluster = c.Cluster.WithDefaults()
	return c
}

func defaultTo[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
