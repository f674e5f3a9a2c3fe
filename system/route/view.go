package route

import (
	"errors"
	"fmt"
	"slices"
	"sort"
)

// Entry is one registered analyser in a view.
type Entry struct {
	ID     string // 1..IDMax bytes of A-Z a-z 0-9 . _ -
	Weight uint32 // 0..WeightMax; 0: registered, never picked
	Status Status
}

// Eligible reports whether the entry may be picked.
func (e Entry) Eligible() bool { return e.Status == Up && e.Weight > 0 }

// View is a numbered list of the registered analysers, in ascending order of
// their ids (bytewise), with the exact shares of the eligible ones. It never
// changes and may be shared by any number of readers.
type View struct {
	number  uint64
	version uint64
	ids     []string // ascending; shared with views derived by With when equal
	entries []Entry  // same order
	elig    []int32  // indexes of the eligible entries, ascending
	place   []int32  // entry index -> position in elig, -1: not eligible
	share   []int64  // shares in parts, by position in elig; they sum to One
}

// NewView returns the view with that number and configuration version 0. The
// entries may come in any order and are not kept. The error names every entry
// that is out of range or given twice. O(n log n).
func NewView(number uint64, entries []Entry) (*View, error) {
	return NewViewAt(number, 0, entries)
}

// NewViewAt is NewView for a view of that version of the configuration. The
// version decides which views can remove an analyser from a policy (see Policy).
func NewViewAt(number, version uint64, entries []Entry) (*View, error) {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b Entry) int { return compareIDs(a.ID, b.ID) })
	if err := checkEntries(sorted); err != nil {
		return nil, err
	}
	ids := make([]string, len(sorted))
	for i := range sorted {
		ids[i] = sorted[i].ID
	}
	return build(number, version, ids, sorted), nil
}

func compareIDs(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// checkEntries reports all that is wrong with a sorted list of entries.
func checkEntries(sorted []Entry) error {
	var errs []error
	if len(sorted) > AnalysersMax {
		errs = append(errs, fmt.Errorf("route: %d analysers, at most %d are allowed", len(sorted), AnalysersMax))
	}
	for i, e := range sorted {
		if i > 0 && sorted[i-1].ID == e.ID {
			errs = append(errs, fmt.Errorf("route: analyser %q is given twice", e.ID))
		}
		if err := checkEntry(e); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// checkEntry reports the first thing wrong with one entry.
func checkEntry(e Entry) error {
	switch {
	case !validID(e.ID):
		return fmt.Errorf("route: analyser id %q is not 1..%d of A-Z a-z 0-9 . _ -", e.ID, IDMax)
	case e.Weight > WeightMax:
		return fmt.Errorf("route: analyser %q: weight %d is not in 0..%d", e.ID, e.Weight, WeightMax)
	case e.Status >= statuses:
		return fmt.Errorf("route: analyser %q: status %d is unknown", e.ID, e.Status)
	}
	return nil
}

func validID(id string) bool {
	if len(id) == 0 || len(id) > IDMax {
		return false
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// build makes the view of checked, sorted entries, which it keeps.
func build(number, version uint64, ids []string, entries []Entry) *View {
	assert(len(ids) == len(entries), "%d ids for %d entries", len(ids), len(entries))
	n := 0
	for _, e := range entries {
		if e.Eligible() {
			n++
		}
	}
	index := make([]int32, n+len(entries)) // one allocation for both lists
	v := &View{number: number, version: version, ids: ids, entries: entries,
		elig: index[:0:n], place: index[n:]}
	weights := make([]int64, 0, n)
	for i, e := range entries {
		v.place[i] = -1
		if e.Eligible() {
			v.place[i] = int32(len(v.elig))
			v.elig = append(v.elig, int32(i))
			weights = append(weights, int64(e.Weight))
		}
	}
	v.share = quantise(weights)
	return v
}

// Number returns the view's number.
func (v *View) Number() uint64 { return v.number }

// Version returns the version of the configuration that the view shows.
func (v *View) Version() uint64 { return v.version }

// Len returns the number of registered analysers.
func (v *View) Len() int { return len(v.entries) }

// Entry returns the i-th entry in ascending order of ids.
func (v *View) Entry(i int) Entry { return v.entries[i] }

// ID returns the id of the i-th entry.
func (v *View) ID(i int) string { return v.ids[i] }

// Index returns the index of the entry with that id. O(log n).
func (v *View) Index(id string) (index int, ok bool) {
	i := sort.SearchStrings(v.ids, id)
	return i, i < len(v.ids) && v.ids[i] == id
}

// Eligible returns the number of eligible analysers.
func (v *View) Eligible() int { return len(v.elig) }

// EligibleAt returns the entry index of the k-th eligible analyser, 0 <= k <
// Eligible(), in ascending order of ids.
func (v *View) EligibleAt(k int) int { return int(v.elig[k]) }

// Share returns the share of the i-th entry in parts: 0 if it is not eligible,
// else 1..One. The shares of a view with an eligible analyser sum to One.
func (v *View) Share(i int) int64 {
	if k := v.place[i]; k >= 0 {
		return v.share[k]
	}
	return 0
}

// Exhausted reports whether every eligible analyser of the view is among the
// tried ones (true also if none is eligible). A chooser clears its list of tried
// ones then and picks again. O(tried x log n), assuming tried has no repeats.
func (v *View) Exhausted(tried []string) bool {
	if len(tried) < len(v.elig) {
		return false
	}
	hit := 0
	for _, id := range tried {
		if i, ok := v.Index(id); ok && v.place[i] >= 0 {
			hit++
		}
	}
	return hit >= len(v.elig)
}
