package emitter

import (
	"fmt"
	"slices"
	"time"

	"weir/system/emitter/lines"
)

// Actor is the name of the emitter's one actor.
const Actor = "emit"

// Ingress is the name of the actor of a distributor to which packets go.
const Ingress = "ingress"

// Arrivals says how a generator's arrivals are spaced.
type Arrivals uint8

// The kinds of arrivals. All have the same mean rate.
const (
	Constant Arrivals = iota // equal gaps
	Poisson                  // exponential gaps
	Burst                    // BurstSize at once, then equal gaps of BurstSize/rate
)

var arrivalNames = [...]string{Constant: "constant", Poisson: "poisson", Burst: "burst"}

// MarshalText returns the name in configurations.
func (a Arrivals) MarshalText() ([]byte, error) {
	if int(a) >= len(arrivalNames) {
		return nil, fmt.Errorf("emitter: arrivals %d: want 0 to %d", a, len(arrivalNames)-1)
	}
	return []byte(arrivalNames[a]), nil
}

// UnmarshalText reads a name.
func (a *Arrivals) UnmarshalText(text []byte) error {
	i := slices.Index(arrivalNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("emitter: arrivals %.40q: want constant, poisson or burst", text)
	}
	*a = Arrivals(i)
	return nil
}

// Config says where an emitter's messages come from, how they are packed and how
// hard it tries.
type Config struct {
	// Distributors are the names of the nodes that packets may go to; at least one.
	Distributors []string `yaml:"distributors"`

	// Generator makes messages; nil if Inputs are given. One of both is needed.
	Generator *Generator `yaml:"generator"`
	// Inputs are read one after another, each once; those that grow are read beside
	// them, in turn, as they grow.
	Inputs []Input `yaml:"-"`
	// InputRate is how many messages per second are read from inputs at most.
	// Default and zero: as many as are acknowledged.
	InputRate int `yaml:"input_rate"`
	// Lines says how lines are split and recognised. Zero fields mean their defaults.
	Lines lines.Config `yaml:"lines"`

	// BatchMessages cuts a packet at that many messages. Default: PacketMax; zero
	// means the default.
	BatchMessages int `yaml:"batch_messages"`
	// BatchBytes cuts a packet before it exceeds that many bytes (one message may
	// be larger by itself). Default 256 KiB; zero means the default.
	BatchBytes int `yaml:"batch_bytes"`
	// Linger is how long a generator's messages may wait for their packet to fill.
	// Default and zero: not at all, each arrival is cut at once.
	Linger time.Duration `yaml:"linger"`
	// PacketMax is the largest number of messages in a packet; it must not exceed
	// the distributors' own limit. Default 100, as theirs; zero means the default.
	PacketMax int `yaml:"packet_max"`

	// BufferPackets bounds the packets without an outcome. Default 1024; zero means
	// the default.
	BufferPackets int `yaml:"buffer_packets"`
	// BufferBytes bounds their size in bytes. Default 64 MiB; zero means the default.
	BufferBytes int `yaml:"buffer_bytes"`
	// SpanMax bounds the distance between the oldest packet without an outcome and
	// the newest packet, so that the analysers' memory of ids stays bounded too.
	// Default 16 * BufferPackets; zero means the default.
	SpanMax int `yaml:"span_max"`

	// SubmitTimeout is how long a submission's answer is awaited. Default 5s; zero
	// means the default.
	SubmitTimeout time.Duration `yaml:"submit_timeout"`
	// BackoffBase is the wait before the second submission of a packet; it doubles
	// with each further one, up to BackoffMax. Defaults 50ms and 2s; zero means the
	// default.
	BackoffBase time.Duration `yaml:"backoff_base"`
	BackoffMax  time.Duration `yaml:"backoff_max"`
	// JitterPPM is how far a wait may lie above or below its nominal length, in
	// parts per million. Default 200000 (a fifth); zero means the default; -1: none.
	JitterPPM int `yaml:"jitter_ppm"`
	// AvoidFor is how long a distributor that failed to answer is left aside while
	// there is another. Default 1s; zero means the default.
	AvoidFor time.Duration `yaml:"avoid_for"`
	// Horizon is the age at which a packet expires. Default and zero: never.
	Horizon time.Duration `yaml:"horizon"`
	// ExitDrained ends the node in order once production is over and every packet has
	// its outcome. Default (false): it waits to be stopped.
	ExitDrained bool `yaml:"exit_drained"`
	// Ended, if not nil, is told how many packets there were and how they ended, when
	// the node ends in order.
	Ended func(Totals) `yaml:"-"`
	// Complain, if not nil, is told what is wrong with an input or with what is known of it,
	// as the event log is.
	Complain func(input, what string) `yaml:"-"`
	// NoResults leaves the sums by which analysers' digests can be proved out of the
	// event log. Default (false): a log has them. Without a log they cost nothing.
	NoResults bool `yaml:"no_results"`
	// DrainMax is how long an orderly stop waits for outcomes. Default 10s; zero
	// means the default.
	DrainMax time.Duration `yaml:"drain_max"`
	// JournalBytes is the size of the durable journal of inputs in bytes at which
	// it is rewritten. Default 1 MiB; zero means the default.
	JournalBytes int `yaml:"journal_bytes"`
}

