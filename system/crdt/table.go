package crdt

import (
	"fmt"
	"slices"
	"strings"
)

// Table is one replica's copy of the routing state. It is not for several
// goroutines.
type Table struct {
	self       Site
	clock      uint64 // greatest counter seen
	seen       Vector
	floor      Vector  // changes of which the tombstones may be gone
	entries    []entry // ascending in ids, tombstones too
	tombstones int     // entries that are not live
}

// New returns an empty table of a replica's new incarnation.
func New(self Site) (*Table, error) {
	if !validID(self.Replica) || self.Inc == 0 {
		return nil, fmt.Errorf("%w: replica %q, incarnation %d: need 1 to %d of A-Z a-z 0-9 . _ - and a number from 1", ErrInvalid, self.Replica, self.Inc, IDMax)
	}
	return &Table{self: self}, nil
}

// Seen returns which changes the table has seen: what others' Since wants.
func (t *Table) Seen() Vector { return t.seen }

// Tombstones returns how many removed analysers are still remembered.
func (t *Table) Tombstones() int { return t.tombstones }

// Len returns how many analysers are registered.
func (t *Table) Len() int { return len(t.entries) - t.tombstones }

// Analysers returns the registered analysers in ascending order of ids.
func (t *Table) Analysers() []Analyser {
	out := make([]Analyser, 0, t.Len())
	for i := range t.entries {
		if d, ok := t.entries[i].merged(); ok {
			out = append(out, Analyser{t.entries[i].id, d.address, d.weight, d.drains&1 == 1})
		}
	}
	return out
}

func (t *Table) find(id string) (int, bool) {
	return slices.BinarySearchFunc(t.entries, id, func(e entry, id string) int { return strings.Compare(e.id, id) })
}

// Put registers an analyser, or sets all of a registered one.
func (t *Table) Put(a Analyser) (Delta, error) {
	if !validID(a.ID) || !validAddress(a.Address) || a.Weight > WeightMax {
		return Delta{}, fmt.Errorf("%w: analyser %q, address %q, weight %d: ids are 1 to %d of A-Z a-z 0-9 . _ -, addresses at most %d printable bytes, weights 0..%d",
			ErrInvalid, a.ID, a.Address, a.Weight, IDMax, AddressMax, WeightMax)
	}
	return t.change(a.ID, true, func(d *dot) {
		d.address, d.addressV = a.Address, d.Version
		d.weight, d.weightV = a.Weight, d.Version
		d.drains = drainTo(d.drains, a.Drained)
	})
}

// SetWeight changes the weight of a registered analyser.
func (t *Table) SetWeight(id string, weight uint32) (Delta, error) {
	if weight > WeightMax {
		return Delta{}, fmt.Errorf("%w: weight %d of %q is not in 0..%d", ErrInvalid, weight, id, WeightMax)
	}
	return t.change(id, false, func(d *dot) { d.weight, d.weightV = weight, d.Version })
}

// SetDrain drains a registered analyser, or takes it back into service.
func (t *Table) SetDrain(id string, drained bool) (Delta, error) {
	return t.change(id, false, func(d *dot) { d.drains = drainTo(d.drains, drained) })
}

// Remove takes a registered analyser out.
func (t *Table) Remove(id string) (Delta, error) {
	return t.change(id, false, func(d *dot) { *d = dot{Version: d.Version, removed: true} })
}

// change makes one change of an analyser and returns what to tell the others.
// A table that has no room, or no counter left, is unchanged.
func (t *Table) change(id string, create bool, set func(*dot)) (Delta, error) {
	i, known := t.find(id)
	var d dot
	live := false
	if known {
		d, live = t.entries[i].merged()
	}
	switch {
	case !live && !create:
		return Delta{}, fmt.Errorf("%w: %q", ErrUnknown, id)
	case !live && t.Len() >= EntriesMax:
		return Delta{}, fmt.Errorf("%w: %d analysers are registered", ErrLimit, EntriesMax)
	case t.clock >= CounterMax:
		return Delta{}, fmt.Errorf("%w: no counter is left above %d", ErrLimit, t.clock)
	case d.drains >= drainsMost:
		return Delta{}, fmt.Errorf("%w: %q was drained too often: remove it first", ErrLimit, id)
	}
	before, floor := t.seen, t.floor
	v := Version{t.clock + 1, t.self}
	seen := before.with(v)
	if err := checkVector(seen); err != nil {
		return Delta{}, err
	}
	d.Version = v
	set(&d)
	e := entry{id, []dot{d}}
	t.clock, t.seen = v.Counter, seen
	t.put(i, known, e)
	t.bound()
	return Delta{base: before, seen: seen, floor: floor, entries: []entry{e}}, nil
}

// drainsMost keeps the count of drains within its type.
const drainsMost = 1 << 31

// checkVector says whether there is room for all its sites.
func checkVector(x Vector) error {
	if len(x) > SitesMax {
		return fmt.Errorf("%w: changes of %d incarnations, at most %d", ErrLimit, len(x), SitesMax)
	}
	return nil
}

// put places an entry where find said, and keeps the count of tombstones.
func (t *Table) put(i int, known bool, e entry) {
	if known {
		t.tombstones -= dead(&t.entries[i])
		t.entries[i] = e
	} else {
		t.entries = slices.Insert(t.entries, i, e)
	}
	t.tombstones += dead(&e)
}

func dead(e *entry) int {
	if e.live() {
		return 0
	}
	return 1
}

// Clone returns a copy of the table, of the same incarnation: what is changed in one is
// not in the other. Only one of the two may ever be told to others.
func (t *Table) Clone() *Table {
	c := *t
	c.entries = slices.Clone(t.entries)
	return &c
}
