package store

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"weir/system/digest"
	"weir/system/message"
)

// withResults are limits under which the digest's tables overflow.
var withResults = Limits{IDs: 1000, Emitters: 10, Sources: 10, Results: &digest.Limits{Names: 2, Buckets: 3, Templates: 4}}

// texts makes a packet whose messages differ.
func texts(seq uint64) *message.Packet {
	var list []message.Entry
	for i := range seq%4 + 1 {
		list = append(list, message.Entry{Time: int64(seq*i) * 3e9, Severity: message.Severity(seq % 24), Source: fmt.Sprint("s", seq%3),
			Text: "state " + string(rune('a'+seq%7)) + fmt.Sprint(" after ", i, " tries")})
	}
	return message.NewPacket(message.ID{Source: fmt.Sprint("e", seq%3), Inc: 1, Seq: seq}, list)
}

// TestResultsSurvive: whatever part of the commits a snapshot has, and wherever the log
// is torn, the recovered digest is that of the recovered commits.
func TestResultsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "commits")
		at := rapid.IntRange(0, n).Draw(t, "snapshot after")
		s := New(withResults)
		var files Files
		var hashes []uint64
		ends := []int{0}
		for i := 1; i <= n; i++ {
			p := texts(uint64(i))
			s.Reserve(p.ID, p.Hash, 1)
			files.Logs[0], _ = s.Commit(files.Logs[0], p, 1)
			if i == at {
				files.Snapshot = s.Snapshot(nil)
				if rapid.Bool().Draw(t, "log removed") {
					files.Logs[0] = nil
				}
			}
			hashes = append(hashes, s.Results().Hash())
			ends = append(ends, len(files.Logs[0]))
		}
		again := Recover(withResults, files)
		if again.Results().Hash() != s.Results().Hash() || again.Results().Sum() != s.Results().Sum() {
			t.Fatalf("%d commits, a snapshot after %d: another digest", n, at)
		}
		files.Logs[0] = files.Logs[0][:rapid.IntRange(0, len(files.Logs[0])).Draw(t, "torn at")]
		torn := Recover(withResults, files)
		want := digest.New(*withResults.Results).Hash()
		if torn.N() > 0 {
			want = hashes[torn.N()-1]
		}
		if torn.Lost() != 0 || torn.Results().Hash() != want {
			t.Fatalf("of %d commits %d, lost %d: another digest", n, torn.N(), torn.Lost())
		}
	})
}

// TestResultsTurnedOnAndOff: a store whose effects were committed without a digest, or
// with one that is not wanted any more, is whole all the same.
func TestResultsTurnedOnAndOff(t *testing.T) {
	without := withResults
	without.Results = nil
	for _, c := range []struct {
		then, now Limits
		messages  uint64
	}{{without, withResults, 0}, {withResults, without, 0}, {withResults, withResults, 9}} {
		s := New(c.then)
		var files Files
		for i := uint64(1); i <= 3; i++ {
			p := texts(i)
			s.Reserve(p.ID, p.Hash, 1)
			files.Logs[i%2], _ = s.Commit(files.Logs[i%2], p, 1)
			if i == 1 {
				files.Snapshot = s.Snapshot(nil)
			}
		}
		again := Recover(c.now, files)
		if again.N() != 3 || again.Lost() != 0 || again.Totals().Messages != s.Totals().Messages {
			t.Errorf("recovered %d of 3, lost %d", again.N(), again.Lost())
		}
		if d := again.Results(); (d == nil) != (c.now.Results == nil) {
			t.Errorf("a digest: %v", d != nil)
		} else if d != nil {
			if all := d.Total(); all.Messages() != c.messages {
				t.Errorf("%d messages in the digest, want %d", all.Messages(), c.messages)
			}
		}
	}
	if (Limits{IDs: 1, Emitters: 1, Sources: 1, Results: &digest.Limits{Names: -1}}).Validate() == nil {
		t.Error("limits of -1 names are valid")
	}
}

// BenchmarkResults is a commit of 10 messages of 150 bytes, with and without a digest.
func BenchmarkResults(b *testing.B) {
	with, without := withResults, withResults
	with.Results, without.Results = &digest.Limits{}, nil
	for name, l := range map[string]Limits{"with": with, "without": without} {
		b.Run(name, func(b *testing.B) {
			var list []message.Entry
			for i := range 10 {
				list = append(list, message.Entry{Time: int64(i) * 1e8, Severity: message.Info, Source: "shop.log",
					Text: fmt.Sprintf("2026-03-01T10:00:%02d.037Z INFO shop.cart: order 100%d of user4711 placed, %d items, 13.49 EUR, session 550e8400-e29b-41d4-a716-446655440000 from the web shop", i, i*37, i%3)})
			}
			p := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, list)
			s := New(l)
			var buf []byte
			for b.Loop() {
				q := *p
				q.ID.Seq = s.N() + 1
				s.Reserve(q.ID, q.Hash, q.ID.Seq)
				buf, _ = s.Commit(buf[:0], &q, q.ID.Seq)
			}
		})
	}
}
