package crdt

import "slices"

// Collect drops what all members have seen: tombstones, and the counters of
// incarnations that have a successor. acks are the vectors that the other
// members said they had seen (Seen), of all of them. Leaving one out is safe:
// it will need a whole state where a delta would have done, and changes of
// old incarnations that had reached nobody else are lost with it.
func (t *Table) Collect(acks []Vector) {
	t.drop(func(e *entry) bool {
		return !slices.ContainsFunc(e.dots, func(d dot) bool { return !allCover(acks, d.Version) })
	})
	for i := 0; i+1 < len(t.seen); i++ {
		v := t.seen[i]
		if v.Counter == closed || t.seen[i+1].Replica != v.Replica {
			continue
		}
		if !allCover(acks, v) || slices.ContainsFunc(acks, func(x Vector) bool { return !t.seen.Includes(of(x, v.Site)) }) {
			continue
		}
		if t.shut(v.Site) {
			i = -1 // sites moved: look again, one less is open
		}
	}
}

func allCover(acks []Vector, v Version) bool {
	return !slices.ContainsFunc(acks, func(x Vector) bool { return !x.Covers(v) })
}

// of returns what a vector says of a site and the earlier ones of its replica.
func of(x Vector, s Site) Vector {
	return slices.DeleteFunc(slices.Clone(x), func(v Version) bool {
		return v.Replica != s.Replica || v.Inc > s.Inc || v.Counter == closed
	})
}

// shut closes a site and the earlier ones of its replica, and reports whether
// that changed anything. The floor makes others take it as a whole state, with
// which they drop what is missing here of these sites.
func (t *Table) shut(s Site) bool {
	v := Version{closed, s}
	if t.seen.Covers(v) {
		return false
	}
	t.seen, t.floor = t.seen.with(v), t.floor.with(v)
	return true
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

// bound keeps tombstones and incarnations within their limits whatever the
// others have seen: the oldest go first, tombstones a quarter at a time.
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
	for {
		s, ok := t.crowded()
		if !ok {
			return
		}
		t.shut(s)
	}
}

func newestOf(e *entry) Version {
	return slices.MaxFunc(e.dots, func(a, b dot) int { return a.Version.Compare(b.Version) }).Version
}

// crowded returns the oldest open site of a replica that has too many.
func (t *Table) crowded() (Site, bool) {
	for i, v := range t.seen {
		last := i + IncarnationsMax
		if v.Counter != closed && last < len(t.seen) && t.seen[last].Replica == v.Replica {
			return v.Site, true
		}
	}
	return Site{}, false
}
