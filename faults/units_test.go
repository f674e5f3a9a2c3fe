package faults

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTimeAgreesWithTheStandardLibrary: the integer reader must read what time.ParseDuration reads.
func TestTimeAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genTime.Draw(t, "d")
		got, err := parseTime(formatTime(d))
		if err != nil || got != d {
			t.Fatalf("%s came back as %v, %v", formatTime(d), got, err)
		}
		if std, err := time.ParseDuration(formatTime(d)); err != nil || std != d {
			t.Fatalf("%s: the standard library reads %v, %v", formatTime(d), std, err)
		}
		if d >= time.Millisecond {
			d -= d % time.Microsecond
		}
		if got, err = parseTime(d.String()); d%time.Microsecond == 0 && d >= time.Millisecond && (err != nil || got != d) {
			t.Fatalf("%v was read as %v, %v", d, got, err)
		}
	})
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]int64{"5%": 50_000, "0.01%": 100, "0.0001%": 1, "100%": 1_000_000, "12.5%": 125_000} {
		got, err := parseShare(text)
		if err != nil || got != want || formatShare(want) != text {
			t.Errorf("%s: got %d (%v), printed %s", text, got, err, formatShare(want))
		}
	}
	for _, text := range []string{"0%", "0.00001%", "100.1%", "5", "-5%", ".5%", "5.%", "%", "1e1%"} {
		if ppm, err := parseShare(text); err == nil {
			t.Errorf("%s was read as %d ppm", text, ppm)
		}
	}
	for text, want := range map[string]int64{"800B/s": 800, "64kB/s": 64_000, "10MB/s": 10_000_000, "1GB/s": 1_000_000_000} {
		got, err := parseRate(text)
		if err != nil || got != want || formatRate(want) != text {
			t.Errorf("%s: got %d (%v), printed %s", text, got, err, formatRate(want))
		}
	}
	for _, text := range []string{"0B/s", "5", "5B", "1001GB/s", "1.5kB/s", "-1B/s"} {
		if rate, err := parseRate(text); err == nil {
			t.Errorf("%s was read as %d", text, rate)
		}
	}
	for _, text := range []string{"", "5", "s", "5x", "1.s", ".5s", "1s1h", "1s1s", "99999999999999999999s", "-1s", "1000h1ns", "0.5ns", "0.0001us"} {
		if d, err := parseTime(text); err == nil {
			t.Errorf("%q was read as %v", text, d)
		}
	}
}

func TestGlob(t *testing.T) {
	cases := []struct {
		pattern Pattern
		yes, no []string
	}{
		{"a1", []string{"a1"}, []string{"a", "a11", "A1", ""}},
		{"a*", []string{"a", "a1", "ab*"}, []string{"b", "ba", ""}},
		{"*", []string{"a", "anything"}, nil},
		{"*b*c", []string{"bc", "abxc", "bbcc", "xbxbxcxc"}, []string{"b", "c", "abcd", "cb"}},
		{"{a1,b*}", []string{"a1", "b", "b2"}, []string{"a2", "{a1", "a1,b"}},
		{"", nil, []string{"a"}},
	}
	for _, c := range cases {
		for _, name := range c.yes {
			if !c.pattern.Match(name) {
				t.Errorf("%s does not match %s", c.pattern, name)
			}
		}
		for _, name := range c.no {
			if c.pattern.Match(name) {
				t.Errorf("%s matches %q", c.pattern, name)
			}
		}
	}
}
