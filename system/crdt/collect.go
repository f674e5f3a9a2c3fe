package crdt

import "slices"

// Collect drops the tombstones that all members have seen. acks are the vectors
// that the other members said they had seen. Leaving one out is safe: it will
// need a whole state where a delta would have done.
func (t *Table) Collect(acks []Vector) {
	t.drop(func(e *entry) bool {
		return !slices.ContainsFunc(e.dots, func(d dot) bool { return !allCover(acks, d.Version) })
	})
}

func allCover(acks []Vector, v Version) bool {
	return !slices.ContainsFunc(acks, func(x Vector) bool { return !x.Covers(v) })
}

// drop removes the tombstones that which names.
func (t *Table) drop(which func(*entry) bool) {
	kept := make([]entry, 0, len(t.entries))
	for i := range t.entries {
		e := &t.entries[i]
		if e.live() || !which(e) {
			kept = append(kept, *e)
			continue
		}
		for _, d := range e.dots {
			t.floor = t.floor.with(d.Version)
		}
	}
	t.entries, t.tombstones = kept, countDead(kept)
}

// bound keeps tombstones within their limit whatever the others have seen: the
// oldest go first, a quarter at a time.
func (t *Table) bound() {
	if t.tombstones > TombstonesMax {
		var stones []Version
		for i := range t.entries {
			if e := &t.entries[i]; !e.live() {
				stones = append(stones, newestOf(e))
			}
		}
		slices.SortFunc(stones, Version.Compare)
		last := stones[len(stones)-TombstonesMax*3/4]
		t.drop(func(e *entry) bool { return newestOf(e).Compare(last) < 0 })
	}
}

func newestOf(e *entry) Version {
	return slices.MaxFunc(e.dots, func(a, b dot) int { return a.Version.Compare(b.Version) }).Version
}
