package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"weir/system/message"

	"pgregory.net/rapid"
)

var limits = Limits{IDs: 1000, Emitters: 10, Sources: 10}

func id(source string, inc uint32, seq uint64) message.ID {
	return message.ID{Source: source, Inc: inc, Seq: seq}
}

// packet returns a packet whose content depends on its id.
func packet(id message.ID) *message.Packet {
	n := int(id.Seq%4) + 1
	entries := make([]message.Entry, n)
	for i := range entries {
		entries[i] = message.Entry{
			Severity: message.Severity((int(id.Seq) + i) % 25),
			Source:   fmt.Sprintf("log%d", (int(id.Seq)+i)%3),
			Text:     fmt.Sprintf("%s line %d", id, i),
		}
	}
	return message.NewPacket(id, entries)
}

// put commits a packet at once and returns its frame.
func put(s *Store, id message.ID, lo uint64) []byte {
	p := packet(id)
	s.Reserve(p.ID, p.Hash, lo)
	b, n := s.Commit(nil, p, lo)
	s.Durable(n)
	return b
}

func look(s *Store, id message.ID) Standing { return s.Look(id, packet(id).Hash) }

func TestStandings(t *testing.T) {
	s := New(limits)
	a := id("e1", 1, 5)
	steps := []struct {
		do   func()
		want Standing
	}{
		{func() {}, Fresh},
		{func() { s.Reserve(a, packet(a).Hash, 1) }, Pending},
		{func() { s.Withdraw(a) }, Fresh},
		{func() { s.Reserve(a, packet(a).Hash, 1) }, Pending},
		{func() { s.Commit(nil, packet(a), 1) }, Pending},
		{func() { s.Durable(1) }, Seen},
		{func() { s.Learn("e1", 1, 5) }, Seen},
		{func() { s.Learn("e1", 1, 6) }, Below},
	}
	for i, st := range steps {
		st.do()
		if got := look(s, a); got != st.want {
			t.Fatalf("step %d: %v, want %v", i, got, st.want)
		}
	}
	b := id("e1", 1, 7)
	put(s, b, 1)
	if got := s.Look(b, packet(b).Hash+1); got != Conflict {
		t.Errorf("other content: %v", got)
	}
	if got := look(s, id("e1", 2, 7)); got != Fresh {
		t.Errorf("same sequence of another incarnation: %v", got)
	}
	if got := look(s, id("e2", 1, 7)); got != Fresh {
		t.Errorf("same sequence of another source: %v", got)
	}
	s.Learn("e9", 1, 10)
	if got := look(s, id("e9", 1, 9)); got != Below {
		t.Errorf("below a low-watermark that came before any packet: %v", got)
	}
}

func TestLimits(t *testing.T) {
	s := New(Limits{IDs: 2, Emitters: 2, Sources: 1})
	put(s, id("e1", 1, 1), 1)
	put(s, id("e2", 1, 1), 1)
	if got := look(s, id("e1", 1, 2)); got != NoRoom {
		t.Errorf("more ids than the limit: %v", got)
	}
	s.Learn("e1", 1, 2)
	if got := look(s, id("e1", 1, 2)); got != Fresh || s.IDs() != 1 {
		t.Errorf("after the low-watermark rose: %v, %d ids", got, s.IDs())
	}
	if got := look(s, id("e3", 1, 1)); got != NoRoom {
		t.Errorf("more emitters than the limit: %v", got)
	}
	s.Learn("e3", 1, 2)
	tot := s.Totals()
	if len(tot.Emitters) != 2 || len(tot.Sources) != 1 || tot.Others+tot.Sources[0].Messages != tot.Messages {
		t.Errorf("totals %+v", tot)
	}
	if err := (Limits{IDs: -1}).Validate(); err == nil || !strings.Contains(err.Error(), "ids -1") || !strings.Contains(err.Error(), "emitters 0") {
		t.Errorf("error %v does not name every limit", err)
	}
}

// TestTheOldestMakesRoom: whatever is committed in whatever order, what a source has not
// had an outcome for gets in from its oldest on, so that a full memory never stands still;
// and the memory never exceeds its limit by more than one id for each source.
func TestTheOldestMakesRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const emitters = 3
		l := Limits{IDs: rapid.IntRange(1, 8).Draw(t, "ids"), Emitters: emitters, Sources: 1}
		s := New(l)
		var done [emitters]map[uint64]bool
		var lo [emitters]uint64
		for i := range done {
			done[i], lo[i] = map[uint64]bool{}, 1
		}
		offer := func(e int, seq uint64) Standing {
			p := id(fmt.Sprint("e", e), 1, seq)
			s.Learn(p.Source, 1, lo[e])
			got := look(s, p)
			if got == Fresh {
				put(s, p, lo[e])
				done[e][seq] = true
				for done[e][lo[e]] {
					lo[e]++
				}
			}
			if s.IDs() > l.IDs+emitters {
				t.Fatalf("%d ids, limits %+v", s.IDs(), l)
			}
			return got
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			e := rapid.IntRange(0, emitters-1).Draw(t, "emitter")
			offer(e, lo[e]+uint64(rapid.IntRange(1, 12).Draw(t, "ahead"))) // not the oldest
		}
		for e := range emitters {
			for lo[e] <= 80 {
				if seq := lo[e]; offer(e, seq) != Fresh {
					t.Fatalf("the oldest of source %d, %d, has no room: %d ids, limits %+v", e, seq, s.IDs(), l)
				}
			}
		}
	})
}

