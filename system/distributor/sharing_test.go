package distributor

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"weir/system/crdt"
	"weir/system/message"
	"weir/system/node"
)

// counting is a distributor that shares counts with the peer d2, which is the test.
func counting(workers int) Config {
	cfg := clustered()
	cfg.State, cfg.Workers, cfg.Cluster.PartBytes = CrdtCounts, workers, 4096
	return cfg
}

// tellCounts tells a distributor a delta that says nothing, with counts behind it.
func (p *peer) tellCounts(c *crdt.Counts) *message.GossipOK {
	p.b.t.Helper()
	delta, err := p.table.Since(p.table.Seen()).Encode()
	if err != nil {
		p.b.t.Fatal(err)
	}
	p.serial++
	data := (&sharing{counts: c}).bundle(delta)
	return p.b.ask(p.inc, &message.Gossip{Serial: p.serial, Total: uint32(len(data)), Data: data})
}

func newCounts(t testing.TB, name string, inc uint32, values ...crdt.Count) *crdt.Counts {
	t.Helper()
	c, err := crdt.NewCounts(crdt.Site{Replica: name, Inc: inc})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Set(values); err != nil {
		t.Fatal(err)
	}
	return c
}

const message1 = int64(1) << 32 // a message, in parts

// TestWorkersTakeWhatAPeerCounted: what the peer's workers are owed decides here, from the
// next trade on, and this distributor's own counts do not change by it.
func TestWorkersTakeWhatAPeerCounted(t *testing.T) {
	b := start(t, counting(2))
	p := newPeer(b, 1)
	b.run(200 * time.Millisecond)
	own := b.Last("tally").Str("set")
	c := newCounts(t, "d2", 1, crdt.Count{ID: "a1", Value: -50 * message1}, crdt.Count{ID: "a2", Value: 80 * message1}, crdt.Count{ID: "a3", Value: -30 * message1})
	if m := p.tellCounts(c); m.Why != "" {
		t.Fatalf("answer %+v", m)
	}
	if r := b.Last("tally"); r.Str("from") != "gossip" || r.Str("set") != own || r.Str("seen") != "d1/1=1,d2/1=1" {
		t.Errorf("%s", r.Str("seen"))
	}
	b.run(200 * time.Millisecond)
	if got, want := b.Last("trade").Str("set"), fmt.Sprintf("a1=%d,a2=%d,a3=%d", -50*message1, 80*message1, -30*message1); got != want {
		t.Errorf("the others' credits are %s, want %s", got, want)
	}
	for seq := range uint64(6) {
		b.submit(seq+1, 10)
		if s := b.next(); s.To.Node != "a2" {
			t.Errorf("packet %d goes to %s, a2 is owed 80 messages", seq+1, s.To.Node)
		}
	}
	if m := p.tellCounts(c); m.Why != "" || b.Last("tally").Str("from") == "gossip" && b.Last("tally").Int("ser") == 2 {
		t.Errorf("the same counts again: %+v", m)
	}
}

// TestCountsThatAreRefused: no counts in this incarnation's own name, of a later life, from
// far ahead or of another form are taken, and the workers go on.
func TestCountsThatAreRefused(t *testing.T) {
	b := start(t, counting(1))
	p := newPeer(b, 1)
	b.run(200 * time.Millisecond)
	before := b.Count("tally")
	delta, err := p.table.Since(nil).Encode()
	if err != nil {
		t.Fatal(err)
	}
	raw := func(tail string) *message.GossipOK {
		data := append([]byte(bundleHead), tail...)
		p.serial++
		return b.ask(p.inc, &message.Gossip{Serial: p.serial, Total: uint32(len(data)), Data: data})
	}
	for _, tc := range []struct {
		name, want string
		got        *message.GossipOK
	}{
		{"in its own name", "forged", p.tellCounts(newCounts(t, "d1", 1, crdt.Count{ID: "a1", Value: 7}))},
		{"of a later life", "superseded", p.tellCounts(newCounts(t, "d1", 2, crdt.Count{ID: "a1", Value: 7}))},
		{"no length", "form", raw("")},
		{"a length beyond the end", "form", raw("\x7fabc")},
		{"a longer form of the length", "form", raw("\x80\x00wcnts\x02\x00\x00")},
		{"no counts", "form", raw(string([]byte{byte(len(delta))}) + string(delta))},
		{"no delta", "form", raw("\x00wcnts\x02\x00\x00")},
	} {
		if tc.got.Why != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, tc.got.Why, tc.want)
		}
	}
	if n := b.Count("tally"); n != before {
		t.Errorf("%d records of counts, there were %d", n, before)
	}
	plain := start(t, clustered()) // state crdt does not know the form
	q := newPeer(plain, 1)
	if m := q.tellCounts(newCounts(t, "d2", 1)); m.Why != "form" {
		t.Errorf("state crdt takes counts: %+v", m)
	}
}

