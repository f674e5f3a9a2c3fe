package logcheck

import "slices"

// change is one change of the shared table, as its record says: who made it, what that
// one had seen before, and the values that follow for the analyser.
type change struct {
	mark            // by whom, its counter
	ctx      vector // seen before
	removed  bool
	weight   uint32
	weightBy mark   // the change that set the weight
	drains   uint32 // odd: drained
	at       Ref
}

// beats reports whether version a is later than b: by counter, then name, then incarnation.
func (a mark) beats(b mark, names *Names) bool {
	if a.ctr != b.ctr {
		return a.ctr > b.ctr
	}
	return a.compare(b.siteID, names) > 0
}

// changesMax bounds the changes of a run that are remembered.
const changesMax = 1 << 15

// changeBook has all changes of a run: what a replica's table must be follows from which
// of them it has seen, and from nothing else.
type changeBook struct {
	names *Names
	ids   []Sym // that were ever registered, ascending in names
	of    map[Sym][]*change
	known map[siteID]uint64 // the newest counter of each site
	count int
	memo  map[string][]entry // tables, by the text of the vector
}

func newChangeBook(names *Names) *changeBook {
	return &changeBook{names: names, of: map[Sym][]*change{}, known: map[siteID]uint64{}, memo: map[string][]entry{}}
}

// full says that the book has no room for the run's changes.
func (b *changeBook) full() bool { return b.count > changesMax }

func (b *changeBook) add(an Sym, c *change) {
	if b.count++; b.full() {
		return
	}
	if b.of[an] == nil {
		i, _ := slices.BinarySearchFunc(b.ids, an, func(x, y Sym) int { return siteID{x, 0}.compare(siteID{y, 0}, b.names) })
		b.ids = slices.Insert(b.ids, i, an)
	}
	b.of[an] = append(b.of[an], c)
	b.known[c.siteID] = max(b.known[c.siteID], c.ctr)
	clear(b.memo)
}

// standing calls see for every change of an analyser that a replica knows which has seen
// just that, and which no other one that it knows had seen.
func (b *changeBook) standing(an Sym, seen vector, see func(*change)) {
	all := b.of[an]
	for i, c := range all {
		if seen.of(c.siteID) < c.ctr {
			continue
		}
		over := func(d *change) bool { return seen.of(d.siteID) >= d.ctr && d.ctx.of(c.siteID) >= c.ctr }
		// Mostly it is the next one that had seen it.
		if !slices.ContainsFunc(all[i+1:], over) && !slices.ContainsFunc(all[:i], over) {
			see(c)
		}
	}
}

// sum is what the standing changes of an analyser amount to; live is false if it is not
// registered. A registration or value outweighs a removal that did not see it; of two
// weights the later version counts, of two drains the greater count.
func (b *changeBook) sum(an Sym, seen vector) (s change, live bool) {
	b.standing(an, seen, func(c *change) {
		if c.removed {
			return
		}
		if !live || c.weightBy.beats(s.weightBy, b.names) {
			s.weight, s.weightBy = c.weight, c.weightBy
		}
		s.drains = max(s.drains, c.drains)
		live = true
	})
	return s, live
}

// make returns the change that an operation is, by one who had seen ctx; ok is false if
// it does not apply there.
func (b *changeBook) make(by mark, op string, an Sym, weight uint64, ctx vector) (c *change, ok bool) {
	s, live := b.sum(an, ctx)
	c = &change{mark: by, ctx: ctx, weight: s.weight, weightBy: s.weightBy, drains: s.drains}
	if live == (op == "add") || weight > weightMax {
		return nil, false
	}
	switch op {
	case "add":
		c.drains = 0
		c.weight, c.weightBy = uint32(weight), by
	case "weight":
		c.weight, c.weightBy = uint32(weight), by
	case "drain":
		c.drains += 1 + c.drains&1
	case "undrain":
		c.drains += c.drains & 1
	case "remove":
		c.removed = true
	}
	return c, true
}

// table is what a replica that has seen just that must have, in ascending order.
func (b *changeBook) table(text []byte, seen vector) []entry {
	if t, ok := b.memo[string(text)]; ok {
		return t
	}
	t := []entry{}
	for _, an := range b.ids {
		if s, live := b.sum(an, seen); live {
			e := entry{id: an, weight: s.weight}
			if s.drains&1 == 1 {
				e.status = statusDrain
			}
			t = append(t, e)
		}
	}
	if len(b.memo) >= bookMax {
		clear(b.memo)
	}
	b.memo[string(text)] = t
	return t
}

// removed counts the analysers that a replica which has seen just that knows to be gone.
func (b *changeBook) removed(seen vector) (n int) {
	for _, an := range b.ids {
		known, live := false, false
		b.standing(an, seen, func(c *change) { known, live = true, live || !c.removed })
		if known && !live {
			n++
		}
	}
	return n
}
