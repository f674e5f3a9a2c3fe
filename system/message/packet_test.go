package message

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/system/node"
	"weir/system/record"
)

func TestParseIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := ID{
			Source: rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`).Draw(t, "source"),
			Inc:    rapid.Uint32().Draw(t, "inc"),
			Seq:    rapid.Uint64Min(1).Draw(t, "seq"),
		}
		if got, err := ParseID(id.String()); err != nil || got != id {
			t.Fatalf("%s came back as %v (%v)", id, got, err)
		}
	})
}

func TestParseIDRefuses(t *testing.T) {
	for _, s := range []string{"", "e1", "e1/1", "e1/1/0", "e1/-1/1", "e1/1/-1", "e1/4294967296/1", "e1/1/18446744073709551616",
		"/1/1", "a b/1/1", "e1/1/1/1", "e1//1", strings.Repeat("x", 65) + "/1/1", "e1/1/1 "} {
		if id, err := ParseID(s); err == nil {
			t.Errorf("ParseID(%q) = %v", s, id)
		}
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	p := NewPacket(ID{"e1", 1, 1}, []Entry{{Text: "a"}, {Text: "b"}})
	if err := p.Verify(); err != nil {
		t.Fatal(err)
	}
	p.Entries[1].Text = "c"
	if err := p.Verify(); !errors.Is(err, ErrHash) || !strings.Contains(err.Error(), "e1/1/1") {
		t.Fatalf("error %v", err)
	}
}

// The same letters divided otherwise among fields, entries and attributes are
// another content.
func TestHashTellsFieldBoundaries(t *testing.T) {
	lists := [][]Entry{
		nil,
		{{}},
		{{}, {}},
		{{Source: "ab"}},
		{{Source: "a", Text: "b"}},
		{{Text: "ab"}},
		{{Text: "a"}, {Text: "b"}},
		{{Text: "a", Attrs: []Attribute{{"b", ""}}}},
		{{Text: "a", Attrs: []Attribute{{"", "b"}}}},
		{{Attrs: []Attribute{{"a", "b"}}}},
		{{Attrs: []Attribute{{"ab", ""}}}},
		{{Attrs: []Attribute{{"a", ""}, {"b", ""}}}},
		{{Time: 1, Text: "ab"}},
		{{Severity: 1, Text: "ab"}},
		{{Time: 256, Text: "ab"}},
	}
	seen := map[uint32]string{}
	for _, l := range lists {
		h, text := HashEntries(l), fmt.Sprintf("%+v", l)
		if old, ok := seen[h]; ok {
			t.Errorf("%s and %s have the same hash", old, text)
		}
		seen[h] = text
	}
}

// Moving a boundary between two neighbouring texts changes the hash: one that
// joined them would not see it.
func TestHashAnyBoundary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringN(1, 20, 40).Draw(t, "s")
		i := rapid.IntRange(0, len(s)).Draw(t, "i")
		j := rapid.IntRange(0, len(s)).Draw(t, "j")
		field := rapid.IntRange(0, 2).Draw(t, "field")
		list := func(k int) []Entry {
			a, b := s[:k], s[k:]
			return [][]Entry{
				{{Source: a, Text: b}},
				{{Text: a}, {Source: b}},
				{{Attrs: []Attribute{{a, b}}}},
			}[field]
		}
		if same := HashEntries(list(i)) == HashEntries(list(j)); same != (i == j) {
			t.Fatalf("cut at %d and at %d: same hash %v", i, j, same)
		}
	})
}

func TestSizes(t *testing.T) {
	e := Entry{Source: "ab", Text: "cde", Attrs: []Attribute{{"k", "vv"}}}
	if e.Size() != 16+2+3+3 {
		t.Errorf("size %d", e.Size())
	}
	p := NewPacket(ID{"e", 1, 1}, []Entry{e, e})
	if p.Bytes != 2*e.Size() {
		t.Errorf("packet of %d bytes, want %d", p.Bytes, 2*e.Size())
	}
}

func TestSeverityNames(t *testing.T) {
	for s, want := range map[Severity]string{0: "unknown", 1: "trace", 4: "trace", 5: "debug", 9: "info", 12: "info", 13: "warn", 17: "error", 21: "fatal", 24: "fatal", 25: "unknown"} {
		if got := s.String(); got != want {
			t.Errorf("severity %d is %s, want %s", s, got, want)
		}
	}
}

func TestMessagesDescribeThemselves(t *testing.T) {
	p := NewPacket(ID{"e1", 1, 7}, []Entry{{Text: "x"}})
	h := fmt.Sprintf("%08x", p.Hash)
	for _, c := range []struct {
		m     node.Message
		name  string
		class node.Class
		keys  string
	}{
		{&Submit{Packet: p, AckedBelow: 3}, "submit", node.ClassData, `,"id":"e1/1/7","n":1,"b":17,"h":"` + h + `","lo":3`},
		{&Dispatch{Packet: p, Attempt: 2, AckedBelow: 3}, "packet", node.ClassData, `,"id":"e1/1/7","n":1,"b":17,"h":"` + h + `","att":2,"lo":3`},
		{&Result{ID: p.ID, Out: GaveUp, Why: "attempts", Definite: true, Wait: 5}, "result", node.ClassAck, `,"id":"e1/1/7","out":"gave_up","why":"attempts","def":true,"wait":5`},
		{&Result{ID: p.ID}, "result", node.ClassAck, `,"id":"e1/1/7","out":"committed","def":false`},
		{&Receipt{ID: p.ID, Attempt: 2, Status: StBusy}, "receipt", node.ClassAck, `,"id":"e1/1/7","att":2,"st":"busy"`},
		{&Probe{Number: 4}, "probe", node.ClassProbe, `,"pn":4`},
		{&ProbeOK{Number: 4, Ready: true}, "probe_ok", node.ClassProbe, `,"pn":4,"ready":true`},
		{&Control{Doc: []byte("{\n}")}, "control", node.ClassControl, `,"doc":"{\n}"`},
		{&ControlOK{OK: true, Version: 6}, "control_ok", node.ClassControl, `,"ok":true,"ver":6,"why":""`},
		{&State{After: "a1"}, "state", node.ClassControl, ""},
		{&StateOK{Version: 6, More: true}, "state_ok", node.ClassControl, `,"ver":6`},
	} {
		l := record.NewLog(record.Header{Node: "n", Inc: 1, Role: "emitter"}, 0, 0, 0, nil)
		ln := l.Begin("send", record.Stamp{Actor: "a"})
		c.m.Describe(ln)
		ln.End()
		_, line, _ := strings.Cut(string(l.Bytes()), "\n")
		if _, keys, _ := strings.Cut(line, `"g":0`); keys != c.keys+"}\n" || c.m.Name() != c.name || c.m.Class() != c.class || c.m.Size() < overhead {
			t.Errorf("%s %s %d: %s, want %s", c.m.Name(), c.m.Class(), c.m.Size(), keys, c.keys)
		}
	}
}

// What a Hasher did before, and where it stops encoding to hash, must not show.
func TestHasherIsAsGoodAsNew(t *testing.T) {
	var h Hasher
	rapid.Check(t, func(t *rapid.T) {
		entries := make([]Entry, rapid.IntRange(0, 300).Draw(t, "entries"))
		var whole []byte
		for i := range entries {
			e := &entries[i]
			e.Text = strings.Repeat("x", rapid.IntRange(0, 100).Draw(t, "size"))
			whole = append(appendUint(whole, 0), 0)
			whole = appendUint(appendText(appendText(whole, ""), e.Text), 0)
		}
		want := crc32.Checksum(whole, castagnoli)
		if got := h.NewPacket(ID{"e1", 1, 1}, entries); got.Hash != want || HashEntries(entries) != want || h.Verify(got) != nil {
			t.Fatalf("hash %08x, anew %08x, want %08x", got.Hash, HashEntries(entries), want)
		}
	})
}
