package digest

import (
	"cmp"
	"slices"
)

// cell is the counts of one key.
type cell struct {
	order uint64 // keys are in ascending order of this, then of the text
	text  string
	Counts
}

func (c *cell) compare(order uint64, text string) int {
	if c.order != order {
		return cmp.Compare(c.order, order)
	}
	return cmp.Compare(c.text, text)
}

// table counts by key and keeps the least keys, at most max of them. The counts of
// all others are in the rest. So it is a function of what was added, in any order.
type table struct {
	salt    uint64 // tells the tables apart in sums
	max     int    // 1 or more
	cells   []cell // in ascending order; max of them if there is a rest
	rest    Counts
	restSum uint64 // the linear sum of what is in the rest
}

// find returns where a key is or would be.
func (t *table) find(order uint64, text string) (int, bool) {
	lo, hi := 0, len(t.cells)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if c := t.cells[mid].compare(order, text); c == 0 {
			return mid, true
		} else if c < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, false
}

// known returns the text of a key, without a copy, if the table has it.
func (t *table) known(order uint64, text string) (string, bool) {
	i, _ := t.find(order, "")
	for ; i < len(t.cells) && t.cells[i].order == order; i++ {
		if t.cells[i].text == text {
			return t.cells[i].text, true
		}
	}
	return "", false
}

// add adds counts under a key. The table keeps the text.
func (t *table) add(order uint64, text string, c *Counts) {
	i, found := t.find(order, text)
	switch {
	case found:
		t.cells[i].add(c)
	case i >= t.max:
		t.leave(order, c)
	default:
		if len(t.cells) == t.max {
			last := &t.cells[t.max-1]
			t.leave(last.order, &last.Counts)
			t.cells = t.cells[:t.max-1]
		}
		t.cells = slices.Insert(t.cells, i, cell{order: order, text: text, Counts: *c})
	}
}

// leave adds the counts of a key to the rest.
func (t *table) leave(order uint64, c *Counts) {
	t.rest.add(c)
	t.restSum += c.sum(t.salt + order)
}

// full reports whether something is in the rest.
func (t *table) full() bool { return t.rest.Messages() > 0 }

// limit lowers the bound to max. It raises it only while nothing is in the rest: what
// has left cannot come back.
func (t *table) limit(max int) {
	if t.full() && max > t.max {
		return
	}
	t.max = max
	for n := len(t.cells); n > max; n-- {
		last := &t.cells[n-1]
		t.leave(last.order, &last.Counts)
	}
	t.cells = t.cells[:min(len(t.cells), max)]
}

// merge adds another table. A key that is among the least of both together is among
// the least of each, so its counts are whole if the lesser bound is kept.
func (t *table) merge(o *table) {
	if o.full() && o.max < t.max {
		t.limit(o.max)
	}
	for i := range o.cells {
		t.add(o.cells[i].order, o.cells[i].text, &o.cells[i].Counts)
	}
	t.rest.add(&o.rest)
	t.restSum += o.restSum
}

func (t *table) reset() {
	clear(t.cells) // no text outlives its packet
	t.cells, t.rest, t.restSum = t.cells[:0], Counts{}, 0
}

// sum is the linear sum of the whole table.
func (t *table) sum() uint64 {
	sum := t.restSum
	for i := range t.cells {
		sum += t.cells[i].sum(t.salt + t.cells[i].order)
	}
	return sum
}
