// Package storetest holds stores outside the node's files to what package store does:
// the same batches get the same answers and add up to the same counts. Tests of such
// stores import it; nothing else does.
package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"weir/system/digest"
	"weir/system/message"
	"weir/system/store"
)

// Outside is a store under test: analyser.Store, and what a person may ask it.
type Outside interface {
	Load() (store.Held, *digest.Digest, error)
	Commit(store.Batch) ([]store.Result, store.Held, error)
	Totals() (store.Totals, error)
	Results() (d *digest.Digest, missing uint64, err error)
}

// Limits are those that Same wants: small, so that they are reached.
var Limits = store.Limits{IDs: 24, Emitters: 3, Sources: 4, Results: &digest.Limits{Names: 2, Buckets: 3, Templates: 4}}

// Same plays random batches into a store and into package store's own. again opens the
// store anew, as a restart does.
func Same(t *rapid.T, out Outside, again func() Outside) {
	ref := store.New(Limits)
	held := store.Held{}
	seq, inc := uint64(0), uint32(1)
	for range rapid.IntRange(1, 25).Draw(t, "batches") {
		seq++
		packets := rapid.SliceOfN(effects, 0, 6).Draw(t, "batch")
		b := store.Batch{Inc: inc, Seq: seq}
		for _, p := range packets {
			b.Effects = append(b.Effects, p.Effect)
		}
		results, now, err := out.Commit(b)
		if err != nil {
			t.Fatalf("batch %d: %v", seq, err)
		}
		var want []store.Result
		for _, p := range packets {
			want = append(want, model(ref, p))
		}
		held = store.Held{N: ref.N(), Messages: ref.Messages()}
		if fmt.Sprint(results) != fmt.Sprint(want) || now != held {
			t.Fatalf("batch %d: %v and %v, want %v and %v", seq, results, now, want, held)
		}
		switch rapid.IntRange(0, 5).Draw(t, "then") {
		case 0: // its end was not known
			if repeated, same, err := out.Commit(b); err != nil || fmt.Sprint(repeated) != fmt.Sprint(want) || same != held {
				t.Fatalf("batch %d again: %v, %v, %v", seq, repeated, same, err)
			}
		case 1:
			out = again()
			got, d, err := out.Load()
			if err != nil || got != held {
				t.Fatalf("after a restart it holds %v (%v), want %v", got, err, held)
			}
			sameResults(t, "after a restart", d, ref)
			seq, inc = 0, inc+1
		}
	}
	got, err := out.Totals()
	if want := sorted(ref.Totals()); err != nil || fmt.Sprint(sorted(got)) != fmt.Sprint(want) {
		t.Fatalf("totals %+v (%v), want %+v", sorted(got), err, want)
	}
	d, missing, err := out.Results()
	if err != nil || missing != 0 {
		t.Fatalf("results lack %d messages (%v)", missing, err)
	}
	sameResults(t, "at the end", d, ref)
}

// sameResults holds a digest to that of package store's own.
func sameResults(t *rapid.T, when string, d *digest.Digest, ref *store.Store) {
	if d == nil {
		t.Fatalf("%s there are no results", when)
	}
	d.Limit(*Limits.Results) // what a person is told may have larger bounds
	if want := ref.Results(); d.Hash() != want.Hash() || d.Sum() != want.Sum() {
		t.Fatalf("%s the results are %+v, want %+v", when, d.Report(), want.Report())
	}
}

// Measured is a packet and its effect, what its messages say included.
type Measured struct {
	Packet *message.Packet
	Effect *store.Effect
}

// Measure makes it as a worker does.
func Measure(p *message.Packet, lo uint64) Measured {
	e := store.Measure(p, lo)
	e.Count(digest.NewMeter(*Limits.Results, nil).Packet(p))
	return Measured{p, e}
}

// Busy makes n effects from sequence after+1 on, of ten messages each in forty forms of
// text, as benchmarks commit them; with what they say, if m is not nil.
func Busy(m *digest.Meter, after uint64, n int) (list []*store.Effect) {
	for seq := after + 1; seq <= after+uint64(n); seq++ {
		entries := make([]message.Entry, 10)
		for i := range entries {
			form := strings.Repeat("x", int(seq*7+uint64(i))%40+1)
			entries[i] = message.Entry{Time: int64(1e18) + int64(seq*1e7), Severity: message.Severity(9 + (seq+uint64(i))%9), Source: "app",
				Text: fmt.Sprintf("request %d of %s took %d ms", seq, form, i)}
		}
		p := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: seq}, entries)
		e := store.Measure(p, max(seq, 1001)-1000)
		if m != nil {
			e.Count(m.Packet(p))
		}
		list = append(list, e)
	}
	return list
}

// model is what package store does with an effect.
func model(ref *store.Store, m Measured) store.Result {
	e := m.Effect
	ref.Learn(e.ID().Source, e.ID().Inc, e.AckedBelow())
	is := ref.Look(e.ID(), e.Hash())
	if is != store.Fresh {
		return store.Result{Standing: is}
	}
	ref.Reserve(e.ID(), e.Hash(), e.AckedBelow())
	_, n := ref.CommitEffect(nil, m.Packet, e)
	ref.Durable(n)
	return store.Result{Number: n}
}

// sorted leaves out emitters without an effect: whether they are listed is no promise.
func sorted(t store.Totals) store.Totals {
	byName := func(a, b store.Named) int { return cmp.Compare(a.Name, b.Name) }
	t.Emitters = slices.DeleteFunc(append([]store.Named{}, t.Emitters...), func(n store.Named) bool { return n.Packets == 0 })
	t.Sources = append([]store.Named{}, t.Sources...)
	slices.SortFunc(t.Emitters, byName)
	slices.SortFunc(t.Sources, byName)
	return t
}

// effects are those of few sources, so that ids meet.
var effects = rapid.Custom(func(t *rapid.T) Measured {
	id := message.ID{
		Source: rapid.SampledFrom([]string{"e1", "e1", "e2", "e", "e3", "e4"}).Draw(t, "source"),
		Inc:    rapid.OneOf(rapid.Uint32Range(0, 2), rapid.Uint32Range(0, 40)).Draw(t, "inc"),
		Seq:    rapid.OneOf(rapid.Uint64Range(1, 30), rapid.SampledFrom([]uint64{1 << 40, 1<<63 - 1, 999_999_999_999_999_999})).Draw(t, "seq"),
	}
	entries := make([]message.Entry, rapid.IntRange(1, 3).Draw(t, "n"))
	for i := range entries {
		entries[i] = message.Entry{Severity: message.Severity(rapid.IntRange(0, 24).Draw(t, "severity")), Time: rapid.Int64Range(0, 60).Draw(t, "at") * 1e9, Text: rapid.SampledFrom([]string{"x", "y 1", "y 2", "z", "up", "down", "ü"}).Draw(t, "text"),

			Source: rapid.SampledFrom([]string{"", "app", "db", "a:b", "ü", "web"}).Draw(t, "from")}
	}
	return Measure(message.NewPacket(id, entries), rapid.Uint64Range(0, 30).Draw(t, "lo"))
})
