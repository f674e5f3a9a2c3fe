package analyser

import "slices"

// lows are the highest low-watermarks that were heard of each source's incarnations.
// Workers hand packets to the store in another order than they came in; a packet that
// came after its source was done with it must not be committed all the same.
type lows struct {
	max    int
	source map[string][]low // looked up only; ascending by incarnation
}

type low struct {
	inc uint32
	lo  uint64
}

// incarnationsMax is how many incarnations of a source are remembered, as in the store.
const incarnationsMax = 16

func newLows(max int) *lows { return &lows{max: max, source: map[string][]low{}} }

// learn takes a low-watermark in and returns the highest so far. Of more sources than
// there is room for nothing is remembered: the store has no room for them either.
func (l *lows) learn(source string, inc uint32, lo uint64) uint64 {
	list, known := l.source[source]
	i, found := slices.BinarySearchFunc(list, inc, func(x low, inc uint32) int { return int(int64(x.inc) - int64(inc)) })
	if found {
		list[i].lo = max(list[i].lo, lo)
		return list[i].lo
	}
	if !known && len(l.source) >= l.max {
		return lo
	}
	list = slices.Insert(list, i, low{inc, lo})
	if len(list) > incarnationsMax {
		oldest := 0
		if list[0].inc == 0 {
			oldest = 1 // 0 stands for inputs, which outlive incarnations
		}
		list = slices.Delete(list, oldest, oldest+1)
	}
	l.source[source] = list
	return lo
}
