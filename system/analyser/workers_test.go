package analyser

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/system/digest"
	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
	"weir/system/store"
)

// workersOf are the names of a node's workers that run.
func workersOf(n *nodetest.Node) []string {
	return slices.DeleteFunc(n.Actors(), func(name string) bool { return name[0] != 'w' })
}

// memory is a store outside that keeps everything: what Store promises, in the
// fewest words.
type memory struct {
	ids  map[message.ID]memoryEffect
	lows map[string]uint64
	held store.Held

	digest *digest.Digest // nil: it keeps none

	last    store.Batch // the newest batch, and what came of it
	results []store.Result
}

type memoryEffect struct {
	hash   uint32
	number uint64
}

func newMemory() *memory {
	return &memory{ids: map[message.ID]memoryEffect{}, lows: map[string]uint64{}}
}

func (*memory) Name() string { return "memory" }

func (m *memory) Load() (store.Held, *digest.Digest, error) { return m.held, m.digest, nil }

func (m *memory) Commit(b store.Batch) (out []store.Result, held store.Held, err error) {
	if b.Inc == m.last.Inc && b.Seq == m.last.Seq {
		return m.results, m.held, nil
	}
	defer func() { m.last, m.results = b, out }()
	for _, e := range b.Effects {
		key := e.ID().Source
		m.lows[key] = max(m.lows[key], e.AckedBelow())
		old, known := m.ids[e.ID()]
		switch {
		case known && old.hash != e.Hash():
			out = append(out, store.Result{Standing: store.Conflict})
		case known:
			out = append(out, store.Result{Standing: store.Seen})
		case e.ID().Seq < m.lows[key]:
			out = append(out, store.Result{Standing: store.Below})
		default:
			m.held.N++
			m.held.Messages += e.Messages()
			if m.digest != nil {
				m.digest, _ = store.FoldResults(digest.Limits{}, m.digest.Append(nil), e.Results())
			}
			m.ids[e.ID()] = memoryEffect{e.Hash(), m.held.N}
			out = append(out, store.Result{Number: m.held.N})
		}
	}
	return out, m.held, nil
}

// both runs a test over the node's files and over a store outside.
func both(t *testing.T, cfg Config, test func(t *testing.T, n *nodetest.Node, cfg Config)) {
	for name, outside := range map[string]Store{"files": nil, "outside": newMemory()} {
		t.Run(name, func(t *testing.T) {
			cfg := cfg
			cfg.Store = outside
			n := nodetest.New("a1", 1)
			n.MustBoot(Boot(cfg))
			n.AutoDisk = false
			test(t, n, cfg)
		})
	}
}

// Copies of a packet go to different workers, and have one effect.
func TestCopiesMeetInTheStore(t *testing.T) {
	both(t, Config{Workers: 4}, func(t *testing.T, n *nodetest.Node, _ Config) {
		for range 4 {
			give(n, packet(1, 2), 1)
		}
		want(t, n, "before the sync", "")
		n.CompleteAll()
		want(t, n, "after it", "1:committed 1:duplicate(seen) 1:duplicate(seen) 1:duplicate(seen)")
		var by []string
		for _, r := range n.Records("take") {
			by = append(by, r.Actor)
		}
		if got := strings.Join(by, " "); got != "w1 w2 w3 w4" {
			t.Errorf("taken by %s", got)
		}
		if n.Count("commit") != 1 || n.Count("dup") != 3 {
			t.Errorf("%d commits, %d dups", n.Count("commit"), n.Count("dup"))
		}
		for _, r := range n.Records("counts") {
			if r.Int("n") != 1 || r.Int("msgs") != 2 {
				t.Errorf("counts %d, %d: want 1, 2", r.Int("n"), r.Int("msgs"))
			}
		}
		n.Stop()
		if n.Counter("commits") != 1 || n.Counter("duplicates") != 3 || n.Counter("poisoned") != 0 || !n.Exited {
			t.Errorf("counters %d %d %d, exited %v", n.Counter("commits"), n.Counter("duplicates"), n.Counter("poisoned"), n.Exited)
		}
	})
}

