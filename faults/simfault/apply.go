package simfault

import (
	"slices"

	"weir/faults"
	"weir/sim"
)

// apply carries out one act now. An act is logged before the world does it, so that in the log a cause stands
// before the losses that it causes.
func (in *Injector) apply(act faults.Act) {
	switch {
	case act.Do == faults.HealAll:
		in.endAll()
	case act.IsLink():
		in.applyLink(act)
	default:
		in.applyNode(act)
	}
}

// applyLink narrows the act to the classes for which it changes something: only those reach world and log.
func (in *Injector) applyLink(act faults.Act) {
	narrowed, some := in.note(act)
	if !some {
		in.opt.Log.NoEffect(in.Now(), act)
		return
	}
	in.opt.Log.Fault(in.Now(), narrowed, 0)
	i := slices.IndexFunc(linkVerbs, func(v linkVerb) bool { return v.do == act.Do })
	assert(i >= 0, "no link verb %s", act.Do)
	err := linkVerbs[i].call(in.world, in.id(act.From), in.id(act.To), in.opt.classes(narrowed.Classes), narrowed)
	assert(err == nil, "%s: %v", narrowed, err)
}

// note tells the list of states in force about the act and says whether it changes anything there.
func (in *Injector) note(act faults.Act) (faults.Act, bool) {
	if info, _ := faults.Lookup(act.Do); info.Ends() {
		return in.active.End(act)
	}
	return in.active.Begin(act)
}

func (in *Injector) applyNode(act faults.Act) {
	id := in.id(act.Node)
	if act.Do == faults.Restart && in.stopping(id) {
		in.waiting[id] = true // NodeChanged does it
		return
	}
	i := slices.IndexFunc(nodeVerbs, func(v nodeVerb) bool { return v.do == act.Do })
	assert(i >= 0, "no node verb %s", act.Do)
	v := nodeVerbs[i]
	possible := v.can == nil || v.can(in, id, act)
	if _, some := in.noteIf(possible, act); !some {
		in.opt.Log.NoEffect(in.Now(), act)
		return
	}
	if act.Do == faults.Crash {
		in.endPauses(act.Node)
		in.forgetRestart(id)
	}
	in.opt.Log.Fault(in.Now(), act, in.incarnation(id, act.Do))
	err := v.call(in, id, act)
	assert(err == nil, "%s: %v", act, err)
}

// noteIf is note for an act that the world can do. One that it cannot do begins no state, but an ending of what
// is over already (an actor that is gone, a node that the runner restarted) still takes the state off the list.
func (in *Injector) noteIf(possible bool, act faults.Act) (faults.Act, bool) {
	info, _ := faults.Lookup(act.Do)
	if possible {
		return in.note(act)
	}
	if info.Ends() {
		in.active.End(act)
	}
	return act, false
}

// endPauses notes that the pauses of a node and its actors are over, because its process is: a new incarnation
// is not paused.
func (in *Injector) endPauses(node string) {
	for _, act := range in.active.Endings() {
		if act.Do == faults.Resume && act.Node == node {
			in.active.End(act)
			in.opt.Log.Fault(in.Now(), act, 0)
		}
	}
}

// forgetRestart drops a restart that waits for a stop, because a crash came first: the crash is the later word.
func (in *Injector) forgetRestart(id sim.NodeID) {
	if in.waiting[id] {
		in.waiting[id] = false
		in.opt.Log.NoEffect(in.Now(), faults.Act{Do: faults.Restart, Node: in.names[id]})
	}
}

// stopping says whether the plan asked the node to stop and it still runs.
func (in *Injector) stopping(id sim.NodeID) bool {
	return in.running(id) && in.active.Is(faults.Act{Do: faults.Stop, Node: in.names[id]})
}

func (in *Injector) running(id sim.NodeID) bool {
	state := in.world.Node(id).State
	return state == sim.NodeUp || state == sim.NodePaused
}

// incarnation is what the log's inc says for three verbs: the one that ends, or for a restart the one that begins.
func (in *Injector) incarnation(id sim.NodeID, do faults.Verb) uint32 {
	switch do {
	case faults.Crash, faults.Stop:
		return in.world.Node(id).Inc
	case faults.Restart:
		return in.world.Node(id).Inc + 1
	}
	return 0
}

func (in *Injector) id(name string) sim.NodeID {
	id, found := in.world.NodeByName(name)
	assert(found, "a validated plan names %q, which is no node", name)
	return id
}
