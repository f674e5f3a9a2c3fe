package distributor

import (
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/record"
	"weir/system/route"
)

// Names of the actors of a distributor; workers are w1, w2, ...
const (
	Supervisor = "sup"     // the root; takes control documents
	Ingress    = "ingress" // takes submissions
	Router     = "router"  // State shared only
)

// analyseActor is the actor of an analyser's node that takes packets and probes.
const analyseActor = "analyse"

// localSize is the size in bytes that a small local message counts for in a
// mailbox.
const localSize = 64

// local makes a type a message between actors of this node. Such messages never
// leave it and are never logged.
type local struct{}

func (local) Name() string            { return "local" }
func (local) Class() node.Class       { return node.ClassControl }
func (local) Size() int               { return localSize }
func (local) Describe(_ *record.Line) {}

// assign gives an admitted packet to a worker. The answer is an over.
type assign struct {
	local
	packet *message.Packet
	lo     uint64        // the source's AckedBelow
	at     time.Duration // it was admitted
}

// Size counts the packet too: a worker's mailbox is bounded in bytes.
func (m *assign) Size() int { return localSize + m.packet.Bytes }

// Carries returns the packet, for a world that charges time for handling one.
func (m *assign) Carries() *message.Packet { return m.packet }

// over ends what an assign began.
type over struct {
	local
	id       message.ID
	out      message.Outcome
	why      string
	definite bool
	silent   bool // the emitter gets no answer: it will submit again elsewhere
}

// tableMsg gives a worker the table in force. The answer is a tableTaken.
type tableMsg struct {
	local
	serial   uint64 // grows with each push
	table    *table // nil: not known yet
	down     []bool // central verdicts, in the order of the table; nil: the worker has its own
	stopping bool   // the node stops
}

// tableTaken says that a worker has the push of that serial.
type tableTaken struct {
	local
	serial uint64
}

// ask asks the router for decisions. The answer is a told.
type ask struct {
	local
	view  *route.View
	items []askItem
}

// askItem is one packet to decide on.
type askItem struct {
	id       message.ID
	attempt  uint32
	messages int
	tried    []string
}

// told holds the decisions of an ask: entry indexes of its view, in its order.
type told struct {
	local
	to []int32
}

// halt asks the ingress to admit nothing more. The answer, an idle, comes once
// nothing is in progress.
type halt struct{ local }

// idle answers a halt.
type idle struct{ local }

// count asks for an actor's totals. The answer is a counted.
type count struct{ local }

// counted answers a count.
type counted struct {
	local
	counts totals
}

// farewell has the ingress write the totals, the others' and its own, and end the node.
type farewell struct {
	local
	counts totals
}
