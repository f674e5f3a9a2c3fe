package route

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Change is what makes a view out of the one before it.
type Change struct {
	Number  uint64   // of the new view
	Version uint64   // configuration version of the new view
	Set     []Entry  // entries that are new or replace the one of the same id
	Remove  []string // ids that are no longer registered
}

// With returns the view that the change makes of v; v stays as it is. A change
// of statuses and weights alone costs O(n) and shares the list of ids with v, so
// it is cheap enough for each flip of a full window. The error names every id
// that is removed without being registered, given twice or out of range.
func (v *View) With(c Change) (*View, error) {
	ids, entries := v.ids, slices.Clone(v.entries)
	var added []Entry
	var errs []error
	for _, e := range c.Set {
		if err := checkEntry(e); err != nil {
			errs = append(errs, err)
		}
		if i, ok := v.Index(e.ID); ok {
			entries[i] = e
		} else {
			added = append(added, e)
		}
	}
	errs = append(errs, v.checkChange(c)...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(added) > 0 || len(c.Remove) > 0 {
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return slices.Contains(c.Remove, e.ID) })
		return NewViewAt(c.Number, c.Version, append(entries, added...))
	}
	return build(c.Number, c.Version, ids, entries), nil
}

// checkChange reports ids that a change names twice or removes in vain.
func (v *View) checkChange(c Change) []error {
	var errs []error
	named := make([]string, 0, len(c.Set)+len(c.Remove))
	for _, e := range c.Set {
		named = append(named, e.ID)
	}
	for _, id := range c.Remove {
		if _, ok := v.Index(id); !ok {
			errs = append(errs, fmt.Errorf("route: analyser %q cannot be removed: not registered", id))
		}
		named = append(named, id)
	}
	if len(named) < 2 {
		return errs
	}
	slices.Sort(named)
	for i := 1; i < len(named); i++ {
		if named[i] == named[i-1] {
			errs = append(errs, fmt.Errorf("route: a change names analyser %q twice", named[i]))
		}
	}
	return errs
}

// Diff returns what differs between two views, in ascending order of ids, as the
// text of the log's view record: comma-separated items, id=weight:status for an
// entry that is new or differs, id=- for one that is gone. A nil old view lists
// all of the new one. Equal views give "".
func Diff(old, next *View) string {
	return string(AppendDiff(nil, old, next))
}

// AppendDiff appends Diff(old, next) to dst.
func AppendDiff(dst []byte, old, next *View) []byte {
	var before []Entry
	if old != nil {
		before = old.entries
	}
	after, mark := next.entries, len(dst)
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].ID < after[0].ID:
			dst = append(appendItem(dst, mark, before[0].ID), '-')
			before = before[1:]
		case len(before) == 0 || after[0].ID < before[0].ID:
			dst = appendEntry(appendItem(dst, mark, after[0].ID), after[0])
			after = after[1:]
		default:
			if before[0] != after[0] {
				dst = appendEntry(appendItem(dst, mark, after[0].ID), after[0])
			}
			before, after = before[1:], after[1:]
		}
	}
	return dst
}

func appendItem(dst []byte, mark int, id string) []byte {
	if len(dst) > mark {
		dst = append(dst, ',')
	}
	return append(append(dst, id...), '=')
}

func appendEntry(dst []byte, e Entry) []byte {
	dst = strconv.AppendUint(dst, uint64(e.Weight), 10)
	return append(append(dst, ':'), e.Status.String()...)
}

// ParseDiff reads the text that Diff writes. The change's number and version are
// 0: the log holds them elsewhere. Ranges are checked by View.With, the grammar
// here; the error names the item.
func ParseDiff(text string) (Change, error) {
	var c Change
	if text == "" {
		return c, nil
	}
	for _, item := range strings.Split(text, ",") {
		id, value, ok := strings.Cut(item, "=")
		if !ok {
			return Change{}, fmt.Errorf("route: view item %q has no '='", item)
		}
		if value == "-" {
			c.Remove = append(c.Remove, id)
			continue
		}
		e, err := parseEntry(id, value)
		if err != nil {
			return Change{}, fmt.Errorf("route: view item %q: %w", item, err)
		}
		c.Set = append(c.Set, e)
	}
	return c, nil
}

func parseEntry(id, value string) (Entry, error) {
	number, name, ok := strings.Cut(value, ":")
	if !ok {
		return Entry{}, errors.New("no ':' between weight and status")
	}
	weight, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return Entry{}, fmt.Errorf("weight: %w", err)
	}
	status, err := ParseStatus(name)
	if err != nil {
		return Entry{}, err
	}
	return Entry{ID: id, Weight: uint32(weight), Status: status}, nil
}
