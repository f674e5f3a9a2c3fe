package distributor

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// poison submits a packet and refuses it for good.
func (b *bench) poison(seq uint64, n int) {
	b.submit(seq, n)
	b.receipt(b.next(), message.StPoison)
}

// letters reads a dead-letter file; lines that are no JSON are skipped and counted.
func letters(data []byte) (ids []string, torn int) {
	for _, line := range bytes.Split(data, []byte("\n")) {
		var l struct {
			ID      string
			Entries []message.Entry
		}
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &l) != nil:
			torn++
		default:
			ids = append(ids, l.ID)
		}
	}
	return ids, torn
}

// TestDeadLetterDiskFails holds that a failing disk delays the answer and loses
// nothing, a torn line apart.
func TestDeadLetterDiskFails(t *testing.T) {
	b := start(t, baseConfig())
	b.AutoDisk = false
	b.poison(1, 1)
	b.FailDisk(node.ErrDiskIO, 0) // the read of the file
	b.Advance(deadWait)
	b.Complete()
	b.FailDisk(node.ErrDiskFull, 10)
	b.poison(2, 1)
	b.take()
	if len(b.results) != 0 || len(b.Ops()) != 0 {
		t.Fatal("told, or tried again at once, although the disk failed")
	}
	b.Advance(2 * deadWait)
	b.CompleteAll()
	b.take()
	ids, torn := letters(b.File("dead.w1"))
	if len(b.results) != 2 || len(ids) != 2 || torn != 1 || ids[0] != "e1/1/1" {
		t.Errorf("results %+v, letters %v, %d torn", b.results, ids, torn)
	}
}

// TestDeadLetterFileIsBounded holds that a file is set aside when it is full, and
// that what one packet alone would fill is recorded without its entries.
func TestDeadLetterFileIsBounded(t *testing.T) {
	cfg := baseConfig()
	cfg.DeadBytes, cfg.PacketMax = 1<<10, 1000
	b := start(t, cfg)
	for seq := uint64(1); seq <= 30; seq++ {
		b.poison(seq, 1)
		if n := len(b.File("dead.w1")); n > cfg.DeadBytes {
			t.Fatalf("the file has %d bytes", n)
		}
	}
	old, _ := letters(b.File("dead.w1.old"))
	now, _ := letters(b.File("dead.w1"))
	if len(old) < 2 || len(now) < 1 || now[len(now)-1] != "e1/1/30" {
		t.Errorf("set aside %v, present %v", old, now)
	}
	b.Crash()
	b.restart(cfg) // the size is that of the file
	b.run(time.Millisecond)
	for seq := uint64(31); seq <= 40; seq++ {
		b.poison(seq, 1)
		if n := len(b.File("dead.w1")); n > cfg.DeadBytes {
			t.Fatalf("after a restart the file has %d bytes", n)
		}
	}
	b.poison(41, 500)
	if now, torn := letters(b.File("dead.w1")); torn != 0 || now[len(now)-1] != "e1/1/41" {
		t.Errorf("letters %v, %d torn", now, torn)
	}
}

// TestDeadLettersAreBatched holds that packets that come while one is written go
// into one append.
func TestDeadLettersAreBatched(t *testing.T) {
	b := start(t, baseConfig())
	b.AutoDisk = false
	for seq := uint64(1); seq <= 6; seq++ {
		b.poison(seq, 1)
	}
	b.Complete() // read
	b.Complete() // all six
	b.take()
	if len(b.results) != 6 || len(b.Ops()) != 0 {
		t.Errorf("%d results, %d operations open", len(b.results), len(b.Ops()))
	}
}

// TestConflictIsNotDefinite holds that a packet refused because its id was
// committed with other contents is not called uncommitted.
func TestConflictIsNotDefinite(t *testing.T) {
	b := start(t, baseConfig())
	b.submit(1, 1)
	s := b.next()
	m := s.Msg.(*message.Dispatch)
	b.Answer(s, &message.Receipt{ID: m.Packet.ID, Attempt: 1, Status: message.StPoison, Why: "conflict"})
	b.take()
	if r := b.results[0]; r.Out != message.Poisoned || r.Definite || r.Why != "conflict" {
		t.Errorf("result %+v", r)
	}
}
