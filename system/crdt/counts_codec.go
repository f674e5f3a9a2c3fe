package crdt

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
)

// countsMagic begins every encoded part of counts.
const countsMagic = "wcnts\x01"

// Encode returns the one form that a part has: the sites that occur, in order,
// then for each analyser the tallies by site.
func (p CountPart) Encode() ([]byte, error) {
	var sites []Site
	for _, c := range p.counters {
		for _, x := range c.tallies {
			if i, ok := slices.BinarySearchFunc(sites, x.Site, Site.compare); !ok {
				sites = slices.Insert(sites, i, x.Site)
			}
		}
	}
	w := writer{buf: []byte(countsMagic), sites: sites}
	w.uint(uint64(len(sites)))
	for _, s := range sites {
		w.text(s.Replica)
		w.uint(uint64(s.Inc))
	}
	w.uint(uint64(len(p.counters)))
	for _, c := range p.counters {
		w.text(c.id)
		w.uint(uint64(len(c.tallies)))
		for _, x := range c.tallies {
			i, _ := slices.BinarySearchFunc(sites, x.Site, Site.compare)
			w.uint(uint64(i))
			w.uint(x.up)
			w.uint(x.down)
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
		return CountPart{}, fmt.Errorf("%w: %d bytes do not begin as counts of form 1, or are more than %d", ErrInvalid, len(data), MessageMax)
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
	if !bytes.Equal(again, data) {
		return CountPart{}, fmt.Errorf("%w: not in the canonical form", ErrInvalid)
	}
	return p, nil
}

func (r *reader) counts() (p CountPart) {
	n := r.count(SitesMax, 3, "number of sites")
	for i := 0; i < n && r.err == nil; i++ {
		r.sites = append(r.sites, r.site())
	}
	n = r.count(EntriesMax, 3, "number of counters")
	for i := 0; i < n && r.err == nil; i++ {
		c := counter{id: r.text(IDMax, validID, "analyser")}
		if i > 0 && p.counters[i-1].id >= c.id {
			r.fail("analyser %q does not ascend", c.id)
		}
		c.tallies = r.tallies(c.id)
		p.counters = append(p.counters, c)
	}
	if len(r.rest) > 0 {
		r.fail("%d bytes too many", len(r.rest))
	}
	return p
}

func (r *reader) tallies(id string) (out []tally) {
	n := r.count(len(r.sites), 3, "number of tallies")
	if n == 0 {
		r.fail("analyser %q has no tally", id)
	}
	for i := 0; i < n && r.err == nil; i++ {
		at := int(r.uint(SitesMax, "site"))
		if at >= len(r.sites) {
			r.fail("site %d of %d", at, len(r.sites))
			return nil
		}
		x := tally{r.sites[at], r.uint(math.MaxInt64, "count up"), r.uint(math.MaxInt64, "count down")}
		if i > 0 && out[i-1].compare(x.Site) >= 0 {
			r.fail("analyser %q: sites do not ascend", id)
		}
		out = append(out, x)
	}
	return out
}