// A worker that dies answers nothing any more, whatever point it had reached; the
// packet comes again, has one effect, and somebody takes the dead one's place.
func TestWorkerDies(t *testing.T) {
	both(t, Config{Workers: 2}, func(t *testing.T, n *nodetest.Node, _ Config) {
		give(n, packet(1, 1), 1) // to w1, whose call is under way
		n.Kill("w1")
		n.CompleteAll()
		want(t, n, "after the commit, before the answer", "")
		give(n, packet(2, 1), 1) // w2
		n.CompleteAll()
		want(t, n, "the other one goes on", "2:committed")
		give(n, packet(1, 1), 1) // w1's successor
		n.CompleteAll()
		want(t, n, "again", "1:duplicate(seen)")
		if got := strings.Join(workersOf(n), " "); got != "w2 w3" {
			t.Errorf("workers %s", got)
		}
		n.Stop()
		if !n.Exited || n.Counter("poisoned") != -1 || n.Counter("commits") != 2 {
			t.Errorf("exited %v, poisoned %d, commits %d", n.Exited, n.Counter("poisoned"), n.Counter("commits"))
		}
	})
}

// A store that fails is told at once, one that does not answer after StoreTimeout:
// both make the probes say not ready, until it works again.
func TestStoreIsAway(t *testing.T) {
	both(t, Config{Workers: 2, StoreTimeout: 300 * time.Millisecond}, func(t *testing.T, n *nodetest.Node, _ Config) {
		give(n, packet(1, 1), 1)
		n.FailDisk(node.ErrDiskIO, 0)
		if got := receipts(n); !strings.HasPrefix(got, "1:unavailable") {
			t.Fatalf("failed: %s", got)
		}
		if ready(n) {
			t.Fatal("ready while the store fails")
		}
		n.Advance(time.Second)
		n.Complete()
		if !ready(n) {
			t.Fatal("not ready though the store works again")
		}
		give(n, packet(1, 1), 1)
		n.CompleteAll()
		want(t, n, "committed meanwhile", "1:duplicate(seen)")

		give(n, packet(2, 1), 1)
		give(n, packet(3, 1), 1)
		n.Advance(299 * time.Millisecond)
		want(t, n, "patience", "")
		n.Advance(time.Millisecond)
		want(t, n, "stalled", "2:unavailable(store) 3:unavailable(store)")
		give(n, packet(4, 1), 1)
		want(t, n, "while it stalls", "4:unavailable(store)")
		if ready(n) {
			t.Fatal("ready while the store stalls")
		}
		n.CompleteAll()
		if !ready(n) {
			t.Fatal("not ready though the store goes on")
		}
		give(n, packet(2, 1), 1)
		give(n, packet(4, 1), 1)
		n.CompleteAll()
		want(t, n, "after it", "2:duplicate(seen) 4:committed")
	})
}

// A worker that dies while the store lets it wait is replaced though no packet comes
// any more: the analyser is not ready, so there is none. Found by swarm:11763.
func TestWorkerDiesWaiting(t *testing.T) {
	both(t, Config{Workers: 2, StoreTimeout: 100 * time.Millisecond}, func(t *testing.T, n *nodetest.Node, _ Config) {
		give(n, packet(1, 1), 1)
		n.Advance(100 * time.Millisecond)
		n.Kill("w1")
		n.CompleteAll()
		if ready(n); !ready(n) {
			t.Error("not ready for ever")
		}
	})
}

// What is told of the store while a batch is made does not count the batch. Found by
// swarm:11866.
func TestCountsAreDurable(t *testing.T) {
	n := nodetest.New("a1", 1)
	n.MustBoot(Boot(Config{Workers: 4}))
	n.AutoDisk = false
	give(n, packet(1, 1), 1)   // runs
	give(n, packet(20, 1), 1)  // waits in the store
	give(n, packet(9, 1), 1)   // likewise
	give(n, packet(21, 1), 15) // 9 has its outcome from elsewhere
	n.Complete()
	want(t, n, "the first batch is durable, the second was made", "1:committed 9:duplicate(below)")
	for _, r := range n.Records("counts") {
		if r.Int("n") != 1 || r.Int("msgs") != 1 {
			t.Errorf("%s reads %d effects with %d messages, 1 is durable", r.Actor, r.Int("n"), r.Int("msgs"))
		}
	}
}

