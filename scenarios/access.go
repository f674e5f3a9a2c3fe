package scenarios

import (
	"strconv"
	"time"

	"weir/faults"
)

// OperatorName is the node that sends control documents; every world has it.
const OperatorName = "op"

// Role is what a node does.
type Role string

// The roles, named as in the logs.
const (
	RoleEmitter     Role = "emitter"
	RoleDistributor Role = "distributor"
	RoleAnalyser    Role = "analyser"
	RoleOperator    Role = "operator"
)

// Node is one node of a scenario.
type Node struct {
	Name string
	Role Role
	// Index counts the nodes of a role from 0.
	Index int
}

// Nodes lists every node: emitters, distributors, analysers (spares too), operator.
func (s *Scenario) Nodes() []Node {
	var list []Node
	for i := range s.Emitters.Count {
		list = append(list, Node{"e" + strconv.Itoa(i+1), RoleEmitter, i})
	}
	for i := range s.Distributors.Count {
		list = append(list, Node{"d" + strconv.Itoa(i+1), RoleDistributor, i})
	}
	for i, a := range s.AnalyserList() {
		list = append(list, Node{a.ID, RoleAnalyser, i})
	}
	return append(list, Node{OperatorName, RoleOperator, 0})
}

// NodeNames lists the nodes' names in the order of Nodes.
func (s *Scenario) NodeNames() []string {
	var names []string
	for _, n := range s.Nodes() {
		names = append(names, n.Name)
	}
	return names
}

// AnalyserList is every analyser, spares too, whichever form the file used.
func (s *Scenario) AnalyserList() []AnalyserEntry {
	a := &s.Analysers
	if a.List != nil {
		return a.List
	}
	list := make([]AnalyserEntry, 0, a.Count+a.Spares)
	for i := range a.Count + a.Spares {
		weight := int64(1)
		if len(a.Weights) > 0 {
			weight = a.Weights[i%len(a.Weights)]
		}
		list = append(list, AnalyserEntry{ID: "a" + strconv.Itoa(i+1), Weight: weight, Spare: i >= a.Count})
	}
	return list
}

// Plan is the fault plan. It must not be changed.
func (s *Scenario) Plan() *faults.Plan { return &s.plan }

// File is the file that the scenario was read from; empty if it came with weir or
// was made in memory.
func (s *Scenario) File() string { return s.file }

// ProduceFor is how long each generator makes packets.
func (s *Scenario) ProduceFor() time.Duration {
	if s.Emitters.For > 0 {
		return s.Emitters.For
	}
	return s.Phases.LoadEnd()
}

// TimeMax is the virtual time at which a run is ended in any case.
func (s *Scenario) TimeMax() time.Duration {
	return max(s.Phases.LoadEnd(), s.ProduceFor()) + s.Phases.Settle + s.Limits.Time
}
