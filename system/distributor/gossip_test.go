package distributor

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/system/cluster"
	"weir/system/crdt"
	"weir/system/message"
	"weir/system/node"
)

// clustered is a distributor with the peer d2, which is the test.
func clustered() Config {
	cfg := baseConfig()
	cfg.State, cfg.Cluster = Crdt, cluster.Config{Peers: []string{"d2", "d1"}, Interval: 100 * time.Millisecond, PartBytes: 64}
	return cfg
}

// peer is the other end: a replica in the test's hands.
type peer struct {
	b      *bench
	inc    uint32
	table  *crdt.Table
	serial uint64
}

func newPeer(b *bench, inc uint32) *peer {
	p := &peer{b: b, inc: inc}
	p.table = newTable(b.t, "d2", inc)
	return p
}

func newTable(t testing.TB, name string, inc uint32) *crdt.Table {
	t.Helper()
	table, err := crdt.New(crdt.Site{Replica: name, Inc: inc})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// tell gives the distributor a delta, in parts of that size, and returns the last answer.
func (p *peer) tell(d crdt.Delta, size int) *message.GossipOK {
	p.b.t.Helper()
	data, err := d.Encode()
	if err != nil {
		p.b.t.Fatal(err)
	}
	p.serial++
	for off := 0; off < len(data); off += size {
		m := &message.Gossip{Serial: p.serial, Offset: uint32(off), Total: uint32(len(data)), Data: data[off:min(len(data), off+size)]}
		p.b.ask(p.inc, m)
	}
	return p.b.heard[len(p.b.heard)-1]
}

func (b *bench) ask(inc uint32, m *message.Gossip) *message.GossipOK {
	b.t.Helper()
	had := len(b.heard)
	b.Ask(node.Addr{Node: "d2", Inc: inc, Actor: Supervisor}, Supervisor, m)
	b.take()
	if len(b.heard) != had+1 {
		b.t.Fatalf("%d answers to a part", len(b.heard)-had)
	}
	return b.heard[had]
}

// hear lets time pass, takes all that the distributor tells, and returns how many deltas
// told the peer anything.
func (p *peer) hear(d time.Duration) (news int) {
	p.b.t.Helper()
	var data []byte
	for end := p.b.Now() + d; p.b.Now() < end; {
		p.b.run(10 * time.Millisecond)
		for len(p.b.gossip) > 0 {
			s := p.b.gossip[0]
			p.b.gossip = p.b.gossip[1:]
			m := s.Msg.(*message.Gossip)
			if m.Offset == 0 {
				data = nil
			}
			data = append(data, m.Data...)
			answer := &message.GossipOK{Serial: m.Serial}
			if len(data) == int(m.Total) {
				d, err := crdt.Decode(data)
				if err != nil {
					p.b.t.Fatal(err)
				}
				if d.Full() || d.Entries() > 0 {
					if more, err := p.table.Merge(d); err != nil {
						p.b.t.Fatal(err)
					} else if more {
						news++
					}
				}
				answer.Seen, _ = p.table.Since(p.table.Seen()).Encode()
			}
			s.To.Inc = p.inc
			p.b.Answer(s, answer)
			p.b.take()
		}
	}
	return news
}

// seenBy is what an answer says was seen.
func seenBy(t *testing.T, m *message.GossipOK) crdt.Vector {
	t.Helper()
	d, err := crdt.Decode(m.Seen)
	if err != nil {
		t.Fatalf("%+v: %v", m, err)
	}
	return d.Seen()
}

func (b *bench) digest() string { return b.Last("replica").Str("dig") }

func TestReplicasAgree(t *testing.T) {
	b := start(t, clustered())
	p := newPeer(b, 1)
	if p.hear(time.Second) == 0 {
		t.Fatal("a peer that knows nothing was told nothing")
	}
	b.order(`{"op":"weight","id":"a1","weight":7}`)
	b.order(`{"op":"remove","id":"a2"}`)
	p.hear(50 * time.Millisecond) // a change is told at once
	want := []crdt.Analyser{{ID: "a1", Weight: 7}, {ID: "a3", Weight: 2}}
	if got := p.table.Analysers(); !slices.Equal(got, want) {
		t.Fatalf("the peer has %v, want %v", got, want)
	}
	d, err := p.table.Put(crdt.Analyser{ID: "a4", Weight: 3})
	if err != nil {
		t.Fatal(err)
	}
	if m := p.tell(d, 1000); m.Why != "" || !seenBy(t, m).Equal(p.table.Seen()) {
		t.Fatalf("answer %+v", m)
	}
	c := b.Last("config")
	if c.Str("set") != "a1=7:up,a3=2:up,a4=3:up" || c.Str("from") != "gossip" || c.Int("ver") != 4 {
		t.Errorf("configuration %s %s %d", c.Str("set"), c.Str("from"), c.Int("ver"))
	}
	if v := b.Last("view"); v.Int("ver") != 4 {
		t.Errorf("the worker's view is of version %d", v.Int("ver"))
	}
	if p.hear(time.Second) != 0 {
		t.Error("who knows all was told something")
	}
	if b.Last("replica").Str("from") != "collect" || b.Last("replica").Int("dead") != 0 {
		t.Errorf("a tombstone that all have seen stays: %v", b.tail())
	}
}

// TestDeltasInParts holds that a delta may come in parts of any size, again and again, and
// that parts which do not belong together make none.
func TestDeltasInParts(t *testing.T) {
	for _, size := range []int{1, 7, 40, 1000} {
		b := start(t, clustered())
		p := newPeer(b, 1)
		if _, err := p.table.Put(crdt.Analyser{ID: "a9", Weight: 4}); err != nil {
			t.Fatal(err)
		}
		if m := p.tell(p.table.State(), size); m.Why != "" || !strings.Contains(b.Last("config").Str("set"), "a9=4") {
			t.Errorf("in parts of %d: %+v", size, m)
		}
	}
	b := start(t, clustered())
	p := newPeer(b, 1)
	data, err := p.table.State().Encode()
	if err != nil {
		t.Fatal(err)
	}
	part := func(serial uint64, from, to int) string {
		return b.ask(1, &message.Gossip{Serial: serial, Offset: uint32(from), Total: uint32(len(data)), Data: data[from:to]}).Why
	}
	for _, tc := range []struct {
		serial   uint64
		from, to int
		why      string
	}{
		{1, 4, 8, "part"}, {2, 0, 4, ""}, {2, 0, 4, ""}, {2, 6, 8, "part"}, {3, 4, 8, "part"}, {2, 4, 8, ""}, {2, 4, 8, ""}, {2, 8, len(data), ""}, {2, 8, len(data), "part"},
	} {
		if why := part(tc.serial, tc.from, tc.to); why != tc.why {
			t.Errorf("serial %d, bytes %d to %d: %q, want %q", tc.serial, tc.from, tc.to, why, tc.why)
		}
	}
	for _, m := range []*message.Gossip{
		{Serial: 9, Total: 0, Data: []byte("x")}, {Serial: 9, Total: deltaMost + 1, Data: []byte("x")}, {Serial: 9, Total: 4, Data: nil},
		{Serial: 9, Offset: 3, Total: 4, Data: []byte("xx")}, {Serial: 9, Total: 2, Data: []byte("xx")},
	} {
		if why := b.ask(1, m).Why; why != "form" {
			t.Errorf("%+v: %q", m, why)
		}
	}
}

// TestStrangersForgersAndThePast holds that nobody but a peer changes the table, and no
// peer in another's name, out of the far future or from an earlier life.
func TestStrangersForgersAndThePast(t *testing.T) {
	b := start(t, clustered())
	p := newPeer(b, 3)
	p.hear(500 * time.Millisecond)
	before, configs := b.digest(), b.Count("config")
	refused := func(what, want string, m *message.GossipOK) {
		t.Helper()
		if m.Why != want || b.Last("not_taken").Str("why") != want || b.digest() != before || b.Count("config") != configs {
			t.Errorf("%s: answer %q, log %v", what, m.Why, b.tail())
		}
	}
	data, err := p.table.State().Encode()
	if err != nil {
		t.Fatal(err)
	}
	whole := func(data []byte) *message.Gossip {
		return &message.Gossip{Serial: 1, Total: uint32(len(data)), Data: data}
	}
	b.Ask(node.Addr{Node: "d3", Inc: 1, Actor: Supervisor}, Supervisor, whole(data))
	b.take()
	refused("a stranger", "stranger", b.heard[len(b.heard)-1])
	b.Ask(node.Addr{}, Supervisor, whole(data))
	b.take()
	refused("a client", "stranger", b.heard[len(b.heard)-1])
	refused("an earlier incarnation", "stale", b.ask(2, whole(data)))
	refused("damage", "form", b.ask(3, whole(bytes.Replace(data, []byte("a1"), []byte("a\n"), 1))))

	forged := newTable(t, "d1", 1) // in this very node's name
	if _, err := forged.Put(crdt.Analyser{ID: "a1", Weight: 9}); err != nil {
		t.Fatal(err)
	}
	refused("a forgery", "forged", p.tell(forged.State(), 1000))
	later := newTable(t, "d1", 2)
	if _, err := later.Put(crdt.Analyser{ID: "a1", Weight: 9}); err != nil {
		t.Fatal(err)
	}
	refused("a later life of this node", "superseded", p.tell(later.State(), 1000))
	gap := newTable(t, "d2", 3)
	if _, err := gap.Put(crdt.Analyser{ID: "a7", Weight: 9}); err != nil {
		t.Fatal(err)
	}
	d, err := gap.SetWeight("a7", 2)
	if err != nil {
		t.Fatal(err)
	}
	refused("a gap", "gap", p.tell(d, 1000))
	refused("the far future", "ahead", p.tell(future(t), 1000))
	if !strings.Contains(b.Last("config").Str("set"), "a1=1:up,a2=1:up,a3=2:up") {
		t.Error(b.Last("config").Str("set"))
	}
}

// future is the state of a replica whose counter is 2^33: one change of an analyser, put
// together by hand.
func future(t *testing.T) crdt.Delta {
	t.Helper()
	huge := []byte{0x80, 0x80, 0x80, 0x80, 0x20} // 2^33 as a varint
	data := slices.Concat([]byte("wcrdt\x01\x01\x01\x02d2\x03"), huge, []byte("\x00\x00\x01\x02a1\x01\x00"), huge, []byte("\x00\x00\x00"), huge, []byte("\x05\x00"), huge, []byte("\x00"))
	d, err := crdt.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestReplicaOutlivesARestart holds that what was answered is durable, merges too, and
// that a boot brings back nothing that was removed.
func TestReplicaOutlivesARestart(t *testing.T) {
	b := start(t, clustered())
	p := newPeer(b, 1)
	p.hear(500 * time.Millisecond)
	b.order(`{"op":"remove","id":"a2"}`)
	p.hear(500 * time.Millisecond)
	d, err := p.table.SetWeight("a1", 9)
	if err != nil {
		t.Fatal(err)
	}
	p.tell(d, 1000)
	set, ver := b.Last("config").Str("set"), b.Last("config").Int("ver")
	b.Crash()
	b.gossip = nil
	b.restart(clustered())
	if c := b.Last("config"); c.Str("set") != set || c.Int("ver") != ver || c.Str("from") != "disk" || set != "a1=9:up,a3=2:up" {
		t.Errorf("after a restart %s, version %d from %s; before %s, %d", c.Str("set"), c.Int("ver"), c.Str("from"), set, ver)
	}

	b.Crash()
	file := b.File(clusterFile)
	file[len(file)-20] ^= 1
	b.SetFile(clusterFile, file)
	b.gossip = nil
	b.restart(clustered())
	if c := b.Last("config"); c.Str("from") != "boot" || b.why("config")[len(b.why("config"))-2] == "" {
		t.Errorf("a damaged file was taken: %v", b.tail())
	}
	p.hear(500 * time.Millisecond)
	p.tell(p.table.Since(nil), 1000)
	if c := b.Last("config"); c.Str("set") != set {
		t.Errorf("told again, the table is %s, want %s", c.Str("set"), set)
	}
}

// TestMergeThatCannotBeSaved holds that a merge is in force only once it is durable.
func TestMergeThatCannotBeSaved(t *testing.T) {
	b := start(t, clustered())
	p := newPeer(b, 1)
	p.hear(500 * time.Millisecond)
	before := b.digest()
	d, err := p.table.SetWeight("a1", 9)
	if err != nil {
		t.Fatal(err)
	}
	data, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b.AutoDisk = false
	b.Ask(node.Addr{Node: "d2", Inc: 1, Actor: Supervisor}, Supervisor, &message.Gossip{Serial: 77, Total: uint32(len(data)), Data: data})
	b.take()
	if b.digest() != before || b.Count("config") != 1 {
		t.Error("a merge is in force before it is durable")
	}
	b.FailDisk(node.ErrDiskIO, 0)
	b.take()
	b.AutoDisk = true
	if m := b.heard[len(b.heard)-1]; m.Why != "store" || b.digest() != before || strings.Contains(b.Last("config").Str("set"), "a1=9") {
		t.Errorf("answer %+v, table %s", m, b.Last("config").Str("set"))
	}
	if m := p.tell(d, 1000); m.Why != "" || !strings.Contains(b.Last("config").Str("set"), "a1=9") {
		t.Errorf("the second time: answer %+v", m)
	}
}

// TestMembersByTheirWord holds that silence makes a peer suspect and then failed, a word
// makes it alive, and a later incarnation is told all anew.
func TestMembersByTheirWord(t *testing.T) {
	b := start(t, clustered())
	p := newPeer(b, 1)
	p.hear(time.Second)
	b.run(20 * time.Second)
	b.gossip = nil
	p2 := newPeer(b, 2)
	if p2.hear(3*time.Second) == 0 {
		t.Error("the new incarnation was told nothing")
	}
	var told []string
	for _, r := range b.Records("member") {
		told = append(told, r.Str("to"))
	}
	if want := []string{"alive", "suspect", "failed", "alive"}; !slices.Equal(told, want) {
		t.Errorf("%v, want %v", told, want)
	}
	b.pause(10 * time.Minute) // its own
	b.run(time.Second)
	if n := b.Count("member"); n != len(told) {
		t.Errorf("a peer was suspected of the node's own pause: %v", b.Last("member"))
	}
}

// TestWatchedMembers holds that with a watcher its word counts and silence does not, and
// that only the program can say it.
func TestWatchedMembers(t *testing.T) {
	cfg := clustered()
	cfg.Cluster.Watched = true
	b := start(t, cfg)
	p := newPeer(b, 1)
	p.hear(time.Second)
	b.run(time.Minute) // in silence
	say := func(m message.Membership) {
		b.Ask(node.Addr{}, Supervisor, &m)
		b.take()
	}
	say(message.Membership{Node: "d2", Inc: 1})
	say(message.Membership{Node: "d2", Inc: 1, Alive: true})
	say(message.Membership{Node: "d2", Inc: 2, Alive: true})
	say(message.Membership{Node: "d2", Inc: 1})
	say(message.Membership{Node: "d9", Inc: 1, Alive: true})
	var told []string
	for _, r := range b.Records("member") {
		told = append(told, fmt.Sprintf("%s %s %d", r.Str("node"), r.Str("to"), r.Int("inc")))
	}
	if want := []string{"d2 alive 1", "d2 failed 1", "d2 alive 1", "d2 alive 2"}; !slices.Equal(told, want) {
		t.Errorf("%v, want %v", told, want)
	}
	b.gossip = nil
	if p2 := newPeer(b, 2); p2.hear(5*time.Second) == 0 {
		t.Error("the incarnation that was reported is told nothing")
	}
}
