package sim

// Outside is the node of a sender that is no part of the world.
const Outside NodeID = -1

// fromOutside marks, in the key of a sent slot, a message that no actor sent.
const fromOutside = 1

// Inject puts a message from outside the world into an actor's mailbox: it is
// delivered by an event of its own at the current time, crosses no link, and
// Event.From.Node is Outside; it has no token, and injected messages of one
// actor stay in order. The actor may be named with incarnation 0. Errors:
// ErrNoNode, ErrNodeState if the node does not run that incarnation, ErrNoActor,
// ErrMailboxFull, ErrTooLarge. Call it before a run or from At and Soon.
func (w *World) Inject(to Addr, class Class, size int, msg any) error {
	w.control()
	assert(class < classCount, "a message's class is 0 to 7")
	assert(size >= 0 && size <= sizeMax, "a message's size is 0 to 2^31-1")
	if !w.hasNode(to.Node) {
		return ErrNoNode
	}
	n := w.nodes[to.Node]
	if !n.running() || to.Inc != 0 && to.Inc != n.inc {
		return ErrNodeState
	}
	a := n.find(to.Actor)
	if a == nil {
		return ErrNoActor
	}
	if err := a.refuses(size); err != nil {
		return err
	}
	i, s := w.alloc(slotSend)
	s.class, s.size, s.key, s.flags, s.due = class, int32(size), fromOutside, flagFIFO, w.now
	s.target, s.from, s.toNode, s.toInc = a.id, a.id, n.id, n.inc
	w.bodies[i] = body{msg: msg, name: to.Actor}
	w.addBytes(size)
	a.count(w, i)
	w.scheduleLocal(a.id, a.id, i)
	return nil
}
