package crdt

import "slices"

// Analyser is what the table says of one registered analyser.
type Analyser struct {
	ID      string
	Address string // where its packets go; empty: not known
	Weight  uint32 // 0..WeightMax
	Drained bool
}

// dot is one change of an analyser with all that it knew of it. Beside the
// values stand the versions of the changes that set them, which may be older.
type dot struct {
	Version
	removed  bool // a tombstone: all else is zero
	address  string
	addressV Version
	weight   uint32
	weightV  Version
	drains   uint32 // odd: drained
}

// entry is an analyser with the dots that no other replaced, ascending in
// sites: more than one if changes did not see each other. It never changes.
type entry struct {
	id   string
	dots []dot
}

// live reports whether the analyser is registered.
func (e *entry) live() bool {
	return slices.ContainsFunc(e.dots, func(d dot) bool { return !d.removed })
}

// merged returns the one dot that its concurrent dots amount to; ok is false
// if the analyser is not registered.
func (e *entry) merged() (sum dot, ok bool) {
	for i := range e.dots {
		d := &e.dots[i]
		if d.removed {
			continue
		}
		if !ok || d.addressV.Compare(sum.addressV) > 0 {
			sum.address, sum.addressV = d.address, d.addressV
		}
		if !ok || d.weightV.Compare(sum.weightV) > 0 {
			sum.weight, sum.weightV = d.weight, d.weightV
		}
		sum.drains = max(sum.drains, d.drains)
		ok = true
	}
	return sum, ok
}

// drainTo returns the count of drains after an order: the next odd number for
// a drain, so that repeating it counts as well and beats an undrain that did
// not see it; the next even number, or the same, for an undrain.
func drainTo(drains uint32, drained bool) uint32 {
	if drained {
		return drains + 1 + drains&1
	}
	return drains + drains&1
}

// joinDots joins the dots of one analyser: a dot stays if both have it, or if
// the side that lacks it has not seen it. With a nil result nobody has any.
func joinDots(a []dot, seenA Vector, b []dot, seenB Vector) []dot {
	if slices.EqualFunc(a, b, func(x, y dot) bool { return x.Version == y.Version }) {
		return a
	}
	var out []dot
	for i, j := 0, 0; i < len(a) || j < len(b); {
		order := 0
		switch {
		case i == len(a):
			order = 1
		case j == len(b):
			order = -1
		default:
			order = a[i].compare(b[j].Site)
		}
		var keep *dot
		switch {
		case order < 0:
			keep, i = unseen(&a[i], seenB), i+1
		case order > 0:
			keep, j = unseen(&b[j], seenA), j+1
		default:
			keep = newer(&a[i], &b[j])
			i, j = i+1, j+1
		}
		if keep != nil {
			out = append(out, *keep)
		}
	}
	return out
}

func unseen(d *dot, seen Vector) *dot {
	if seen.Covers(d.Version) {
		return nil
	}
	return d
}

// newer chooses of two dots of one site. A change replaces its own site's last
// dot in any case, so a side that still has the older has not seen the newer.
func newer(a, b *dot) *dot {
	if a.Counter >= b.Counter {
		return a
	}
	return b
}
