package logcheck

import (
	"math/bits"
	"slices"
)

// one is one message in parts: credits and shares count 2^-32 messages.
const one = int64(1) << 32

// quantise turns the weights of the eligible analysers, in ascending id order,
// into shares that sum to exactly 2^32 (FORMAT.md section 8): floors, then the
// missing parts to the largest remainders, ties to the smaller id, then no share
// below 1. All weights are at least 1. O(n log n).
func quantise(weights []uint32) []uint64 {
	n := len(weights)
	if n == 0 {
		return nil
	}
	total := uint64(0)
	for _, w := range weights {
		assert(w > 0, "zero weight is not eligible")
		total += uint64(w)
	}
	share := make([]uint64, n)
	rest := make([]uint64, n)
	order := make([]int, n)
	left := uint64(one)
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(w), uint64(one))
		share[i], rest[i] = bits.Div64(hi, lo, total)
		left -= share[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		switch {
		case rest[x] > rest[y]:
			return -1
		case rest[x] < rest[y]:
			return 1
		}
		return 0
	})
	assert(left <= uint64(n), "%d parts missing among %d shares", left, n)
	for _, i := range order[:left] {
		share[i]++
	}
	raiseZeros(share)
	sum := uint64(0)
	for _, q := range share {
		sum += q
	}
	assert(sum == uint64(one), "shares of %v sum to %d", weights, sum)
	return share
}

// raiseZeros gives every share of 0 one part of the largest share. Within the
// limits of FORMAT.md (4096 weights of at most 1,000,000) no share is 0.
func raiseZeros(share []uint64) {
	for i := range share {
		if share[i] > 0 {
			continue
		}
		big := 0
		for j := range share {
			if share[j] > share[big] {
				big = j
			}
		}
		share[big]--
		share[i]++
	}
}

// giveAway spreads the credit c of a removed analyser over the remaining ones, in
// ascending id order: the floor of an equal part to each, the rest one part each
// to the first. Without any remaining the credit is gone.
func giveAway(c int64, credit []int64) {
	k := int64(len(credit))
	if k == 0 {
		return
	}
	each := c / k
	if c%k < 0 {
		each--
	}
	rest := c - k*each
	for i := range credit {
		credit[i] += each
		if int64(i) < rest {
			credit[i]++
		}
	}
}
