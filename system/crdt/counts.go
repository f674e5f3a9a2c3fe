package crdt

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Count is what was counted of one analyser, in units of the caller's choice.
type Count struct {
	ID    string
	Value int64
}

// tally is what one site counted of one analyser. Within a generation of its site
// both numbers only grow, so the later one is the maximum.
type tally struct {
	id       string
	up, down uint64
}

func (t tally) value() int64 { return int64(t.up - t.down) }

// account is all that one site counted.
type account struct {
	Site
	at      uint64  // changes that it made, from 1
	gen     uint64  // how often it forgot analysers; counts then began anew
	folds   uint32  // its counts hold those of the incarnations of its replica up to this one
	tallies []tally // ascending in ids; never changed in place
}

// The limits of counts.
const (
	// CountMax is the largest absolute value that a site may have counted.
	CountMax = 1 << 56
	// SumMax is the largest sum of the absolute values of all sites.
	SumMax = 1 << 60
	// AccountsMax is how many sites may count; of one replica it is LivesMax.
	AccountsMax = 1024
	// LivesMax is how many incarnations of a replica are told apart. Of more the oldest
	// are dropped, with what they counted.
	LivesMax = 16
)

// Counts is a map of PN-counters, analyser id to a number: every site adds up its own,
// the value is the sum of all. The join takes the later generation of a site, and within
// one the larger of each number, so it needs no causal order: any part may come late,
// twice or never. It is not for several goroutines.
//
// What is kept is bounded. A site that forgets an analyser begins a new generation with
// what is left. An incarnation that is over is folded by the next one of its replica: the
// counts of that one then hold all that it has seen of the earlier ones, and these are
// dropped by everyone who learns of it. What of the earlier ones it had not seen by
// then, because they told only those that it cannot hear, is lost.
type Counts struct {
	self     Site
	accounts []account // ascending in sites
	base     []Count   // folded, ascending in ids
}

// CountPart is what Counts tell others. It never changes.
type CountPart struct{ accounts []account }

// NewCounts returns empty counts of a replica's new incarnation: one that had
// counted under it before would be taken to have counted nothing since.
func NewCounts(self Site) (*Counts, error) {
	if !validID(self.Replica) || self.Inc == 0 {
		return nil, fmt.Errorf("%w: replica %q, incarnation %d", ErrInvalid, self.Replica, self.Inc)
	}
	return &Counts{self: self}, nil
}

func findAccount(list []account, s Site) (int, bool) {
	return slices.BinarySearchFunc(list, s, func(a account, s Site) int { return a.compare(s) })
}

// own returns the account of this site.
func (c *Counts) own() account {
	if i, ok := findAccount(c.accounts, c.self); ok {
		return c.accounts[i]
	}
	return account{Site: c.self}
}

// Set makes what this site counted itself exactly these values, in ascending order of
// ids, and reports whether anything changed. Of ids that are missing it forgets what it
// counted and folded.
func (c *Counts) Set(values []Count) (changed bool, err error) {
	mine := c.own()
	next := account{Site: c.self, at: mine.at + 1, gen: mine.gen, folds: mine.folds, tallies: make([]tally, 0, len(values))}
	base := slices.DeleteFunc(slices.Clone(c.base), func(b Count) bool { _, ok := findCount(values, b.ID); return !ok })
	full := false // the numbers of a tally grow too large
	for i, v := range values {
		if !validID(v.ID) || i > 0 && values[i-1].ID >= v.ID {
			return false, fmt.Errorf("%w: analyser %q is no id, or does not ascend", ErrInvalid, v.ID)
		}
		want := v.Value
		if j, ok := findCount(base, v.ID); ok {
			want += base[j].Value
		}
		if want > CountMax || want < -CountMax {
			return false, fmt.Errorf("%w: %d counted of %q, at most %d", ErrLimit, want, v.ID, int64(CountMax))
		}
		t := mine.find(v.ID).moved(want)
		full = full || max(t.up, t.down) > math.MaxInt64-2*CountMax
		next.tallies = append(next.tallies, t)
	}
	if len(values) > EntriesMax {
		return false, fmt.Errorf("%w: counts of %d analysers, at most %d", ErrLimit, len(values), EntriesMax)
	}
	if mine.at > 0 && slices.Equal(mine.tallies, next.tallies) {
		return false, nil
	}
	if full || slices.ContainsFunc(mine.tallies, func(t tally) bool { _, ok := findCount(values, t.id); return !ok }) {
		next = next.anew()
	}
	c.base = base
	c.put(next)
	return true, nil
}