// TestCountsOfTheDead: an incarnation folds what the peer remembers of the one before, once
// it has had the time to hear of it, and the peer then knows one account of it.
func TestCountsOfTheDead(t *testing.T) {
	b := start(t, counting(1))
	p := newPeer(b, 1)
	b.run(200 * time.Millisecond)
	b.Crash()
	b.gossip = nil
	b.restart(counting(1))
	c := newCounts(t, "d2", 1)
	dead := newCounts(t, "d1", 1, crdt.Count{ID: "a1", Value: 5}, crdt.Count{ID: "a3", Value: -5})
	if _, err := c.Merge(dead.All()); err != nil {
		t.Fatal(err)
	}
	b.run(200 * time.Millisecond)
	if m := p.tellCounts(c); m.Why != "" {
		t.Fatalf("answer %+v", m)
	}
	b.run(counting(1).Cluster.ConvergeMax() + 300*time.Millisecond)
	r := b.Last("tally")
	if r.Str("set") != "a1=5,a2=0,a3=-5" || r.Str("seen") != "d1/2=2,d2/1=1" {
		t.Errorf("counts %s, seen %s", r.Str("set"), r.Str("seen"))
	}
	if got := b.Last("trade").Str("set"); got != "a1=5,a3=-5" {
		t.Errorf("the worker's others are %s", got)
	}
}

// FuzzUnbundle: what is taken apart is put together again as it was.
func FuzzUnbundle(f *testing.F) {
	h := &sharing{counts: newCounts(f, "d2", 1, crdt.Count{ID: "a1", Value: 7})}
	f.Add(h.bundle([]byte("delta")))
	f.Add(h.bundle(nil))
	f.Add([]byte(bundleHead + "\x80\x00"))
	f.Add([]byte("wcrdt\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		delta, part, err := h.unbundle(data)
		if err != nil || !bytes.HasPrefix(data, []byte(bundleHead)) {
			return
		}
		c := newCounts(t, "me", 1)
		if _, err := c.Merge(part); err != nil {
			return
		}
		counts, err := part.Encode()
		if err != nil || !bytes.HasSuffix(data, append(bytes.Clone(delta), counts...)) {
			t.Fatalf("%v: %q and %q of %q", err, delta, counts, data)
		}
	})
}

// BenchmarkCountsTaken is what a peer's counts cost in state crdt-counts: encoded there, then
// taken, joined and logged.
func BenchmarkCountsTaken(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("analysers=%d", n), func(b *testing.B) {
			cfg := counting(1)
			cfg.Analysers = nil
			values := make([]crdt.Count, n)
			for i := range n {
				cfg.Analysers = append(cfg.Analysers, Analyser{fmt.Sprintf("a%05d", i), 1})
				values[i] = crdt.Count{ID: fmt.Sprintf("a%05d", i), Value: int64(i) << 30}
			}
			cfg.Cluster.PartBytes = 1_000_000
			x := start(b, cfg)
			c := newCounts(b, "d2", 1)
			x.run(200 * time.Millisecond)
			delta, err := newTable(b, "d2", 1).Since(nil).Encode()
			if err != nil {
				b.Fatal(err)
			}
			bytes := 0
			for i := uint64(1); b.Loop(); i++ {
				for k := range values {
					values[k].Value += int64(k%7-3) << 30
				}
				if _, err := c.Set(values); err != nil {
					b.Fatal(err)
				}
				data := (&sharing{counts: c}).bundle(delta)
				bytes = len(data)
				x.Ask(node.Addr{Node: "d2", Inc: 1, Actor: Supervisor}, Supervisor, &message.Gossip{Serial: i, Total: uint32(len(data)), Data: data})
				x.take()
				x.gossip = nil
			}
			b.ReportMetric(float64(bytes), "wire-B")
		})
	}
}
