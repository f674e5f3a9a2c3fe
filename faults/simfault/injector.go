package simfault

import (
	"errors"

	"weir/faults"
	"weir/sim"
)

// Injector carries out one plan on one world. Make it with [New], after all nodes were added. Like the world, it
// is for one goroutine.
type Injector struct {
	*director
	stage *stage
	opt   Options
	names []string // node names by id
}

// director keeps the embedded field unexported, and with it what only this package may touch.
type director = faults.Director

// New checks the options and the plan against the world's nodes; the error joins everything that is wrong. Actions
// that this world or its hooks cannot do are no error: see NotApplicable.
func New(w *sim.World, o Options) (*Injector, error) {
	topology, err := o.topology(w)
	if err = errors.Join(o.Validate(), err, o.Plan.Validate(topology)); err != nil {
		return nil, err
	}
	in := &Injector{opt: o}
	in.stage = &stage{world: w, opt: &in.opt, refused: make(map[way]faults.ClassSet)}
	in.director, err = faults.NewDirector(faults.DirectorConfig{
		Plan: o.Plan, Topology: topology, World: faults.Sim, Stage: in.stage, Log: o.Log,
		Hooks: faults.Hooks{Configure: o.Configure, Load: o.Load, Gauge: o.Gauge},
	})
	if err != nil {
		return nil, err
	}
	for _, n := range topology.Nodes {
		in.names = append(in.names, n.Name)
	}
	return in, nil
}

// HealAll ends every fault state in force, for good. Call it from an event of the world (an At callback), not from a
// handler or an observer.
func (in *Injector) HealAll() {
	err := in.director.HealAll()
	assert(err == nil, "the heal failed: %v", err)
}