func findCount(list []Count, id string) (int, bool) {
	return slices.BinarySearchFunc(list, id, func(x Count, id string) int { return strings.Compare(x.ID, id) })
}

// find returns the tally of an analyser, one of nothing if there is none.
func (a *account) find(id string) tally {
	i, ok := slices.BinarySearchFunc(a.tallies, id, func(t tally, id string) int { return strings.Compare(t.id, id) })
	if ok {
		return a.tallies[i]
	}
	return tally{id: id}
}

// moved returns the tally with another value: one of its numbers has grown.
func (t tally) moved(value int64) tally {
	if d := value - t.value(); d > 0 {
		t.up += uint64(d)
	} else {
		t.down += uint64(-d)
	}
	return t
}

// anew returns the account in its next generation: the same values in the smallest numbers.
func (a account) anew() account {
	a.gen++
	a.tallies = slices.Clone(a.tallies)
	for i, t := range a.tallies {
		a.tallies[i] = tally{id: t.id}.moved(t.value())
	}
	return a
}

func (c *Counts) put(a account) {
	if i, ok := findAccount(c.accounts, a.Site); ok {
		c.accounts[i] = a
	} else {
		c.accounts = slices.Insert(c.accounts, i, a)
	}
}

// Fold takes what this replica's earlier incarnations counted, as far as it was seen, into
// this one's counts of the analysers that these have, drops them, and reports whether there
// was any. Call Set before. What it folds it must have heard from all that it can reach.
func (c *Counts) Fold() bool {
	mine, sum := c.own(), []Count(nil)
	last := mine.folds
	for _, a := range c.accounts {
		if a.Replica == c.self.Replica && a.Inc < c.self.Inc {
			sum, last = addAccount(sum, &a), a.Inc
		}
	}
	if last == mine.folds || mine.at == 0 {
		return false
	}
	next := account{Site: c.self, at: mine.at + 1, gen: mine.gen, folds: last}
	for _, t := range mine.tallies {
		value := t.value()
		if i, ok := findCount(sum, t.id); ok {
			value = min(max(value+sum[i].Value, -CountMax), CountMax)
			c.fold(t.id, value-t.value())
		}
		next.tallies = append(next.tallies, t.moved(value))
	}
	c.put(next)
	c.accounts = prune(c.accounts)
	return true
}

func (c *Counts) fold(id string, value int64) {
	if i, ok := findCount(c.base, id); ok {
		c.base[i].Value += value
	} else {
		c.base = slices.Insert(c.base, i, Count{id, value})
	}
}

// addAccount adds what a site counted to a list of sums.
func addAccount(sums []Count, a *account) []Count {
	out := make([]Count, 0, max(len(sums), len(a.tallies)))
	for i, j := 0, 0; i < len(sums) || j < len(a.tallies); {
		switch {
		case j == len(a.tallies) || i < len(sums) && sums[i].ID < a.tallies[j].id:
			out, i = append(out, sums[i]), i+1
		case i == len(sums) || sums[i].ID > a.tallies[j].id:
			out, j = append(out, Count{a.tallies[j].id, a.tallies[j].value()}), j+1
		default:
			out = append(out, Count{sums[i].ID, sums[i].Value + a.tallies[j].value()})
			i, j = i+1, j+1
		}
	}
	return out
}

// Sums returns what all sites counted of each analyser, in ascending order of ids.
func (c *Counts) Sums() (sums []Count) {
	for i := range c.accounts {
		sums = addAccount(sums, &c.accounts[i])
	}
	return sums
}

// Own returns what this site counted, folded counts included.
func (c *Counts) Own() []Count {
	mine := c.own()
	return addAccount(nil, &mine)
}

// Value returns what all sites counted of an analyser, 0 if nothing was.
func (c *Counts) Value(id string) (sum int64) {
	for i := range c.accounts {
		t := c.accounts[i].find(id)
		sum += t.value()
	}
	return sum
}

// Seen returns up to which of its changes the counts of each site were seen.
func (c *Counts) Seen() Vector {
	seen := make(Vector, len(c.accounts))
	for i, a := range c.accounts {
		seen[i] = Version{a.at, a.Site}
	}
	return seen
}

// Folded returns up to which of its replica's earlier incarnations this site's counts hold.
func (c *Counts) Folded() uint32 { a := c.own(); return a.folds }
