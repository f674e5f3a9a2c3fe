package crdt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// reader reads an encoded delta. After the first error it returns zero values.
type reader struct {
	rest  []byte
	err   error
	sites []Site
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// uint reads a number of at most most.
func (r *reader) uint(most uint64, what string) uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > most {
		r.fail("%s is cut off or more than %d", what, most)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bool(what string) bool { return r.uint(1, what) == 1 }

// count reads how many things follow, of at least size bytes each, so that what
// is allocated for them is bounded by what arrived.
func (r *reader) count(most, size int, what string) int {
	n := int(r.uint(uint64(most), what))
	if n*size > len(r.rest) {
		r.fail("%s is %d, more than the %d bytes left can hold", what, n, len(r.rest))
		return 0
	}
	return n
}

// text reads a text of at most most bytes that valid accepts.
func (r *reader) text(most int, valid func(string) bool, what string) string {
	n := r.count(most, 1, what)
	if r.err != nil {
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	if !valid(s) {
		r.fail("%s %q is empty or has a character that is not allowed", what, s)
	}
	return s
}

func (r *reader) version() (v Version) {
	i := r.uint(math.MaxInt32, "site")
	if int(i) >= len(r.sites) {
		r.fail("site %d of %d", i, len(r.sites))
		return v
	}
	v = Version{r.uint(CounterMax, "counter"), r.sites[i]}
	if v.Counter == 0 {
		r.fail("counter is 0")
	}
	return v
}

func (r *reader) delta() (d Delta) {
	head, ok := strings.CutPrefix(string(r.rest[:min(len(r.rest), len(magic))]), magic)
	if !ok || head != "" {
		r.fail("does not begin as a delta of form 1")
		return d
	}
	r.rest = r.rest[len(magic):]
	d.full = r.bool("full")
	r.vectors(&d)
	n := r.count(EntriesMax+TombstonesMax, 6, "number of entries")
	for i := 0; i < n && r.err == nil; i++ {
		e := r.entry(d.seen)
		if i > 0 && d.entries[i-1].id >= e.id {
			r.fail("analyser %q does not ascend", e.id)
		}
		d.entries = append(d.entries, e)
	}
	if len(r.rest) > 0 {
		r.fail("%d bytes too many", len(r.rest))
	}
	return d
}

// site reads the next site of the list of all, which ascends.
func (r *reader) site() Site {
	s := Site{r.text(IDMax, validID, "replica"), uint32(r.uint(math.MaxUint32, "incarnation"))}
	if s.Inc == 0 || len(r.sites) > 0 && r.sites[len(r.sites)-1].compare(s) >= 0 {
		r.fail("site %q/%d does not ascend or is 0", s.Replica, s.Inc)
	}
	return s
}

func (r *reader) vectors(d *Delta) {
	n := r.count(SitesMax, 6, "number of sites")
	for i := 0; i < n && r.err == nil; i++ {
		s := r.site()
		r.sites = append(r.sites, s)
		for _, x := range []*Vector{&d.seen, &d.base, &d.floor} {
			if c := r.uint(CounterMax, "counter"); c > 0 {
				*x = append(*x, Version{c, s})
			}
		}
	}
	if r.err == nil {
		r.err = checkForm(*d)
	}
}

// checkForm holds what is true of every delta of Since, State or a change.
func checkForm(d Delta) error {
	switch {
	case !d.seen.Includes(d.base) || !d.seen.Includes(d.floor):
		return errors.New("base or floor is beyond what was seen")
	case d.full && len(d.base) > 0:
		return errors.New("a whole state has a base")
	case !d.full && !d.base.Includes(d.floor):
		return errors.New("a delta's base does not include its floor")
	}
	return nil
}

func (r *reader) entry(seen Vector) entry {
	e := entry{id: r.text(IDMax, validID, "analyser")}
	n := r.count(len(r.sites), 3, "number of dots")
	if n == 0 {
		r.fail("analyser %q has no dot", e.id)
	}
	for i := 0; i < n && r.err == nil; i++ {
		d := r.dot()
		known := seen.Covers(d.Version) && (d.removed || seen.Covers(d.addressV) && seen.Covers(d.weightV))
		if r.err == nil && !known {
			r.fail("analyser %q: version %d of %q/%d, or one of its values, is beyond what was seen", e.id, d.Counter, d.Replica, d.Inc)
		}
		if i > 0 && e.dots[i-1].compare(d.Site) >= 0 {
			r.fail("analyser %q: sites do not ascend", e.id)
		}
		e.dots = append(e.dots, d)
	}
	return e
}

func (r *reader) dot() dot {
	d := dot{Version: r.version(), removed: r.bool("removed")}
	if d.removed {
		return d
	}
	d.address = r.text(AddressMax, validAddress, "address")
	d.addressV = r.version()
	d.weight = uint32(r.uint(WeightMax, "weight"))
	d.weightV = r.version()
	d.drains = uint32(r.uint(drainsMost+2, "drains"))
	if r.err == nil && (d.addressV.Compare(d.Version) > 0 || d.weightV.Compare(d.Version) > 0) {
		r.fail("a value is later than its change")
	}
	return d
}
