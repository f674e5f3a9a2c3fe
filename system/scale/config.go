package scale

import (
	"errors"
	"fmt"
	"time"
)

// Config says by what the number of workers follows the load. WithDefaults fills in
// what is zero. The zero Config: the number never changes.
type Config struct {
	// Max is the most workers, 1..1000. Default (0): the number never changes, and
	// all other fields must be zero.
	Max int `yaml:"max"`
	// Min is the fewest workers, 1..Max. Default (0): 1.
	Min int `yaml:"min"`
	// Every is the time between two decisions, 10ms..1h. Default (0): 5 s.
	Every time.Duration `yaml:"every"`

	// Wait is the target of the mean time from a packet's admission until a worker has
	// it, 10us..15m. Default (0): no signal. It and Response tell when workers are
	// missing, not how few would do: without CPU, Memory or Emitters there are never fewer.
	Wait time.Duration `yaml:"wait"`
	// Response is the target of the mean time from a packet's admission to its commit,
	// 10us..15m. Analysers that are slow lengthen it too. Default (0): no signal.
	Response time.Duration `yaml:"response"`
	// CPU is the target of what a worker keeps busy, in thousandths of a core, 10..10000.
	// Default (0): no signal, but 700 if no signal has a target.
	CPU int `yaml:"cpu"`
	// Memory is the target of the memory in use, in thousandths of what may be used,
	// 10..1000. Default (0): no signal.
	Memory int `yaml:"memory"`
	// Emitters is the target of emitters for each worker, 1..10000. Default (0): no signal.
	Emitters int `yaml:"emitters"`

	// Tolerance is how far from its target a signal may be and ask for no change, in
	// thousandths of the target, 1..900. Default (0): 100; None: a value must be equal.
	Tolerance int `yaml:"tolerance"`
	// StepUp and StepDown are the most workers by which one decision changes, 1..1000.
	// Defaults (0): 4 and 1.
	StepUp   int `yaml:"step_up"`
	StepDown int `yaml:"step_down"`
	// WindowUp and WindowDown are the stabilisation windows: there are more workers only
	// if every decision of the window wanted more, and no fewer than the most that one of
	// it wanted. 0..24h. Defaults (0): none up, 5 min down; None: only the newest counts.
	WindowUp   time.Duration `yaml:"window_up"`
	WindowDown time.Duration `yaml:"window_down"`
	// CooldownUp is the least time from one increase to the next, CooldownDown from any
	// change to a decrease, 0..24h. Defaults (0): none up, 30 s down; None: none.
	CooldownUp   time.Duration `yaml:"cooldown_up"`
	CooldownDown time.Duration `yaml:"cooldown_down"`
}

// None is the value of Tolerance, windows and cooldowns that means none where 0 means
// the default.
const None = -1

// On reports whether the number of workers may change.
func (c *Config) On() bool { return c.Max != 0 }

// WithDefaults returns the configuration with every zero field replaced by its default.
// Of a configuration without Max nothing is.
func (c Config) WithDefaults() Config {
	if !c.On() {
		return c
	}
	setDefault(&c.Min, 1)
	setDefault(&c.Every, 5*time.Second)
	if c.targets() == ([Signals]int64{}) {
		c.CPU = 700
	}
	setDefault(&c.Tolerance, 100)
	setDefault(&c.StepUp, 4)
	setDefault(&c.StepDown, 1)
	setDefault(&c.WindowUp, None)
	setDefault(&c.WindowDown, 5*time.Minute)
	setDefault(&c.CooldownUp, None)
	setDefault(&c.CooldownDown, 30*time.Second)
	return c
}

func setDefault[T ~int | ~int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// targets are the signals' targets in their units; 0: none.
func (c *Config) targets() [Signals]int64 {
	return [Signals]int64{
		Wait: int64(c.Wait), Response: int64(c.Response),
		CPU: int64(c.CPU), Memory: int64(c.Memory), Emitters: int64(c.Emitters) * 1000,
	}
}

// Uses reports whether a signal has a target.
func (c *Config) Uses(s Signal) bool { return c.targets()[s] != 0 }

// Limits of a configuration.
const (
	workersMost  = 1000
	everyLeast   = 10 * time.Millisecond
	everyMost    = time.Hour
	windowMost   = 24 * time.Hour
	latencyLeast = 10 * time.Microsecond
	latencyMost  = 15 * time.Minute
)

// Validate reports all that is wrong with the configuration, after defaults.
func (c Config) Validate() error {
	if !c.On() {
		if c != (Config{}) {
			return errors.New("scale: max is 0, so that the number of workers never changes; all else must be left out")
		}
		return nil
	}
	c = c.WithDefaults()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("scale: "+format, args...)) }
	if c.Max < 1 || c.Max > workersMost {
		bad("max %d is not in 1..%d", c.Max, workersMost)
	} else if c.Min < 1 || c.Min > c.Max {
		bad("min %d is not in 1..max, %d", c.Min, c.Max)
	}
	c.checkCounts(bad)
	c.checkDurations(bad)
	return errors.Join(errs...)
}

// checkCounts reports the integers that are out of range.
func (c *Config) checkCounts(bad func(string, ...any)) {
	for _, f := range []struct {
		name             string
		value, low, high int
		off              int // a value that is allowed too
	}{
		{"cpu", c.CPU, 10, 10_000, 0},
		{"memory", c.Memory, 10, 1000, 0},
		{"emitters", c.Emitters, 1, 10_000, 0},
		{"tolerance", c.Tolerance, 1, 900, None},
		{"step_up", c.StepUp, 1, workersMost, 1},
		{"step_down", c.StepDown, 1, workersMost, 1},
	} {
		if f.value != f.off && (f.value < f.low || f.value > f.high) {
			bad("%s %d is not in %d..%d", f.name, f.value, f.low, f.high)
		}
	}
}

// checkDurations reports the durations that are out of range.
func (c *Config) checkDurations(bad func(string, ...any)) {
	for _, f := range []struct {
		name             string
		value, low, high time.Duration
		off              time.Duration // a value that is allowed too
	}{
		{"every", c.Every, everyLeast, everyMost, everyLeast},
		{"wait", c.Wait, latencyLeast, latencyMost, 0},
		{"response", c.Response, latencyLeast, latencyMost, 0},
		{"window_up", c.WindowUp, 0, windowMost, None},
		{"window_down", c.WindowDown, 0, windowMost, None},
		{"cooldown_up", c.CooldownUp, 0, windowMost, None},
		{"cooldown_down", c.CooldownDown, 0, windowMost, None},
	} {
		if f.value != f.off && (f.value < f.low || f.value > f.high) {
			bad("%s %v is not in %v..%v", f.name, f.value, f.low, f.high)
		}
	}
}
