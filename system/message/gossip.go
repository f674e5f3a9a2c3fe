package message

import (
	"weir/system/node"
	"weir/system/record"
)

// Gossip gives a part of a delta of the routing state (system/crdt) to another
// distributor, whose supervisor puts the parts together. The answer is a GossipOK.
type Gossip struct {
	Serial uint64 // of the delta at its sender, from 1; grows
	Offset uint32 // bytes of the delta before this part
	Total  uint32 // bytes of the whole delta
	Data   []byte // this part
}

// GossipOK answers a Gossip.
type GossipOK struct {
	Serial uint64
	Seen   []byte // a delta that only says what the answerer has seen; empty: parts are missing, or it tells nothing
	Why    string // why the delta is not taken; empty: it is, or parts are missing
}

func (*Gossip) Name() string      { return "gossip" }
func (*Gossip) Class() node.Class { return node.ClassControl }

// Size counts the part.
func (m *Gossip) Size() int { return overhead + len(m.Data) }

// Describe logs which part of which delta it is.
func (m *Gossip) Describe(ln *record.Line) {
	ln.Uint("ser", m.Serial).Uint("off", uint64(m.Offset)).Uint("b", uint64(len(m.Data))).Uint("total", uint64(m.Total))
}

func (*GossipOK) Name() string      { return "gossip_ok" }
func (*GossipOK) Class() node.Class { return node.ClassControl }

// Size counts the texts.
func (m *GossipOK) Size() int { return overhead + len(m.Seen) + len(m.Why) }

// Describe logs the verdict.
func (m *GossipOK) Describe(ln *record.Line) {
	ln.Uint("ser", m.Serial)
	if m.Why != "" {
		ln.Cut("why", m.Why, 512)
	}
}
