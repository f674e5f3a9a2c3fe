package analyser

import (
	"errors"
	"fmt"
	"time"

	"weir/system/digest"
	"weir/system/message"
)

// Actor is the name of the analyser's one actor, to which packets and probes go.
const Actor = "analyse"

// WorkersMax bounds the workers of one analyser.
const WorkersMax = 256

// Config says what an analyser takes and how it keeps it. Its speed is not a
// matter of configuration: that is the world's.
type Config struct {
	// EntryMax is the largest size of one log message in bytes; a packet with a
	// larger one is poison. Default 256 KiB; zero means the default.
	EntryMax int `yaml:"entry_max"`
	// BatchMax is how many packets one append to the store may hold. Default 256;
	// zero means the default.
	BatchMax int `yaml:"batch_max"`
	// PendingMax is how many packets may wait for the append that runs, or for
	// recovery; beyond it the answer is busy. Default 4096; zero means the default.
	PendingMax int `yaml:"pending_max"`
	// PendingBytes is the same in bytes. Default 64 MiB; zero means the default.
	PendingBytes int `yaml:"pending_bytes"`
	// DedupMax is how many packet ids above their sources' low-watermarks are
	// remembered; beyond it the answer is busy, except to the oldest packet of a source,
	// whose commit makes room. Default 1<<18; zero means the default.
	DedupMax int `yaml:"dedup_max"`
	// EmittersMax and SourcesMax bound the tables of the counts: packets of more
	// emitters than the first get busy; messages of more sources than the second
	// are counted together. Defaults 4096 and 4096; zero means the default.
	EmittersMax int `yaml:"emitters_max"`
	SourcesMax  int `yaml:"sources_max"`
	// NoResults turns off the digest of what messages say (by source, emitter, time and
	// template, see package digest); one that the store has is dropped. Default (false):
	// there is one.
	NoResults bool `yaml:"no_results"`
	// Results bounds it.
	Results digest.Limits `yaml:"results"`
	// CompactBytes is the size of the store's log in bytes at which it is
	// replaced by a snapshot. Default 4 MiB; zero means the default.
	CompactBytes int `yaml:"compact_bytes"`
	// DiskRetryMin and DiskRetryMax are the first and the longest wait before a
	// failed disk operation is tried again. Defaults 20ms and 1s; zero means the
	// default.
	DiskRetryMin time.Duration `yaml:"disk_retry_min"`
	DiskRetryMax time.Duration `yaml:"disk_retry_max"`
	// DrainMax is how long an orderly stop waits for the disk. Default 5s; zero
	// means the default.
	DrainMax time.Duration `yaml:"drain_max"`
	// Workers is how many actors look at packets before they reach the store that
	// they share. Default 1: there is but one actor, which is the store as well; zero
	// means the default.
	Workers int `yaml:"workers"`
	// StoreTimeout is how long a worker awaits the store's answer before it says
	// unavailable. Default 1s; zero means the default. Without effect with one worker
	// over the node's own files.
	StoreTimeout time.Duration `yaml:"store_timeout"`
	// Store keeps the effects outside the node's files; nil: in them.
	Store Store `yaml:"-"`
}

// WithDefaults returns the configuration with every zero field set to its default.
func (c Config) WithDefaults() Config {
	setInt(&c.EntryMax, 256<<10)
	setInt(&c.BatchMax, 256)
	setInt(&c.PendingMax, 4096)
	setInt(&c.PendingBytes, 64<<20)
	setInt(&c.DedupMax, 1<<18)
	setInt(&c.EmittersMax, 4096)
	setInt(&c.SourcesMax, 4096)
	setInt(&c.CompactBytes, 4<<20)
	c.Results = c.Results.WithDefaults()
	setDuration(&c.DiskRetryMin, 20*time.Millisecond)
	setDuration(&c.DiskRetryMax, time.Second)
	setDuration(&c.DrainMax, 5*time.Second)
	setInt(&c.Workers, 1)
	setDuration(&c.StoreTimeout, time.Second)
	return c
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

// durationMost bounds every duration, so that sums with a time cannot overflow.
const durationMost = 1000 * time.Hour

// Validate returns every reason why the configuration, with its defaults, cannot
// be used.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var errs []error
	between := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("analyser: %s %d: want %d to %d", name, v, low, high))
		}
	}
	between("largest entry", c.EntryMax, 1, 1<<30)
	between("batch packets", c.BatchMax, 1, 1<<16)
	between("pending packets", c.PendingMax, 1, 1<<20)
	between("pending bytes", c.PendingBytes, 1, 1<<40)
	between("remembered ids", c.DedupMax, 1, 1<<24)
	between("emitters", c.EmittersMax, 1, 1<<20)
	between("sources", c.SourcesMax, 1, message.MessagesMax)
	between("compaction bytes", c.CompactBytes, 1, 1<<40)
	if c.DiskRetryMin < 0 || c.DiskRetryMax < c.DiskRetryMin || c.DiskRetryMax > durationMost {
		errs = append(errs, fmt.Errorf("analyser: disk retry from %v to %v: must be positive, in order and at most %v", c.DiskRetryMin, c.DiskRetryMax, durationMost))
	}
	if c.DrainMax < 0 || c.DrainMax > durationMost {
		errs = append(errs, fmt.Errorf("analyser: longest drain %v: must be positive and at most %v", c.DrainMax, durationMost))
	}
	between("workers", c.Workers, 1, WorkersMax)
	if c.StoreTimeout < time.Millisecond || c.StoreTimeout > durationMost {
		errs = append(errs, fmt.Errorf("analyser: store timeout %v: must be 1ms to %v", c.StoreTimeout, durationMost))
	}
	if err := c.Results.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("analyser: results: %w", err))
	}
	return errors.Join(errs...)
}
