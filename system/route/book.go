package route

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Credit is the credit of one analyser.
type Credit struct {
	ID    string
	Parts int64 // 2^-32 messages; positive: starved, negative: overfed
}

// AppendCredits appends credits as the text of the log's credit record: items
// id=parts, comma-separated, in the order given.
func AppendCredits(dst []byte, credits []Credit) []byte {
	for i, c := range credits {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, c.ID...), '=')
		dst = strconv.AppendInt(dst, c.Parts, 10)
	}
	return dst
}

// pendingMost is how many messages may be credited to all before the credits
// are settled: it keeps pending x share within 2^60 parts.
const pendingMost = int64(1) << 27

// book keeps the credits of a policy. While a view is bound, the credits of its
// eligible analysers live in the dense slice c, in the order of View.elig, so
// that a scan touches nothing else; the registered ones lie in `credit`.
type book struct {
	packetMax int64
	version   uint64   // highest version of a view decided from
	ids       []string // registered, ascending; may be shared with a view
	credit    []int64  // by ids; stale for the eligible ones of the bound view
	view      *View    // bound view, nil: none
	slot      []int32  // position in view.elig -> index in ids
	c         []int64  // position in view.elig -> credit and the others', less what is pending
	pending   int64    // messages that all eligible have yet to be credited for
	others    []Credit // of other choosers, ascending in ids; nil: nothing is shared
	other     []int64  // by ids: what others says, nil without them
	mark      []bool   // position in view.elig -> was tried; false between picks
}

// begin readies the book for a decision and reports whether there is anyone to
// decide for; if not, nothing has changed. If anyTried, marks of tried analysers
// are set and the caller must call unmark.
func (b *book) begin(v *View, messages int, tried []string) (ok, anyTried bool) {
	if messages < 1 || int64(messages) > b.packetMax {
		fail("packet of %d messages, configured are 1..%d", messages, b.packetMax)
	}
	if v == b.view && len(tried) == 0 {
		return len(v.elig) > 0, false
	}
	hit := 0
	for _, id := range tried {
		if i, found := v.Index(id); found && v.place[i] >= 0 {
			hit++
		}
	}
	if hit >= len(v.elig) && v.Exhausted(distinct(tried)) {
		return false, false
	}
	b.bind(v)
	if hit > 0 {
		b.markTried(tried)
	}
	return true, hit > 0
}

// distinct returns ids without repeats. It is called only when as many ids were
// tried as there are eligible ones, which ends in a decision no more.
func distinct(ids []string) []string {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func (b *book) markTried(tried []string) {
	for _, id := range tried {
		if i, ok := b.view.Index(id); ok && b.view.place[i] >= 0 {
			b.mark[b.view.place[i]] = true
		}
	}
}

func (b *book) unmark() { clear(b.mark) }

// bind makes v the bound view: stores the credits of the one before it, brings
// the registered analysers up to date and loads those of v. O(n).
func (b *book) bind(v *View) {
	if v == b.view {
		return
	}
	err := CheckCapacity(int(b.packetMax), v.Len())
	assert(err == nil, "view %d: %v", v.number, err)
	b.store()
	b.register(v)
	b.spread()
	n := len(v.elig)
	b.view, b.slot, b.c, b.mark = v, resize(b.slot, n), resize(b.c, n), resize(b.mark, n)
	clear(b.mark)
	r, same := 0, sameList(b.ids, v.ids)
	for k, e := range v.elig {
		if same {
			r = int(e)
		}
		for b.ids[r] != v.ids[e] { // both ascend and the book has all of v's
			r++
		}
		b.slot[k], b.c[k] = int32(r), b.credit[r]+b.otherAt(r)
	}
}

// resize returns a slice of length n, reusing s if it is large enough. What it
// holds is arbitrary.
func resize[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n)
}

// settle credits what is pending.
func (b *book) settle() {
	if b.pending == 0 {
		return
	}
	for k, s := range b.view.share {
		b.c[k] += b.pending * s
	}
	b.pending = 0
}

// store writes the dense credits back. The bound view stays bound.
func (b *book) store() {
	if b.view == nil {
		return
	}
	b.settle()
	for k, r := range b.slot {
		if b.c[k] >= creditMost || b.c[k] <= -creditMost {
			fail("credit of %q is %d parts, near overflow", b.ids[r], b.c[k])
		}
		b.credit[r] = b.c[k] - b.otherAt(int(r))
	}
}

// owe credits that many messages to all eligible at once, lazily.
func (b *book) owe(messages int64) {
	if b.pending += messages; b.pending >= pendingMost {
		b.settle()
	}
}

// charge takes that many messages from the analyser at position k and returns
// the index of its entry.
func (b *book) charge(k int, messages int64) int {
	if k < 0 || k >= len(b.c) {
		fail("charge position %d of %d", k, len(b.c))
	}
	if b.c[k] -= messages * One; b.c[k] <= -creditMost {
		fail("credit of entry %d is %d parts, near overflow", b.view.elig[k], b.c[k])
	}
	return int(b.view.elig[k])
}

// Credits implements Policy.
func (b *book) Credits() []Credit {
	b.store()
	list := make([]Credit, len(b.ids))
	for i, id := range b.ids {
		list[i] = Credit{ID: id, Parts: b.credit[i]}
	}
	return list
}

// SetCredits implements Policy.
func (b *book) SetCredits(credits []Credit) error {
	sorted, err := sortedCredits(credits, startMost, "credit")
	if err != nil {
		return err
	}
	b.view, b.pending = nil, 0
	b.ids, b.credit = make([]string, len(sorted)), make([]int64, len(sorted))
	for i, c := range sorted {
		b.ids[i], b.credit[i] = c.ID, c.Parts
	}
	return nil
}

// sortedCredits returns the credits in ascending order of ids. The error names ids given
// twice and credits beyond most; what says what they are.
func sortedCredits(credits []Credit, most int64, what string) ([]Credit, error) {
	sorted := slices.Clone(credits)
	slices.SortFunc(sorted, func(x, y Credit) int { return compareIDs(x.ID, y.ID) })
	var errs []error
	for i, c := range sorted {
		if i > 0 && sorted[i-1].ID == c.ID {
			errs = append(errs, fmt.Errorf("route: %s of %q is given twice", what, c.ID))
		}
		if c.Parts > most || c.Parts < -most {
			errs = append(errs, fmt.Errorf("route: %s of %q: %d parts is not in -%d..%d", what, c.ID, c.Parts, most, most))
		}
	}
	return sorted, errors.Join(errs...)
}
