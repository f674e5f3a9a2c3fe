package operator

import (
	"errors"
	"fmt"
	"time"
)

// Actor is the name of the operator's one actor.
const Actor = "operate"

// Config says how persistent an operator is.
type Config struct {
	// Timeout is how long an answer is awaited before the document is sent again.
	// Default 1s; zero means the default.
	Timeout time.Duration `yaml:"timeout"`
	// BackoffBase is the wait before the second attempt; it doubles with each
	// further one, up to BackoffMax. Defaults 100ms and 5s; zero means the default.
	BackoffBase time.Duration `yaml:"backoff_base"`
	BackoffMax  time.Duration `yaml:"backoff_max"`
	// AttemptsMax is how often a document is sent before it is given up.
	// Default 100; zero means the default.
	AttemptsMax int `yaml:"attempts_max"`
	// OrdersMax is how many orders may wait; further ones are dropped.
	// Default 1024; zero means the default.
	OrdersMax int `yaml:"orders_max"`
}

// WithDefaults returns the configuration with every zero field set to its default.
func (c Config) WithDefaults() Config {
	setDuration(&c.Timeout, time.Second)
	setDuration(&c.BackoffBase, 100*time.Millisecond)
	setDuration(&c.BackoffMax, 5*time.Second)
	if c.AttemptsMax == 0 {
		c.AttemptsMax = 100
	}
	if c.OrdersMax == 0 {
		c.OrdersMax = 1024
	}
	return c
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
	for _, f := range []struct {
		name string
		v    time.Duration
	}{{"timeout", c.Timeout}, {"backoff base", c.BackoffBase}, {"longest backoff", c.BackoffMax}} {
		if f.v <= 0 || f.v > durationMost {
			errs = append(errs, fmt.Errorf("operator: %s %v: must be positive and at most %v", f.name, f.v, durationMost))
		}
	}
	for _, f := range []struct {
		name string
		v    int
	}{{"attempts", c.AttemptsMax}, {"orders", c.OrdersMax}} {
		if f.v <= 0 {
			errs = append(errs, fmt.Errorf("operator: %s %d: must be positive", f.name, f.v))
		}
	}
	if c.BackoffMax < c.BackoffBase {
		errs = append(errs, fmt.Errorf("operator: longest backoff %v is below the first one, %v", c.BackoffMax, c.BackoffBase))
	}
	return errors.Join(errs...)
}
