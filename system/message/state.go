package message

import (
	"weir/system/node"
	"weir/system/record"
)

// State asks a distributor for its table and what its workers make of it. It changes
// nothing. The answer is a StateOK.
type State struct {
	After string // only analysers with greater ids are told; empty: from the first
}

// StateOK answers a State: a part of the table, in ascending order of ids.
type StateOK struct {
	Version   uint64 // of the table in force; 0: there is none yet
	Analysers []AnalyserState
	More      bool   // there are analysers after the last of these
	Workers   uint32 // how many there are
	Silent    uint32 // workers that did not answer in time; the sums lack theirs
	Why       string // why there is no answer; empty: there is one
}

// AnalyserState is one registered analyser of a distributor.
type AnalyserState struct {
	ID        string
	Address   string // where its packets go; empty: not known
	Weight    uint32
	Drained   bool
	Wanted    uint64 // share of the messages that the table wants while all are up, in 2^-32
	InFlight  uint64 // packets, of all workers
	Decided   uint64 // messages in first attempts, since the workers know it
	Delivered uint64 // messages that it committed, since the workers know it
	Workers   []WorkerState
}

// WorkerState is what one worker makes of an analyser.
type WorkerState struct {
	Worker   string
	Status   string // up, down, full, drain; empty: the worker does not know it yet
	InFlight uint64 // packets
}

func (*State) Name() string      { return "state" }
func (*State) Class() node.Class { return node.ClassControl }

// Size counts the id.
func (m *State) Size() int { return overhead + len(m.After) }

// Describe says nothing: a question changes nothing.
func (*State) Describe(*record.Line) {}

func (*StateOK) Name() string      { return "state_ok" }
func (*StateOK) Class() node.Class { return node.ClassControl }

// Size counts what is told of analysers.
func (m *StateOK) Size() int {
	size := overhead + len(m.Why)
	for i := range m.Analysers {
		a := &m.Analysers[i]
		size += overhead + len(a.ID) + len(a.Address) + overhead/2*len(a.Workers)
	}
	return size
}

// Describe logs the version.
func (m *StateOK) Describe(ln *record.Line) { ln.Uint("ver", m.Version) }
