package faults

import "fmt"

// Hooks reach the system where no world can by itself: the runner supplies them. An absent hook makes its acts not
// applicable.
type Hooks struct {
	Configure func(node string, document []byte) // hands a raw control document to a node's operator
	Gauge     func(node string, act Verb)        // GaugeLost, GaugeNaN or GaugeBack: what the node tells of its process
	Load      func(node string, percent int)     // sets the load that an emitter offers, in percent of the planned one
}

// Applicable says why the action cannot be done in this world with these hooks, or nil; the error wraps
// [ErrNotApplicable].
func (h Hooks) Applicable(a Action, w World) error {
	if err := Applicable(a, w); err != nil {
		return err
	}
	switch a.Do {
	case Load, Unload:
		if h.Load == nil {
			return fmt.Errorf("faults: %s: %w: the runner has no load to change", a, ErrNotApplicable)
		}
	case GaugeLost, GaugeNaN, GaugeBack:
		if h.Gauge == nil {
			return fmt.Errorf("faults: %s: %w: the runner has no gauge to break", a, ErrNotApplicable)
		}
	case Configure, Weight, Add, Remove, Drain, Undrain, Misconfigure:
		if h.Configure == nil {
			return fmt.Errorf("faults: %s: %w: the runner has no operator", a, ErrNotApplicable)
		}
	}
	return nil
}

// HookVerbs lists the flat verbs that [Hooks.Do] carries out in any world.
func HookVerbs() []Verb { return []Verb{Load, Unload, Configure} }

// GaugeVerbs lists those for a world that has gauges.
func GaugeVerbs() []Verb { return []Verb{GaugeLost, GaugeNaN, GaugeBack} }

// Do carries out an applicable act if it is one for a hook, and says whether it was.
func (h Hooks) Do(act Act) bool {
	switch act.Do {
	case Load:
		h.Load(act.Node, act.Args.Percent)
	case Unload:
		h.Load(act.Node, 100)
	case GaugeLost, GaugeNaN, GaugeBack:
		h.Gauge(act.Node, act.Do)
	case Configure:
		h.Configure(act.Node, []byte(act.Args.Document))
	default:
		return false
	}
	return true
}
