package sim

// CrashOptions say how a node crashes.
type CrashOptions struct {
	// Silent: the machine vanishes. Peers are told nothing and what they send
	// is lost without a sign, until the node starts again. Otherwise the
	// machine tells them: open requests to it get ErrReset, later sends
	// ErrRefused.
	Silent bool
}

// Crash ends a node's process at once: mailboxes, timers, open requests,
// handlers in service and disk operations under way are gone, and so is what
// was written and not synced (see Disk). What has left for the network goes on.
func (w *World) Crash(id NodeID, o CrashOptions) error {
	n, err := w.inState(id, "crash", NodeUp, NodePaused)
	if err != nil {
		return err
	}
	w.endNode(n, NodeDown, WhyCrash, o.Silent)
	n.disk.crash()
	return nil
}

// exit ends a node's process after its own wish.
func (w *World) exit(n *node) {
	n.disk.finishAll()
	w.endNode(n, NodeStopped, WhyStop, false)
}

// endNode ends all actors and resets the requests of peers.
func (w *World) endNode(n *node, s NodeState, why Why, silent bool) {
	assert(n.running(), "a node ends once")
	n.silent, n.state = silent, s
	for len(n.actors) > 0 {
		w.endActor(n.actors[len(n.actors)-1], why)
	}
	n.clock.forget()
	n.runHead, n.runTail = nil, nil
	assert(n.busy == 0 && n.open.count == 0, "a node that ended holds nothing")
	n.enter(s)
	if !silent {
		w.resetRequests(none, n.id, AllClasses, true)
	}
}

// endActor ends one actor.
func (w *World) endActor(a *actor, why Why) {
	n := a.node
	assert(a.alive, "an actor ends once")
	a.alive, a.ended, a.endedWhy = false, w.now, why
	for i, b := range n.actors {
		if a == b {
			n.actors = append(n.actors[:i], n.actors[i+1:]...)
			break
		}
	}
	n.names[a.addr.Actor] = nil
	w.observer.ActorStopped(a.addr)
	if a.cur != none {
		w.discard(a, a.cur)
		a.cur = none
		n.busy--
	}
	for i := a.dequeue(w); i != none; i = a.dequeue(w) {
		w.discard(a, i)
	}
	if a.requests > 0 {
		w.forgetRequests(a)
	}
	w.dead += int(a.timers)
	a.impl, a.rng = nil, nil
	if n.running() {
		w.serve(n)
	}
}

// discard ends slot i, which waited in an actor that ended.
func (w *World) discard(a *actor, i int32) {
	switch w.slots[i].kind {
	case slotSend, slotReply, slotFail:
		w.loseWith(a, i)
	default:
		w.free(i)
	}
}
