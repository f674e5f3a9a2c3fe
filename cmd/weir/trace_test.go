package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/logcheck"
)

type dumped struct {
	name  string
	count map[int]time.Duration
	next  *dumped
	list  []int
	data  []byte
	f     func()
	any   any
	none  *int
}

// TestDump: fields by name, maps in the order of their keys, no addresses, bounded also
// for what refers to itself.
func TestDump(t *testing.T) {
	v := &dumped{
		name: "w1\x1b", count: map[int]time.Duration{10: time.Second, 9: 2 * time.Second, 100: 0},
		list: make([]int, 20), data: []byte("abc"), f: func() {}, any: uint8(7),
	}
	v.list[1], v.list[19] = 5, 6
	want := `  dumped
    name: "w1\x1b"
    count: 3 entries
      9: 2s
      10: 1s
    list: 20 items
      1: 5
    data: 3 bytes "abc"
    any: 7
`
	if d := cmp.Diff(want, dump(v)); d != "" {
		t.Errorf("dump (-want +got):\n%s", d)
	}
	v.next = v
	if got := dump(v); strings.Count(got, "next: ...") != 1 || strings.Contains(got, "0x") {
		t.Errorf("of itself:\n%s", got)
	}
	wide := make([][]int, 8)
	for i := range wide {
		wide[i] = []int{1, 2, 3, 4, 5, 6, 7, 8}
	}
	if got := dump([][][][]int{{wide, wide, wide, wide}, {wide, wide, wide, wide}}); strings.Count(got, "\n") > dumpLines+1 {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
}

func TestPacketOf(t *testing.T) {
	ref := func(text string) logcheck.Ref { return logcheck.Ref{Text: text} }
	for want, witness := range map[string][]logcheck.Ref{
		"e1/1/448": {ref(`{"k":"recover","n":1}`), ref(`{"k":"send","id":"probe/1/2"}`), ref(`{"k":"commit","id":"e1/1/448","n":2}`), ref(`{"k":"emit","id":"e1/1/3"}`)},
		"":         {ref(`{"k":"x_a","id":"$(reboot)"}`), ref(`{"k":"x_a","id":"e1/1/4`), ref(``)},
	} {
		if got := packetOf(witness); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestReceiver(t *testing.T) {
	if got := receiver(&dumped{}); got != "weir/cmd/weir.(*dumped).Receive" && got != "main.(*dumped).Receive" {
		t.Errorf("%s", got)
	}
}
