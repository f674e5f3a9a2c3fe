package store

import (
	"slices"
	"sort"
)

// reserved is the commit number of an id that is about to be committed.
const reserved = ^uint64(0)

// item is an id at or above its window's low-watermark.
type item struct {
	seq    uint64
	number uint64 // of its commit; 0: before this incarnation; reserved
	hash   uint32
}

// window remembers the ids of one incarnation of one source. Ids come nearly in
// order, so a sorted slice is small, quick and has an order of its own: finding
// takes O(log n), inserting O(distance from the end).
type window struct {
	inc   uint32
	lo    uint64 // every lower sequence has its outcome
	items []item // ascending by seq
}

// find returns where seq is, or where it would be.
func (w *window) find(seq uint64) (int, bool) {
	n := len(w.items)
	if n == 0 || w.items[n-1].seq < seq {
		return n, false
	}
	i := sort.Search(n, func(i int) bool { return w.items[i].seq >= seq })
	return i, w.items[i].seq == seq
}

// put adds or replaces an id and returns how many the window holds more.
func (w *window) put(it item) int {
	assert(it.seq >= w.lo, "no id below the low-watermark is remembered")
	i, found := w.find(it.seq)
	if found {
		w.items[i] = it
		return 0
	}
	w.items = slices.Insert(w.items, i, it)
	return 1
}

// drop forgets one id.
func (w *window) drop(seq uint64) int {
	i, found := w.find(seq)
	if !found {
		return 0
	}
	w.items = slices.Delete(w.items, i, i+1)
	return 1
}

// raise moves the low-watermark up and returns how many ids were forgotten.
func (w *window) raise(lo uint64) int {
	if lo <= w.lo {
		return 0
	}
	w.lo = lo
	if len(w.items) == 0 || w.items[0].seq >= lo {
		return 0
	}
	n, _ := w.find(lo)
	// Moving the slice's start is O(1); the room before it comes back when the
	// slice grows next.
	w.items = w.items[n:]
	return n
}

// emitter is a source of packets and what it sent.
type emitter struct {
	name     string
	floor    uint32 // incarnations from 1 to below this one are forgotten
	packets  uint64
	messages uint64
	windows  []*window // ascending by inc
}

// window returns the window of an incarnation, or nil.
func (e *emitter) window(inc uint32) *window {
	for i := len(e.windows) - 1; i >= 0; i-- { // the newest is asked for most
		if e.windows[i].inc == inc {
			return e.windows[i]
		}
	}
	return nil
}

// open returns the window of an incarnation, made if need be, and how many ids
// were forgotten to make room for it.
func (e *emitter) open(inc uint32) (w *window, forgot int) {
	if w = e.window(inc); w != nil {
		return w, 0
	}
	assert(inc == 0 || inc >= e.floor, "a forgotten incarnation stays forgotten")
	w = &window{inc: inc, lo: 1}
	i := sort.Search(len(e.windows), func(i int) bool { return e.windows[i].inc > inc })
	e.windows = slices.Insert(e.windows, i, w)
	oldest := 0
	if e.windows[0].inc == 0 {
		oldest = 1 // 0 stands for inputs, which outlive incarnations
	}
	if len(e.windows) > incarnationsMax {
		forgot = len(e.windows[oldest].items)
		e.windows = slices.Delete(e.windows, oldest, oldest+1)
	}
	if len(e.windows) == incarnationsMax {
		e.floor = e.windows[oldest].inc // an older one would be the next to go
	}
	return w, forgot
}

// forgotten reports whether an incarnation is older than what is remembered.
func (e *emitter) forgotten(inc uint32) bool { return inc != 0 && inc < e.floor }
