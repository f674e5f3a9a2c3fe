package message

import (
	"weir/system/node"
	"weir/system/record"
)

// Membership tells a distributor's supervisor of another distributor that is there, or is
// not. Only the node's own program says it: it has no encoding, so no other node can. The
// answer is a ControlOK.
type Membership struct {
	Node  string
	Inc   uint32 // 0: not known
	Alive bool
}

func (*Membership) Name() string      { return "membership" }
func (*Membership) Class() node.Class { return node.ClassControl }

// Size counts the name.
func (m *Membership) Size() int { return overhead + len(m.Node) }

// Describe says nothing: the supervisor logs what it makes of it.
func (*Membership) Describe(*record.Line) {}
