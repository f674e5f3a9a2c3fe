package route

import "slices"

// quantise divides One among positive weights in proportion: each gets the
// floor of its exact share, and the missing parts go one each to the largest
// remainders, ties to the smaller index (largest remainder method). Then every
// share of 0 is raised to 1 at the cost of the largest. O(n) on average.
func quantise(weights []int64) []int64 {
	if len(weights) == 0 {
		return nil
	}
	total := int64(0)
	for _, w := range weights {
		if w <= 0 || w > WeightMax {
			fail("weight %d of an eligible analyser", w)
		}
		total += w
	}
	shares := make([]int64, len(weights))
	rest := make([]int64, 2*len(weights)) // remainders, and a copy to select in
	missing, zeros := One, 0
	for i, w := range weights {
		shares[i] = w * One / total // w*One < 2^52
		rest[i] = w*One - shares[i]*total
		missing -= shares[i]
	}
	giveMissing(shares, rest[:len(weights)], rest[len(weights):], int(missing))
	for _, s := range shares {
		if s == 0 {
			zeros++
		}
	}
	if zeros > 0 {
		raiseZeros(shares, zeros)
	}
	return shares
}

// giveMissing adds one part to each of the `missing` shares with the largest
// remainders, ties to the smaller index. scratch is as long as rest.
func giveMissing(shares, rest, scratch []int64, missing int) {
	assert(missing >= 0 && missing < len(shares), "%d parts missing among %d shares", missing, len(shares))
	if missing == 0 {
		return
	}
	copy(scratch, rest)
	limit := nthLargest(scratch, missing)
	for i, r := range rest { // all above the limit first: they do not compete
		if r > limit {
			shares[i]++
			missing--
		}
	}
	for i := 0; missing > 0; i++ {
		if rest[i] == limit {
			shares[i]++
			missing--
		}
	}
}

// nthLargest returns the n-th largest of the values, n from 1; it reorders them.
// Quickselect with three-way partition; after 64 rounds, which only an
// unlucky order of pivots can need, it sorts.
func nthLargest(values []int64, n int) int64 {
	assert(n >= 1 && n <= len(values), "%d-th largest of %d", n, len(values))
	for round := 0; len(values) > 12 && round < 64; round++ {
		pivot := medianOfThree(values[0], values[len(values)/2], values[len(values)-1])
		above, below := partition(values, pivot)
		switch {
		case n <= above:
			values = values[:above]
		case n <= below:
			return pivot
		default:
			values, n = values[below:], n-below
		}
	}
	slices.Sort(values)
	return values[len(values)-n]
}

// partition reorders values into those > pivot, == pivot and < pivot, and
// returns where the second and the third group begin.
func partition(values []int64, pivot int64) (equal, less int) {
	less = len(values)
	for i := 0; i < less; {
		switch x := values[i]; {
		case x > pivot:
			values[i], values[equal] = values[equal], x
			equal++
			i++
		case x == pivot:
			i++
		default:
			less--
			values[i], values[less] = values[less], x
		}
	}
	return equal, less
}

func medianOfThree(a, b, c int64) int64 {
	return max(min(a, b), min(max(a, b), c))
}

// raiseZeros gives every share of 0 one part, taken each time from the share
// that is largest then, ties to the smaller index. Zeros exist only when the
// weights sum to more than One, that is with thousands of analysers. A heap of
// all shares keeps it O((n + zeros) log n).
func raiseZeros(shares []int64, zeros int) {
	heap := make([]int, len(shares))
	for i := range heap {
		heap[i] = i
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		siftLargest(heap, shares, i)
	}
	for ; zeros > 0; zeros-- {
		if shares[heap[0]] <= 1 {
			fail("no share to take a part from")
		}
		shares[heap[0]]--
		siftLargest(heap, shares, 0)
	}
	for i := range shares {
		shares[i] = max(shares[i], 1)
	}
}

// siftLargest restores the heap order (largest share first, ties to the smaller
// index) below position i.
func siftLargest(heap []int, shares []int64, i int) {
	before := func(a, b int) bool {
		return shares[a] > shares[b] || shares[a] == shares[b] && a < b
	}
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && before(heap[child+1], heap[child]) {
			child++
		}
		if !before(heap[child], heap[i]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
