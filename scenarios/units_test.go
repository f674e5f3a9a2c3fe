package scenarios

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		kind kind
		text string
		want int64
	}{
		{kindRate, "50/s", 50_000}, {kindRate, "0.001/s", 1}, {kindRate, "12.5/s", 12_500},
		{kindShare, "5%", 50_000}, {kindShare, "0.0001%", 1}, {kindShare, "100%", 1_000_000},
		{kindBytes, "0", 0}, {kindBytes, "10kB", 10_000}, {kindBytes, "64KiB", 65_536}, {kindBytes, "2TiB", 2 << 40},
		{kindTime, "1m30s", int64(90 * time.Second)}, {kindTime, "250ms", 250_000_000}, {kindTime, "1.5s", 1_500_000_000}, {kindTime, "0s", 0},
	} {
		f := &field{kind: c.kind}
		v := reflect.ValueOf(new(int64)).Elem()
		if err := f.set(v, c.text); err != nil || v.Int() != c.want {
			t.Errorf("%q: want %d, got %d, %v", c.text, c.want, v.Int(), err)
		}
	}
}

func TestUnitsRefuse(t *testing.T) {
	for kind, texts := range map[kind][]string{
		kindRate:  {"50", "50/m", "/s", "-5/s", "1.2345/s", "05/s", "1e3/s", " 5/s", "5 /s", "99999999999999/s"},
		kindShare: {"5", "5 %", "-1%", "1000%", "0.00001%", "%", "5%%", "٣%"},
		kindBytes: {"", "-1", "1.5MB", "5KB", "5 kB", "05", "99999999999999999TiB"},
		kindTime:  {"", "0", "5", "5 s", "-5s", "5sec", "s", "1e3s", "9999999999h", "5µs"},
		kindSpan:  {"", "..", "1..", "..3", "3..1", "1...3", "-1..3", "1..2..3", "99999999999"},
		kindInt:   {"", "+5", "05", "0x5", "5.0", "1_000", "٣", "9999999999999999999"},
		kindBool:  {"", "yes", "True", "1", "truefalse"},
	} {
		for _, text := range texts {
			f := &field{kind: kind}
			v := placeFor(kind)
			if err := f.set(v, text); err == nil {
				t.Errorf("%s: %q is accepted as %v", forms[kind].what, text, v)
			}
		}
	}
}

// placeFor is a variable for a value of a kind.
func placeFor(k kind) reflect.Value {
	switch k {
	case kindRate:
		return reflect.ValueOf(new(Rate)).Elem()
	case kindShare:
		return reflect.ValueOf(new(PPM)).Elem()
	case kindBytes:
		return reflect.ValueOf(new(Bytes)).Elem()
	case kindSpan:
		return reflect.ValueOf(new(Span)).Elem()
	case kindBool:
		return reflect.ValueOf(new(bool)).Elem()
	case kindTime:
		return reflect.ValueOf(new(time.Duration)).Elem()
	}
	return reflect.ValueOf(new(int64)).Elem()
}

// What text writes, set reads back.
func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom([]kind{kindRate, kindShare, kindBytes, kindTime, kindInt}).Draw(t, "kind")
		most := map[kind]int64{kindRate: 1e14, kindShare: 999_9999, kindBytes: 1 << 59, kindTime: int64(100 * time.Hour), kindInt: 1 << 62}
		n := rapid.Int64Range(0, most[k]).Draw(t, "n")
		f := &field{kind: k}
		v, back := placeFor(k), placeFor(k)
		v.SetInt(n)
		if err := f.set(back, f.text(v)); err != nil || back.Int() != n {
			t.Fatalf("%d is written %q and read as %d, %v", n, f.text(v), back.Int(), err)
		}
	})
}
