package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"weir/scenarios"
)

// seedsMax bounds the seeds of one sweep.
const seedsMax = 100_000_000

// seedRange is the seeds from first to last, both included, or the one seed that each
// scenario has of its own.
type seedRange struct {
	first, last uint64
	own         bool // first and last are 0
}

// count is the number of seeds.
func (r seedRange) count() uint64 { return r.last - r.first + 1 }

// of is the i-th seed for a scenario.
func (r seedRange) of(sc *scenarios.Scenario, i uint64) uint64 {
	if r.own {
		return uint64(max(sc.Seed, 1))
	}
	return r.first + i
}

// describe says which seeds these are, for the scenarios that run with them.
func (r seedRange) describe(all []named) string {
	differ := func(n named) bool { return r.of(n.sc, 0) != r.of(all[0].sc, 0) }
	switch {
	case slices.ContainsFunc(all, differ):
		return "each with its own seed"
	case r.count() > 1:
		return fmt.Sprintf("seeds %d..%d", r.first, r.last)
	default:
		return fmt.Sprintf("seed %d", r.of(all[0].sc, 0))
	}
}

// parseSeed reads a seed: decimal, hexadecimal with 0x, or the word random, which
// draws one of nine digits at most, so that it is short to type.
func parseSeed(s string) (uint64, error) {
	if s == "random" {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return 0, internal("no random seed: %w", err)
		}
		return uint64(binary.LittleEndian.Uint32(b[:]))%1_000_000_000 + 1, nil
	}
	base, digits := 10, s
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		base, digits = 16, hex
	}
	seed, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 0, usage("seed %q: want a number (decimal, or hexadecimal with 0x) or random", s)
	}
	return seed, nil
}

// parseSeeds reads a range A..B.
func parseSeeds(s string) (seedRange, error) {
	low, high, ok := strings.Cut(s, "..")
	if !ok {
		return seedRange{}, usage("seeds %q: want a range such as 1..100", s)
	}
	var r seedRange
	var err error
	if r.first, err = parseSeed(low); err != nil {
		return r, err
	}
	if r.last, err = parseSeed(high); err != nil {
		return r, err
	}
	if low == "random" || high == "random" || r.first > r.last || r.last-r.first >= seedsMax {
		return r, usage("seeds %q: want two numbers, the smaller first, at most %d seeds", s, seedsMax)
	}
	return r, nil
}
