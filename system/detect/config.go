package detect

import (
	"errors"
	"fmt"
	"time"
)

// Kinds of detectors.
const (
	Threshold = "threshold" // counts consecutive failures
	Phi       = "phi"       // phi accrual: judges silence by its own history
)

// Config says how an analyser is watched. The zero Config means all defaults.
type Config struct {
	// Kind is threshold or phi. Default (empty): threshold.
	Kind string `yaml:"kind"`
	// Initial is the verdict before any evidence. Default (zero): Up. A worker
	// that starts with everything down would refuse all traffic for Successes
	// probes after each start, while a wrong Up costs a few attempts that are
	// retried elsewhere.
	Initial State `yaml:"-"`
	// Interval is the time between probes while up. Default (0): 1 s.
	Interval time.Duration `yaml:"interval"`
	// DownInterval is the time between probes while down. Default (0): 1 s.
	DownInterval time.Duration `yaml:"down_interval"`
	// Jitter is how much earlier or later than the interval a probe may be sent,
	// uniformly. Default (0): a tenth of the smaller interval. Negative: none.
	Jitter time.Duration `yaml:"jitter"`
	// Timeout is how long a probe is awaited; at most the smaller interval less
	// Jitter. Default (0): 300 ms.
	Timeout time.Duration `yaml:"timeout"`
	// DataTimeout is how long a data probe is awaited; it passes a commit, so it
	// should be that of a packet. Default (0): 1 s.
	DataTimeout time.Duration `yaml:"data_timeout"`
	// Failures is how many consecutive failed probes mean down (threshold).
	// Default (0): 3.
	Failures int `yaml:"failures"`
	// Successes is how many consecutive answered probes mean up. Default (0): 2.
	Successes int `yaml:"successes"`
	// DataFailures is how many consecutive failed packets mean down. Default
	// (0): 3. Negative: packets are no evidence.
	DataFailures int `yaml:"data_failures"`
	// RefusedDown makes one refused connection, of a probe or a packet, mean
	// down. Default (false): it counts as one failure.
	RefusedDown bool `yaml:"refused_down"`
	// Pause is how late the observer's own timer must be to mean that the
	// observer was paused. Default (0): 200 ms.
	Pause time.Duration `yaml:"pause"`

	// PhiThreshold is the level of suspicion that means down, in thousandths:
	// 8000 means that so long a silence has probability 10^-8. 1000..30000.
	// Default (0): 8000.
	PhiThreshold int `yaml:"phi_threshold"`
	// PhiWindow is how many intervals between answers are remembered,
	// 2..1000. Default (0): 200.
	PhiWindow int `yaml:"phi_window"`
	// PhiMargin is added to the mean interval: a silence that is acceptable. With
	// 2 x (Jitter + Timeout) or more there is no verdict down by phi while every
	// probe is answered in time; with less it is merely improbable. Default (0):
	// 1 s. Negative: none.
	PhiMargin time.Duration `yaml:"phi_margin"`
	// PhiStdMin is the least standard deviation assumed, at least 1 ms. Default
	// (0): 100 ms.
	PhiStdMin time.Duration `yaml:"phi_std_min"`
	// SilenceMax is the silence that means down whatever phi says, so that
	// detection has a bound; at most 60 s. Default (0): ten times Interval plus
	// PhiMargin, at most 60 s.
	SilenceMax time.Duration `yaml:"silence_max"`
}

// durationMost bounds every duration of a configuration: sums of a few of them
// and their squares in microseconds stay within 63 bits.
const durationMost = time.Hour

// silenceMost bounds the intervals in the window of a phi detector.
const silenceMost = time.Minute

// countMost bounds the counts of a configuration.
const countMost = 1000