func TestOldIncarnationsAreForgotten(t *testing.T) {
	s := New(limits)
	put(s, id("e1", 0, 1), 1)
	for inc := uint32(1); inc <= 40; inc++ {
		put(s, id("e1", inc, 1), 1)
	}
	if s.IDs() != incarnationsMax {
		t.Fatalf("%d ids, want %d", s.IDs(), incarnationsMax)
	}
	for _, c := range []struct {
		inc  uint32
		want Standing
	}{{0, Seen}, {1, Below}, {25, Below}, {26, Seen}, {40, Seen}} {
		if got := look(s, id("e1", c.inc, 1)); got != c.want {
			t.Errorf("incarnation %d: %v, want %v", c.inc, got, c.want)
		}
	}
	s.Learn("e1", 3, 9)
	if look(s, id("e1", 26, 1)) != Seen {
		t.Error("hearing of a forgotten incarnation pushed out one that is remembered")
	}
	again := Recover(limits, Files{Snapshot: s.Snapshot(nil)})
	if look(again, id("e1", 1, 1)) != Below || look(again, id("e1", 0, 1)) != Seen {
		t.Error("a snapshot does not keep what was forgotten")
	}
}

func TestTotals(t *testing.T) {
	s := New(limits)
	entries := []message.Entry{
		{Severity: message.Unknown, Source: "x", Text: "a"},
		{Severity: message.Info, Source: "x", Text: "b"},
		{Severity: message.Info + 3, Source: "y", Text: "c"},
		{Severity: message.Fatal, Source: "\xff\xfe", Text: "d"},
		{Severity: 200, Source: "x", Text: "e"},
	}
	p := message.NewPacket(id("e1", 1, 1), entries)
	s.Reserve(p.ID, p.Hash, 1)
	s.Commit(nil, p, 1)
	got := s.Totals()
	if got.Packets != 1 || got.Messages != 5 || got.Bytes != uint64(p.Bytes) || got.Levels != [levels]uint64{2, 0, 0, 2, 0, 0, 1} {
		t.Errorf("totals %+v", got)
	}
	want := []Named{{"x", 0, 3}, {"y", 0, 1}, {"\uFFFD", 0, 1}}
	if !slices.Equal(got.Sources, want) || !slices.Equal(got.Emitters, []Named{{"e1", 1, 5}}) {
		t.Errorf("sources %+v, emitters %+v", got.Sources, got.Emitters)
	}
}

func TestManySourcesInOnePacketAreCountedTogether(t *testing.T) {
	s := New(Limits{IDs: 10, Emitters: 1, Sources: 1000})
	var entries []message.Entry
	for i := 0; i < 500; i++ {
		entries = append(entries, message.Entry{Source: fmt.Sprint("s", i)})
	}
	p := message.NewPacket(id("e1", 1, 1), entries)
	s.Reserve(p.ID, p.Hash, 1)
	s.Commit(nil, p, 1)
	got := s.Totals().Sources
	if len(got) != sourcesMax+1 || got[sourcesMax] != (Named{otherSources, 0, 500 - sourcesMax}) {
		t.Errorf("%d sources, last %+v", len(got), got[len(got)-1])
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"app":                               "app",
		"a\xffb":                            "a\uFFFDb",
		strings.Repeat("x", 300):            strings.Repeat("x", nameMax),
		strings.Repeat("x", 255) + "\u00e9": strings.Repeat("x", 255),
	} {
		if got := cleanName(in); got != want {
			t.Errorf("cleanName(%.10q...) = %q, want %q", in, got, want)
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	s := New(Limits{IDs: 1 << 16, Emitters: 10, Sources: 10})
	entries := packet(id("e1", 1, 3)).Entries
	var buf []byte
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		p := message.Packet{ID: id("e1", 1, uint64(i)), Entries: entries, Hash: uint32(i)}
		lo := uint64(max(1, i-1000))
		s.Reserve(p.ID, p.Hash, lo)
		var n uint64
		buf, n = s.Commit(buf[:0], &p, lo)
		s.Durable(n)
	}
}
