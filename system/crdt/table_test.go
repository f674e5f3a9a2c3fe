package crdt

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func site(replica string, inc uint32) *Table { return must(New(Site{replica, inc})) }

// sync tells to what it lacks of from, as anti-entropy does.
func (t *Table) sync(from *Table) { must(t.Merge(from.Since(t.Seen()))) }

// clone returns a table with the same state and identity.
func (t *Table) clone() *Table {
	c := *t
	c.entries = slices.Clone(t.entries)
	return &c
}

// same reports whether two tables hold the same state, tombstones included.
func same(a, b *Table) bool {
	return string(must(a.State().Encode())) == string(must(b.State().Encode()))
}

// TestJoinLaws holds of random reachable states: the join is idempotent,
// commutative, associative and inflationary, and a delta that a replica takes
// does to it what the sender's whole state does.
func TestJoinLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(3)
		w.gc = rapid.Bool().Draw(t, "gc")
		for range 30 {
			w.step(t)
		}
		join := func(x, y *Table) *Table {
			z := x.clone()
			z.self = Site{"judge", 1}
			must(z.Merge(y.State()))
			return z
		}
		a, b, c := w.peers[0].t, w.peers[1].t, w.peers[2].t
		if !same(join(a, a), a) {
			t.Fatal("not idempotent")
		}
		if !same(join(a, b), join(b, a)) {
			t.Fatal("not commutative")
		}
		if !same(join(join(a, b), c), join(a, join(b, c))) {
			t.Fatal("not associative")
		}
		if ab := join(a, b); !same(join(ab, a), ab) || !same(join(ab, b), ab) {
			t.Fatal("not inflationary: a part joined again changes the sum")
		}
		d := a.clone()
		d.self = Site{"judge", 1}
		must(d.Merge(b.Since(d.Seen())))
		if s := join(a, b); s.Digest() != d.Digest() || !s.Seen().Equal(d.Seen()) {
			t.Fatalf("by delta %v, by state %v", d.Analysers(), s.Analysers())
		}
	})
}

// TestConflicts shows the rules of the package doc, each with two changes that
// did not see one another.
func TestConflicts(t *testing.T) {
	type change = func(*Table) (Delta, error)
	weight := func(n uint32) change { return func(t *Table) (Delta, error) { return t.SetWeight("a", n) } }
	drain := func(on bool) change { return func(t *Table) (Delta, error) { return t.SetDrain("a", on) } }
	remove := func(t *Table) (Delta, error) { return t.Remove("a") }
	put := func(t *Table) (Delta, error) { return t.Put(Analyser{"a", "new:1", 7, false}) }
	for _, c := range []struct {
		name     string
		before   bool // drained before
		one, two change
		want     []Analyser
	}{
		{"weights", false, weight(5), weight(3), []Analyser{{"a", "old:1", 3, false}}}, // same counter: d2 is greater
		{"weight and drain", false, weight(5), drain(true), []Analyser{{"a", "old:1", 5, true}}},
		{"drain and undrain", false, drain(true), drain(false), []Analyser{{"a", "old:1", 1, true}}},
		{"drain again and undrain", true, drain(true), drain(false), []Analyser{{"a", "old:1", 1, true}}},
		{"remove and put", false, remove, put, []Analyser{{"a", "new:1", 7, false}}},
		{"remove and weight", false, remove, weight(9), []Analyser{{"a", "old:1", 9, false}}},
		{"removes", false, remove, remove, nil},
	} {
		x, y := site("d1", 1), site("d2", 1)
		must(x.Put(Analyser{"a", "old:1", 1, c.before}))
		y.sync(x)
		must(c.one(x))
		must(c.two(y))
		x.sync(y)
		y.sync(x)
		if got := x.Analysers(); !slices.Equal(got, c.want) || x.Digest() != y.Digest() {
			t.Errorf("%s: %v and %v, want %v", c.name, got, y.Analysers(), c.want)
		}
	}
}

// TestLongAway: a replica that missed a removal whose tombstone is gone gets a
// whole state, and neither its copy nor a late duplicate brings the analyser back.
func TestLongAway(t *testing.T) {
	x, away := site("d1", 1), site("d2", 1)
	old := must(x.Put(Analyser{"a", "", 1, false}))
	away.sync(x)
	must(away.Put(Analyser{"b", "", 2, false}))
	must(x.Remove("a"))
	x.Collect(nil)
	if x.Tombstones() != 0 || !x.Since(away.Seen()).Full() {
		t.Fatalf("%d tombstones, full %v", x.Tombstones(), x.Since(away.Seen()).Full())
	}
	x.sync(away)
	must(x.Merge(old))
	must(x.Merge(away.State()))
	away.sync(x)
	want := []Analyser{{"b", "", 2, false}}
	if !slices.Equal(x.Analysers(), want) || !slices.Equal(away.Analysers(), want) {
		t.Fatalf("%v and %v, want %v", x.Analysers(), away.Analysers(), want)
	}
}

