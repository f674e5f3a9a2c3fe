package analyser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
)

var peer = node.Addr{Node: "d1", Inc: 1, Actor: "w1"}

// packet returns a packet of n messages with a text of its own.
func packet(seq uint64, n int) *message.Packet {
	entries := make([]message.Entry, n)
	for i := range entries {
		entries[i] = message.Entry{Severity: message.Info, Source: "app", Text: fmt.Sprintf("%d/%d", seq, i)}
	}
	return message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: seq}, entries)
}

func boot(t *testing.T, cfg Config) *nodetest.Node {
	t.Helper()
	n := nodetest.New("a1", 1)
	n.MustBoot(Boot(cfg))
	return n
}

// give dispatches a packet under a low-watermark.
func give(n *nodetest.Node, p *message.Packet, lo uint64) node.ReplyTo {
	return n.Ask(peer, Actor, &message.Dispatch{Packet: p, Attempt: 1, AckedBelow: lo})
}

// receipts returns the receipts sent since the last call, as "seq:status(why)".
func receipts(n *nodetest.Node) string {
	var out []string
	for _, s := range n.Take() {
		r, ok := s.Msg.(*message.Receipt)
		if !ok {
			continue
		}
		text := fmt.Sprintf("%d:%s", r.ID.Seq, r.Status)
		if r.Why != "" {
			text += "(" + r.Why + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func want(t *testing.T, n *nodetest.Node, what, receiptsWant string) {
	t.Helper()
	if got := receipts(n); got != receiptsWant {
		t.Fatalf("%s: receipts %q, want %q", what, got, receiptsWant)
	}
}

func ready(n *nodetest.Node) bool {
	n.Take()
	n.Ask(peer, Actor, &message.Probe{Number: 7})
	for _, s := range n.Take() {
		if ok, is := s.Msg.(*message.ProbeOK); is && ok.Number == 7 {
			return ok.Ready
		}
	}
	panic("a probe was not answered")
}

func TestCommitIsSyncedBeforeItsReceipt(t *testing.T) {
	n := boot(t, Config{})
	n.AutoDisk = false
	give(n, packet(1, 2), 1)
	want(t, n, "before the sync", "")
	c := n.Last("commit")
	ops := n.Ops()
	if len(ops) != 1 || !ops[0].Sync || c.Int("op") != int64(ops[0].Token) || c.Int("cs") != 1 || c.Int("n") != 2 {
		t.Fatalf("commit %+v, operations %+v", c, ops)
	}
	give(n, packet(2, 1), 1)
	give(n, packet(3, 1), 1)
	give(n, packet(1, 2), 1) // a copy while the commit is under way
	if len(n.Ops()) != 1 {
		t.Fatal("a second append was issued while one runs")
	}
	n.Complete()
	want(t, n, "after the sync", "1:committed 1:duplicate(seen)")
	if len(n.Ops()) != 1 {
		t.Fatalf("%d operations: what was gathered is one batch", len(n.Ops()))
	}
	n.Complete()
	want(t, n, "second batch", "2:committed 3:committed")
	give(n, packet(2, 1), 1)
	want(t, n, "later copy", "2:duplicate(seen)")
	if got := len(n.Records("dup")); got != 2 {
		t.Fatalf("%d dup records, want 2", got)
	}
}

func TestConflictBelowPoisonAndHash(t *testing.T) {
	n := boot(t, Config{EntryMax: 100})
	give(n, packet(1, 1), 1)
	want(t, n, "first", "1:committed")
	give(n, packet(1, 2), 1)
	want(t, n, "other content", "1:poison(conflict)")
	big := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 2}, []message.Entry{{Text: strings.Repeat("x", 200)}})
	give(n, big, 1)
	want(t, n, "large entry", "2:poison(entry_too_large)")
	damaged := *packet(3, 1)
	damaged.Hash++
	give(n, &damaged, 1)
	want(t, n, "damaged", "3:unavailable(hash)")
	give(n, packet(9, 1), 9)
	want(t, n, "raises the low-watermark", "9:committed")
	give(n, packet(4, 1), 1)
	want(t, n, "below", "4:duplicate(below)")
	var why []string
	for _, r := range n.Records("dup", "poisoned") {
		why = append(why, r.Kind+" "+r.Str("id")+" "+r.Str("why"))
	}
	wantWhy := []string{"dup e1/1/1 conflict", "poisoned e1/1/2 entry_too_large", "dup e1/1/4 below"}
	if !slices.Equal(why, wantWhy) {
		t.Fatalf("records %q, want %q", why, wantWhy)
	}
	n.Stop()
	if n.Counter("commits") != 2 || n.Counter("duplicates") != 2 || n.Counter("poisoned") != 1 || !n.Exited {
		t.Fatalf("counters %d %d %d", n.Counter("commits"), n.Counter("duplicates"), n.Counter("poisoned"))
	}
}

// A packet that was gathered must not be committed once its source is known to
// have an outcome for it.
func TestGatheredPacketFallsBelow(t *testing.T) {
	n := boot(t, Config{})
	n.AutoDisk = false
	give(n, packet(1, 1), 1)
	give(n, packet(2, 1), 1)
	give(n, packet(9, 1), 5)
	n.CompleteAll()
	want(t, n, "after all", "1:committed 2:duplicate(below) 9:committed")
	if got := len(n.Records("commit")); got != 2 {
		t.Fatalf("%d commits, want those of 1 and 9", got)
	}
}

func TestDiskErrorHoldsTheBatch(t *testing.T) {
	n := boot(t, Config{DiskRetryMin: 10 * time.Millisecond, DiskRetryMax: 15 * time.Millisecond})
	n.AutoDisk = false
	give(n, packet(1, 1), 1)
	give(n, packet(2, 1), 1)
	n.FailDisk(node.ErrDiskIO, 10)
	want(t, n, "failed", "1:unavailable(disk) 2:unavailable(disk)")
	if ready(n) {
		t.Fatal("a probe says ready while the disk fails")
	}
	give(n, packet(1, 1), 1)
	give(n, packet(3, 1), 1)
	want(t, n, "while it fails", "1:unavailable(disk) 3:unavailable(disk)")
	n.Advance(10 * time.Millisecond)
	n.FailDisk(node.ErrDiskFull, 0)
	n.Advance(15 * time.Millisecond)
	n.Complete()
	give(n, packet(1, 1), 1)
	want(t, n, "once it works", "1:duplicate(seen)")
	give(n, packet(2, 1), 1)
	n.Complete()
	want(t, n, "withdrawn and given again", "2:committed")
	var story []string
	for _, r := range n.Records("commit") {
		story = append(story, fmt.Sprintf("%s cs=%d", r.Str("id"), r.Int("cs")))
	}
	if got := strings.Join(story, ", "); got != "e1/1/1 cs=1, e1/1/1 cs=1, e1/1/1 cs=1, e1/1/2 cs=2" {
		t.Fatalf("commits %s", got)
	}
	n.Crash()
	n.AutoDisk = true
	n.MustBoot(Boot(Config{}))
	if r := n.Last("recover"); r.Int("n") != 2 || r.Int("lost") != 0 {
		t.Fatalf("recovered n=%d lost=%d past a partial append", r.Int("n"), r.Int("lost"))
	}
}

func TestRestartRemembers(t *testing.T) {
	n := boot(t, Config{})
	if r := n.Last("recover"); r.Kind == "" || r.Int("n") != 0 {
		t.Fatalf("first recover %+v", r)
	}
	give(n, packet(1, 1), 1)
	give(n, packet(2, 1), 1)
	n.AutoDisk = false
	give(n, packet(3, 1), 1) // never synced
	n.Crash()
	n.MustBoot(Boot(Config{}))
	if ready(n) {
		t.Fatal("ready before recovery")
	}
	give(n, packet(2, 1), 1)
	give(n, packet(3, 1), 1)
	want(t, n, "during recovery", "")
	n.CompleteAll()
	want(t, n, "after recovery", "2:duplicate(seen) 3:committed")
	if r := n.Last("recover"); r.Int("n") != 2 || r.Int("lost") != 0 {
		t.Fatalf("recover n=%d lost=%d, want 2 and 0", r.Int("n"), r.Int("lost"))
	}
	if c := n.Last("commit"); c.Int("cs") != 3 {
		t.Fatalf("commit number %d after recover 2", c.Int("cs"))
	}
	if !ready(n) {
		t.Fatal("not ready after recovery")
	}
}

func TestReadErrorsAreRetried(t *testing.T) {
	n := nodetest.New("a1", 1)
	n.AutoDisk = false
	n.MustBoot(Boot(Config{}))
	n.FailDisk(node.ErrDiskIO, 0)
	n.Complete()
	n.Complete()
	if ready(n) || len(n.Records("recover")) != 0 {
		t.Fatal("recovered without its snapshot")
	}
	n.Advance(time.Second)
	n.CompleteAll()
	if !ready(n) {
		t.Fatal("a failed read was not tried again")
	}
}

func TestDataProbeTakesTheWholePath(t *testing.T) {
	n := boot(t, Config{})
	n.AutoDisk = false
	probe := message.NewPacket(message.ID{Source: message.ProbeSource, Inc: 3, Seq: 1}, nil)
	for k := 0; k < 2; k++ {
		give(n, probe, 1)
		if len(n.Ops()) != 1 || !n.Ops()[0].Sync {
			t.Fatal("a data probe was not written")
		}
		n.Complete()
		want(t, n, "probe", "1:committed")
	}
	give(n, probe, 1)
	n.FailDisk(node.ErrDiskIO, 0)
	want(t, n, "probe on a broken disk", "1:unavailable(disk)")
	if got := len(n.Records("commit", "dup")); got != 0 {
		t.Fatalf("%d records of an effect", got)
	}
}

func TestLimitsAnswerBusy(t *testing.T) {
	n := boot(t, Config{PendingMax: 2, DedupMax: 4})
	n.AutoDisk = false
	for seq := uint64(1); seq <= 4; seq++ {
		give(n, packet(seq, 1), 1)
	}
	want(t, n, "one runs, two are gathered", "4:busy(pending)")
	n.CompleteAll()
	want(t, n, "all", "1:committed 2:committed 3:committed")
	give(n, packet(4, 1), 1)
	give(n, packet(5, 1), 1)
	n.CompleteAll()
	want(t, n, "memory of ids", "5:busy(memory of ids) 4:committed")
	give(n, packet(5, 1), 5)
	n.CompleteAll()
	want(t, n, "room again", "5:committed")
}

func TestStopDrains(t *testing.T) {
	n := boot(t, Config{})
	n.AutoDisk = false
	give(n, packet(1, 1), 1)
	give(n, packet(2, 1), 1)
	n.Stop()
	give(n, packet(3, 1), 1)
	want(t, n, "while stopping", "3:unavailable(stopping)")
	n.CompleteAll()
	want(t, n, "drained", "1:committed 2:committed")
	if !n.Exited || n.Counter("commits") != 2 {
		t.Fatalf("exited %v, commits %d", n.Exited, n.Counter("commits"))
	}
	n = boot(t, Config{DrainMax: time.Second})
	n.AutoDisk = false
	give(n, packet(1, 1), 1)
	n.Stop()
	n.Advance(time.Second)
	if !n.Exited {
		t.Fatal("a stalled disk holds the stop up for ever")
	}
}

func TestConfigReportsAllErrors(t *testing.T) {
	err := Config{EntryMax: -1, BatchMax: -2, DedupMax: -3, DiskRetryMin: 2, DiskRetryMax: 1, DrainMax: -4}.Validate()
	for _, w := range []string{"entry -1", "packets -2", "ids -3", "from 2ns to 1ns", "drain -4ns"} {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("error %v does not mention %q", err, w)
		}
	}
	if err := (Config{DiskRetryMax: durationMost + 1, DrainMax: durationMost + 1}).Validate(); err == nil || strings.Count(err.Error(), "at most 1000h") != 2 {
		t.Errorf("durations that are too long: %v", err)
	}
	if err := nodetest.New("a1", 1).Boot(Boot(Config{EntryMax: -1})); err == nil {
		t.Error("booted with an invalid configuration")
	}
}
