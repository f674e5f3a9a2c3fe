package distributor

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"weir/system/node"
	"weir/system/route"
)

// The limits of a configuration that are not those of package route.
const (
	analysersMost = 4096 // the log format's limit on registered analysers
	durationMost  = 24 * time.Hour
	ageMost       = 10_000 * time.Hour // of a packet in a spool
	ppm           = 1_000_000
)

// Validate reports all that is wrong with the configuration, after defaults.
func (c Config) Validate() error {
	c = c.WithDefaults()
	errs := []error{c.checkAnalysers()}
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("distributor: "+format, args...))
	}
	if c.State != Local && c.State != Shared && !c.Clustered() {
		bad("state %q is none of %s, %s, %s, %s", c.State, Local, Shared, Crdt, CrdtCounts)
	}
	if !c.Clustered() && len(c.Cluster.Peers) > 0 {
		bad("cluster: peers share the table in states %s and %s only, not in %s", Crdt, CrdtCounts, c.State)
	}
	if c.State == CrdtCounts && c.Autoscale.On() {
		bad("autoscale: not with state %s: what a worker that leaves has counted would be lost", CrdtCounts)
	}
	if c.OnFull != Skip && c.OnFull != Wait {
		bad("on_full %q is neither %s nor %s", c.OnFull, Skip, Wait)
	}
	c.checkCounts(bad)
	c.Spool.check(bad)
	c.checkDurations(bad)
	if err := (route.Config{Policy: c.Policy, PacketMax: c.PacketMax}).Validate(); err != nil {
		errs = append(errs, fmt.Errorf("distributor: %w", err))
	}
	if err := c.Cluster.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("distributor: cluster: %w", err))
	}
	if err := c.Detector.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("distributor: detector: %w", err))
	}
	if err := c.Autoscale.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("distributor: autoscale: %w", err))
	} else if a := &c.Autoscale; a.On() && (c.Workers < a.Min || c.Workers > a.Max) {
		bad("workers %d is not in autoscale's min..max, %d..%d", c.Workers, a.Min, a.Max)
	}
	return errors.Join(errs...)
}

// checkAnalysers reports what is wrong with the table to boot with.
func (c *Config) checkAnalysers() error {
	var errs []error
	names := make([]string, 0, len(c.Analysers))
	for _, a := range c.Analysers {
		if !node.ValidName(a.ID) {
			errs = append(errs, fmt.Errorf("distributor: analyser id %q is not 1..64 of A-Z a-z 0-9 . _ -", a.ID))
		}
		if a.Weight > route.WeightMax {
			errs = append(errs, fmt.Errorf("distributor: analyser %q: weight %d is not in 0..%d", a.ID, a.Weight, route.WeightMax))
		}
		names = append(names, a.ID)
	}
	for _, id := range c.Drained {
		if !slices.Contains(names, id) {
			errs = append(errs, fmt.Errorf("distributor: drained: %q is not one of the analysers", id))
		}
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] && (i < 2 || names[i] != names[i-2]) {
			errs = append(errs, fmt.Errorf("distributor: analyser %q is given twice", names[i]))
		}
	}
	if err := checkCapacity(c.PacketMax, len(c.Analysers)); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkCapacity reports whether so many analysers can be served with packets of
// that size.
func checkCapacity(packetMax, analysers int) error {
	if analysers > analysersMost {
		return fmt.Errorf("distributor: %d analysers, at most %d are allowed", analysers, analysersMost)
	}
	if packetMax < 1 || packetMax > route.PacketMost {
		return nil // reported as what it is, once
	}
	if err := route.CheckCapacity(packetMax, analysers); err != nil {
		return fmt.Errorf("distributor: %w", err)
	}
	return nil
}

// checkCounts reports the integers that are out of range.
func (c *Config) checkCounts(bad func(string, ...any)) {
	for _, f := range []struct {
		name             string
		value, low, high int
	}{
		{"workers", c.Workers, 1, 1000},
		{"window", c.Window, 1, 1_000_000},
		{"attempts_max", c.AttemptsMax, 1, 1000},
		{"jitter_ppm", c.JitterPPM, NoJitter, ppm},
		{"retry_min", c.RetryMin, 1, 1_000_000},
		{"retry_percent", c.RetryPercent, NoPercent, 100},
		{"queue_items", c.QueueItems, 1, 10_000_000},
		{"queue_bytes", c.QueueBytes, 1, 1 << 40},
		{"dead_bytes", c.DeadBytes, 1 << 10, 1 << 30},
	} {
		if f.value < f.low || f.value > f.high {
			bad("%s %d is not in %d..%d", f.name, f.value, f.low, f.high)
		}
	}
}

// check reports what is wrong with a spool.
func (s *Spool) check(bad func(string, ...any)) {
	if s.Bytes == 0 {
		if *s != (Spool{}) {
			bad("spool: bytes 0 means no spool, and items, age or retry is set")
		}
		return
	}
	if s.Bytes < 64<<10 || s.Bytes > 2<<30 {
		bad("spool: bytes %d is not in %d..%d", s.Bytes, 64<<10, 2<<30)
	}
	if s.Items < 1 || s.Items > 10_000_000 {
		bad("spool: items %d is not in 1..10000000", s.Items)
	}
	if s.Age != 0 && (s.Age < time.Second || s.Age > ageMost) {
		bad("spool: age %v is not 0 or in 1s..%v", s.Age, ageMost)
	}
	if s.Retry < time.Millisecond || s.Retry > durationMost {
		bad("spool: retry %v is not in 1ms..%v", s.Retry, durationMost)
	}
}

// checkDurations reports the durations that are out of range.
func (c *Config) checkDurations(bad func(string, ...any)) {
	for _, f := range []struct {
		name  string
		value time.Duration
	}{
		{"attempt_timeout", c.AttemptTimeout}, {"backoff_base", c.BackoffBase}, {"backoff_max", c.BackoffMax},
		{"refuse_wait", c.RefuseWait}, {"hold", c.Hold}, {"drain_max", c.DrainMax},
	} {
		if f.value < time.Millisecond || f.value > durationMost {
			bad("%s %v is not in 1ms..%v", f.name, f.value, durationMost)
		}
	}
	if c.BackoffBase > c.BackoffMax {
		bad("backoff_base %v is longer than backoff_max %v", c.BackoffBase, c.BackoffMax)
	}
}
