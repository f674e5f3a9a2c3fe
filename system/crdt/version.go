package crdt

import (
	"cmp"
	"slices"
	"strings"
)

// Site is an incarnation of a replica: who makes changes. Whoever starts a
// replica gives it an incarnation that it never had, from 1.
type Site struct {
	Replica string
	Inc     uint32
}

func (s Site) compare(t Site) int {
	if c := strings.Compare(s.Replica, t.Replica); c != 0 {
		return c
	}
	return cmp.Compare(s.Inc, t.Inc)
}

// Version names one change of the whole cluster.
type Version struct {
	Counter uint64 // Lamport counter, from 1: greater than all that the change knew
	Site
}

// Compare orders versions: by counter, then replica, then incarnation. A change
// that knew another is greater than it.
func (v Version) Compare(w Version) int {
	if c := cmp.Compare(v.Counter, w.Counter); c != 0 {
		return c
	}
	return v.compare(w.Site)
}

// Vector says which changes were seen: of each site those up to a counter.
// It is ascending in sites. It never changes; nil has seen nothing.
type Vector []Version

func (x Vector) find(s Site) (int, bool) {
	return slices.BinarySearchFunc(x, s, func(v Version, s Site) int { return v.compare(s) })
}

// Covers reports whether a change was seen.
func (x Vector) Covers(v Version) bool {
	i, ok := x.find(v.Site)
	return ok && v.Counter <= x[i].Counter
}

// Includes reports whether all that y has seen was seen.
func (x Vector) Includes(y Vector) bool {
	for _, v := range y {
		if !x.Covers(v) {
			return false
		}
	}
	return true
}

// Equal reports whether both have seen the same.
func (x Vector) Equal(y Vector) bool { return slices.Equal(x, y) }

// Join returns what x or y has seen.
func (x Vector) Join(y Vector) Vector {
	if x.Includes(y) {
		return x
	}
	out := make(Vector, 0, len(x)+len(y))
	for i, j := 0, 0; i < len(x) || j < len(y); {
		var v Version
		switch {
		case j == len(y) || i < len(x) && x[i].compare(y[j].Site) < 0:
			v, i = x[i], i+1
		case i == len(x) || x[i].compare(y[j].Site) > 0:
			v, j = y[j], j+1
		default:
			v = Version{max(x[i].Counter, y[j].Counter), x[i].Site}
			i, j = i+1, j+1
		}
		out = append(out, v)
	}
	return out
}

// with returns x with one more change.
func (x Vector) with(v Version) Vector {
	if x.Covers(v) {
		return x
	}
	i, ok := x.find(v.Site)
	out := slices.Clone(x)
	if ok {
		out[i].Counter = v.Counter
	} else {
		out = slices.Insert(out, i, v)
	}
	return out
}

// newest returns the greatest counter.
func (x Vector) newest() (most uint64) {
	for _, v := range x {
		most = max(most, v.Counter)
	}
	return most
}
