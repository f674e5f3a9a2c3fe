package distributor

import (
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// TestFullWindow holds that an analyser whose window is full is passed over until
// it has room again, that nothing is sent beyond any window, and that all full
// means waiting.
func TestFullWindow(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers, cfg.Window = []Analyser{{"a1", 1}, {"a2", 3}}, 4
	b := start(t, cfg)
	for seq := uint64(1); seq <= 10; seq++ {
		b.submit(seq, 1)
	}
	flying := map[string]int{}
	for _, s := range b.packets {
		flying[to(s)]++
	}
	if flying["a1"] != 4 || flying["a2"] != 4 || !b.Last("none_up").Bool("on") {
		t.Fatalf("in flight %v, both windows are 4", flying)
	}
	if v := b.Records("view")[1]; v.Str("set") != "a2=3:full" {
		t.Errorf("the heavy one fills first: %s", v.Str("set"))
	}
	b.receipt(b.next(), message.StCommitted)
	if len(b.packets) != 8 {
		t.Fatalf("%d under way: room at three quarters of a window was not used", len(b.packets))
	}
	for len(b.packets) > 0 {
		b.receipt(b.next(), message.StCommitted)
	}
	if len(b.results) != 10 {
		t.Errorf("%d of 10 are over", len(b.results))
	}
}

// TestTimeoutFreesTheWindow holds that a lost packet does not hold its place for
// ever.
func TestTimeoutFreesTheWindow(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers, cfg.Window, cfg.AttemptsMax = []Analyser{{"a1", 1}}, 1, 1
	cfg.Detector.DataFailures = -1
	b := start(t, cfg)
	b.submit(1, 1)
	b.submit(2, 1)
	b.next()
	b.run(1100 * time.Millisecond)
	if s := b.next(); s.Msg.(*message.Dispatch).Packet.ID.Seq != 2 {
		t.Errorf("packet %d is under way", s.Msg.(*message.Dispatch).Packet.ID.Seq)
	}
}

// TestOnFullWait holds that with Wait a packet keeps to the analyser picked for
// it and holds up those behind it.
func TestOnFullWait(t *testing.T) {
	for _, state := range []State{Local, Shared} {
		cfg := baseConfig()
		cfg.Analysers, cfg.Window, cfg.OnFull, cfg.State = []Analyser{{"a1", 1}, {"a2", 3}}, 2, Wait, state
		b := start(t, cfg)
		for seq := uint64(1); seq <= 12; seq++ {
			b.submit(seq, 1)
		}
		flying := map[string]int{}
		for _, s := range b.packets {
			flying[to(s)]++
		}
		if flying["a2"] != 2 || flying["a1"] > 1 || len(b.Records("view")) != 1 {
			t.Fatalf("%s: in flight %v", state, flying)
		}
		blocked := b.Last("pick").Str("to")
		for i, s := range b.packets {
			if to(s) != blocked { // room elsewhere does not help
				b.packets = append(b.packets[:i:i], b.packets[i+1:]...)
				n := len(b.packets)
				b.receipt(s, message.StCommitted)
				if len(b.packets) != n {
					t.Fatalf("%s: the packet that waits was overtaken", state)
				}
				break
			}
		}
		b.order(`{"op":"drain","id":"` + blocked + `"}`)
		if why := b.Records("attempt_failed")[0].Str("why"); why != "down" {
			t.Errorf("%s: the attempt that waits failed: %s", state, why)
		}
		for range 100 {
			for len(b.packets) > 0 {
				b.receipt(b.next(), message.StCommitted)
			}
			b.run(10 * time.Millisecond)
		}
		if len(b.results) != 12 {
			t.Errorf("%s: %d of 12 are over", state, len(b.results))
		}
	}
}

// TestOrphanKeepsItsPlace holds that an attempt of a packet that is over counts
// in the window until it lands.
func TestOrphanKeepsItsPlace(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers, cfg.Window = []Analyser{{"a1", 1}, {"a2", 1}}, 1
	b := start(t, cfg)
	b.submit(1, 1)
	first := b.next()
	b.run(1100 * time.Millisecond)
	second := b.next() // at the other one, and the packet is completed by the first
	b.receipt(first, message.StCommitted)
	b.submit(2, 1)
	if s := b.next(); to(s) != to(first) {
		t.Fatalf("the window of %s is exceeded", to(second))
	}
	b.submit(3, 1)
	if len(b.packets) != 0 {
		t.Fatal("both windows are full")
	}
	b.receipt(second, message.StCommitted)
	if s := b.next(); to(s) != to(second) {
		t.Errorf("sent to %s", to(s))
	}
	if n := len(b.Records("done")); n != 1 {
		t.Errorf("%d done records, want 1", n)
	}
}

// TestShared holds that the router decides for all workers, from their views.
func TestShared(t *testing.T) {
	cfg := baseConfig()
	cfg.State, cfg.Workers = Shared, 3
	b := start(t, cfg)
	got := map[string]int{}
	for seq := uint64(1); seq <= 40; seq++ {
		b.submit(seq, 1)
	}
	for _, s := range b.packets {
		got[to(s)]++
	}
	if got["a1"] != 10 || got["a2"] != 10 || got["a3"] != 20 {
		t.Errorf("one chooser from zero credits gave %v of 40, weights 1, 1, 2", got)
	}
	for i, r := range b.Records("pick") {
		if r.Actor != Router || r.Int("p") != int64(i+1) || r.Str("w") == "" {
			t.Fatalf("pick %d by %s for %q", i, r.Actor, r.Str("w"))
		}
	}
	if len(b.Records("credit")) != 0 {
		t.Error("a start phase in state shared")
	}
}

// TestSharedViewIsNewest holds that what comes while the router decides waits: a
// pick is then from the worker's newest view, and none is in vain.
func TestSharedViewIsNewest(t *testing.T) {
	cfg := baseConfig()
	cfg.State, cfg.Detector.DataFailures = Shared, 1
	b := start(t, cfg)
	b.submit(1, 1)
	b.slow = true
	b.submit(2, 1)
	b.fail(b.next(), node.ErrReset)
	b.submit(3, 1)
	if len(b.held) != 1 || len(b.Records("attempt_failed", "health")) != 0 {
		t.Fatalf("%d questions to the router, %v", len(b.held), b.tail())
	}
	b.catchUp()
	var story string
	for _, r := range b.Records("pick", "attempt_failed", "health", "view") {
		story += r.Kind + " "
	}
	if want := "view pick pick attempt_failed health view pick "; story != want {
		t.Errorf("%s, want %s", story, want)
	}
	if len(b.packets) != 2 || b.Last("pick").Int("v") != 2 {
		t.Errorf("%d packets under way, %v", len(b.packets), b.tail())
	}
}

// TestRouterMailboxFull holds that packets that could not be asked about keep
// their places.
func TestRouterMailboxFull(t *testing.T) {
	cfg := baseConfig()
	cfg.State = Shared
	b := start(t, cfg)
	full := true
	b.SendErr = func(to node.Addr, _ node.Message) error {
		if full && to.Actor == Router {
			return node.ErrFull
		}
		return nil
	}
	for seq := uint64(1); seq <= 3; seq++ {
		b.submit(seq, 1)
	}
	full = false
	b.run(10 * time.Millisecond)
	for seq := uint64(1); seq <= 3; seq++ {
		m := b.next().Msg.(*message.Dispatch)
		if m.Packet.ID.Seq != seq || m.Attempt != 1 {
			t.Errorf("packet %d, attempt %d, want %d, 1", m.Packet.ID.Seq, m.Attempt, seq)
		}
	}
}