// What an operation did whose end is not known is found out, and is no duplicate of
// itself.
func TestUnknownOutcome(t *testing.T) {
	n := nodetest.New("a1", 1)
	n.MustBoot(Boot(Config{Workers: 2, Store: newMemory()}))
	n.AutoDisk = false
	give(n, packet(1, 1), 1)
	give(n, packet(1, 1), 1)
	n.FailDisk(node.ErrDiskIO, 1)
	n.Take()
	n.Advance(time.Second)
	n.CompleteAll()
	if c := n.Records("commit"); len(c) != 1 || c[0].Int("cs") != 1 {
		t.Errorf("commits %v", c)
	}
}

// A packet that came after its source was done with it is not committed, whichever
// worker is quicker.
func TestLowWatermarkOvertaken(t *testing.T) {
	both(t, Config{Workers: 2, BatchMax: 1}, func(t *testing.T, n *nodetest.Node, _ Config) {
		give(n, packet(1, 1), 1)  // w1: a call runs
		give(n, packet(20, 1), 1) // w2
		give(n, packet(9, 1), 9)  // w1: gathered, raises the mark
		give(n, packet(4, 1), 1)  // w2
		n.CompleteAll()
		got := strings.Fields(receipts(n))
		slices.Sort(got)
		if strings.Join(got, " ") != "1:committed 20:committed 4:duplicate(below) 9:committed" {
			t.Errorf("receipts %q", got)
		}
	})
}

// What no worker can take is refused by it, and counted.
func TestWorkersRefuse(t *testing.T) {
	both(t, Config{Workers: 2, EntryMax: 100, PendingMax: 2}, func(t *testing.T, n *nodetest.Node, _ Config) {
		big := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, []message.Entry{{Text: strings.Repeat("x", 200)}})
		give(n, big, 1)
		damaged := *packet(2, 1)
		damaged.Hash++
		give(n, &damaged, 1)
		want(t, n, "refused", "1:poison(entry_too_large) 2:unavailable(hash)")
		for seq := uint64(3); seq <= 5; seq++ {
			give(n, packet(seq, 1), 1)
		}
		want(t, n, "each has one", "5:busy(pending)")
		probe := message.NewPacket(message.ID{Source: message.ProbeSource, Inc: 3, Seq: 1}, nil)
		n.CompleteAll()
		want(t, n, "these two", "3:committed 4:committed")
		give(n, probe, 1)
		if len(n.Ops()) != 1 {
			t.Error("a data probe was not written")
		}
		n.CompleteAll()
		want(t, n, "probe", "1:committed")
		n.Stop()
		n.CompleteAll()
		if n.Counter("poisoned") != 1 || !n.Exited {
			t.Errorf("poisoned %d, exited %v", n.Counter("poisoned"), n.Exited)
		}
	})
}

// A stop finishes what was taken, and refuses the rest.
func TestWorkersStop(t *testing.T) {
	both(t, Config{Workers: 3, DrainMax: time.Second}, func(t *testing.T, n *nodetest.Node, _ Config) {
		for seq := uint64(1); seq <= 6; seq++ {
			give(n, packet(seq, 1), 1)
		}
		n.Stop()
		give(n, packet(7, 1), 1)
		want(t, n, "new", "7:unavailable(stopping)")
		if ready(n) || n.Exited {
			t.Error("ready, or gone")
		}
		n.CompleteAll()
		if got := len(strings.Fields(receipts(n))); got != 6 || !n.Exited || n.Counter("commits") != 6 {
			t.Errorf("%d receipts, exited %v, %d commits", got, n.Exited, n.Counter("commits"))
		}
	})
}

