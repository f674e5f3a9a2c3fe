package detect

import "math/bits"

// phiStep is the distance of the table's entries and phiUnit a standard
// deviation, both in the fixed-point unit of x.
const (
	phiUnit = 1024
	phiStep = phiUnit / 8
)

// phiMost is the highest level of suspicion that can be a threshold.
const phiMost = 30000

// phiTable holds 1000 x -log10(1 - F(x)) for the standard normal distribution F
// at x = 0, 1/8, 2/8 ... 12 standard deviations, rounded. Integers make the
// verdict the same on every platform; between entries phiAt interpolates, which
// is at most 2 thousandths off.
var phiTable = [...]int64{
	301, 347, 397, 451, 511, 575, 645, 719,
	800, 885, 976, 1073, 1175, 1283, 1397, 1517,
	1643, 1775, 1913, 2057, 2207, 2363, 2526, 2695,
	2870, 3051, 3239, 3433, 3633, 3840, 4053, 4273,
	4499, 4732, 4971, 5217, 5469, 5727, 5993, 6264,
	6543, 6827, 7119, 7417, 7721, 8033, 8350, 8675,
	9006, 9344, 9688, 10039, 10396, 10760, 11131, 11509,
	11893, 12284, 12681, 13085, 13496, 13914, 14338, 14769,
	15206, 15650, 16101, 16559, 17023, 17494, 17972, 18456,
	18947, 19445, 19950, 20461, 20979, 21504, 22035, 22573,
	23118, 23670, 24228, 24793, 25365, 25943, 26528, 27120,
	27719, 28324, 28936, 29555, 30181, 30813, 31452, 32098,
	32750,
}

// phiAt returns the suspicion in thousandths at x, which is in 1/phiUnit
// standard deviations: 0 below the mean, the last entry beyond the table. It
// never decreases.
func phiAt(x int64) int {
	if x < 0 {
		return 0
	}
	i := x / phiStep
	if i >= int64(len(phiTable)-1) {
		return int(phiTable[len(phiTable)-1])
	}
	low, high := phiTable[i], phiTable[i+1]
	return int(low + (high-low)*(x%phiStep)/phiStep)
}

// phiReach returns the smallest x with phiAt(x) >= level.
func phiReach(level int) int64 {
	assert(level <= int(phiTable[len(phiTable)-1]), "level %d is beyond the table", level)
	low, high := int64(0), int64(len(phiTable)-1)*phiStep
	for low < high {
		middle := (low + high) / 2
		if phiAt(middle) >= level {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// squareRoot returns the integer part of the square root (Newton's method from
// above).
func squareRoot(x int64) int64 {
	if x < 0 {
		fail("square root of %d", x)
	}
	if x == 0 {
		return 0
	}
	root := int64(1) << ((bits.Len64(uint64(x)) + 1) / 2)
	for {
		next := (root + x/root) / 2
		if next >= root {
			return root
		}
		root = next
	}
}
