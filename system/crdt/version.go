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

// closed is the counter of an incarnation of which no more will be taken: it
// covers all of it and of earlier incarnations of the replica.
const closed = ^uint64(0)

// Vector says which changes were seen: of each site those up to a counter.
// It is ascending in sites, and a closed site is the first of its replica.
// It never changes; nil has seen nothing.
type Vector []Version

func (x Vector) find(s Site) (int, bool) {
	return slices.BinarySearchFunc(x, s, func(v Version, s Site) int { return v.compare(s) })
}

// Covers reports whether a change was seen.
func (x Vector) Covers(v Version) bool {
	i, ok := x.find(v.Site)
	if ok {
		return v.Counter <= x[i].Counter
	}
	return i < len(x) && x[i].Replica == v.Replica && x[i].Counter == closed
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
		out = out.push(v)
	}
	return out
}

// push appends the next site; a closed one takes the earlier of its replica away.
func (x Vector) push(v Version) Vector {
	for v.Counter == closed && len(x) > 0 && x[len(x)-1].Replica == v.Replica {
		x = x[:len(x)-1]
	}
	return append(x, v)
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
	if v.Counter == closed {
		return out.normal()
	}
	return out
}

// normal drops what a closed site covers.
func (x Vector) normal() Vector {
	out := make(Vector, 0, len(x))
	for _, v := range x {
		out = out.push(v)
	}
	return out
}

// newest returns the greatest counter of an open site.
func (x Vector) newest() (most uint64) {
	for _, v := range x {
		if v.Counter != closed {
			most = max(most, v.Counter)
		}
	}
	return most
}

// replicas returns how many replica ids there are, and of how many incarnations
// the one with the most consists.
func (x Vector) replicas() (ids, incarnations int) {
	run := 0
	for i, v := range x {
		if i == 0 || x[i-1].Replica != v.Replica {
			ids, run = ids+1, 0
		}
		run++
		incarnations = max(incarnations, run)
	}
	return ids, incarnations
}
