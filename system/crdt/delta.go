package crdt

import (
	"fmt"
	"slices"
	"strings"
)

// Delta tells of changes: all that a replica had seen beyond a base, or all of
// its state. It never changes; the zero value tells nothing.
type Delta struct {
	full    bool // what is not among the entries was removed, or is not seen
	base    Vector
	seen    Vector // of the sender; covers base, floor and every dot
	floor   Vector
	entries []entry // ascending in ids
}

// Full reports whether it is a whole state, which any replica can take.
func (d Delta) Full() bool { return d.full }

// Seen returns what the sender had seen. t.Since(t.Seen()) has no entries and
// says just that: it is what members send to be told what they lack.
func (d Delta) Seen() Vector { return d.seen }

// Entries returns of how many analysers it tells, removed ones too.
func (d Delta) Entries() int { return len(d.entries) }

// State returns all of the table.
func (t *Table) State() Delta {
	return Delta{full: true, seen: t.seen, floor: t.floor, entries: slices.Clone(t.entries)}
}

// Since returns what a replica lacks that has seen base: a delta, or the whole
// state if tombstones that it may need are gone. It says nothing of entries
// whose dots base covers all, since whoever saw those saw what they replaced.
func (t *Table) Since(base Vector) Delta {
	if !base.Includes(t.floor) {
		return t.State()
	}
	d := Delta{base: meet(base, t.seen), seen: t.seen, floor: t.floor}
	if d.base.Equal(t.seen) {
		return d
	}
	for i := range t.entries {
		e := &t.entries[i]
		if slices.ContainsFunc(e.dots, func(x dot) bool { return !base.Covers(x.Version) }) {
			d.entries = append(d.entries, *e)
		}
	}
	return d
}

// meet returns what both have seen.
func meet(x, y Vector) Vector {
	out := make(Vector, 0, len(y))
	for _, v := range y {
		if x.Covers(v) {
			out = append(out, v)
		} else if i, ok := x.find(v.Site); ok {
			out = append(out, x[i])
		}
	}
	return out
}

// Merge joins a delta into the table and reports whether that told it anything.
// With an error the table is as before.
func (t *Table) Merge(d Delta) (news bool, err error) {
	if err := t.admit(d); err != nil {
		return false, err
	}
	if t.seen.Includes(d.seen) && t.floor.Includes(d.floor) {
		return false, nil // all dots are covered: either here, or replaced
	}
	if d.full || len(d.entries) > len(t.entries)/16 {
		err = t.joinAll(d)
	} else {
		err = t.joinFew(d)
	}
	if err != nil {
		return false, err
	}
	t.seen = t.seen.Join(d.seen)
	t.floor = t.floor.Join(d.floor)
	t.clock = max(t.clock, d.seen.newest())
	t.bound()
	return true, nil
}

// admit says whether a delta can be joined.
func (t *Table) admit(d Delta) error {
	newest := d.seen.newest()
	if newest > CounterMax || newest > t.clock && newest-t.clock > AheadMax {
		return fmt.Errorf("%w: counter %d, greatest seen here %d, at most %d beyond that and %d at all", ErrAhead, newest, t.clock, uint64(AheadMax), uint64(CounterMax))
	}
	for _, v := range d.seen {
		switch {
		case v.Replica != t.self.Replica:
		case v.Inc > t.self.Inc:
			return fmt.Errorf("%w: %q is %d, told of %d", ErrSuperseded, v.Replica, t.self.Inc, v.Inc)
		case v.Inc == t.self.Inc && !t.seen.Covers(v):
			return fmt.Errorf("%w: %q incarnation %d, counter %d", ErrForged, v.Replica, v.Inc, v.Counter)
		}
	}
	if !d.full && !t.seen.Includes(d.base) {
		return ErrGap
	}
	return checkVector(t.seen.Join(d.seen))
}

// joinFew joins a delta of few entries in their places.
func (t *Table) joinFew(d Delta) error {
	joined := make([]entry, len(d.entries))
	live := t.Len()
	for j, e := range d.entries {
		var mine []dot
		if i, ok := t.find(e.id); ok {
			mine = t.entries[i].dots
			live -= 1 - dead(&t.entries[i])
		}
		joined[j] = entry{e.id, joinDots(mine, t.seen, e.dots, d.seen)}
		live += 1 - dead(&joined[j])
	}
	if err := checkLive(live); err != nil {
		return err
	}
	for _, e := range joined {
		i, ok := t.find(e.id)
		switch {
		case len(e.dots) > 0:
			t.put(i, ok, e)
		case ok:
			t.tombstones -= dead(&t.entries[i])
			t.entries = slices.Delete(t.entries, i, i+1)
		}
	}
	return nil
}

func checkLive(live int) error {
	if live > EntriesMax {
		return fmt.Errorf("%w: %d analysers after the merge, at most %d", ErrLimit, live, EntriesMax)
	}
	return nil
}

// joinAll joins a delta in one pass over all entries.
func (t *Table) joinAll(d Delta) error {
	out := make([]entry, 0, max(len(t.entries), len(d.entries))+8)
	for i, j := 0, 0; i < len(t.entries) || j < len(d.entries); {
		order := 0
		switch {
		case i == len(t.entries):
			order = 1
		case j == len(d.entries):
			order = -1
		default:
			order = strings.Compare(t.entries[i].id, d.entries[j].id)
		}
		var e entry
		switch {
		case order < 0 && !d.full:
			e, i = t.entries[i], i+1
		case order < 0:
			e, i = entry{t.entries[i].id, joinDots(t.entries[i].dots, t.seen, nil, d.seen)}, i+1
		case order > 0:
			e, j = entry{d.entries[j].id, joinDots(nil, t.seen, d.entries[j].dots, d.seen)}, j+1
		default:
			e = entry{t.entries[i].id, joinDots(t.entries[i].dots, t.seen, d.entries[j].dots, d.seen)}
			i, j = i+1, j+1
		}
		if len(e.dots) > 0 {
			out = append(out, e)
		}
	}
	stones := countDead(out)
	if err := checkLive(len(out) - stones); err != nil {
		return err
	}
	t.entries, t.tombstones = out, stones
	return nil
}

func countDead(entries []entry) (n int) {
	for i := range entries {
		n += dead(&entries[i])
	}
	return n
}
