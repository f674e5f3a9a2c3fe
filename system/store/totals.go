package store

import (
	"slices"
	"strings"
	"unicode/utf8"

	"weir/system/digest"
	"weir/system/message"
)

// levels is the number of severities that are counted apart: unknown, trace,
// debug, info, warn, error, fatal.
const levels = 7

// level returns the severity's place among them.
func level(s message.Severity) int {
	if s == message.Unknown || s > 24 {
		return 0
	}
	return 1 + int(s-1)/4
}

// Named is a count under a name.
type Named struct {
	Name     string
	Packets  uint64 // of an emitter; 0 of a source of messages
	Messages uint64
}

// Totals are what a store's effects add up to.
type Totals struct {
	Packets  uint64
	Messages uint64
	Bytes    uint64
	Levels   [levels]uint64 // unknown, trace, debug, info, warn, error, fatal
	Emitters []Named        // in the order of their first packet
	Sources  []Named        // in the order of their first message
	Others   uint64         // messages of sources beyond the limit
}

// tally is a list of counts by name, bounded.
type tally struct {
	list  []Named
	index map[string]int // into list; never ranged over
	max   int
}

func newTally(max int) tally { return tally{index: map[string]int{}, max: max} }

// add counts under a name; false if there is no room for a new one.
func (t *tally) add(name string, messages uint64) bool {
	i, ok := t.index[name]
	if !ok {
		if len(t.list) >= t.max {
			return false
		}
		i = len(t.list)
		name = strings.Clone(name) // it must not hold on to a packet or a file
		t.list = append(t.list, Named{Name: name})
		t.index[name] = i
	}
	t.list[i].Messages += messages
	return true
}

// Effect is what one packet does to a store: it counts its messages under the packet's
// id. It does not change once made.
type Effect struct {
	number   uint64
	id       message.ID
	hash     uint32
	lo       uint64
	messages uint64
	bytes    uint64
	levels   [levels]uint64
	sources  []Named
	results  *digest.Digest // of its messages; nil: not wanted, or not read yet
	stored   []byte         // the same in its stored form, as it was read or for a store outside
	sum      uint64         // its linear sum, if it is for a store outside
}

// measure sets e to the effect of a packet. It reuses e's memory.
func (e *Effect) measure(p *message.Packet, lo uint64) {
	*e = Effect{id: p.ID, hash: p.Hash, lo: lo, messages: uint64(len(p.Entries)), bytes: uint64(p.Bytes), sources: e.sources[:0]}
	last, raw := -1, ""
	for i := range p.Entries {
		en := &p.Entries[i]
		e.levels[level(en.Severity)]++
		if last < 0 || en.Source != raw { // neighbours mostly have the same source
			raw = en.Source
			last = e.source(cleanName(raw))
		}
		e.sources[last].Messages++
	}
}

// sourcesMax is how many sources of messages one effect counts by name; otherSources
// is the name of the rest. It keeps frames small and the search below short.
const (
	sourcesMax   = 64
	otherSources = "(other)"
)

// source returns the place of a name in the effect's list.
func (e *Effect) source(name string) int {
	i := slices.IndexFunc(e.sources, func(s Named) bool { return s.Name == name })
	if i < 0 && len(e.sources) >= sourcesMax && name != otherSources {
		return e.source(otherSources)
	}
	if i < 0 {
		i = len(e.sources)
		e.sources = append(e.sources, Named{Name: name})
	}
	return i
}

// cleanName makes a name short and valid UTF-8, so that no name in a file can
// look like the beginning of a frame.
func cleanName(s string) string {
	if len(s) > nameMax {
		s = s[:nameMax]
		for k := 0; k < utf8.UTFMax && len(s) > 0 && !utf8.ValidString(s[max(0, len(s)-utf8.UTFMax):]); k++ {
			s = s[:len(s)-1]
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
