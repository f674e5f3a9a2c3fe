package distributor

import (
	"slices"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

func TestHappyPath(t *testing.T) {
	b := start(t, baseConfig())
	b.submit(1, 3)
	s := b.next()
	d := s.Msg.(*message.Dispatch)
	if d.Attempt != 1 || d.AckedBelow != 1 || s.To.Actor != "analyse" || !s.Request {
		t.Fatalf("dispatched %+v to %+v", d, s.To)
	}
	b.receipt(s, message.StCommitted)
	if len(b.results) != 1 || b.results[0].Out != message.Committed || b.results[0].ID.Seq != 1 {
		t.Fatalf("results %+v", b.results)
	}
	pick, done := b.Last("pick"), b.Last("done")
	if pick.Str("to") != to(s) || pick.Int("n") != 3 || pick.Int("p") != 1 || pick.Int("v") != 1 || pick.Has("w") || pick.Has("x") {
		t.Errorf("pick record to %s", pick.Str("to"))
	}
	if done.Str("to") != to(s) || done.Int("att") != 1 || done.Str("st") != "committed" {
		t.Errorf("done record %v", b.tail())
	}
}

// TestFirstRecords holds what a worker logs before its first decision.
func TestFirstRecords(t *testing.T) {
	b := start(t, baseConfig())
	var kinds []string
	for _, r := range b.Records() {
		kinds = append(kinds, r.Kind)
	}
	if want := []string{"config", "view", "credit"}; !slices.Equal(kinds, want) {
		t.Fatalf("records %v, want %v", kinds, want)
	}
	if v := b.Last("view"); v.Int("v") != 1 || v.Int("ver") != 1 || v.Str("set") != "a1=1:up,a2=1:up,a3=2:up" {
		t.Errorf("first view %s", b.Lines())
	}
}

func TestSharesFollowWeights(t *testing.T) {
	b := start(t, baseConfig())
	got := map[string]int{}
	for seq := uint64(1); seq <= 400; seq++ {
		b.submit(seq, 5)
		s := b.next()
		got[to(s)]++
		b.receipt(s, message.StCommitted)
	}
	if got["a1"] < 98 || got["a1"] > 102 || got["a3"] < 198 || got["a3"] > 202 {
		t.Errorf("packets %v of 400, weights 1, 1, 2", got)
	}
}

// TestRetryElsewhere holds that each kind of failure is retried at another
// analyser after the backoff, with what was tried excluded.
func TestRetryElsewhere(t *testing.T) {
	for _, tc := range []struct {
		why  string
		fail func(b *bench)
	}{
		{"refused", func(b *bench) { b.fail(b.next(), node.ErrRefused) }},
		{"reset", func(b *bench) { b.fail(b.next(), node.ErrReset) }},
		{"reset", func(b *bench) { b.fail(b.next(), node.ErrCorrupt) }},
		{"full", func(b *bench) { b.fail(b.next(), node.ErrFull) }},
		{"busy", func(b *bench) { b.receipt(b.next(), message.StBusy) }},
		{"unavailable", func(b *bench) { b.receipt(b.next(), message.StUnavailable) }},
		{"timeout", func(b *bench) { b.next(); b.run(time.Second) }},
	} {
		t.Run(tc.why, func(t *testing.T) {
			b := start(t, baseConfig())
			b.submit(1, 1)
			first := to(b.packets[0])
			tc.fail(b)
			if got := b.why("attempt_failed"); !slices.Equal(got, []string{tc.why}) {
				t.Fatalf("attempt_failed %v, want %s", got, tc.why)
			}
			if r := b.Last("retry"); r.Int("att") != 2 || time.Duration(r.Int("wait")) != 50*time.Millisecond {
				t.Errorf("retry %v", b.tail())
			}
			b.run(49 * time.Millisecond)
			if len(b.packets) != 0 {
				t.Fatal("retried before the backoff was over")
			}
			b.run(time.Millisecond)
			s := b.next()
			if to(s) == first || s.Msg.(*message.Dispatch).Attempt != 2 || b.Last("pick").Str("x") != first {
				t.Fatalf("attempt 2 went to %s after %s", to(s), first)
			}
			b.receipt(s, message.StDuplicate)
			if len(b.results) != 1 || b.results[0].Out != message.Committed {
				t.Fatalf("results %+v", b.results)
			}
		})
	}
}

// TestExclusionsClear holds that all may be tried again once each was tried.
func TestExclusionsClear(t *testing.T) {
	b := start(t, baseConfig())
	b.submit(1, 1)
	var tried, x []string
	for range 5 {
		s := b.await()
		tried = append(tried, to(s))
		x = append(x, b.Last("pick").Str("x"))
		b.receipt(s, message.StBusy)
	}
	round := slices.Clone(tried[:3])
	slices.Sort(round)
	if !slices.Equal(round, []string{"a1", "a2", "a3"}) || tried[3] == tried[4] {
		t.Errorf("tried %v", tried)
	}
	if x[0] != "" || x[1] != tried[0] || x[3] != "" || x[4] != tried[3] {
		t.Errorf("excluded %q, tried %v", x, tried)
	}
}

func TestBackoffDoublesAndIsCapped(t *testing.T) {
	cfg := baseConfig()
	cfg.BackoffMax, cfg.AttemptsMax = 300*time.Millisecond, 6
	b := start(t, cfg)
	b.submit(1, 1)
	for len(b.results) == 0 {
		b.receipt(b.next(), message.StBusy)
		b.run(300 * time.Millisecond)
	}
	var waits []time.Duration
	for _, r := range b.Records("retry") {
		waits = append(waits, time.Duration(r.Int("wait")))
	}
	ms := time.Millisecond
	if want := []time.Duration{50 * ms, 100 * ms, 200 * ms, 300 * ms, 300 * ms}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	if r := b.results[0]; r.Out != message.GaveUp || r.Why != "attempts" || r.Definite || r.Wait <= 0 {
		t.Errorf("result %+v", r)
	}
	if f := b.Records("attempt_failed"); len(f) != 6 {
		t.Errorf("%d attempts failed, want 6", len(f))
	}
}

// TestLateReceipt holds that the receipt of an attempt that timed out completes
// the packet while it is in progress, and nothing after that.
func TestLateReceipt(t *testing.T) {
	b := start(t, baseConfig())
	b.submit(1, 1)
	first := b.next()
	b.run(time.Second + 60*time.Millisecond)
	second := b.next()
	b.receipt(first, message.StCommitted)
	if d := b.Last("done"); d.Int("att") != 1 || d.Str("to") != to(first) {
		t.Fatalf("done %v", b.tail())
	}
	b.receipt(second, message.StCommitted)
	b.receipt(first, message.StCommitted)
	if len(b.results) != 1 || len(b.Records("done")) != 1 {
		t.Errorf("%d results, %d done, want one each", len(b.results), len(b.Records("done")))
	}
}

// TestLateReceiptWhereverThePacketIs ends a packet that waits for its retry, or
// that is due and cannot go, by a receipt that comes late.
func TestLateReceiptWhereverThePacketIs(t *testing.T) {
	for _, wait := range []time.Duration{time.Second + 10*time.Millisecond, 4 * time.Second} {
		b := start(t, baseConfig())
		b.sick["a1"], b.sick["a2"], b.sick["a3"] = true, true, true
		b.submit(1, 1)
		first := b.next()
		b.run(wait)
		if wait > 2*time.Second {
			b.run(3 * time.Second) // everything is down by now
			if !b.Last("none_up").Bool("on") {
				t.Fatal("an analyser is up")
			}
			first = b.packets[len(b.packets)-1]
		}
		b.receipt(first, message.StCommitted)
		if len(b.results) != 1 || b.results[0].Out != message.Committed {
			t.Fatalf("after %v: results %+v", wait, b.results)
		}
		b.sick = map[string]bool{}
		b.packets = nil
		b.run(6 * time.Second)
		if len(b.packets) != 0 || len(b.results) != 1 {
			t.Errorf("after %v: a packet that is over was sent again", wait)
		}
	}
}

// TestReceiptOfAnotherRequest holds that an answer that does not match its
// request is a broken connection and completes nothing.
func TestReceiptOfAnotherRequest(t *testing.T) {
	b := start(t, baseConfig())
	b.submit(1, 1)
	s := b.next()
	b.Answer(s, &message.Receipt{ID: message.ID{Source: "e1", Inc: 1, Seq: 2}, Attempt: 1, Status: message.StCommitted})
	b.take()
	if len(b.results) != 0 || b.Last("attempt_failed").Str("why") != "reset" {
		t.Fatalf("results %+v, %v", b.results, b.tail())
	}
}

func TestSendRefusedAtOnce(t *testing.T) {
	b := start(t, baseConfig())
	b.SendErr = func(to node.Addr, m node.Message) error {
		if _, ok := m.(*message.Dispatch); ok && to.Node != "a2" {
			return node.ErrFull
		}
		return nil
	}
	b.submit(1, 1)
	b.run(500 * time.Millisecond)
	if s := b.next(); to(s) != "a2" {
		t.Fatalf("sent to %s", to(s))
	}
	for _, why := range b.why("attempt_failed") {
		if why != "full" {
			t.Errorf("attempt failed: %s, want full", why)
		}
	}
}

// startBusy boots a distributor whose first packets were all answered busy, and
// lets their retries fall due.
func startBusy(t *testing.T, cfg Config, packets uint64) *bench {
	t.Helper()
	b := start(t, cfg)
	for seq := uint64(1); seq <= packets; seq++ {
		b.submit(seq, 1)
	}
	for range packets {
		b.receipt(b.next(), message.StBusy)
	}
	b.run(60 * time.Millisecond)
	return b
}

// TestRetryBudget holds that retries in flight stay within the budget while first
// attempts go on.
func TestRetryBudget(t *testing.T) {
	cfg := baseConfig()
	cfg.RetryMin, cfg.RetryPercent = 2, NoPercent
	b := startBusy(t, cfg, 6)
	if len(b.packets) != 2 {
		t.Fatalf("%d retries in flight, the budget is 2", len(b.packets))
	}
	if r := b.Last("budget"); r.Int("active") != 6 || r.Int("retries") != 2 {
		t.Errorf("budget record %v", b.tail())
	}
	b.submit(7, 1)
	if len(b.packets) != 3 || b.packets[2].Msg.(*message.Dispatch).Attempt != 1 {
		t.Fatal("a first attempt waits for the budget of retries")
	}
	for len(b.packets) > 0 {
		b.receipt(b.next(), message.StCommitted)
	}
	if len(b.results) != 7 {
		t.Errorf("%d of 7 packets are over", len(b.results))
	}
}

// TestRetryBudgetGrowsWithTheLoad holds that the share of packets in progress
// counts when it is more than RetryMin.
func TestRetryBudgetGrowsWithTheLoad(t *testing.T) {
	cfg := baseConfig()
	cfg.RetryMin, cfg.RetryPercent, cfg.Window = 1, 30, 100
	b := startBusy(t, cfg, 10)
	if len(b.packets) != 3 {
		t.Errorf("%d retries in flight, the budget is 30 %% of 10", len(b.packets))
	}
}

// TestPoison holds that a poison packet is told only once it is durable in the
// dead-letter file, and that it is definite only if no attempt is open.
func TestPoison(t *testing.T) {
	for _, tc := range []struct {
		name     string
		before   func(b *bench)
		definite bool
	}{
		{"first attempt", func(*bench) {}, true},
		{"after busy", func(b *bench) { b.receipt(b.next(), message.StBusy) }, true},
		{"after refusal", func(b *bench) { b.fail(b.next(), node.ErrRefused) }, true},
		{"after timeout", func(b *bench) { b.next(); b.run(time.Second) }, false},
		{"after reset", func(b *bench) { b.fail(b.next(), node.ErrReset) }, false},
		{"after unavailable", func(b *bench) { b.receipt(b.next(), message.StUnavailable) }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := start(t, baseConfig())
			b.AutoDisk = false
			b.submit(1, 1)
			tc.before(b)
			b.run(100 * time.Millisecond)
			b.receipt(b.next(), message.StPoison)
			if len(b.results) != 0 || b.Last("dead").Str("why") != "poison" {
				t.Fatalf("results %+v before the file is synced", b.results)
			}
			b.CompleteAll()
			b.take()
			if r := b.results[0]; len(b.results) != 1 || r.Out != message.Poisoned || r.Definite != tc.definite {
				t.Fatalf("result %+v, want definite %v", r, tc.definite)
			}
			if b.Last("dead").Bool("def") != tc.definite || len(b.File("dead.w1")) == 0 {
				t.Errorf("dead record or file: %v", b.tail())
			}
		})
	}
}
