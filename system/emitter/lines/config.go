package lines

import (
	"errors"
	"fmt"
)

// Config says how lines are split and recognised.
type Config struct {
	// LineMax is the largest length of a message's text in bytes; a longer line
	// becomes several messages. Default 64 KiB; zero means the default.
	LineMax int `yaml:"line_max"`
	// Year is the year of time stamps that have none (RFC 3164 syslog). Default
	// and zero: such stamps are not understood, and the time is 0.
	Year int `yaml:"year"`
	// Plain turns the recognition of levels and times off.
	Plain bool `yaml:"plain"`
}

// WithDefaults returns the configuration with every zero field set to its default.
func (c Config) WithDefaults() Config {
	if c.LineMax == 0 {
		c.LineMax = 64 << 10
	}
	return c
}

// Validate returns every reason why the configuration cannot be used.
func (c Config) Validate() error {
	var errs []error
	if c.LineMax < 0 || c.LineMax > 1<<20 {
		errs = append(errs, fmt.Errorf("lines: longest line %d: want 1 to %d bytes", c.LineMax, 1<<20))
	}
	if c.Year != 0 && (c.Year < 1970 || c.Year > 2200) {
		errs = append(errs, fmt.Errorf("lines: reference year %d: want 1970 to 2200", c.Year))
	}
	return errors.Join(errs...)
}
