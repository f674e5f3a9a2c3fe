package main

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"strings"
)

// seedsMax bounds the seeds of one sweep.
const seedsMax = 100_000_000

// seedRange is the seeds from first to last, both included.
type seedRange struct{ first, last uint64 }

// count is the number of seeds.
func (r seedRange) count() uint64 { return r.last - r.first + 1 }

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
