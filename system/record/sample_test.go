package record

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// The share of packets in a sample is what it says, whatever the ids look like, and what
// one node keeps all do.
func TestInSample(t *testing.T) {
	const n = 200_000
	for _, oneIn := range []uint32{1, 2, 3, 10, 64, 100, 1000} {
		in := 0
		for i := range n {
			if InSample(fmt.Appendf(nil, "e%d/1/%d", i%7, i/7+1), oneIn) {
				in++
			}
		}
		p := 1 / float64(oneIn)
		if d := math.Abs(float64(in) - n*p); d > 5*math.Sqrt(n*p*(1-p))+1e-9 {
			t.Errorf("one in %d: %d of %d", oneIn, in, n)
		}
	}
	if !InSample([]byte("probe/1/7"), 1<<30) {
		t.Error("a data probe is not in the sample")
	}
}

// Lines of packets out of the sample leave nothing behind, not even a number.
func TestSample(t *testing.T) {
	part := NewSample(3)
	seq, kept := uint64(0), 0
	for i := range uint64(300) {
		for _, kind := range []string{"emit", "view"} {
			if part.Left() {
				seq--
			}
			seq++
			ln := part.Begin(kind, Stamp{Actor: "w1", Seq: seq})
			if kind == "emit" {
				ln.Packet("id", "e1", 1, i+1)
				if InSample(fmt.Appendf(nil, "e1/1/%d", i+1), 3) {
					kept++
				}
			}
			ln.Uint("n", i).End()
		}
	}
	lines := strings.Split(strings.TrimSpace(string(part.Bytes())), "\n")
	if len(lines) != 300+kept || part.Lines() != uint64(len(lines)) || kept < 60 || kept > 140 {
		t.Fatalf("%d lines are kept, %d counted, %d of packets", len(lines), part.Lines(), kept)
	}
	for i, line := range lines {
		if !strings.Contains(line, fmt.Sprintf(`"s":%d,`, i+1)) {
			t.Fatalf("line %d: %s", i+1, line)
		}
	}
	mute := NewMute()
	mute.Begin("view", Stamp{Actor: "w1", Seq: 1}).Packet("id", "e1", 1, 1).Str("s", "x").Bool("b", true).Hex32("h", 1).Uint("n", 1).Int("i", -1).End()
	if len(mute.Bytes()) > 0 || mute.Lines() > 0 {
		t.Errorf("a mute part has %s", mute.Bytes())
	}
	log := NewLog(Header{Node: "n", Inc: 1, Role: "emitter", OneIn: 3}, 0, 0, 0, nil)
	if head := string(log.Bytes()); !strings.Contains(head, `"one_in":3`) {
		t.Error(head)
	}
}
