package distributor

import (
	"slices"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// TestStopWhenIdle holds that the counters agree with the log.
func TestStopWhenIdle(t *testing.T) {
	for _, state := range []State{Local, Shared} {
		cfg := baseConfig()
		cfg.State, cfg.Workers, cfg.QueueItems = state, 2, 3
		b := start(t, cfg)
		for seq := uint64(1); seq <= 4; seq++ {
			b.submit(seq, 1)
		}
		b.receipt(b.next(), message.StPoison)
		b.receipt(b.next(), message.StBusy)
		for len(b.results) < 4 {
			b.receipt(b.await(), message.StCommitted)
		}
		b.Stop()
		if !b.Exited {
			t.Fatal("the node did not exit")
		}
		for name, kind := range map[string]string{"admitted": "admit", "refused": "refuse", "picks": "pick", "retries": "retry",
			"done": "done", "gave_up": "gave_up", "dead": "dead"} {
			if got, want := b.Counter(name), int64(len(b.Records(kind))); got != want {
				t.Errorf("%s: counter %s is %d, the log has %d", state, name, got, want)
			}
		}
		if b.Counter("done") != 2 || b.Counter("dead") != 1 || b.Counter("refused") != 1 || b.Counter("retries") != 1 {
			t.Errorf("%s: counters %v", state, b.tail())
		}
	}
}

// TestRefusedToTheLast holds that what is refused while the totals are collected, here
// from a slow router, is in them.
func TestRefusedToTheLast(t *testing.T) {
	cfg := baseConfig()
	cfg.State = Shared
	b := start(t, cfg)
	b.slow = true
	b.Stop()
	b.submit(1, 1)
	b.submit(2, 1)
	if b.Exited {
		t.Fatal("the node exited without the router's totals")
	}
	b.catchUp()
	if refused := len(b.Records("refuse")); !b.Exited || refused != 2 || b.Counter("refused") != 2 {
		t.Errorf("exited %v, %d refused, the counter says %d", b.Exited, refused, b.Counter("refused"))
	}
}

// TestStopFinishes holds that what is in progress is finished, retries included,
// and that nothing new is admitted.
func TestStopFinishes(t *testing.T) {
	b := start(t, baseConfig())
	b.submit(1, 1)
	b.submit(2, 1)
	b.Stop()
	b.submit(3, 1)
	if r := b.results[0]; r.Out != message.RefusedSubmit || r.Why != "stopping" || r.Wait <= 0 {
		t.Fatalf("a new packet: %+v", r)
	}
	if a := b.order(`{"op":"drain","id":"a1"}`); a.OK || a.Why != "stopping" {
		t.Errorf("an order: %+v", a)
	}
	b.receipt(b.next(), message.StCommitted)
	b.receipt(b.next(), message.StBusy)
	b.run(100 * time.Millisecond)
	if b.Exited {
		t.Fatal("exited with a packet in progress")
	}
	b.receipt(b.next(), message.StCommitted)
	if !b.Exited || len(b.results) != 3 || b.Counter("gave_up") != 0 {
		t.Errorf("exited %v, results %d", b.Exited, len(b.results))
	}
}

// TestStopGivesBack holds that after DrainMax the rest is given back, wherever it
// is, and nothing of it becomes a dead letter.
func TestStopGivesBack(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers, cfg.Window, cfg.DrainMax = []Analyser{{"a1", 1}}, 2, time.Second
	cfg.AttemptTimeout, cfg.BackoffBase, cfg.BackoffMax = time.Minute, time.Minute, time.Minute
	b := start(t, cfg)
	for seq := uint64(1); seq <= 5; seq++ {
		b.submit(seq, 1)
	}
	b.receipt(b.next(), message.StBusy) // 1 waits for its retry, 2 and 3 fly, 4 and 5 queue
	b.Stop()
	b.run(time.Second - 10*time.Millisecond)
	if len(b.results) != 0 || b.Exited {
		t.Fatalf("given back early: %+v", b.results)
	}
	b.run(10 * time.Millisecond)
	var seqs []uint64
	for _, r := range b.results {
		if r.Out != message.GaveUp || r.Why != "stopping" || r.Definite {
			t.Errorf("result %+v", r)
		}
		seqs = append(seqs, r.ID.Seq)
	}
	slices.Sort(seqs)
	if !slices.Equal(seqs, []uint64{1, 2, 3, 4, 5}) || !b.Exited || b.Counter("gave_up") != 5 || b.Counter("dead") != 0 {
		t.Errorf("given back %v, exited %v", seqs, b.Exited)
	}
}

// TestStopWithDeadLetterUnderWay holds that a stop does not wait for ever for a
// disk, and tells nobody what is not durable.
func TestStopWithDeadLetterUnderWay(t *testing.T) {
	cfg := baseConfig()
	cfg.DrainMax = time.Second
	b := start(t, cfg)
	b.AutoDisk = false
	b.submit(1, 1)
	b.receipt(b.next(), message.StPoison)
	b.Stop()
	b.run(time.Second)
	if !b.Exited || len(b.results) != 0 || b.Counter("dead") != 1 {
		t.Errorf("exited %v, results %+v", b.Exited, b.results)
	}
}

// TestStopEnds holds that a stop ends although an actor never answers, without
// counters that would be wrong.
func TestStopEnds(t *testing.T) {
	cfg := baseConfig()
	cfg.DrainMax = time.Second
	b := start(t, cfg)
	b.SendErr = func(to node.Addr, _ node.Message) error {
		if to.Actor == Ingress {
			return node.ErrFull
		}
		return nil
	}
	b.Stop()
	b.run(2900 * time.Millisecond)
	if b.Exited {
		t.Fatal("exited early")
	}
	b.run(200 * time.Millisecond)
	if !b.Exited || b.Counter("done") != -1 {
		t.Errorf("exited %v", b.Exited)
	}
}
