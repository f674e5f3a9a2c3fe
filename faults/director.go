package faults

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Stage is what a [Director] needs of a world. All calls come from within calls of the director.
type Stage interface {
	// Now stamps a record.
	Now() Stamp
	// At runs f at a time since the run began that is not past; Soon as the very next thing. Never at once.
	At(at time.Duration, f func())
	Soon(f func())
	// Draws is a random stream keyed by the run's seed and the name.
	Draws(name string) *rand.Rand
	// Running says whether a node's process is there, paused or not; Incarnation is the number of its latest start.
	Running(node string) bool
	Incarnation(node string) uint32
	// Can says whether the node is in a state in which a node act changes anything; of links the director knows itself.
	Can(act Act) bool
	// Do carries out a flat act that can be done. On a link it comes with the classes for which it is new.
	Do(act Act) error
}

// DirectorConfig says what is to be done and where it is told.
type DirectorConfig struct {
	Plan     Plan     // what to do
	Topology Topology // the nodes
	World    World    // which kind
	Stage    Stage    // the world itself
	Log      *Log     // takes the ground truth
	Hooks    Hooks    // what of the runner's the plan may use
}

// Director carries out a plan in any world: it expands actions when they are due, keeps the list of what is in force,
// writes the fault log, and ends everything at the heal. It is for one goroutine.
//
// Order in the log: in sim and box an act stands before what it does. In tcp what begins a state is written once it
// is in force and what ends one before it acts (logcheck/FORMAT.md, section 2).
type Director struct {
	plan     Plan
	topology Topology
	world    World
	stage    Stage
	log      *Log
	hooks    Hooks
	triggers *Evaluator
	fire     func(Firing) // the method value, made once so that feeding records allocates nothing
	active   Active
	reasons  []error         // by action: why it is not applicable, or nil
	waiting  map[string]bool // nodes whose restart waits for their orderly stop to end; looked up only
	skipped  []Skip
	started  bool
	healed   bool
}

// Skip is an act or action of the plan that was due and not carried out. That is never done in silence.
type Skip struct {
	At     time.Duration // world time when it was due
	Action Action
	Reason string
}

// NewDirector checks the plan against the nodes; the error joins everything that is wrong. Actions that this world or
// its hooks cannot do are no error: see [Director.NotApplicable].
func NewDirector(c DirectorConfig) (*Director, error) {
	if err := c.Plan.Validate(c.Topology); err != nil {
		return nil, err
	}
	d := &Director{
		plan: c.Plan, topology: c.Topology, world: c.World, stage: c.Stage, log: c.Log, hooks: c.Hooks,
		triggers: NewEvaluator(c.Plan), waiting: make(map[string]bool),
	}
	d.fire = d.fired
	for _, a := range c.Plan.Actions {
		d.reasons = append(d.reasons, c.Hooks.Applicable(a, c.World))
	}
	return d, nil
}

// NotApplicable lists, in plan order, why actions cannot be done here; each error wraps [ErrNotApplicable] and names
// its action. When such an action falls due it is also noted in [Director.Skipped].
func (d *Director) NotApplicable() []error {
	var list []error
	for _, err := range d.reasons {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// Skipped lists what was due and not carried out: what is not applicable, what began after [Director.HealAll], and
// what the world tried and could not do.
func (d *Director) Skipped() []Skip { return append([]Skip(nil), d.skipped...) }

// Unfired lists the actions whose state trigger has never fired so far.
func (d *Director) Unfired() []Action {
	var list []Action
	for _, i := range d.triggers.Unfired() {
		list = append(list, d.plan.Actions[i])
	}
	return list
}

// ActiveStates is the number of fault states in force now; 0 after HealAll, unless a node is still stopping.
func (d *Director) ActiveStates() int { return d.active.Len() }

// Start schedules the timed actions. Call it once, before the run.
func (d *Director) Start() {
	assert(!d.started, "Start was called twice")
	d.started = true
	for i, a := range d.plan.Actions {
		if !a.When.IsState() {
			d.stage.At(a.When.At, func() { d.run(i, 0) })
		}
	}
}

// OnRecord feeds one record of the system's own logs to the state triggers: call it for every record, in order, as it
// is written or read. field gives a field's value as text (integers in decimal, booleans as true or false, empty if
// absent) and is used during the call only. What a record sets off runs as an event of its own.
func (d *Director) OnRecord(node, actor, kind string, field func(key string) string) {
	d.triggers.Observe(node, actor, kind, field, d.fire)
}

// Armed says whether any state trigger can still fire; when not, OnRecord need not be called any more.
func (d *Director) Armed() bool { return d.triggers.Armed() }

func (d *Director) fired(f Firing) {
	run := func() { d.run(f.Action, f.Number) }
	if f.After == 0 {
		d.stage.Soon(run)
		return
	}
	d.after(f.After, run)
}

func (d *Director) after(wait time.Duration, f func()) { d.stage.At(d.now()+wait, f) }

func (d *Director) now() time.Duration { return d.stage.Now().At }

// run begins an action that is due. Its steps of one instant are one event, so that a partition is whole.
func (d *Director) run(i, firing int) {
	a := d.plan.Actions[i]
	if err := d.reasons[i]; err != nil {
		d.skip(a, err.Error())
		return
	}
	if d.healed {
		d.skip(a, "it was due after the heal")
		return
	}
	steps, err := Expand(a, d.topology, d.stage.Draws(d.plan.StreamName(i, firing)))
	assert(err == nil, "a validated action does not expand: %v", err)
	for len(steps) > 0 {
		n := 1
		for n < len(steps) && steps[n].After == steps[0].After {
			n++
		}
		batch, after := steps[:n], steps[0].After
		steps = steps[n:]
		if after == 0 {
			d.batch(a, batch)
		} else {
			d.after(after, func() { d.batch(a, batch) })
		}
	}
}

// batch carries out the steps of one instant. After the heal nothing begins any more, and endings are done already.
func (d *Director) batch(a Action, steps []Step) {
	for _, s := range steps {
		info := byVerb[s.Act.Do]
		switch {
		case d.healed && !info.Ends():
			d.skip(a, "part of it was due after the heal: "+s.Act.String())
		case !d.healed:
			if err := d.apply(s.Act); err != nil {
				d.skip(a, err.Error())
			}
		}
	}
}

func (d *Director) skip(a Action, reason string) {
	d.skipped = append(d.skipped, Skip{d.now(), a, reason})
}

// HealAll ends every fault state in force, for good: triggers are disarmed, and actions that are due later are skipped
// and noted. A node that is still stopping in order is restarted when it has stopped. Configuration is not undone. The
// error joins what the world could not end.
func (d *Director) HealAll() error {
	d.triggers.Disarm()
	err := d.endAll()
	d.healed = true
	return err
}

func (d *Director) endAll() error {
	var bad []error
	for _, act := range d.active.Endings() {
		bad = append(bad, d.apply(act))
	}
	return errors.Join(bad...)
}
