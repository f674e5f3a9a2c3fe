package faults

import "fmt"

// apply carries out one act now.
func (d *Director) apply(act Act) error {
	switch {
	case act.Do == HealAll:
		return d.endAll()
	case act.IsLink():
		return d.applyLink(act)
	}
	return d.applyNode(act)
}

// applyLink narrows the act to the classes for which it changes something: only those reach world and log.
func (d *Director) applyLink(act Act) error {
	narrowed, some := d.note(act)
	if !some {
		d.log.NoEffect(d.stage.Now(), act)
		return nil
	}
	return d.carry(narrowed, 0)
}

// note tells the list of states in force about the act and says whether it changes anything there.
func (d *Director) note(act Act) (Act, bool) {
	if byVerb[act.Do].Ends() {
		return d.active.End(act)
	}
	return d.active.Begin(act)
}

func (d *Director) applyNode(act Act) error {
	if act.Do == Restart && d.stopping(act.Node) {
		d.waiting[act.Node] = true // NodeEnded does it
		return nil
	}
	if !d.noteIf(d.can(act), act) {
		d.log.NoEffect(d.stage.Now(), act)
		return nil
	}
	return d.carry(act, d.incarnation(act))
}

// can says whether the node's state lets the act change anything.
func (d *Director) can(act Act) bool {
	switch act.Do {
	case Crash:
		return d.stage.Running(act.Node)
	case Stop:
		return d.stage.Running(act.Node) && !d.active.Is(act) && d.stage.Can(act)
	case Restart:
		return !d.stage.Running(act.Node) && d.stage.Incarnation(act.Node) > 0 // one that never started is not the plan's to start
	}
	return d.stage.Can(act)
}

// noteIf is note for an act that may not be possible. One that is not begins no state, but an ending of what is over
// already (an actor that is gone, a node that the runner restarted) still takes the state off the list.
func (d *Director) noteIf(possible bool, act Act) bool {
	if possible {
		_, some := d.note(act)
		return some
	}
	if byVerb[act.Do].Ends() {
		d.active.End(act)
	}
	return false
}

// carry has the world do the act and writes it down, in the order that the world's kind asks for. What failed is in
// force no more: an act that begins is then logged as one without effect, one that ends is logged already.
func (d *Director) carry(act Act, incarnation uint32) error {
	first := d.world != TCP || byVerb[act.Do].Ends()
	if first {
		d.tell(act, incarnation)
	}
	if err := d.do(act); err != nil {
		if end, some := act.End(); some {
			d.active.End(end)
		}
		if !first {
			d.log.NoEffect(d.stage.Now(), act)
		}
		return fmt.Errorf("faults: %s: %w", act, err)
	}
	if !first {
		d.tell(act, incarnation)
	}
	return nil
}

func (d *Director) do(act Act) error {
	if d.hooks.Do(act) {
		return nil
	}
	return d.stage.Do(act)
}

// tell writes the act, and before a crash what it ends.
func (d *Director) tell(act Act, incarnation uint32) {
	switch act.Do {
	case Crash:
		d.endPauses(act.Node, "")
		d.forgetRestart(act.Node)
	case Kill:
		d.endPauses(act.Node, act.Actor)
	}
	d.log.Fault(d.stage.Now(), act, incarnation)
}

// endPauses notes that the pauses of a node and its actors are over, because its process is, or that of one actor: a
// new incarnation is not paused.
func (d *Director) endPauses(node, actor string) {
	for _, act := range d.active.Endings() {
		if act.Do == Resume && act.Node == node && (actor == "" || act.Actor == actor) {
			d.active.End(act)
			d.log.Fault(d.stage.Now(), act, 0)
		}
	}
}

// forgetRestart drops a restart that waits for a stop, because a crash came first: the crash is the later word.
func (d *Director) forgetRestart(node string) {
	if d.waiting[node] {
		d.waiting[node] = false
		d.log.NoEffect(d.stage.Now(), Act{Do: Restart, Node: node})
	}
}

// stopping says whether the plan asked the node to stop and it still runs.
func (d *Director) stopping(node string) bool {
	return d.stage.Running(node) && d.active.Is(Act{Do: Stop, Node: node})
}

// incarnation is what the log's inc says for three verbs: the one that ends, or for a restart the one that begins.
func (d *Director) incarnation(act Act) uint32 {
	switch act.Do {
	case Crash, Stop:
		return d.stage.Incarnation(act.Node)
	case Restart:
		return d.stage.Incarnation(act.Node) + 1
	}
	return 0
}

// NodeEnded notes that a node's process is gone, inOrder if nothing broke it: its pauses are over, and a restart that
// waited for its stop comes next. Without it a restart that comes before the stop has ended never happens.
func (d *Director) NodeEnded(node string, inOrder bool) {
	if inOrder {
		d.endPauses(node, "")
	}
	if !d.waiting[node] {
		return
	}
	d.waiting[node] = false
	d.stage.Soon(func() {
		if err := d.apply(Act{Do: Restart, Node: node}); err != nil {
			d.skip(Action{Do: Restart, Targets: Targets{Nodes: Pattern(node)}}, err.Error())
		}
	})
}
