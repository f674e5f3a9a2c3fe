package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// control asserts that no handler runs: an actor's state must not change under
// its feet. A handler, or an Observer, uses Soon.
func (w *World) control() {
	assert(w.ctx.a == nil, "control functions run between events: use Soon")
}

// At runs f at virtual time t, as an event of its own, before every other
// event of that time; several in the order of their At or Soon. The name goes
// into the hash. It panics if t is in the past.
func (w *World) At(t time.Duration, name string, f func(*World)) {
	assert(int64(t) >= w.now, "At needs a time that is not in the past")
	assert(f != nil, "At needs a function")
	i, s := w.alloc(slotCall)
	s.key, w.bodies[i].msg = hashName(name), f
	w.seq++
	w.queue.push(key{at: int64(t), ord: w.seq, slot: i, actor: none})
}

// Soon is At the present time: f runs after the present event and before all
// others. It may be called from a handler or an Observer.
func (w *World) Soon(name string, f func(*World)) { w.At(w.Now(), name, f) }

// inState returns a node for a control function, which must be in one of the
// two states.
func (w *World) inState(id NodeID, act string, s1, s2 NodeState) (*node, error) {
	w.control()
	if !w.hasNode(id) {
		return nil, fmt.Errorf("%w: %s node %d of %d", ErrNoNode, act, id, len(w.nodes))
	}
	n := w.nodes[id]
	if n.state != s1 && n.state != s2 {
		return nil, fmt.Errorf("%w: %s node %q, which is %v", ErrNodeState, act, n.cfg.Name, n.state)
	}
	return n, nil
}

// Start boots a node that is down or stopped: a new incarnation, with the disk
// and clock as they are. Boot runs at once; the actors' Started events are due
// now.
func (w *World) Start(id NodeID) error {
	n, err := w.inState(id, "start", NodeDown, NodeStopped)
	if err != nil {
		return err
	}
	n.inc++
	assert(len(n.actors) == 0 && n.busy == 0, "a node starts empty")
	n.silent, n.tokens, n.root = false, 0, nil
	n.names = map[string]*actor{}
	n.enter(NodeUp)
	n.cfg.Boot(&Booter{n})
	return nil
}

// Restart is Start; a node that runs is crashed first (not silently).
func (w *World) Restart(id NodeID) error {
	if w.hasNode(id) && w.nodes[id].running() {
		if err := w.Crash(id, CrashOptions{}); err != nil {
			return err
		}
	}
	return w.Start(id)
}

// Stop asks a node to end: its root actor is told Stopping, now.
func (w *World) Stop(id NodeID) error {
	n, err := w.inState(id, "stop", NodeUp, NodePaused)
	if err != nil {
		return err
	}
	if n.root == nil || !n.root.alive {
		return fmt.Errorf("%w: stop node %q: its root actor does not run", ErrNoActor, n.cfg.Name)
	}
	i, s := w.alloc(slotStopping)
	s.target = n.root.id
	w.schedule(w.now, i)
	return nil
}

// Pause freezes a node: nothing is handled. Messages and timers wait, mailbox
// bounds hold, service times under way pass but end in nothing until Resume.
// The clock goes on.
func (w *World) Pause(id NodeID) error {
	n, err := w.inState(id, "pause", NodeUp, NodeUp)
	if err != nil {
		return err
	}
	n.enter(NodePaused)
	for _, a := range n.actors {
		a.blocked = true
	}
	return nil
}

// Resume ends Pause. Each actor gets what waited in a seeded order (messages
// of an ordered link, or of one actor of the same node, stay in order), and
// the actors start in a seeded order.
func (w *World) Resume(id NodeID) error {
	n, err := w.inState(id, "resume", NodePaused, NodePaused)
	if err != nil {
		return err
	}
	n.enter(NodeUp)
	type turn struct {
		tie uint64
		a   *actor
	}
	var turns []turn
	for _, a := range n.actors {
		if !a.paused {
			a.blocked = false
			a.shuffle(w)
			turns = append(turns, turn{w.tie(), a})
		}
	}
	slices.SortStableFunc(turns, func(x, y turn) int { return cmp.Compare(x.tie, y.tie) })
	for _, t := range turns {
		w.ready(t.a)
	}
	return nil
}

// PauseActor freezes one actor, like Pause for its node. ErrNodeState: it is
// paused.
func (w *World) PauseActor(id NodeID, name string) error {
	a, err := w.actorIn(id, "pause", name, false)
	if err != nil {
		return err
	}
	a.paused, a.blocked = true, true
	return nil
}

// ResumeActor ends PauseActor. ErrNodeState: it is not paused.
func (w *World) ResumeActor(id NodeID, name string) error {
	a, err := w.actorIn(id, "resume", name, true)
	if err != nil {
		return err
	}
	a.paused = false
	if a.node.state == NodeUp {
		a.blocked = false
		a.shuffle(w)
		w.ready(a)
	}
	return nil
}

// KillActor ends one actor of a node at once, as Ctx.StopActor does, with nobody's
// wish: no actor is told. ErrNoActor: none of this name runs.
func (w *World) KillActor(id NodeID, name string) error {
	n, err := w.inState(id, "kill an actor of", NodeUp, NodePaused)
	if err != nil {
		return err
	}
	a := n.find(name)
	if a == nil {
		return fmt.Errorf("%w: kill %q of node %q", ErrNoActor, name, n.cfg.Name)
	}
	w.endActor(a, WhyCrash)
	return nil
}

// actorIn returns a live actor for a control function.
func (w *World) actorIn(id NodeID, act, name string, paused bool) (*actor, error) {
	n, err := w.inState(id, act+" an actor of", NodeUp, NodePaused)
	if err != nil {
		return nil, err
	}
	a := n.find(name)
	if a == nil {
		return nil, fmt.Errorf("%w: %s %q of node %q", ErrNoActor, act, name, n.cfg.Name)
	}
	if a.paused != paused {
		return nil, fmt.Errorf("%w: %s actor %q of node %q: paused is %t", ErrNodeState, act, name, n.cfg.Name, a.paused)
	}
	return a, nil
}

// Slow multiplies the node's service times by num/den (1 to 1,000,000 each)
// from the next handler on, whatever it was before. It survives a crash: the
// machine is slow. It does nothing where service times are 0.
func (w *World) Slow(id NodeID, num, den int64) error {
	w.control()
	if !w.hasNode(id) {
		return fmt.Errorf("%w: slow node %d of %d", ErrNoNode, id, len(w.nodes))
	}
	if num < 1 || num > 1_000_000 || den < 1 || den > 1_000_000 {
		return fmt.Errorf("%w: slow node %q by %d/%d, not in 1 to 1000000 each", ErrConfig, w.nodes[id].cfg.Name, num, den)
	}
	w.nodes[id].slowNum, w.nodes[id].slowDen = num, den
	return nil
}

// Normal ends Slow.
func (w *World) Normal(id NodeID) error { return w.Slow(id, 1, 1) }
