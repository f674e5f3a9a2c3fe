package spool

import "sort"

// key names an incarnation of a source of packets.
type key struct {
	name string
	inc  uint32
}

// item is an id that is known of a source; its entry is nil once it is over.
type item struct {
	seq   uint64
	hash  uint32
	dead  bool // over because no analyser takes it
	entry *Entry
}

// source is what is known of one: below lo only what is held.
type source struct {
	lo    uint64
	items []item // ascending by seq
}

func (s *source) find(seq uint64) (int, bool) {
	n := len(s.items)
	if n == 0 || s.items[n-1].seq < seq {
		return n, false
	}
	i := sort.Search(n, func(i int) bool { return s.items[i].seq >= seq })
	return i, s.items[i].seq == seq
}

func (s *source) put(it item) {
	i, found := s.find(it.seq)
	if !found {
		s.items = append(s.items, item{})
		copy(s.items[i+1:], s.items[i:])
	}
	s.items[i] = it
}

// remove takes an item out; from the front, where most are, that costs least.
func (s *source) remove(i int) {
	if i < len(s.items)/2 {
		copy(s.items[1:i+1], s.items[:i])
		s.items[0] = item{}
		s.items = s.items[1:]
		return
	}
	s.items = append(s.items[:i], s.items[i+1:]...)
}

// raise moves lo up and drops what is over below it.
func (s *source) raise(lo uint64) {
	if lo <= s.lo {
		return
	}
	s.lo = lo
	n, _ := s.find(lo)
	kept := 0
	for i := range n {
		if s.items[i].entry != nil {
			s.items[kept] = s.items[i]
			kept++
		}
	}
	if kept < n {
		s.items = append(s.items[:kept], s.items[n:]...)
	}
}

// low is the number below which no packet will be sent any more.
func (s *source) low() uint64 {
	if len(s.items) > 0 && s.items[0].seq < s.lo {
		return s.items[0].seq
	}
	return s.lo
}
