package distributor

import (
	"bytes"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// FuzzGossip gives a distributor parts that say anything, as a peer could: it answers each,
// its table stays one, and what a peer says soundly afterwards is taken.
func FuzzGossip(f *testing.F) {
	b := start(f, clustered())
	sound, err := newPeer(b, 1).table.State().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint64(1), uint32(0), uint32(len(sound)), sound)
	f.Add(uint64(2), uint32(3), uint32(9), []byte("wcrdt\x01"))
	f.Fuzz(func(t *testing.T, serial uint64, off, total uint32, data []byte) {
		b := start(t, clustered())
		p := newPeer(b, 1)
		before := b.digest()
		m := b.ask(1, &message.Gossip{Serial: serial, Offset: off, Total: total, Data: data})
		if m.Serial != serial || m.Why != "" && b.digest() != before {
			t.Errorf("answer %+v, table %s", m, b.Last("config").Str("set"))
		}
		p.hear(200 * time.Millisecond)
		d, err := p.table.SetWeight("a1", 9)
		if err != nil {
			return // what was made up is of this very peer, or has removed it
		}
		if m := p.tell(d, 1000); m.Why != "" && m.Why != "forged" && m.Why != "superseded" {
			t.Errorf("a sound delta is refused: %+v", m)
		}
	})
}

// FuzzClusterFile gives a distributor any file as that of its cluster: it starts, from that
// file if it is whole, else from the boot table, and says which.
func FuzzClusterFile(f *testing.F) {
	b := start(f, clustered())
	b.order(`{"op":"weight","id":"a1","weight":3}`)
	file := b.File(clusterFile)
	f.Add(file)
	f.Add(file[:len(file)-1])
	f.Add(bytes.Replace(file, []byte("weir-cluster 1 2"), []byte("weir-cluster 1 3"), 1))
	f.Add([]byte("weir-cluster 1 1 0\n00000000\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := start(t, clustered())
		b.Crash()
		b.SetFile(clusterFile, data)
		b.gossip = nil
		b.restart(clustered())
		c := b.Last("config")
		switch whole := bytes.Equal(data, file); {
		case !c.Bool("ok"):
			t.Errorf("no table is in force: %v", b.tail())
		case whole && (c.Str("from") != "disk" || c.Int("ver") != 2):
			t.Errorf("a whole file is not taken: %v", b.tail())
		case len(data) == 0: // there is nothing, or no more than that
		case c.Str("from") == "boot" && b.Count("config") < 2:
			t.Error("a file that is not taken is not told")
		}
	})
}

// BenchmarkGossip is what a change of the table costs the distributor at which it is made,
// with so many analysers: it is told to 63 peers, all of whom knew the rest.
func BenchmarkGossip(b *testing.B) {
	for _, analysers := range []int{10, 100, 1000, 4096} {
		cfg := baseConfig()
		cfg.State, cfg.Volatile, cfg.PacketMax = Crdt, true, 1
		cfg.Analysers = nil
		for i := range analysers {
			cfg.Analysers = append(cfg.Analysers, Analyser{ID: string(rune('a'+i%26)) + itoa(i), Weight: 1})
		}
		for i := range 64 {
			cfg.Cluster.Peers = append(cfg.Cluster.Peers, "d"+itoa(i+1))
		}
		b.Run("change/"+itoa(analysers), func(b *testing.B) { benchChange(b, cfg) })
	}
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/1000%10), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}

// benchChange makes changes whose peers all know the table, and counts the bytes sent.
func benchChange(b *testing.B, cfg Config) {
	x := start(b, cfg)
	all, told := 0, 0
	agree := func() {
		for len(x.gossip) > 0 {
			s := x.gossip[0]
			x.gossip = x.gossip[1:]
			m := s.Msg.(*message.Gossip)
			all += len(m.Data)
			told++
			if int(m.Offset)+len(m.Data) < int(m.Total) {
				s.To.Inc = 1
				x.Answer(s, &message.GossipOK{Serial: m.Serial})
				x.take()
				continue
			}
			s.To.Inc = 1
			x.Answer(s, &message.GossipOK{Serial: m.Serial, Seen: seenNow(b, x)})
			x.take()
		}
	}
	x.order(`{"op":"weight","id":"a0000","weight":2}`)
	agree()
	all, told = 0, 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		x.order(`{"op":"weight","id":"a0000","weight":` + itoa(i%1000+1000) + `}`)
		agree()
	}
	b.ReportMetric(float64(all)/float64(b.N), "bytes/op")
	b.ReportMetric(float64(told)/float64(b.N), "messages/op")
}

// seenNow is what the distributor itself has seen: a peer that agrees says the same.
func seenNow(t testing.TB, x *bench) []byte {
	had := len(x.heard)
	x.Ask(node.Addr{Node: "d2", Inc: 1, Actor: Supervisor}, Supervisor, &message.Gossip{Serial: 1, Total: 1, Data: []byte("x")})
	x.take()
	if len(x.heard) == had {
		t.Fatal("no answer")
	}
	return x.heard[len(x.heard)-1].Seen
}