// Totals counts the packets of an incarnation.
type Totals struct{ Emitted, Acked, Rejected, Expired uint64 }

// Generator describes a made-up load.
type Generator struct {
	// RateMilli is the mean number of arrivals per 1000 seconds (so that slow loads are
	// integers too); an arrival is a group of messages. Required.
	RateMilli int64 `yaml:"rate_milli"`
	// Arrivals spaces them. Default and zero: Constant.
	Arrivals Arrivals `yaml:"arrivals"`
	// BurstSize is the number of arrivals at once, with Burst only. Default 10;
	// zero means the default.
	BurstSize int `yaml:"burst_size"`
	// MessagesMin and MessagesMax bound the messages of an arrival, uniformly
	// drawn. Default 1 and MessagesMin; zero means the default.
	MessagesMin int `yaml:"messages_min"`
	MessagesMax int `yaml:"messages_max"`
	// TextBytes is about how long each text is. Default 120; zero means the default.
	TextBytes int `yaml:"text_bytes"`
	// GiantEvery makes every k-th arrival GiantMessages long. Default and zero: none.
	GiantEvery    int `yaml:"giant_every"`
	GiantMessages int `yaml:"giant_messages"`
	// PoisonEvery puts a message of PoisonBytes into every k-th arrival. Default
	// and zero: none. PoisonBytes defaults to 256 KiB + 1, more than analysers take
	// by default; zero means the default.
	PoisonEvery int `yaml:"poison_every"`
	PoisonBytes int `yaml:"poison_bytes"`
	// Start is when production begins, on the node's monotonic clock. Default and
	// zero: at once.
	Start time.Duration `yaml:"start"`
	// Until is when production ends, on the node's monotonic clock; zero: it does
	// not, unless Packets says so.
	Until time.Duration `yaml:"until"`
	// Packets ends production after that many packets of this incarnation; zero:
	// it does not, unless Until says so. One of both is needed.
	Packets uint64 `yaml:"packets"`
}

// WithDefaults returns the configuration with every zero field set to its default.
func (c Config) WithDefaults() Config {
	setInt(&c.PacketMax, 100)
	setInt(&c.BatchMessages, c.PacketMax)
	setInt(&c.BatchBytes, 256<<10)
	setInt(&c.BufferPackets, 1024)
	setInt(&c.BufferBytes, 64<<20)
	setInt(&c.SpanMax, 16*c.BufferPackets)
	setDuration(&c.SubmitTimeout, 5*time.Second)
	setDuration(&c.BackoffBase, 50*time.Millisecond)
	setDuration(&c.BackoffMax, 2*time.Second)
	setInt(&c.JitterPPM, 200_000)
	setDuration(&c.AvoidFor, time.Second)
	setDuration(&c.DrainMax, 10*time.Second)
	setInt(&c.JournalBytes, 1<<20)
	c.Lines = c.Lines.WithDefaults()
	if c.Generator != nil {
		g := c.Generator.WithDefaults()
		c.Generator = &g
	}
	return c
}

// WithDefaults returns the generator with every zero field set to its default.
func (g Generator) WithDefaults() Generator {
	setInt(&g.BurstSize, 10)
	setInt(&g.MessagesMin, 1)
	setInt(&g.MessagesMax, g.MessagesMin)
	setInt(&g.TextBytes, 120)
	setInt(&g.PoisonBytes, 256<<10+1)
	return g
}

func setInt(v *int, def int) {
	if *v == 0 {
		*v = def
	}
}

func setDuration(d *time.Duration, def time.Duration) {
	if *d == 0 {
		*d = def
	}
}
