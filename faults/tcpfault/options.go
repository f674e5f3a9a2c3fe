package tcpfault

import (
	"errors"
	"fmt"
	"time"

	"weir/faults"
)

// Options says what to inject, into what, and where it is told.
type Options struct {
	// Plan is what to do. An empty plan does nothing.
	Plan faults.Plan
	// Seed of the draws of shapes and garbage.
	Seed uint64
	// Log takes the ground truth. Required. It belongs to the injector until Close.
	Log *faults.Log
	// Began is when the run began, with its monotonic reading: world time 0. Required, not in the future.
	Began time.Time
	// Nodes are the nodes of the cluster. What is named nowhere cannot be in the plan.
	Nodes []Node
	// Carriers say which lane carries which traffic. A link that none carries can be cut all the same: nothing flows.
	Carriers []Carrier
	// Configure hands a raw control document to a node's operator. Absent: configuration acts are not applicable.
	Configure func(node string, document []byte)
	// Load sets the load that an emitter offers, in percent of the planned one. Absent: load acts are not applicable.
	Load func(node string, percent int)
}

// Node is one node and its process.
type Node struct {
	Name    string
	Actors  []string // where known: a plan that names another is refused
	Process Process  // required
	Dir     string   // the folder of its durable files; empty: they cannot rot
}

// Process is a node's process over its incarnations.
type Process interface {
	Start() error            // the next incarnation
	Kill() error             // SIGKILL; returns once it is gone
	Terminate() error        // SIGTERM; returns at once
	Pause() error            // returns once it is halted
	Resume() error           // it goes on
	Slow(percent int) error  // also later incarnations
	Normal()                 // ends Slow
	Running() bool           // it is there, paused or not
	Incarnation() uint32     // of the latest start; 0 before the first
	Exited() <-chan struct{} // closed once the latest incarnation is gone
}

// Lane is one direction of the connections between two nodes.
type Lane interface {
	Cut()
	Heal()
	Hold()
	Release()
	Impair(faults.Impairment) error
	Mend()
	Reset()
	Refuse()
	Accept() error // ends Refuse
	Truncate(bytes int, within time.Duration)
}

// Carrier says that a lane carries one class of the traffic of a directed link.
type Carrier struct {
	From, To string
	Class    faults.Class
	Lane     Lane
}

// Group is a kind of connection between two nodes; each has a proxy of its own, so that its class can be told.
type Group uint8

// The groups.
const (
	GroupData    Group = iota // packets or submissions forward, their receipts or results back
	GroupProbe                // probes and their answers
	GroupControl              // configuration and its answers
)

// Carriers lists what the two lanes of a connection from dialer to target carry.
func Carriers(dialer, target string, g Group, forward, backward Lane) []Carrier {
	classes := [...][2]faults.Class{
		GroupData:    {faults.ClassData, faults.ClassAck},
		GroupProbe:   {faults.ClassProbe, faults.ClassProbe},
		GroupControl: {faults.ClassControl, faults.ClassControl},
	}[g]
	return []Carrier{{dialer, target, classes[0], forward}, {target, dialer, classes[1], backward}}
}

// Validate reports everything that is wrong with the options by themselves.
func (o Options) Validate() error {
	var bad []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			bad = append(bad, fmt.Errorf("tcpfault: "+format, args...))
		}
	}
	refuse(o.Log == nil, "Log is missing")
	refuse(o.Began.IsZero() || time.Since(o.Began) < 0, "Began %v is missing or in the future", o.Began)
	known := make(map[string]bool)
	for _, n := range o.Nodes {
		refuse(n.Process == nil, "node %s has no process", n.Name)
		known[n.Name] = true
	}
	for _, c := range o.Carriers {
		refuse(c.Lane == nil || c.Class >= faults.NClasses, "the carrier %s -> %s has no lane or the unknown class %d", c.From, c.To, c.Class)
		refuse(!known[c.From] || !known[c.To], "the carrier %s -> %s joins unknown nodes", c.From, c.To)
	}
	return errors.Join(bad...)
}
