package digest

import (
	"math/bits"

	"weir/system/message"
)

// Levels is the number of severities that are counted apart: unknown, trace, debug,
// info, warn, error, fatal.
const Levels = 7

// levelError is the least level that is an error.
const levelError = 5

// LevelName returns the name of a level, 0 to Levels-1.
func LevelName(level int) string {
	return [Levels]string{"unknown", "trace", "debug", "info", "warn", "error", "fatal"}[level]
}

// levelOf returns the severity's level.
func levelOf(s message.Severity) int {
	if s == message.Unknown || s > 24 {
		return 0
	}
	return 1 + int(s-1)/4
}

// Counts are messages by level, and when the first and the last of them were by
// their own time.
type Counts struct {
	Levels      [Levels]uint64
	First, Last int64 // Unix nanoseconds; both 0: none has a time
}

// Messages is their number.
func (c *Counts) Messages() (n uint64) {
	for _, v := range c.Levels {
		n += v
	}
	return n
}

// Errors is the number of errors and worse.
func (c *Counts) Errors() (n uint64) {
	for _, v := range c.Levels[levelError:] {
		n += v
	}
	return n
}

// add adds o.
func (c *Counts) add(o *Counts) {
	for i, v := range o.Levels {
		c.Levels[i] += v
	}
	if o.First != 0 {
		c.span(o.First)
		c.span(o.Last)
	}
}

// one adds a message.
func (c *Counts) one(level int, at int64) {
	c.Levels[level]++
	if at != 0 {
		c.span(at)
	}
}

func (c *Counts) span(at int64) {
	if c.First == 0 {
		c.First, c.Last = at, at
	}
	c.First, c.Last = min(c.First, at), max(c.Last, at)
}

// sum is the linear sum of counts under a key: each message adds a number that
// stands for its key and level.
func (c *Counts) sum(key uint64) (sum uint64) {
	for i, n := range c.Levels {
		if n > 0 {
			sum += n * mix(key+uint64(i+1)*odd1)
		}
	}
	return sum
}

// Odd constants with no pattern (the fraction of the golden ratio, and primes).
const (
	odd1 = 0x9E3779B97F4A7C15
	odd2 = 0xD6E8FEB86659FD93
	odd3 = 0xA0761D6478BD642F
)

// mix spreads a number over 64 bits, one to one (the finaliser of splitmix64).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// hashOf is a 64-bit hash of a text, eight bytes at a time by folded multiplication,
// the same on every platform. It is part of the form of stored digests.
func hashOf[T string | []byte](s T) uint64 {
	h := odd1 + uint64(len(s))
	for len(s) >= 8 {
		h = fold(h ^ word(s[:8]))
		s = s[8:]
	}
	var last uint64
	for i := 0; i < len(s); i++ {
		last |= uint64(s[i]) << (8 * i)
	}
	return mix(fold(h ^ last))
}

func word[T string | []byte](s T) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func fold(h uint64) uint64 {
	hi, lo := bits.Mul64(h^odd2, odd3)
	return hi ^ lo
}
