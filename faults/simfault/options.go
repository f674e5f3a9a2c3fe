package simfault

import (
	"errors"
	"fmt"

	"weir/faults"
	"weir/sim"
)

// Options says what to inject and where it is told.
type Options struct {
	// Plan is what to do. An empty plan does nothing.
	Plan faults.Plan
	// Log takes the ground truth. Required.
	Log *faults.Log
	// Actors names the actors of nodes whose actors are known beforehand, so that a plan that names another is
	// refused; nodes that are absent here accept any actor name.
	Actors []faults.TopologyNode
	// Classes says which classes of the world stand for each class of the vocabulary, by faults.Class. All zero:
	// class c is the world's class c. What is named nowhere counts as control, so that all is really all.
	Classes [faults.NClasses]sim.ClassSet
	// Configure hands a raw control document to a node's operator. Absent: configuration acts are not applicable.
	Configure func(node string, document []byte)
	// Load sets the load that an emitter offers, in percent of the planned one. Absent: load acts are not applicable.
	Load func(node string, percent int)
	// Gauge breaks and mends what a node tells of its process. Absent: those acts are not applicable.
	Gauge func(node string, act faults.Verb)
}

// Validate reports everything that is wrong with the options by themselves.
func (o Options) Validate() error {
	var bad []error
	if o.Log == nil {
		bad = append(bad, errors.New("simfault: Log is missing"))
	}
	zero := 0
	for _, set := range o.Classes {
		if set == 0 {
			zero++
		}
	}
	if zero != 0 && zero != faults.NClasses {
		bad = append(bad, fmt.Errorf("simfault: Classes %v names %d of %d classes; name all or none", o.Classes, faults.NClasses-zero, faults.NClasses))
	}
	return errors.Join(append(bad, o.Plan.Check())...)
}

// classes turns a set of the vocabulary into one of the world.
func (o *Options) classes(set faults.ClassSet) sim.ClassSet {
	var out, named sim.ClassSet
	for c := faults.Class(0); c < faults.NClasses; c++ {
		mine := o.Classes[c]
		if mine == 0 {
			mine = sim.Classes(sim.Class(c))
		}
		named |= mine
		if set.Has(c) {
			out |= mine
		}
	}
	if set.Has(faults.ClassControl) {
		out |= sim.AllClasses &^ named
	}
	assert(out != 0, "the class set %s is empty", set)
	return out
}

// topology lists the world's nodes, with their actors where Options knows them.
func (o *Options) topology(w *sim.World) (t faults.Topology, err error) {
	for id := range w.Nodes() {
		t.Nodes = append(t.Nodes, faults.TopologyNode{Name: w.Node(sim.NodeID(id)).Name})
	}
	var bad []error
	for _, known := range o.Actors {
		id, found := w.NodeByName(known.Name)
		if !found {
			bad = append(bad, fmt.Errorf("simfault: Actors names %q, which is no node of the world", known.Name))
			continue
		}
		t.Nodes[id].Actors = known.Actors
	}
	return t, errors.Join(bad...)
}
