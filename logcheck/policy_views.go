package logcheck

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// viewStatus is the status of an analyser in a view.
type viewStatus uint8

const (
	statusUp viewStatus = iota
	statusDown
	statusFull
	statusDrain
)

// Limits of FORMAT.md section 8.
const (
	weightMax    = 1_000_000
	analysersMax = 16384
)

// entry is one registered analyser of a view.
type entry struct {
	id     Sym
	weight uint32
	status viewStatus
}

// memberSet is an interned list of registered analysers, ascending by name.
type memberSet struct {
	ids   []Sym
	index map[Sym]int32
}

// shareSet is an interned eligible set with its weights: the same pointer means
// the same registered list, the same E and the same shares.
type shareSet struct {
	members  *memberSet
	elig     []int32  // positions of E, ascending
	share    []uint64 // by position; 0 when not eligible
	smallest uint64   // smallest share in E
	cycle    uint64   // sum of weights / gcd
}

// viewState is an interned view: immutable, the same pointer means the same view.
type viewState struct {
	set      *shareSet
	weight   []uint32
	status   []viewStatus
	awayDown bool // a registered analyser with weight is down
	idle     bool // a registered analyser has no weight or is drained
	full     bool // one is full
}

// eligible reports whether position i may be chosen.
func (v *viewState) eligible(i int32) bool { return v.status[i] == statusUp && v.weight[i] > 0 }

// find returns the position of an analyser; -1 when it is not registered.
func (v *viewState) find(id Sym) int32 {
	if i, ok := v.set.members.index[id]; ok {
		return i
	}
	return -1
}

// bookMax bounds each table of a viewBook; a full table starts again.
const bookMax = 4096

// viewBook interns views, so that a worker that flips between a few views costs
// one lookup each time and its shares are computed once.
type viewBook struct {
	names   *Names
	views   map[string]*viewState
	sets    map[string]*shareSet
	members map[string]*memberSet
	key     []byte
}

func newViewBook(names *Names) *viewBook {
	return &viewBook{names: names, views: map[string]*viewState{}, sets: map[string]*shareSet{}, members: map[string]*memberSet{}}
}

var (
	errViewForm  = errors.New("view is not id=weight:status or id=-")
	errViewLimit = errors.New("view has more than 4096 analysers")
	errViewGone  = errors.New("view removes an analyser that is not registered")
)

// apply changes entries, which are in ascending name order, by the text of a
// `set` key and returns them. O(length of the text + entries added).
func (b *viewBook) apply(entries []entry, set []byte) ([]entry, error) {
	for len(set) > 0 {
		item := set
		if i := bytes.IndexByte(set, ','); i >= 0 {
			item, set = set[:i], set[i+1:]
			if len(set) == 0 {
				return entries, errViewForm
			}
		} else {
			set = nil
		}
		e, gone, err := b.parse(item)
		if err != nil {
			return entries, err
		}
		at, found := b.search(entries, e.id)
		switch {
		case gone && !found:
			return entries, errViewGone
		case gone:
			entries = slices.Delete(entries, at, at+1)
		case found:
			entries[at] = e
		case len(entries) >= analysersMax:
			return entries, errViewLimit
		default:
			entries = slices.Insert(entries, at, e)
		}
	}
	return entries, nil
}

// search finds an analyser by name order; small lists are scanned by symbol first.
func (b *viewBook) search(entries []entry, id Sym) (int, bool) {
	if len(entries) <= 16 {
		for i := range entries {
			if entries[i].id == id {
				return i, true
			}
		}
	}
	name := b.names.Name(id)
	return slices.BinarySearchFunc(entries, name, func(e entry, name string) int {
		switch n := b.names.Name(e.id); {
		case n < name:
			return -1
		case n > name:
			return 1
		}
		return 0
	})
}

// parse reads one item of a view.
func (b *viewBook) parse(item []byte) (e entry, gone bool, err error) {
	eq := bytes.IndexByte(item, '=')
	if eq < 0 || !validName(item[:eq]) {
		return e, false, errViewForm
	}
	e.id = b.names.Intern(item[:eq])
	rest := item[eq+1:]
	if string(rest) == "-" {
		return e, true, nil
	}
	w, rest, ok := parseDecimal(rest)
	if !ok || w > weightMax || len(rest) < 3 || rest[0] != ':' {
		return e, false, errViewForm
	}
	e.weight = uint32(w)
	switch string(rest[1:]) {
	case "up":
		e.status = statusUp
	case "down":
		e.status = statusDown
	case "full":
		e.status = statusFull
	case "drain":
		e.status = statusDrain
	default:
		return e, false, errViewForm
	}
	return e, false, nil
}

// intern returns the one viewState of these entries.
func (b *viewBook) intern(entries []entry) *viewState {
	b.key = b.key[:0]
	for _, e := range entries {
		b.key = binary.LittleEndian.AppendUint64(b.key, uint64(e.id)<<32|uint64(e.weight)<<2|uint64(e.status))
	}
	if v := b.views[string(b.key)]; v != nil {
		return v
	}
	v := &viewState{}
	for _, e := range entries {
		v.weight = append(v.weight, e.weight)
		v.status = append(v.status, e.status)
		v.awayDown = v.awayDown || e.status == statusDown && e.weight > 0
		v.full = v.full || e.status == statusFull
		v.idle = v.idle || e.status == statusDrain || e.weight == 0
	}
	if len(b.views) >= bookMax {
		clear(b.views)
	}
	b.views[string(b.key)] = v
	v.set = b.internSet(entries)
	assert(len(v.status) == len(v.set.share), "view of %d entries, %d shares", len(v.status), len(v.set.share))
	return v
}

// internSet returns the one shareSet of the eligible entries.
func (b *viewBook) internSet(entries []entry) *shareSet {
	b.key = b.key[:0]
	for _, e := range entries {
		w := e.weight
		if e.status != statusUp {
			w = 0
		}
		b.key = binary.LittleEndian.AppendUint64(b.key, uint64(e.id)<<32|uint64(w))
	}
	if s := b.sets[string(b.key)]; s != nil {
		return s
	}
	s := &shareSet{share: make([]uint64, len(entries)), smallest: 1 << 32}
	var weights []uint32
	total, gcd := uint64(0), uint64(0)
	for i, e := range entries {
		if e.status == statusUp && e.weight > 0 {
			s.elig = append(s.elig, int32(i))
			weights = append(weights, e.weight)
			total += uint64(e.weight)
			gcd = greatest(gcd, uint64(e.weight))
		}
	}
	for k, q := range quantise(weights) {
		s.share[s.elig[k]] = q
		s.smallest = min(s.smallest, q)
	}
	if gcd > 0 {
		s.cycle = total / gcd
	}
	if len(b.sets) >= bookMax {
		clear(b.sets)
	}
	b.sets[string(b.key)] = s
	s.members = b.internMembers(entries)
	assert(len(s.members.ids) == len(entries), "%d members of %d", len(s.members.ids), len(entries))
	return s
}

func (b *viewBook) internMembers(entries []entry) *memberSet {
	b.key = b.key[:0]
	for _, e := range entries {
		b.key = binary.LittleEndian.AppendUint32(b.key, uint32(e.id))
	}
	if m := b.members[string(b.key)]; m != nil {
		return m
	}
	m := &memberSet{index: make(map[Sym]int32, len(entries))}
	for i, e := range entries {
		m.ids = append(m.ids, e.id)
		m.index[e.id] = int32(i)
	}
	if len(b.members) >= bookMax {
		clear(b.members)
	}
	b.members[string(b.key)] = m
	return m
}

func greatest(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
