package crdt

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
)

// countsMagic begins every encoded part of counts.
const countsMagic = "wcnts\x02"

// Encode returns the one form that a part has: the analysers that occur, in order, then
// the sites, each with its tallies by the analysers' numbers.
func (p CountPart) Encode() ([]byte, error) {
	all := ids(p.accounts)
	w := writer{buf: []byte(countsMagic)}
	w.uint(uint64(len(all)))
	for _, id := range all {
		w.text(id)
	}
	w.uint(uint64(len(p.accounts)))
	for i := range p.accounts {
		a := &p.accounts[i]
		w.text(a.Replica)
		for _, n := range [...]uint64{uint64(a.Inc), a.at, a.gen, uint64(a.folds), uint64(len(a.tallies))} {
			w.uint(n)
		}
		k := 0
		for _, t := range a.tallies {
			for all[k] != t.id { // both ascend
				k++
			}
			w.uint(uint64(k))
			w.uint(t.up)
			w.uint(t.down)
		}
	}
	if len(w.buf) > MessageMax {
		return nil, fmt.Errorf("%w: a message of %d bytes, at most %d", ErrLimit, len(w.buf), MessageMax)
	}
	return w.buf, nil
}

// DecodeCounts reads what CountPart.Encode wrote and refuses everything else,
// with an error that wraps ErrInvalid.
func DecodeCounts(data []byte) (CountPart, error) {
	rest, ok := strings.CutPrefix(string(data[:min(len(data), len(countsMagic))]), countsMagic)
	if !ok || rest != "" || len(data) > MessageMax {
		return CountPart{}, fmt.Errorf("%w: %d bytes do not begin as counts of form 2, or are more than %d", ErrInvalid, len(data), MessageMax)
	}
	r := reader{rest: data[len(countsMagic):]}
	p := r.counts()
	if r.err != nil {
		return CountPart{}, fmt.Errorf("%w: byte %d of %d: %w", ErrInvalid, len(data)-len(r.rest), len(data), r.err)
	}
	again, err := p.Encode()
	if err != nil {
		return CountPart{}, err
	}
	if !bytes.Equal(again, data) || len(p.accounts) != len(prune(p.accounts)) {
		return CountPart{}, fmt.Errorf("%w: not in the canonical form", ErrInvalid)
	}
	return p, nil
}

func (r *reader) counts() (p CountPart) {
	var all []string
	n := r.count(EntriesMax, 2, "number of analysers")
	for i := 0; i < n && r.err == nil; i++ {
		all = append(all, r.text(IDMax, validID, "analyser"))
		if i > 0 && all[i-1] >= all[i] {
			r.fail("analyser %q does not ascend", all[i])
		}
	}
	n = r.count(AccountsMax, 7, "number of sites")
	for i := 0; i < n && r.err == nil; i++ {
		a := r.account(all)
		if i > 0 && p.accounts[i-1].compare(a.Site) >= 0 {
			r.fail("site %q/%d does not ascend", a.Replica, a.Inc)
		}
		p.accounts = append(p.accounts, a)
	}
	if len(r.rest) > 0 {
		r.fail("%d bytes too many", len(r.rest))
	}
	return p
}

func (r *reader) account(all []string) account {
	a := account{Site: Site{r.text(IDMax, validID, "replica"), uint32(r.uint(math.MaxUint32, "incarnation"))}}
	a.at, a.gen = r.uint(CounterMax, "change"), r.uint(CounterMax, "generation")
	a.folds = uint32(r.uint(math.MaxUint32, "folded incarnation"))
	if r.err == nil && (a.Inc == 0 || a.at == 0 || a.gen >= a.at || a.folds >= a.Inc) {
		r.fail("site %q: incarnation %d at change %d of generation %d folds %d", a.Replica, a.Inc, a.at, a.gen, a.folds)
	}
	n := r.count(len(all), 3, "number of tallies")
	for i, last := 0, -1; i < n && r.err == nil; i++ {
		k := int(r.uint(uint64(len(all)), "analyser"))
		if k >= len(all) || k <= last {
			r.fail("analyser %d of %d does not ascend", k, len(all))
			return a
		}
		last = k
		a.tallies = append(a.tallies, tally{all[k], r.uint(math.MaxInt64, "count up"), r.uint(math.MaxInt64, "count down")})
	}
	a.tallies = slices.Clip(a.tallies)
	return a
}
