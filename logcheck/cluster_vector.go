package logcheck

import (
	"bytes"
	"slices"
	"strings"
)

// siteID is an incarnation of a distributor, or a boot table, as one that makes changes.
type siteID struct {
	node Sym
	inc  uint32
}

// mark says that of a site's changes those up to a counter were seen.
type mark struct {
	siteID
	ctr uint64
}

// vector is what a replica has seen, ascending in names and incarnations.
type vector []mark

// marksMax bounds the sites of a vector.
const marksMax = 4096

// parseVector reads name/inc=counter,...; ok is false for anything else.
func parseVector(b []byte, names *Names) (v vector, ok bool) {
	for len(b) > 0 {
		item, rest, more := bytes.Cut(b, []byte(","))
		name, tail, ok1 := bytes.Cut(item, []byte("/"))
		inc, ctr, ok2 := bytes.Cut(tail, []byte("="))
		n, restN, okN := parseDecimal(inc)
		c, restC, okC := parseDecimal(ctr)
		if !ok1 || !ok2 || !okN || !okC || len(restN)+len(restC) > 0 || !validName(name) || n == 0 || n > 1<<32-1 || c == 0 || more && len(rest) == 0 || len(v) >= marksMax {
			return nil, false
		}
		m := mark{siteID{names.Intern(name), uint32(n)}, c}
		if len(v) > 0 && v[len(v)-1].compare(m.siteID, names) >= 0 {
			return nil, false
		}
		v, b = append(v, m), rest
	}
	return v, true
}

func (s siteID) compare(o siteID, names *Names) int {
	if s.node != o.node {
		return strings.Compare(names.Name(s.node), names.Name(o.node))
	}
	return int(int64(s.inc) - int64(o.inc))
}

// of is up to which counter the changes of a site were seen, 0: none.
func (v vector) of(s siteID) uint64 {
	for _, m := range v {
		if m.siteID == s {
			return m.ctr
		}
	}
	return 0
}

// covers reports whether all that o has seen was seen.
func (v vector) covers(o vector) bool {
	return !slices.ContainsFunc(o, func(m mark) bool { return v.of(m.siteID) < m.ctr })
}

// join returns what either has seen.
func (v vector) join(o vector, names *Names) vector {
	out := slices.Clone(v)
	for _, m := range o {
		i, found := slices.BinarySearchFunc(out, m.siteID, func(a mark, s siteID) int { return a.compare(s, names) })
		if found {
			out[i].ctr = max(out[i].ctr, m.ctr)
		} else {
			out = slices.Insert(out, i, m)
		}
	}
	return out
}

// newest is the greatest counter.
func (v vector) newest() (most uint64) {
	for _, m := range v {
		most = max(most, m.ctr)
	}
	return most
}
