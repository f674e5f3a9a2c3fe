package simfault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"weir/faults"
	"weir/sim"
)

// Injector carries out one plan on one world. Make it with [New], after all nodes were added. Like the world, it
// is for one goroutine.
type Injector struct {
	world    *sim.World
	opt      Options
	topology faults.Topology
	names    []string // node names by id
	triggers *faults.Evaluator
	fire     func(faults.Firing) // the method value, made once so that feeding records allocates nothing
	active   faults.Active
	reasons  []error // by action: why it is not applicable, or nil
	waiting  []bool  // by node: a restart waits for its orderly stop to end
	skipped  []Skip
	started  bool
	healed   bool
}

// Skip is an act or action of the plan that was due and not carried out. That is never done in silence.
type Skip struct {
	At     time.Duration // world time when it was due
	Action faults.Action
	Reason string
}

// New checks the options and the plan against the world's nodes; the error joins everything that is wrong. Actions
// that this world or its hooks cannot do are no error: see [Injector.NotApplicable].
func New(w *sim.World, o Options) (*Injector, error) {
	topology, err := o.topology(w)
	if err = errors.Join(o.Validate(), err, o.Plan.Validate(topology)); err != nil {
		return nil, err
	}
	in := &Injector{world: w, opt: o, topology: topology, triggers: faults.NewEvaluator(o.Plan)}
	in.fire = in.fired
	for _, n := range topology.Nodes {
		in.names = append(in.names, n.Name)
	}
	in.waiting = make([]bool, len(in.names))
	for _, a := range o.Plan.Actions {
		in.reasons = append(in.reasons, o.applicable(a))
	}
	return in, nil
}

// applicable says why this world, with these hooks, cannot do the action.
func (o *Options) applicable(a faults.Action) error {
	if err := faults.Applicable(a, faults.Sim); err != nil {
		return err
	}
	switch a.Do {
	case faults.Load, faults.Unload:
		if o.Load == nil {
			return fmt.Errorf("simfault: %s: %w: the runner has no load to change", a, faults.ErrNotApplicable)
		}
	case faults.Configure, faults.Weight, faults.Add, faults.Remove, faults.Drain, faults.Undrain, faults.Misconfigure:
		if o.Configure == nil {
			return fmt.Errorf("simfault: %s: %w: the runner has no operator", a, faults.ErrNotApplicable)
		}
	}
	return nil
}

// NotApplicable lists, in plan order, why actions cannot be done here; each error wraps faults.ErrNotApplicable
// and names its action. When such an action falls due it is also noted in [Injector.Skipped].
func (in *Injector) NotApplicable() []error {
	var list []error
	for _, err := range in.reasons {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// Skipped lists what was due and not carried out: what is not applicable, and what began after [Injector.HealAll].
func (in *Injector) Skipped() []Skip { return append([]Skip(nil), in.skipped...) }

// Unfired lists the actions whose state trigger has never fired so far.
func (in *Injector) Unfired() []faults.Action {
	var list []faults.Action
	for _, i := range in.triggers.Unfired() {
		list = append(list, in.opt.Plan.Actions[i])
	}
	return list
}

// ActiveStates is the number of fault states in force now; 0 after HealAll, unless a node is still stopping.
func (in *Injector) ActiveStates() int { return in.active.Len() }

// Start schedules the timed actions. Call it once, before the run.
func (in *Injector) Start() {
	assert(!in.started, "Start was called twice")
	in.started = true
	for i, a := range in.opt.Plan.Actions {
		if !a.When.IsState() {
			in.world.At(a.When.At, "fault", func(*sim.World) { in.run(i, 0) })
		}
	}
}

// OnRecord feeds one record of the system's own logs to the state triggers: call it for every record, in order,
// as it is written. field gives a field's value as text (integers in decimal, booleans as true or false, empty
// if absent) and is used during the call only. What a record sets off runs as an event of its own.
func (in *Injector) OnRecord(node, actor, kind string, field func(key string) string) {
	in.triggers.Observe(node, actor, kind, field, in.fire)
}

// Armed says whether any state trigger can still fire; when not, OnRecord need not be called any more.
func (in *Injector) Armed() bool { return in.triggers.Armed() }

func (in *Injector) fired(f faults.Firing) {
	run := func(*sim.World) { in.run(f.Action, f.Number) }
	if f.After == 0 {
		in.world.Soon("fault", run)
		return
	}
	in.world.At(in.world.Now()+f.After, "fault", run)
}

// run begins an action that is due. Its steps of one instant are one event, so that a partition is whole.
func (in *Injector) run(i, firing int) {
	a := in.opt.Plan.Actions[i]
	if err := in.reasons[i]; err != nil {
		in.skip(a, err.Error())
		return
	}
	if in.healed {
		in.skip(a, "it was due after the heal")
		return
	}
	steps, err := faults.Expand(a, in.topology, in.draws(i, firing))
	assert(err == nil, "a validated action does not expand: %v", err)
	for len(steps) > 0 {
		n := 1
		for n < len(steps) && steps[n].After == steps[0].After {
			n++
		}
		batch, after := steps[:n], steps[0].After
		steps = steps[n:]
		if after == 0 {
			in.batch(a, batch)
		} else {
			in.world.At(in.world.Now()+after, "fault", func(*sim.World) { in.batch(a, batch) })
		}
	}
}

// draws is the action's own stream. It is made anew rather than taken from the world's table of streams, which
// would keep one for each firing.
func (in *Injector) draws(i, firing int) *rand.Rand {
	return sim.Stream(in.world.Seed(), in.opt.Plan.StreamName(i, firing))
}

// batch carries out the steps of one instant. After the heal nothing begins any more, and endings are done already.
func (in *Injector) batch(a faults.Action, steps []faults.Step) {
	if !in.healed {
		for _, s := range steps {
			in.apply(s.Act)
		}
		return
	}
	for _, s := range steps {
		if info, _ := faults.Lookup(s.Act.Do); !info.Ends() {
			in.skip(a, "part of it was due after the heal: "+s.Act.String())
		}
	}
}

func (in *Injector) skip(a faults.Action, reason string) {
	in.skipped = append(in.skipped, Skip{in.world.Now(), a, reason})
}

// HealAll ends every fault state in force, for good: triggers are disarmed, and actions that are due later are
// skipped and noted. Call it from an event of the world (an At callback), not from a handler or an observer. A
// node that is still stopping in order is restarted when it has stopped. Configuration is not undone.
func (in *Injector) HealAll() {
	in.triggers.Disarm()
	in.endAll()
	in.healed = true
}

func (in *Injector) endAll() {
	for _, act := range in.active.Endings() {
		in.apply(act)
	}
}
