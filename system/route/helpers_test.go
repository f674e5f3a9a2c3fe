package route

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mustNew(name string, packetMax int) Policy {
	p, err := New(Config{Policy: name, PacketMax: packetMax})
	if err != nil {
		panic(err)
	}
	return p
}

func mustView(t testing.TB, entries ...Entry) *View {
	t.Helper()
	v, err := NewView(1, entries)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// upView has analysers a00000, a00001 ... with these weights, all up.
func upView(t testing.TB, weights ...uint32) *View {
	t.Helper()
	entries := make([]Entry, len(weights))
	for i, w := range weights {
		entries[i] = Entry{ID: fmt.Sprintf("a%05d", i), Weight: w}
	}
	return mustView(t, entries...)
}

// testIDs are few enough that views overlap, and not in a natural order.
var testIDs = []string{"b", "a10", "a9", "Z", "a.x", "c-1", "d_2"}

// drawView draws a view, sometimes of an older version than the one before.
func drawView(t *rapid.T, old *View) *View {
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom(testIDs), 0, len(testIDs), rapid.ID).Draw(t, "ids")
	entries := make([]Entry, len(ids))
	for i, id := range ids {
		entries[i] = Entry{ID: id,
			Weight: rapid.SampledFrom([]uint32{0, 1, 1, 2, 3, 5, 7, 50, 999_983, WeightMax}).Draw(t, "weight"),
			Status: rapid.SampledFrom([]Status{Up, Up, Up, Up, Down, Full, Drain}).Draw(t, "status")}
	}
	number, version := uint64(1), uint64(rapid.IntRange(0, 3).Draw(t, "version"))
	if old != nil {
		number = old.number + 1
		if rapid.Bool().Draw(t, "derive") {
			return deriveView(t, old, number, entries)
		}
	}
	v, err := NewViewAt(number, version, entries)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// deriveView changes only entries that old has, by With, so that lists are shared.
func deriveView(t *rapid.T, old *View, number uint64, entries []Entry) *View {
	entries = slices.DeleteFunc(entries, func(e Entry) bool { _, ok := old.Index(e.ID); return !ok })
	v, err := old.With(Change{Number: number, Version: old.version, Set: entries})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func drawTried(t *rapid.T, v *View) []string {
	if rapid.IntRange(0, 2).Draw(t, "any tried") > 0 {
		return nil
	}
	return rapid.SliceOfDistinct(rapid.SampledFrom(testIDs), rapid.ID).Draw(t, "tried")
}

func drawCredits(t *rapid.T, v *View, packetMax int) []Credit {
	list := make([]Credit, v.Len())
	most := 3 * int64(packetMax) * One
	for i := range list {
		list[i] = Credit{ID: v.ID(i), Parts: rapid.Int64Range(-most, most).Draw(t, "credit")}
	}
	return list
}
