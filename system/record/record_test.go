package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func newLog() *Log { return NewLog(Header{Node: "n1", Inc: 2, Role: "analyser"}, 5, 4, 9, nil) }

// lines returns the log's finished lines without their newlines.
func lines(l *Log) []string {
	return strings.Split(strings.TrimSuffix(string(l.Bytes()), "\n"), "\n")
}

func TestLinesLookLikeThis(t *testing.T) {
	l := newLog()
	ln := l.Begin("commit", Stamp{Actor: "analyse", Seq: 3, World: time.Second, Node: -1, Event: 7})
	ln.Packet("id", "e1", 2, 99).Int("n", -4).Uint("u", math.MaxUint64).Dur("d", time.Millisecond).
		Bool("ok", true).Hex32("h", 0xbeef).Hex64("raw", 0xabc).Str("why", "a\"b").End()
	want := []string{
		`{"k":"log","a":"-","s":0,"t":5,"m":4,"g":9,"v":1,"node":"n1","inc":2,"role":"analyser"}`,
		`{"k":"commit","a":"analyse","s":3,"t":1000000000,"m":-1,"g":7,"id":"e1/2/99","n":-4,"u":18446744073709551615,"d":1000000,"ok":true,"h":"0000beef","raw":"0000000000000abc","why":"a\"b"}`,
	}
	for i, got := range lines(l) {
		if got != want[i] {
			t.Errorf("line %d\n%s\nwant\n%s", i+1, got, want[i])
		}
	}
}

func TestEndLineCountsAndSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLog()
		var flushed []byte
		n := rapid.IntRange(0, 20).Draw(t, "lines")
		for i := 0; i < n; i++ {
			to := l
			part := rapid.Bool().Draw(t, "part")
			if part {
				to = NewPart()
			}
			to.Begin("x_y", Stamp{Actor: "a", Seq: uint64(i + 1)}).Str("v", rapid.String().Draw(t, "v")).End()
			if part {
				l.Take(to)
			}
			switch rapid.IntRange(0, 2).Draw(t, "flush") {
			case 1:
				if err := l.Flush(func(b []byte) error { flushed = append(flushed, b...); return nil }); err != nil {
					t.Fatal(err)
				}
			case 2:
				flushed = append(flushed, l.Bytes()...)
				l.Reset()
			}
		}
		before := append(bytes.Clone(flushed), l.Bytes()...)
		l.Close(1, 2, 3)
		all := append(flushed, l.Bytes()...)
		end := string(all[len(before):])
		want := fmt.Sprintf(`{"k":"end","a":"-","s":0,"t":1,"m":2,"g":3,"n":%d,"crc":"%08x"}`+"\n", n+1, crc32.Checksum(before, crc32.MakeTable(crc32.Castagnoli)))
		if end != want {
			t.Fatalf("end line %s, want %s", end, want)
		}
		if bytes.Count(all, []byte("\n")) != n+2 || l.Lines() != uint64(n+2) {
			t.Fatalf("%d newlines, %d lines, want %d", bytes.Count(all, []byte("\n")), l.Lines(), n+2)
		}
		if l.CRC() != crc32.Checksum(all, crc32.MakeTable(crc32.Castagnoli)) {
			t.Fatal("the running checksum is not that of all bytes")
		}
	})
}

