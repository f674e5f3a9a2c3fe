package simtest

import (
	"fmt"
	"strconv"
	"strings"
)

// The environment variables that choose seeds.
const (
	EnvSeed  = "WEIR_SEED"  // one seed
	EnvSeeds = "WEIR_SEEDS" // a range A..B, or a count
)

// seedsMax bounds the seeds of one test: each is a subtest, which the test binary
// remembers until its end.
const seedsMax = 1_000_000

// span is the seeds from first to last, both included.
type span struct{ first, last uint64 }

// choose is the seeds that the two variables ask for; empty ones leave the choice to
// the test.
func choose(seed, seeds string, own span) (span, error) {
	switch {
	case seed != "" && seeds != "":
		return span{}, fmt.Errorf("%s=%.40q and %s=%.40q: set one of them", EnvSeed, seed, EnvSeeds, seeds)
	case seed != "":
		n, err := parseSeed(EnvSeed, seed)
		return span{n, n}, err
	case seeds != "":
		return parseSeeds(seeds)
	}
	return own, nil
}

// parseSeeds reads A..B or a count.
func parseSeeds(s string) (span, error) {
	low, high, isRange := strings.Cut(s, "..")
	if !isRange {
		n, err := parseSeed(EnvSeeds, s)
		if err == nil && (n < 1 || n > seedsMax) {
			err = fmt.Errorf("%s=%.40q: want 1 to %d seeds", EnvSeeds, s, seedsMax)
		}
		return span{1, n}, err
	}
	first, err := parseSeed(EnvSeeds, low)
	if err != nil {
		return span{}, err
	}
	last, err := parseSeed(EnvSeeds, high)
	if err == nil && (first > last || last-first >= seedsMax) {
		err = fmt.Errorf("%s=%.40q: want the smaller seed first, and at most %d of them", EnvSeeds, s, seedsMax)
	}
	return span{first, last}, err
}

// parseSeed reads a seed: decimal, or hexadecimal with 0x.
func parseSeed(name, s string) (uint64, error) {
	base, digits := 10, s
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		base, digits = 16, hex
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		what := "a seed (decimal, or hexadecimal with 0x, below 2^64)"
		if name == EnvSeeds {
			what = "a range such as 1..100, or a count"
		}
		return 0, fmt.Errorf("%s: %.40q: want %s", name, s, what)
	}
	return n, nil
}
