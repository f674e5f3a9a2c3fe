package lines

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/system/message"
)

// Any message comes back from its record as it was, and the record is one line.
func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab\t\n\r\\\x00é")))
		e := message.Entry{
			Time: rapid.Int64().Draw(t, "time"), Severity: message.Severity(rapid.Uint8().Draw(t, "severity")),
			Source: text.Draw(t, "source"), Text: text.Draw(t, "text"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "attributes") {
			e.Attrs = append(e.Attrs, message.Attribute{Key: text.Draw(t, "key"), Value: text.Draw(t, "value")})
		}
		line, err := AppendRecord([]byte("x"), &e)
		if err != nil || strings.Count(string(line), "\n") != 1 || line[0] != 'x' {
			t.Fatalf("record %q: %v", line, err)
		}
		got, err := ParseRecord(line[1 : len(line)-1])
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Fatalf("%+v became %+v: %v", e, got, err)
		}
	})
}

func TestRecordTooLong(t *testing.T) {
	e := message.Entry{Text: strings.Repeat("\\", RecordMax/2)}
	if b, err := AppendRecord([]byte("x"), &e); err == nil || string(b) != "x" {
		t.Errorf("%d bytes appended: %v", len(b), err)
	}
	e = message.Entry{Attrs: make([]message.Attribute, AttrsMax+1)}
	if b, err := AppendRecord(nil, &e); err == nil || len(b) != 0 {
		t.Errorf("%d attributes appended: %v", len(e.Attrs), err)
	}
}

// FuzzParseRecord: what is read is written back as the same bytes.
func FuzzParseRecord(f *testing.F) {
	for _, s := range []string{"0\t0\t\t", "-5\t9\thost\ttext\\n\tkey\tvalue\\\\", "1\t1\ta", "1\t1\ta\tb\tc", "1\t300\ta\tb", "x\t1\ta\tb\\"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := ParseRecord(line)
		if err != nil {
			return
		}
		b, err := AppendRecord(nil, &e)
		if err != nil {
			return // longer than what is read from files
		}
		again, err := ParseRecord(b[:len(b)-1])
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%q became %+v, then %+v: %v", line, e, again, err)
		}
	})
}