func TestFlushKeepsWhatWasNotWritten(t *testing.T) {
	l := newLog()
	broken := errors.New("no room")
	if err := l.Flush(func([]byte) error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("error %v", err)
	}
	if len(l.Bytes()) == 0 {
		t.Fatal("lines that were not written are forgotten")
	}
	calls := 0
	for range 2 {
		if err := l.Flush(func([]byte) error { calls++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Fatalf("%d writes of one line", calls)
	}
}

func TestSinkSeesEveryLine(t *testing.T) {
	var seen []string
	l := NewLog(Header{Node: "n", Inc: 1, Role: "emitter"}, 0, 0, 0, func(b []byte) { seen = append(seen, string(b)) })
	l.Begin("emit", Stamp{Actor: "e"}).End()
	l.Close(0, 0, 0)
	if strings.Join(seen, "") != string(l.Bytes()) || len(seen) != 3 {
		t.Fatalf("sink saw %q", seen)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"ab\u00e9x", 3, "ab"}, {"ab\u00e9x", 4, "ab\u00e9"}, {"\U0001F600", 3, ""}, {"", 0, ""}} {
		l := newLog()
		l.Begin("x_c", Stamp{}).Cut("v", c.in, c.max).End()
		var m map[string]any
		if err := json.Unmarshal([]byte(lines(l)[1]), &m); err != nil || m["v"] != c.want {
			t.Errorf("Cut(%q, %d) = %q (%v), want %q", c.in, c.max, m["v"], err, c.want)
		}
	}
}

func TestMisuseIsRefused(t *testing.T) {
	for name, f := range map[string]func(l *Log){
		"two lines at once":   func(l *Log) { l.Begin("a", Stamp{}); l.Begin("b", Stamp{}) },
		"key after the end":   func(l *Log) { ln := l.Begin("a", Stamp{}); ln.End(); ln.Int("n", 1) },
		"end twice":           func(l *Log) { ln := l.Begin("a", Stamp{}); ln.End(); ln.End() },
		"line after Close":    func(l *Log) { l.Close(0, 0, 0); l.Begin("a", Stamp{}) },
		"bytes in mid-line":   func(l *Log) { l.Begin("a", Stamp{}); l.Bytes() },
		"line beyond LineMax": func(l *Log) { l.Begin("a", Stamp{}).Str("v", strings.Repeat("x", LineMax)).End() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(newLog())
		})
	}
}

// checkLine holds what FORMAT.md section 2 says of a line with this text in it.
func checkLine(t *testing.T, text string, i int64, u uint64) {
	l := newLog()
	l.Begin("x_f", Stamp{Actor: "a", Seq: u}).Str("v", text).Int("i", i).Uint("u", u).Packet("id", text, 1, u).End()
	line := lines(l)
	if len(line) != 2 {
		t.Fatalf("%d lines, want 2: a newline went in raw", len(line))
	}
	if !utf8.ValidString(line[1]) {
		t.Fatalf("%q is not UTF-8", line[1])
	}
	for _, r := range line[1] {
		if r < 0x20 || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0x061c || r == 0xfeff ||
			r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			t.Fatalf("%U is raw in %q", r, line[1])
		}
	}
	var m struct {
		S, U uint64
		V    string
		I    int64
		ID   string
	}
	d := json.NewDecoder(strings.NewReader(line[1]))
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%q: %v", line[1], err)
	}
	want := strings.ToValidUTF8(text, "")
	if utf8.ValidString(text) && m.V != want {
		t.Fatalf("text %q came back as %q", text, m.V)
	}
	if strings.ReplaceAll(m.V, "\uFFFD", "") != strings.ReplaceAll(want, "\uFFFD", "") {
		t.Fatalf("text %q came back as %q", text, m.V)
	}
	if m.I != i || m.U != u || m.S != u || m.ID != fmt.Sprintf("%s/1/%d", m.V, u) {
		t.Fatalf("numbers %d %d came back as %+v", i, u, m)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("plain", int64(0), uint64(0))
	f.Add("q\"b\\n\n\r\t\x00\x1f\x7f", int64(math.MinInt64), uint64(math.MaxUint64))
	f.Add("\u0080\u009f\u2028\u202e\u2066\ufeff\u061c\u200f\U0001F600", int64(-1), uint64(1))
	f.Add("\xff\xc3\xe2\x82 \xed\xa0\x80 \uFFFD", int64(1), uint64(1))
	f.Fuzz(checkLine)
}

// Every rune by itself, so that no range is forgotten.
func TestEveryRune(t *testing.T) {
	var b strings.Builder
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		b.WriteRune(r)
		if b.Len() > 1<<15 || r == utf8.MaxRune {
			checkLine(t, b.String(), 1, 1)
			b.Reset()
		}
	}
}

func BenchmarkLine(b *testing.B) {
	l := newLog()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Begin("send", Stamp{Actor: "emit", Seq: uint64(i), World: 123456789, Node: 123456789, Event: 99999}).
			Uint("tok", uint64(i)).Str("to", "d1").Packet("id", "e1", 1, uint64(i)).Int("n", 10).Hex32("h", uint32(i)).End()
		if len(l.Bytes()) > 1<<20 {
			_ = l.Flush(func([]byte) error { return nil })
		}
	}
}
