package lines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/system/message"
)

// pieces splits b as a reader does that gets it in the given portions.
func pieces(t interface{ Fatalf(string, ...any) }, b []byte, max, portion int) (all []Piece, used int) {
	s := Splitter{Max: max}
	for seen := 0; ; {
		p, n := s.Next(b[used:seen], seen == len(b))
		if n > 0 {
			all = append(all, p)
			used += n
			continue
		}
		if seen == len(b) {
			return all, used
		}
		if seen-used >= s.Need() {
			t.Fatalf("no piece with %d bytes to see", seen-used)
		}
		seen = min(len(b), seen+portion)
	}
}

// reference is what bufio makes of b.
func reference(b []byte) (all []string) {
	r := bufio.NewReader(bytes.NewReader(b))
	for {
		line, err := r.ReadString('\n')
		if text, ok := strings.CutSuffix(line, "\n"); ok {
			line = strings.TrimSuffix(text, "\r")
		}
		if err == nil || line != "" {
			all = append(all, line)
		}
		if errors.Is(err, io.EOF) {
			return all
		}
	}
}

func checkSplit(t interface{ Fatalf(string, ...any) }, b []byte, max, portion int) {
	got, used := pieces(t, b, max, portion)
	if used != len(b) {
		t.Fatalf("%d of %d bytes accounted for", used, len(b))
	}
	var joined []string
	var line strings.Builder
	part := 0
	for _, p := range got {
		if len(p.Text) > max {
			t.Fatalf("piece of %d bytes, at most %d", len(p.Text), max)
		}
		part++
		if p.Part != part && (part != 1 || p.Part != 0 || !p.Last) {
			t.Fatalf("part %d, want %d", p.Part, part)
		}
		line.Write(p.Text)
		if p.Last {
			joined = append(joined, line.String())
			line.Reset()
			part = 0
		}
	}
	want := reference(b)
	if line.Len() > 0 || fmt.Sprintf("%q", joined) != fmt.Sprintf("%q", want) {
		t.Fatalf("lines %q, want %q", joined, want)
	}
	again, _ := pieces(t, b, max, len(b)+1)
	if fmt.Sprint(again) != fmt.Sprint(got) {
		t.Fatalf("portions of %d give other pieces", portion)
	}
}

func TestSplitAgainstBufio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"\n", "\r", "\r\n", "a", "bcd", "\x00", "\u00e9", "\u20ac", "\U0001F600", "\xff", "\xe2\x82", strings.Repeat("x", 9)})).Draw(t, "parts")
		checkSplit(t, []byte(strings.Join(parts, "")), rapid.IntRange(1, 12).Draw(t, "max"), rapid.IntRange(1, 20).Draw(t, "portion"))
	})
}

func TestSplitCases(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"\n", "0:"},
		{"a\nb", "0:a 0:b"},
		{"a\r\n\r\nb\r", "0:a 0: 0:b\r"},
		{"abcd\r\nabcd", "0:abcd 0:abcd"},
		{"abcde\nf", "1:abcd 2:e 0:f"},
		{"abc\u00e9\n", "1:abc 2:\u00e9"},
		{"abcdefghi", "1:abcd 2:efgh 3:i"},
	} {
		got, _ := pieces(t, []byte(c.in), 4, 1)
		var text []string
		for _, p := range got {
			text = append(text, fmt.Sprintf("%d:%s", p.Part, p.Text))
		}
		if s := strings.Join(text, " "); s != c.want {
			t.Errorf("%q: %q, want %q", c.in, s, c.want)
		}
	}
}

func TestEntryMarksWhatWasDone(t *testing.T) {
	e, invalid := (Config{}).Entry(Piece{Text: []byte("a\xff\xfe\x00z"), Part: 2}, "f.log")
	if invalid != 2 || e.Text != "a\uFFFD\uFFFD\x00z" || e.Source != "f.log" || fmt.Sprint(e.Attrs) != "[{weir.encoding invalid-utf8} {weir.part 2}]" {
		t.Errorf("%+v, %d replaced", e, invalid)
	}
	if e, _ = (Config{Plain: true}).Entry(Piece{Text: []byte("ERROR x")}, "f"); e.Severity != message.Unknown || e.Attrs != nil {
		t.Errorf("plain: %+v", e)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a\r\nb\n\nlong line without an end"), 5, 3)
	f.Add([]byte("\xe2\x82\xac\xe2\x82\xac\xff\n"), 4, 1)
	f.Fuzz(func(t *testing.T, b []byte, max, portion int) {
		if max < 1 || max > 1000 || portion < 1 || portion > 1<<20 || len(b) > 1<<16 {
			return
		}
		checkSplit(t, b, max, portion)
		s, invalid := Text(b)
		if !utf8.ValidString(s) || invalid == 0 && s != string(b) || strings.Count(s, "\uFFFD") < invalid {
			t.Fatalf("%q became %q with %d replaced", b, s, invalid)
		}
	})
}
