package distributor

import (
	"slices"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// TestDownByProbes holds that a silent analyser falls, that what is in flight to
// it is retried elsewhere at once, that it gets no packet while down, and that it
// comes back.
func TestDownByProbes(t *testing.T) {
	cfg := baseConfig()
	cfg.AttemptTimeout = time.Minute
	b := start(t, cfg)
	b.run(2 * time.Second)
	for len(b.packets) == 0 || to(b.packets[len(b.packets)-1]) != "a1" {
		b.submit(uint64(len(b.packets)+1), 1)
	}
	b.sick["a1"] = true
	b.run(5 * time.Second)
	h := b.Last("health")
	if h.Str("an") != "a1" || h.Str("to") != "down" || h.Str("why") != "probe" || h.Int("f") != 3 {
		t.Fatalf("health record %v", b.tail())
	}
	if got := b.why("attempt_failed"); len(got) == 0 || slices.ContainsFunc(got, func(s string) bool { return s != "down" }) {
		t.Errorf("attempts failed: %v", got)
	}
	if v := b.Last("view"); v.Str("set") != "a1=1:down" {
		t.Errorf("view %s", v.Str("set"))
	}
	for _, s := range b.packets {
		if s.Msg.(*message.Dispatch).Attempt == 2 && to(s) == "a1" {
			t.Error("a retry went to an analyser that is down")
		}
	}
	b.packets = nil
	for seq := uint64(100); seq < 120; seq++ {
		b.submit(seq, 1)
	}
	for _, s := range b.packets {
		if to(s) == "a1" {
			t.Error("a packet went to an analyser that is down")
		}
	}
	b.sick["a1"] = false
	b.run(4 * time.Second)
	if h := b.Last("health"); h.Str("to") != "up" || h.Str("why") != "recovered" || h.Int("ok") != 2 || h.Bool("dp") {
		t.Errorf("health record %v", b.tail())
	}
}

// TestDownByData holds that failing packets bring an analyser down although it
// answers probes, and that a data probe must succeed before it is up again.
func TestDownByData(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers = []Analyser{{"a1", 1}, {"a2", 1}}
	b := start(t, cfg)
	b.run(1200 * time.Millisecond)
	for seq := uint64(1); len(b.Records("health")) == 0; seq++ {
		if seq > 20 {
			t.Fatal("the verdict does not fall")
		}
		b.submit(seq, 1)
		if s := b.next(); to(s) == "a1" {
			b.fail(s, node.ErrReset)
		} else {
			b.receipt(s, message.StCommitted)
		}
	}
	if h := b.Last("health"); h.Str("why") != "data" || h.Int("f") != 3 || h.Str("an") != "a1" {
		t.Fatalf("health record %v", b.tail())
	}
	sent := 0
	for range 400 { // answer probes by hand, so that data probes stay open
		b.Advance(10 * time.Millisecond)
		b.take()
		for _, s := range b.probes {
			b.Answer(s, &message.ProbeOK{Number: s.Msg.(*message.Probe).Number, Ready: true})
		}
		b.probes = nil
		for len(b.packets) > 0 { // the retries, which go to a2
			b.receipt(b.next(), message.StCommitted)
		}
		b.take()
		sent += len(b.data)
		for i, s := range b.data {
			if id := s.Msg.(*message.Dispatch).Packet.ID; id.Source != message.ProbeSource || id.Seq>>numberShift != 1 {
				t.Errorf("data probe %d has id %s", i, id)
			}
			if b.data = nil; sent == 1 {
				b.receipt(s, message.StUnavailable)
			} else {
				b.receipt(s, message.StCommitted)
			}
		}
		if sent == 1 && b.Last("health").Str("to") == "up" {
			t.Fatal("up although the data probe failed")
		}
	}
	if h := b.Last("health"); h.Str("to") != "up" || !h.Bool("dp") || sent != 2 {
		t.Errorf("%d data probes, health %v", sent, h.Str("to"))
	}
}

// TestNoAnalyserUp holds that packets wait while nobody is eligible, are given
// back after Hold, and go on when somebody is.
func TestNoAnalyserUp(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers, cfg.Hold = []Analyser{{"a1", 1}}, 2*time.Second
	b := start(t, cfg)
	b.order(`{"op":"drain","id":"a1"}`)
	if !b.Last("none_up").Bool("on") {
		t.Fatal("somebody is eligible")
	}
	b.run(time.Second)
	b.submit(1, 1)
	b.run(time.Second)
	b.submit(2, 1)
	b.run(time.Second - time.Millisecond)
	if len(b.results) != 0 {
		t.Fatalf("given back early: %+v", b.results[0])
	}
	b.run(time.Millisecond)
	if len(b.results) != 1 || b.results[0].Out != message.GaveUp || b.results[0].Why != "no_analyser" || b.results[0].ID.Seq != 1 {
		t.Fatalf("results %+v", b.results)
	}
	b.order(`{"op":"undrain","id":"a1"}`)
	if b.Last("none_up").Bool("on") || len(b.packets) != 1 {
		t.Fatal("the waiting packet did not go")
	}
	b.receipt(b.next(), message.StCommitted)
	if len(b.results) != 2 || b.results[1].Out != message.Committed {
		t.Errorf("results %+v", b.results)
	}
}

// TestPause holds that a worker that was paused says so, does not blame analysers
// for it, and gives what was under way time to be heard of.
func TestPause(t *testing.T) {
	b := start(t, baseConfig())
	b.run(3 * time.Second)
	b.submit(1, 1)
	s := b.next()
	b.run(980 * time.Millisecond)
	b.pause(10 * time.Second)
	b.Advance(50 * time.Millisecond) // its deadline is among what falls due now
	for range 10 {
		b.Advance(10 * time.Millisecond)
	}
	b.take()
	r := b.Records("resumed")
	if len(r) != 1 || time.Duration(r[0].Int("gap")) < 10*time.Second {
		t.Fatalf("%d resumed records, %v", len(r), b.tail())
	}
	if n := len(b.Records("attempt_failed")); n != 0 {
		t.Fatal("an attempt failed because of the pause")
	}
	b.receipt(s, message.StCommitted)
	b.run(time.Second)
	if len(b.results) != 1 || len(b.Records("health")) != 0 {
		t.Errorf("%d results, %d verdicts", len(b.results), len(b.Records("health")))
	}
}

// TestPauseThenSilence holds that an attempt from before a pause still fails in
// the end.
func TestPauseThenSilence(t *testing.T) {
	b := start(t, baseConfig())
	b.submit(1, 1)
	b.pause(10 * time.Second)
	b.run(time.Second) // the timers of this bench sleep through a pause
	if got := b.why("attempt_failed"); !slices.Equal(got, []string{"timeout"}) {
		t.Errorf("attempts failed: %v", got)
	}
}

// TestSendAfterAPause holds that an attempt made right after a pause, whose own
// timeout is shorter than the time that earlier ones were given, takes its turn
// behind them.
func TestSendAfterAPause(t *testing.T) {
	cfg := baseConfig()
	cfg.AttemptTimeout = 100 * time.Millisecond
	b := start(t, cfg)
	b.run(3 * time.Second)
	b.submit(1, 1)
	b.pause(10 * time.Second)
	b.submit(2, 1)
	b.run(time.Millisecond)
	if len(b.Records("resumed")) != 1 || len(b.packets) != 2 {
		t.Fatalf("%d resumed records, %d packets, %v", len(b.Records("resumed")), len(b.packets), b.tail())
	}
	b.run(time.Second)
	if got := b.why("attempt_failed"); len(got) < 2 || got[0] != "timeout" || got[1] != "timeout" {
		t.Errorf("attempts failed: %v", got)
	}
}

// TestOldIncarnationOfAnAnalyser holds that successes count only within one
// incarnation of the analyser.
func TestOldIncarnationOfAnAnalyser(t *testing.T) {
	b := start(t, baseConfig())
	b.inc["a1"] = 1
	b.run(2 * time.Second)
	b.sick["a1"] = true
	b.run(5 * time.Second)
	b.sick["a1"], b.inc["a1"] = false, 2
	b.run(4 * time.Second)
	if h := b.Last("health"); h.Str("to") != "up" || h.Int("inc") != 2 || h.Int("ok") != 2 {
		t.Errorf("health record %v", b.tail())
	}
}

// TestCentral holds that the supervisor probes for all, that workers follow its
// verdicts and have none of their own.
func TestCentral(t *testing.T) {
	cfg := baseConfig()
	cfg.Central, cfg.Workers = true, 2
	b := start(t, cfg)
	b.run(2 * time.Second)
	b.sick["a2"] = true
	b.run(5 * time.Second)
	var got []string
	for _, r := range b.Records("health") {
		got = append(got, r.Actor+" "+r.Str("an")+" "+r.Str("to")+" "+r.Str("why"))
	}
	if want := []string{"sup a2 down probe", "w1 a2 down central", "w2 a2 down central"}; !slices.Equal(got, want) {
		t.Fatalf("verdicts %v, want %v", got, want)
	}
	for _, r := range b.Records("probed") {
		if r.Actor != Supervisor {
			t.Fatalf("%s counts probes", r.Actor)
		}
	}
	for seq := uint64(1); seq <= 20; seq++ {
		b.submit(seq, 1)
		if s := b.next(); to(s) == "a1" {
			b.fail(s, node.ErrReset)
		} else {
			b.receipt(s, message.StCommitted)
		}
	}
	if n := len(b.Records("health")); n != 3 {
		t.Errorf("%d verdicts: failing packets are no evidence for the supervisor", n)
	}
	b.sick["a2"] = false
	b.run(4 * time.Second)
	if v := b.Last("view"); v.Str("set") != "a2=1:up" {
		t.Errorf("view %s", v.Str("set"))
	}
}
