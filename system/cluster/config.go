package cluster

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// PeersMost is the largest number of peers, so of 64 distributors in all.
const PeersMost = 63

// Config is what ties several distributors together. WithDefaults fills in what is
// zero.
type Config struct {
	// Peers are the names of the other distributors, in any order, at most 63; the own name
	// may be among them and means nothing. Default: none.
	Peers []string `yaml:"peers"`
	// Interval is the time between two rounds of gossip, 1ms..1h; each is up to a fifth
	// shorter or longer. Default (0): 500 ms.
	Interval time.Duration `yaml:"interval"`
	// Timeout is how long a peer's answer is awaited, 1ms..1h. Default (0): 1 s.
	Timeout time.Duration `yaml:"timeout"`
	// Suspect is the silence after which a peer is suspected, 1ms..1h. Default (0): eight
	// intervals, and the timeout.
	Suspect time.Duration `yaml:"suspect"`
	// Fail is the silence after which a peer counts as failed, longer than Suspect. Default
	// (0): three times Suspect.
	Fail time.Duration `yaml:"fail"`
	// Watched says that the node's program watches who is there and tells it (memberlist);
	// Suspect and Fail then mean nothing. Default (false): it follows from what is heard.
	Watched bool `yaml:"watched"`
	// PartBytes is the largest part of a message, in bytes, 64..1_000_000; more goes in
	// several. Default (0): 32 KiB, which HTTP takes as JSON.
	PartBytes int `yaml:"part_bytes"`
}

// The ranges of a configuration.
const (
	timeLeast, timeMost = time.Millisecond, time.Hour
	partLeast, partMost = 64, 1_000_000
	namesMost           = PeersMost + 1 // the own one may be there
)

// WithDefaults returns the configuration with every zero field replaced by its default.
func (c Config) WithDefaults() Config {
	set := func(field *time.Duration, value time.Duration) {
		if *field == 0 {
			*field = value
		}
	}
	set(&c.Interval, 500*time.Millisecond)
	set(&c.Timeout, time.Second)
	set(&c.Suspect, 8*c.Interval+c.Timeout)
	set(&c.Fail, 3*c.Suspect)
	if c.PartBytes == 0 {
		c.PartBytes = 32 << 10
	}
	return c
}

// Validate reports all that is wrong with the configuration, after defaults.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Peers) > namesMost {
		bad("%d peers, at most %d are allowed", len(c.Peers), PeersMost)
	}
	for i, p := range c.Peers {
		if !validName(p) {
			bad("peer %.80q is not 1..64 of A-Z a-z 0-9 . _ -", p)
		}
		if slices.Contains(c.Peers[:i], p) {
			bad("peer %.80q is given twice", p)
		}
	}
	for _, f := range []struct {
		name  string
		value time.Duration
	}{{"interval", c.Interval}, {"timeout", c.Timeout}, {"suspect", c.Suspect}, {"fail", c.Fail}} {
		if f.value < timeLeast || f.value > timeMost {
			bad("%s %v is not in %v..%v", f.name, f.value, timeLeast, timeMost)
		}
	}
	if c.Fail <= c.Suspect {
		bad("fail %v is not longer than suspect %v", c.Fail, c.Suspect)
	}
	if c.PartBytes < partLeast || c.PartBytes > partMost {
		bad("part_bytes %d is not in %d..%d", c.PartBytes, partLeast, partMost)
	}
	return errors.Join(errs...)
}

// Others returns the peers but for the own name, ascending.
func (c Config) Others(self string) []string {
	names := slices.DeleteFunc(slices.Clone(c.Peers), func(p string) bool { return p == self })
	slices.Sort(names)
	return names
}

// Fanout is how many peers of one kind (heard of, or failed) a round has, so that all
// have had their turn after at most eight rounds.
func Fanout(peers int) int { return (peers + passRounds - 1) / passRounds }

// passRounds is the most rounds in which everyone has a turn.
const passRounds = 8

// ConvergeMax bounds how long what one of a number of peers knows takes to reach each
// other that it can talk to: two turns of a peer that changes from live to failed just
// then, a lost message that is awaited before it, and a question before the answer. What
// messages take on the way, and disks, is not in it.
func (c Config) ConvergeMax() time.Duration {
	c = c.WithDefaults()
	n := len(c.Peers)
	if n == 0 {
		return 0
	}
	pass := (n + Fanout(n) - 1) / Fanout(n)
	round := c.Interval + c.Interval/spread
	return time.Duration(4*pass+2)*round + 2*c.Timeout
}

func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 64
}