// TestMetadataIsBounded: tombstones go once all have seen them, and beyond
// the limit in any case; incarnations beyond theirs are refused.
func TestMetadataIsBounded(t *testing.T) {
	x, y := site("d1", 1), site("d2", 1)
	for i := range TombstonesMax + 10 {
		id := fmt.Sprintf("a%d", i)
		must(x.Put(Analyser{id, "", 1, false}))
		must(x.Remove(id))
	}
	if n := x.Tombstones(); n > TombstonesMax || n < TombstonesMax/2 {
		t.Fatalf("%d tombstones, the limit is %d", n, TombstonesMax)
	}
	x.Collect([]Vector{y.Seen()})
	if x.Tombstones() == 0 {
		t.Fatal("collected before the other has seen them")
	}
	y.sync(x)
	x.Collect([]Vector{y.Seen()})
	y.Collect([]Vector{x.Seen()})
	if x.Tombstones()+y.Tombstones() != 0 {
		t.Fatalf("%d and %d tombstones after all have seen all", x.Tombstones(), y.Tombstones())
	}
	for inc := uint32(1); inc <= SitesMax; inc++ {
		x.seen = x.seen.with(Version{1, Site{"d3", inc}})
	}
	z := site("d4", 1)
	must(z.Put(Analyser{"z", "", 1, false}))
	if _, err := x.Merge(z.State()); !errors.Is(err, ErrLimit) {
		t.Fatalf("%d incarnations and one more: %v", SitesMax, err)
	}
}

// TestRefusals: what must not be joined is refused and changes nothing.
func TestRefusals(t *testing.T) {
	x := site("d1", 2)
	must(x.Put(Analyser{"a", "", 1, false}))
	at := func(c uint64, s Site) Delta { return Delta{full: true, seen: Vector{{c, s}}} }
	far := site("d2", 1)
	far.clock = 1 + AheadMax
	ahead := must(far.Put(Analyser{"b", "", 1, false}))
	for _, c := range []struct {
		name string
		d    Delta
		want error
	}{
		{"far ahead", ahead, ErrAhead},
		{"above all counters", at(CounterMax+1, Site{"d2", 1}), ErrAhead},
		{"own change not made", at(2, Site{"d1", 2}), ErrForged},
		{"later incarnation", at(1, Site{"d1", 3}), ErrSuperseded},
		{"gap", Delta{base: Vector{{1, Site{"d2", 1}}}, seen: Vector{{2, Site{"d2", 1}}}}, ErrGap},
	} {
		before := must(x.State().Encode())
		if _, err := x.Merge(c.d); !errors.Is(err, c.want) || string(before) != string(must(x.State().Encode())) {
			t.Errorf("%s: %v, want %v and no change", c.name, err, c.want)
		}
	}
	far = site("d2", 1)
	far.clock = AheadMax
	if _, err := x.Merge(must(far.Put(Analyser{"b", "", 1, false}))); err != nil {
		t.Errorf("just within the limit: %v", err)
	}
	for _, a := range []Analyser{{"", "", 1, false}, {"a b", "", 1, false}, {"a", "x y", 1, false}, {"a", "", WeightMax + 1, false}} {
		if _, err := x.Put(a); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v: %v", a, err)
		}
	}
}

// TestEntriesLimit: two halves that together are too many are refused whole.
func TestEntriesLimit(t *testing.T) {
	x, y := site("d1", 1), site("d2", 1)
	for i := range EntriesMax {
		must(x.Put(Analyser{fmt.Sprintf("a%d", i), "", 1, false}))
	}
	if _, err := x.Put(Analyser{"more", "", 1, false}); !errors.Is(err, ErrLimit) {
		t.Errorf("one more: %v", err)
	}
	must(y.Put(Analyser{"more", "", 1, false}))
	for _, d := range []Delta{y.State(), y.Since(x.Seen())} {
		if _, err := x.Merge(d); !errors.Is(err, ErrLimit) || x.Len() != EntriesMax {
			t.Errorf("merge: %v, %d analysers", err, x.Len())
		}
	}
	must(x.Remove("a7"))
	x.sync(y)
	if x.Len() != EntriesMax {
		t.Errorf("%d analysers after one was removed", x.Len())
	}
}

// TestCloneIsApart holds that a change of a copy does not show in the original, nor the
// other way round.
func TestCloneIsApart(t *testing.T) {
	a, err := New(Site{"d1", 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a1", "a2", "a3"} {
		if _, err := a.Put(Analyser{ID: id, Weight: 1}); err != nil {
			t.Fatal(err)
		}
	}
	b, before := a.Clone(), a.Digest()
	if _, err := b.SetWeight("a2", 9); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Remove("a1"); err != nil {
		t.Fatal(err)
	}
	if a.Digest() != before || len(a.Seen()) != 1 || a.Seen()[0].Counter != 3 || a.Tombstones() != 0 {
		t.Errorf("a change of the copy shows: %v, seen %v", a.Analysers(), a.Seen())
	}
	if news, err := a.Merge(b.Since(a.Seen())); err == nil {
		t.Errorf("a copy's changes were merged (news %t): they are of the same incarnation", news)
	}
}
