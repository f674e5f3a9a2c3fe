package crdt

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// tally is what one site counted of one analyser: both only grow.
type tally struct {
	Site
	up, down uint64
}

type counter struct {
	id      string
	tallies []tally // ascending in sites; never changed in place
}

// Counts is a map of PN-counters, analyser id to messages: every site adds up
// its own, the value is the sum of all. It needs no causal order: any part may
// come late, twice or never, as later parts hold the earlier. Nothing is taken
// out: a site that forgot what it had told would count from 0 again, unseen by
// the others. It is not for several goroutines.
type Counts struct {
	self     Site
	counters []counter // ascending in ids
}

// CountPart is what Counts tell others: some of the tallies, or all.
type CountPart struct{ counters []counter }

// NewCounts returns empty counts of a replica's new incarnation: one that had
// counted under it before would be taken to have counted nothing since.
func NewCounts(self Site) (*Counts, error) {
	if !validID(self.Replica) || self.Inc == 0 {
		return nil, fmt.Errorf("%w: replica %q, incarnation %d", ErrInvalid, self.Replica, self.Inc)
	}
	return &Counts{self: self}, nil
}

func (c *Counts) find(id string) (int, bool) {
	return slices.BinarySearchFunc(c.counters, id, func(x counter, id string) int { return strings.Compare(x.id, id) })
}

// Value returns the sum of what was counted of an analyser, 0 if nothing was.
// It wraps only if the true sum is not an int64.
func (c *Counts) Value(id string) int64 {
	i, ok := c.find(id)
	if !ok {
		return 0
	}
	var sum uint64
	for _, x := range c.counters[i].tallies {
		sum += x.up - x.down
	}
	return int64(sum)
}

// Add counts n messages more, or fewer if n is negative, and returns what to
// tell the others.
func (c *Counts) Add(id string, n int64) (CountPart, error) {
	mine := c.own(id)
	up, down := uint64(max(n, 0)), uint64(0)
	if n < 0 {
		down = -uint64(n)
	}
	switch {
	case !validID(id):
		return CountPart{}, fmt.Errorf("%w: analyser %q", ErrInvalid, id)
	case mine.up+up > math.MaxInt64 || mine.down+down > math.MaxInt64:
		return CountPart{}, fmt.Errorf("%w: counts of %q beyond %d", ErrLimit, id, int64(math.MaxInt64))
	}
	mine.up, mine.down = mine.up+up, mine.down+down
	part := CountPart{[]counter{{id, []tally{mine}}}}
	_, err := c.merge(part)
	return part, err
}

func (x *counter) find(s Site) (int, bool) {
	return slices.BinarySearchFunc(x.tallies, s, func(t tally, s Site) int { return t.compare(s) })
}

// All returns everything that was counted.
func (c *Counts) All() CountPart { return CountPart{slices.Clone(c.counters)} }

// Merge joins a part and reports whether it told anything. With an error the
// counts are as before.
func (c *Counts) Merge(p CountPart) (news bool, err error) {
	for i := range p.counters {
		x := &p.counters[i]
		j, ok := x.find(c.self)
		if told := x.tallies; ok && (told[j].up > c.own(x.id).up || told[j].down > c.own(x.id).down) {
			return false, fmt.Errorf("%w: counts of %q", ErrForged, x.id)
		}
	}
	return c.merge(p)
}

// own returns what this site counted of an analyser.
func (c *Counts) own(id string) tally {
	if i, ok := c.find(id); ok {
		if j, ok := c.counters[i].find(c.self); ok {
			return c.counters[i].tallies[j]
		}
	}
	return tally{Site: c.self}
}

func (c *Counts) merge(p CountPart) (news bool, err error) {
	joined := make([]counter, len(p.counters))
	added := 0
	for k, x := range p.counters {
		var mine []tally
		i, ok := c.find(x.id)
		if ok {
			mine = c.counters[i].tallies
		} else {
			added++
		}
		joined[k] = counter{x.id, joinTallies(mine, x.tallies)}
		if n := len(joined[k].tallies); n > SitesMax {
			return false, fmt.Errorf("%w: counts of %q by %d sites, at most %d", ErrLimit, x.id, n, SitesMax)
		}
		news = news || !slices.Equal(mine, joined[k].tallies)
	}
	if n := len(c.counters) + added; n > EntriesMax {
		return false, fmt.Errorf("%w: counts of %d analysers, at most %d", ErrLimit, n, EntriesMax)
	}
	for _, x := range joined {
		if i, ok := c.find(x.id); ok {
			c.counters[i] = x
		} else {
			c.counters = slices.Insert(c.counters, i, x)
		}
	}
	return news, nil
}

func joinTallies(a, b []tally) []tally {
	out := make([]tally, 0, max(len(a), len(b)))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i].compare(b[j].Site) < 0:
			out, i = append(out, a[i]), i+1
		case i == len(a) || a[i].compare(b[j].Site) > 0:
			out, j = append(out, b[j]), j+1
		default:
			out = append(out, tally{a[i].Site, max(a[i].up, b[j].up), max(a[i].down, b[j].down)})
			i, j = i+1, j+1
		}
	}
	return out
}
