package logcheck

import "slices"

// idSet is a set of packet ids, one bit each, in pages of 4096 sequence numbers;
// full pages share one array. It remembers facts about packets that the ledger
// has let go: 512 bytes for 4096 packets at most.
type idSet struct {
	pages map[pageKey]*page
	last  pageKey
	page  *page
}

type pageKey struct {
	source Sym
	inc    uint32
	high   uint64
}

type page struct {
	bits [64]uint64
	n    int
}

// fullPage stands for every page whose bits are all set.
var fullPage = func() *page {
	p := &page{n: 4096}
	for i := range p.bits {
		p.bits[i] = ^uint64(0)
	}
	return p
}()

func newIDSet() *idSet { return &idSet{pages: map[pageKey]*page{}} }

func (s *idSet) find(id PacketID) *page {
	k := pageKey{id.Source, id.Inc, id.Seq >> 12}
	if k != s.last || s.page == nil {
		s.last, s.page = k, s.pages[k]
	}
	return s.page
}

// has reports whether id is in the set.
func (s *idSet) has(id PacketID) bool {
	p := s.find(id)
	return p != nil && p.bits[id.Seq>>6&63]>>(id.Seq&63)&1 == 1
}

// add puts id into the set.
func (s *idSet) add(id PacketID) {
	if s.has(id) {
		return
	}
	p := s.page
	if p == nil {
		p = &page{}
		s.pages[s.last], s.page = p, p
	}
	p.bits[id.Seq>>6&63] |= 1 << (id.Seq & 63)
	if p.n++; p.n == 4096 {
		s.pages[s.last], s.page = fullPage, fullPage
	}
}

// remove takes id out of the set.
func (s *idSet) remove(id PacketID) {
	if !s.has(id) {
		return
	}
	p := s.page
	if p == fullPage {
		c := *p
		p = &c
		s.pages[s.last], s.page = p, p
	}
	p.bits[id.Seq>>6&63] &^= 1 << (id.Seq & 63)
	p.n--
}

// pageCount is the number of pages that take memory.
func (s *idSet) pageCount() int { return len(s.pages) }

// sortRefs puts references in the order of files and lines.
func sortRefs(list []Ref) {
	slices.SortFunc(list, func(a, b Ref) int {
		if a.file.Index != b.file.Index {
			return a.file.Index - b.file.Index
		}
		return a.Line - b.Line
	})
}