// A store that never answers does not keep the node from ending.
func TestWorkersStopWithoutStore(t *testing.T) {
	both(t, Config{Workers: 2, StoreTimeout: 100 * time.Millisecond, DrainMax: time.Second}, func(t *testing.T, n *nodetest.Node, _ Config) {
		give(n, packet(1, 1), 1)
		n.Stop()
		n.Advance(3 * time.Second)
		want(t, n, "told", "1:unavailable(store)")
		if !n.Exited {
			t.Error("it waits for ever")
		}
	})
}

func TestLows(t *testing.T) {
	l := newLows(1)
	for inc := uint32(0); inc <= incarnationsMax; inc++ {
		l.learn("e1", inc, uint64(10+inc))
	}
	for inc, want := range map[uint32]uint64{0: 10, 1: 1, 2: 12, incarnationsMax: 10 + incarnationsMax} {
		if got := l.learn("e1", inc, 1); got != want {
			t.Errorf("incarnation %d: %d, want %d", inc, got, want)
		}
	}
	if got := l.learn("e2", 1, 7); got != 7 || len(l.source) != 1 {
		t.Errorf("a source beyond the limit: %d, %d sources", got, len(l.source))
	}
}

// A configuration that cannot be used is refused by its rule.
func TestWorkersConfig(t *testing.T) {
	err := errors.Join(Config{Workers: 257}.Validate(), Config{StoreTimeout: 1}.Validate())
	for _, part := range []string{"workers 257: want 1 to 256", "store timeout 1ns: must be 1ms"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: want %q", err, part)
		}
	}
}

// What messages say is told of a store outside as of the node's files: after recovery and
// at an orderly end, with the sum in each commit; not if the store is away by then.
func TestResultsOutside(t *testing.T) {
	m := newMemory()
	m.digest = digest.New(digest.Limits{})
	boot := func(inc uint64) *nodetest.Node {
		n := nodetest.New("a1", inc)
		n.MustBoot(Boot(Config{Workers: 2, Store: m, DrainMax: time.Second}))
		n.AutoDisk = false
		n.CompleteAll()
		return n
	}
	digests := func(n *nodetest.Node) (list []string) {
		for _, r := range n.Records("digest") {
			list = append(list, fmt.Sprint(r.Int("n"), " ", r.Int("pkts"), " ", r.Int("msgs"), " ", r.Str("dg"), " ", r.Str("hash")))
		}
		return list
	}
	n := boot(1)
	var sum uint64
	for seq := uint64(1); seq <= 5; seq++ {
		p := packet(seq, int(seq))
		sum += digest.NewMeter(digest.Limits{}, nil).Packet(p).Sum()
		give(n, p, 1)
		give(n, p, 1)
		n.CompleteAll()
	}
	n.Stop()
	n.CompleteAll()
	got := digests(n)
	if len(got) != 2 || !strings.HasPrefix(got[0], "0 0 0 0000000000000000 ") || !strings.HasPrefix(got[1], fmt.Sprintf("5 5 15 %016x ", sum)) || !n.Exited {
		t.Errorf("digests %q, exited %v; the sum is %016x", got, n.Exited, sum)
	}
	for _, r := range n.Records("commit") {
		sum -= mustHex(t, r.Str("dg"))
	}
	if sum != 0 || n.Count("commit") != 5 {
		t.Errorf("the sums of %d commits differ by %016x", n.Count("commit"), sum)
	}
	n = boot(2)
	if again := digests(n); len(again) != 1 || again[0] != got[1] {
		t.Errorf("recovered %q, had %q", again, got[1])
	}
	n.Stop()
	n.FailDisk(errors.New("away"), 0)
	if len(digests(n)) != 1 || !n.Exited || n.Counter("commits") != 0 {
		t.Errorf("digests %q, exited %v", digests(n), n.Exited)
	}
}

func mustHex(t *testing.T, text string) uint64 {
	v, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