// WithDefaults returns the configuration with every zero replaced by its default.
// Fields that mean "none" when negative stay as they are.
func (c Config) WithDefaults() Config {
	if c.Kind == "" {
		c.Kind = Threshold
	}
	setDefault(&c.Interval, time.Second)
	setDefault(&c.DownInterval, time.Second)
	setDefault(&c.Jitter, min(c.Interval, c.DownInterval)/10)
	setDefault(&c.Timeout, 300*time.Millisecond)
	setDefault(&c.DataTimeout, time.Second)
	setDefault(&c.Failures, 3)
	setDefault(&c.Successes, 2)
	setDefault(&c.DataFailures, 3)
	setDefault(&c.Pause, 200*time.Millisecond)
	setDefault(&c.PhiThreshold, 8000)
	setDefault(&c.PhiWindow, 200)
	setDefault(&c.PhiMargin, time.Second)
	setDefault(&c.PhiStdMin, 100*time.Millisecond)
	setDefault(&c.SilenceMax, min(10*c.Interval+max(c.PhiMargin, 0), silenceMost))
	return c
}

func setDefault[T ~int | ~int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// jitter and margin are the fields with "negative: none" resolved.
func (c Config) jitter() time.Duration { return max(c.Jitter, 0) }
func (c Config) margin() time.Duration { return max(c.PhiMargin, 0) }

// Validate reports all that is wrong with the configuration, after defaults.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("detect: "+format, args...))
	}
	if c.Kind != Threshold && c.Kind != Phi {
		bad("kind %q is neither %s nor %s", c.Kind, Threshold, Phi)
	}
	if c.Initial != Up && c.Initial != Down {
		bad("initial state %d is unknown", c.Initial)
	}
	c.checkDurations(bad)
	for _, f := range []struct {
		name  string
		value int
	}{{"failures", c.Failures}, {"successes", c.Successes}, {"data_failures", max(c.DataFailures, 1)}} {
		if f.value < 1 || f.value > countMost {
			bad("%s %d is not in 1..%d", f.name, f.value, countMost)
		}
	}
	if c.Kind == Phi {
		c.checkPhi(bad)
	}
	return errors.Join(errs...)
}

// checkDurations reports the durations that are out of range.
func (c Config) checkDurations(bad func(string, ...any)) {
	for _, f := range []struct {
		name  string
		value time.Duration
	}{{"interval", c.Interval}, {"down_interval", c.DownInterval}, {"timeout", c.Timeout},
		{"data_timeout", c.DataTimeout}, {"pause", c.Pause}} {
		if f.value < time.Millisecond || f.value > durationMost {
			bad("%s %v is not in 1ms..%v", f.name, f.value, durationMost)
		}
	}
	// A probe that fails must be settled before the next one is due: that is
	// what the bounds on detection and recovery rest on.
	if shortest := min(c.Interval, c.DownInterval) - c.jitter(); c.Timeout > shortest {
		bad("timeout %v is longer than the shortest time between probes, %v", c.Timeout, shortest)
	}
}

// checkPhi reports what is wrong with the fields of the phi detector.
func (c Config) checkPhi(bad func(string, ...any)) {
	if c.PhiThreshold < 1000 || c.PhiThreshold > phiMost {
		bad("phi_threshold %d is not in 1000..%d thousandths", c.PhiThreshold, phiMost)
	}
	if c.PhiWindow < 2 || c.PhiWindow > countMost {
		bad("phi_window %d is not in 2..%d", c.PhiWindow, countMost)
	}
	if c.PhiStdMin < time.Millisecond || c.PhiStdMin > silenceMost {
		bad("phi_std_min %v is not in 1ms..%v", c.PhiStdMin, silenceMost)
	}
	if c.margin() > silenceMost {
		bad("phi_margin %v is longer than %v", c.PhiMargin, silenceMost)
	}
	if least := c.Interval + c.jitter() + c.Timeout; c.SilenceMax < least || c.SilenceMax > silenceMost {
		bad("silence_max %v is not in interval + jitter + timeout = %v..%v", c.SilenceMax, least, silenceMost)
	}
}
