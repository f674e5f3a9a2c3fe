package emitter

import (
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// A spool's word is enough from the only distributor.
func TestSpooledByTheOnlyDistributor(t *testing.T) {
	cfg := config(Generator{Packets: 1})
	cfg.Distributors = []string{"d1"}
	n := boot(t, cfg)
	n.Advance(100 * time.Millisecond)
	answer(n, n.Take()[0], message.Spooled)
	if outcomes(n) != "e1/1/1 acked" || n.Last("outcome").Str("why") != "spooled" {
		t.Fatalf("outcomes %q: %v", outcomes(n), n.Last("outcome"))
	}
}

// With several it is not: the packet stays, acked_below with it, and the one that has it is
// asked again, until that fails.
func TestSpooledByOneOfSeveral(t *testing.T) {
	cfg := config(Generator{Packets: 1})
	cfg.Distributors = []string{"d1", "d2", "d3"}
	cfg.BackoffBase, cfg.JitterPPM = 100*time.Millisecond, -1
	n := boot(t, cfg)
	n.Advance(100 * time.Millisecond)
	first := n.Take()[0]
	answer(n, first, message.Spooled)
	n.Advance(5 * time.Second)
	second := n.Take()[0]
	if outcomes(n) != "" || second.To.Node != first.To.Node || submit(second).AckedBelow != 1 {
		t.Fatalf("outcomes %q, then to %s instead of %s, acked_below %d", outcomes(n), second.To.Node, first.To.Node, submit(second).AckedBelow)
	}
	answer(n, second, message.Spooled)
	n.Advance(5 * time.Second)
	n.Fail(n.Take()[0], node.ErrRefused)
	n.Advance(5 * time.Second)
	third := n.Take()[0]
	if third.To.Node == first.To.Node {
		t.Fatalf("to %s again, which failed", third.To.Node)
	}
	answer(n, third, message.Committed)
	if outcomes(n) != "e1/1/1 acked" || n.Last("outcome").Str("why") != "" {
		t.Fatalf("outcomes %q: %v", outcomes(n), n.Last("outcome"))
	}
}
