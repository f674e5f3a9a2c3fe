package crdt

import (
	"fmt"
	"slices"
	"strings"
)

// All returns everything that was counted.
func (c *Counts) All() CountPart { return CountPart{slices.Clone(c.accounts)} }

// Merge joins a part and reports whether it told anything. With an error the
// counts are as before.
func (c *Counts) Merge(p CountPart) (news bool, err error) {
	for i := range p.accounts {
		if err := c.admit(&p.accounts[i]); err != nil {
			return false, err
		}
	}
	joined := joinAccounts(c.accounts, p.accounts)
	if len(joined) > AccountsMax {
		return false, fmt.Errorf("%w: counts of %d incarnations, at most %d", ErrLimit, len(joined), AccountsMax)
	}
	if slices.EqualFunc(c.accounts, joined, account.equal) {
		return false, nil
	}
	if err := checkSums(joined); err != nil {
		return false, err
	}
	c.accounts = joined
	return true, nil
}

// admit says whether a site's account can be joined.
func (c *Counts) admit(a *account) error {
	known := uint64(0)
	if i, ok := findAccount(c.accounts, a.Site); ok {
		known = c.accounts[i].at
	}
	mine := c.own()
	switch {
	case a.at > known && a.at-known > AheadMax:
		return fmt.Errorf("%w: change %d of the counts of %q/%d, seen were %d", ErrAhead, a.at, a.Replica, a.Inc, known)
	case a.Replica != c.self.Replica:
	case a.Inc > c.self.Inc:
		return fmt.Errorf("%w: %q is %d, told of %d", ErrSuperseded, a.Replica, c.self.Inc, a.Inc)
	case a.Inc == c.self.Inc && !joinAccount(mine, *a).equal(mine):
		return fmt.Errorf("%w: counts of %q incarnation %d", ErrForged, a.Replica, a.Inc)
	}
	return nil
}

func (a account) equal(b account) bool {
	return a.Site == b.Site && a.at == b.at && a.gen == b.gen && a.folds == b.folds && slices.Equal(a.tallies, b.tallies)
}

// joinAccounts joins two lists, and drops what is folded or too much.
func joinAccounts(a, b []account) []account {
	out := make([]account, 0, max(len(a), len(b)))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i].compare(b[j].Site) < 0:
			out, i = append(out, a[i]), i+1
		case i == len(a) || a[i].compare(b[j].Site) > 0:
			out, j = append(out, b[j]), j+1
		default:
			out = append(out, joinAccount(a[i], b[j]))
			i, j = i+1, j+1
		}
	}
	return prune(out)
}

// prune drops the incarnations that a later one folded, and of each replica all but the
// latest LivesMax.
func prune(list []account) []account {
	kept := list[:0:0]
	for i := range list {
		a, later, folded := &list[i], 0, false
		for j := i + 1; j < len(list) && list[j].Replica == a.Replica; j++ {
			later++
			folded = folded || list[j].folds >= a.Inc
		}
		if !folded && later < LivesMax {
			kept = append(kept, *a)
		}
	}
	return kept
}

// joinAccount joins what was heard of one site: the later generation, within one the
// larger of all numbers.
func joinAccount(a, b account) account {
	if a.gen < b.gen {
		a, b = b, a
	}
	out := account{Site: a.Site, at: max(a.at, b.at), gen: a.gen, folds: max(a.folds, b.folds), tallies: a.tallies}
	if a.gen > b.gen || len(b.tallies) == 0 {
		return out
	}
	out.tallies = make([]tally, 0, max(len(a.tallies), len(b.tallies)))
	for i, j := 0, 0; i < len(a.tallies) || j < len(b.tallies); {
		switch {
		case j == len(b.tallies) || i < len(a.tallies) && a.tallies[i].id < b.tallies[j].id:
			out.tallies, i = append(out.tallies, a.tallies[i]), i+1
		case i == len(a.tallies) || a.tallies[i].id > b.tallies[j].id:
			out.tallies, j = append(out.tallies, b.tallies[j]), j+1
		default:
			x, y := a.tallies[i], b.tallies[j]
			out.tallies = append(out.tallies, tally{x.id, max(x.up, y.up), max(x.down, y.down)})
			i, j = i+1, j+1
		}
	}
	return out
}

// checkSums keeps every sum of values within SumMax.
func checkSums(list []account) error {
	sums := make([]Count, 0, 16)
	for i := range list {
		a := account{Site: list[i].Site, tallies: make([]tally, 0, len(list[i].tallies))}
		for _, t := range list[i].tallies {
			v := t.value()
			if v > CountMax || v < -CountMax {
				return fmt.Errorf("%w: %q/%d counted %d of %q, at most %d", ErrLimit, a.Replica, a.Inc, v, t.id, int64(CountMax))
			}
			a.tallies = append(a.tallies, tally{id: t.id}.moved(max(v, -v)))
		}
		sums = addAccount(sums, &a)
	}
	if len(sums) > EntriesMax {
		return fmt.Errorf("%w: counts of %d analysers, at most %d", ErrLimit, len(sums), EntriesMax)
	}
	if i := slices.IndexFunc(sums, func(x Count) bool { return x.Value > SumMax }); i >= 0 {
		return fmt.Errorf("%w: counts of %q beyond %d", ErrLimit, sums[i].ID, int64(SumMax))
	}
	return nil
}

// ids returns all analysers of a list of accounts, ascending.
func ids(list []account) []string {
	var all []string
	for i := range list {
		for _, t := range list[i].tallies {
			all = append(all, t.id)
		}
	}
	slices.SortFunc(all, strings.Compare)
	return slices.Compact(all)
}
