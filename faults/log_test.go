package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestLogExactly(t *testing.T) {
	var buf bytes.Buffer
	l := NewLog(&buf)
	at := func(s int, g uint64) Stamp { return Stamp{time.Duration(s) * time.Second, g} }
	l.Phase(at(0, 0), "warmup")
	l.Fault(at(1, 4), Act{Do: Crash, Node: "a1", Args: Args{Silent: true}}, 3)
	l.Fault(at(1, 4), Act{Do: Cut, From: "d1", To: "a2", Classes: AllClasses}, 0)
	l.Fault(at(1, 5), Act{Do: Impair, From: "d1", To: "a2", Classes: Classes(ClassData, ClassAck),
		Args: Args{Impair: Impairment{Delay: time.Millisecond, LossPPM: 50_000}}}, 0)
	l.Fault(at(2, 6), Act{Do: Pause, Node: "d1", Actor: "w2"}, 0)
	l.Fault(at(2, 6), Act{Do: Load, Node: "e1", Args: Args{Percent: 0}}, 0)
	l.Fault(at(2, 7), Act{Do: Configure, Node: "d1", Args: Args{Document: "{\"a\":1}\n"}}, 0)
	l.NoEffect(at(3, 8), Act{Do: Heal, From: "d1", To: "a2", Classes: Classes(ClassProbe)})
	l.Lost(at(3, 9), Sent{"d1", 2, 77, "a2"}, "cut")
	l.Dup(at(3, 9), Sent{"d1", 2, 78, "a2"}, 2)
	l.Stopped(at(4, 10), "settled")
	body := buf.String()
	l.Close(at(4, 10))
	want := `{"k":"log","a":"-","s":0,"t":0,"m":0,"g":0,"v":1,"node":"faults","inc":1,"role":"faults"}
{"k":"phase","a":"faults","s":1,"t":0,"m":0,"g":0,"name":"warmup"}
{"k":"fault","a":"faults","s":2,"t":1000000000,"m":1000000000,"g":4,"do":"crash","n":"a1","val":"silent","inc":3}
{"k":"fault","a":"faults","s":3,"t":1000000000,"m":1000000000,"g":4,"do":"cut","from":"d1","to":"a2","cls":"all"}
{"k":"fault","a":"faults","s":4,"t":1000000000,"m":1000000000,"g":5,"do":"impair","from":"d1","to":"a2","cls":"data","val":"delay 1ms loss 5%"}
{"k":"fault","a":"faults","s":5,"t":1000000000,"m":1000000000,"g":5,"do":"impair","from":"d1","to":"a2","cls":"ack","val":"delay 1ms loss 5%"}
{"k":"fault","a":"faults","s":6,"t":2000000000,"m":2000000000,"g":6,"do":"pause","n":"d1","act":"w2"}
{"k":"fault","a":"faults","s":7,"t":2000000000,"m":2000000000,"g":6,"do":"load","n":"e1","val":"0"}
{"k":"fault","a":"faults","s":8,"t":2000000000,"m":2000000000,"g":7,"do":"configure","n":"d1","val":"{\"a\":1}\u000a"}
{"k":"noeffect","a":"faults","s":9,"t":3000000000,"m":3000000000,"g":8,"do":"heal","from":"d1","to":"a2","cls":"probe"}
{"k":"lost","a":"faults","s":10,"t":3000000000,"m":3000000000,"g":9,"fr":"d1","fi":2,"tok":77,"to":"a2","why":"cut"}
{"k":"dup","a":"faults","s":11,"t":3000000000,"m":3000000000,"g":9,"fr":"d1","fi":2,"tok":78,"to":"a2","n":2}
{"k":"stopped","a":"faults","s":12,"t":4000000000,"m":4000000000,"g":10,"why":"settled"}
`
	if body != want {
		t.Errorf("got:\n%s\nwant:\n%s", body, want)
	}
	crc := crc32.Checksum([]byte(body), crc32.MakeTable(crc32.Castagnoli))
	end := fmt.Sprintf(`{"k":"end","a":"-","s":0,"t":4000000000,"m":4000000000,"g":10,"n":13,"crc":"%08x"}`+"\n", crc)
	if got := strings.TrimPrefix(buf.String(), body); got != end {
		t.Errorf("end: %s want %s", got, end)
	}
	if l.Lines() != 14 {
		t.Errorf("%d lines, want 14", l.Lines())
	}
	mustPanic(t, "after the end", func() { l.Phase(at(5, 1), "late") })
}

func TestLogRefusesShapes(t *testing.T) {
	mustPanic(t, "flat acts", func() { NewLog(&bytes.Buffer{}).Fault(Stamp{}, Act{Do: Halves}, 0) })
	mustPanic(t, "no class", func() { NewLog(&bytes.Buffer{}).Fault(Stamp{}, Act{Do: Cut, From: "a", To: "b"}, 0) })
}

func mustPanic(t *testing.T, part string, f func()) {
	t.Helper()
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), part) {
			t.Errorf("panic %v, want one with %q", r, part)
		}
	}()
	f()
}

// TestStringsAreSafeJSON: whatever the text, encoding/json reads it back (an invalid byte as U+FFFD), and nothing
// that FORMAT bans stands in the line raw.
func TestStringsAreSafeJSON(t *testing.T) {
	hostile := rapid.Map(rapid.SliceOf(rapid.SampledFrom([]rune(garbageRunes+"\u0085\u061c\u200f\u2066\u2069\ufffd\"\\a"))),
		func(r []rune) string { return string(r) })
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(hostile, genText).Draw(t, "s")
		line := appendString(nil, s)
		var back string
		if err := json.Unmarshal(line, &back); err != nil || back != string([]rune(s)) {
			t.Fatalf("%q became %s, read as %q (%v)", s, line, back, err)
		}
		for _, r := range string(line) {
			if r < 0x20 || r >= 0x7f && r <= 0x9f || r == 0x61c || r >= 0x200e && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Fatalf("%U stands raw in %q", r, line)
			}
		}
		if !utf8.Valid(line) {
			t.Fatalf("%q is not UTF-8", line)
		}
	})
}

func TestLogDoesNotAllocate(t *testing.T) {
	var buf bytes.Buffer
	buf.Grow(1 << 20)
	l := NewLog(&buf)
	act := Act{Do: Cut, From: "d1", To: "a1", Classes: AllClasses}
	if n := testing.AllocsPerRun(200, func() {
		l.Lost(Stamp{5, 5}, Sent{"d1", 1, 9, "a1"}, "cut")
		l.NoEffect(Stamp{5, 5}, act)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLost(b *testing.B) {
	var buf bytes.Buffer
	l := NewLog(&buf)
	b.ReportAllocs()
	for b.Loop() {
		if buf.Len() > 1<<20 {
			buf.Reset()
		}
		l.Lost(Stamp{123456789, 55}, Sent{"d1", 1, 99, "a1"}, "cut")
	}
}
