package sim

import "math"

// sizeMax bounds a message's size in bytes.
const sizeMax = math.MaxInt32

// addBytes counts the bytes of one more message under way.
func (w *World) addBytes(size int) {
	w.bytes += int64(size)
	if w.bytes > w.limits.PendingBytes {
		w.end(LimitPendingBytes)
	}
}

// send accepts or refuses a message of a.
func (w *World) send(a *actor, to Addr, class Class, size int, msg any, flags uint8) (Token, error) {
	assert(class < classCount, "a message's class is 0 to 7")
	assert(size >= 0 && size <= sizeMax, "a message's size is 0 to 2^31-1")
	n := a.node
	if flags&flagRequest != 0 && a.requests >= w.limits.Outstanding {
		return 0, ErrOutstanding
	}
	if flags&flagRequest != 0 && !a.alive {
		return 0, ErrNoActor // it has stopped itself: nobody would hear the answer
	}
	var b *actor
	var l *link
	switch {
	case to.Node == n.id:
		if to.Inc == 0 || to.Inc == n.inc {
			if b = n.find(to.Actor); b == nil {
				return 0, ErrRefused
			}
			if err := b.refuses(size); err != nil {
				return 0, err
			}
		}
	case !w.hasNode(to.Node):
		return 0, ErrNoNode
	default:
		l = w.link(n.id, to.Node)
		if err := w.config(l).refuses(l, size); err != nil {
			return 0, err
		}
	}
	tok := n.token()
	if flags&flagRequest != 0 {
		w.openRequest(a, request{token: tok, from: a.id, to: to, class: class, size: size, msg: msg})
	}
	i, s := w.alloc(slotSend)
	s.class, s.flags, s.token, s.size, s.from = class, flags, tok, int32(size), a.id
	s.toNode, s.toInc, s.due = to.Node, to.Inc, w.now
	w.bodies[i] = body{msg: msg, name: to.Actor}
	w.addBytes(size)
	switch {
	case l != nil:
		w.transmit(l, i)
	case b != nil:
		s.target = b.id
		s.flags |= flagFIFO
		b.count(w, i)
		w.scheduleLocal(a.id, b.id, i)
	default:
		w.stale(i)
	}
	return tok, nil
}

// refuses returns why the mailbox cannot take a local message, or nil.
func (a *actor) refuses(size int) error {
	if int64(size) > a.maxBytes {
		return ErrTooLarge
	}
	if !a.hasRoom(size) {
		return ErrMailboxFull
	}
	return nil
}

// reply accepts or refuses an answer of a.
func (w *World) reply(a *actor, rt ReplyTo, class Class, size int, msg any) (Token, error) {
	assert(class < classCount, "a message's class is 0 to 7")
	assert(size >= 0 && size <= sizeMax, "a message's size is 0 to 2^31-1")
	assert(!rt.None() && w.hasNode(rt.Node) && rt.Actor >= 0 && int(rt.Actor) < len(w.actors),
		"Reply needs the ReplyTo of a request")
	n := a.node
	var l *link
	if rt.Node != n.id {
		l = w.link(n.id, rt.Node)
		if err := w.config(l).refuses(l, size); err != nil {
			return 0, err
		}
	}
	tok := n.token()
	i, s := w.alloc(slotReply)
	s.class, s.token, s.size, s.from = class, tok, int32(size), a.id
	w.bodies[i].msg = msg
	s.target, s.key, s.toNode, s.toInc, s.due = rt.Actor, uint64(rt.Token), rt.Node, rt.Inc, w.now
	w.addBytes(size)
	if l != nil {
		w.transmit(l, i)
	} else {
		s.flags |= flagFIFO
		w.scheduleLocal(a.id, rt.Actor, i)
	}
	return tok, nil
}

// admit takes slot i, a message or failure that has reached its node, to its
// actor or to another fate.
func (w *World) admit(i int32) {
	s := &w.slots[i]
	if s.kind == slotFail {
		w.admitFailure(i)
		return
	}
	if s.link < 0 {
		if s.kind == slotReply {
			w.admitReply(i)
		} else {
			w.admitLocal(i)
		}
		return
	}
	if from := w.actors[s.from]; !from.alive && from.endedWhy == WhyCrash && from.ended < s.due {
		w.lose(i, WhyCrash) // it still waited to leave when its node crashed
		return
	}
	if s.flags&flagCorrupt != 0 {
		w.lost(i, WhyCorrupt)
		w.fail(i, failReset)
		return
	}
	n := w.nodes[s.toNode]
	switch {
	case w.links[s.link].refused.Has(s.class):
		w.refuse(i, failRefused)
	case !n.running() && n.silent:
		w.lose(i, WhyDown)
	case !n.running():
		w.refuse(i, failRefused)
	case s.toInc != 0 && s.toInc != n.inc:
		w.stale(i)
	case s.kind == slotReply:
		w.admitReply(i)
	default:
		w.admitSend(n, i)
	}
}

// admitLocal takes a send within a node, which has its room in the mailbox, to
// its actor.
func (w *World) admitLocal(i int32) {
	if a := w.actors[w.slots[i].target]; a.alive {
		w.arrive(a, i)
	} else {
		w.loseWith(a, i)
	}
}

// admitSend takes a send to its actor.
func (w *World) admitSend(n *node, i int32) {
	s := &w.slots[i]
	a := n.find(w.bodies[i].name)
	if a == nil {
		w.refuse(i, failRefused)
		return
	}
	s.target = a.id
	if !a.takes(w, i) {
		s.target = none
		w.refuse(i, failRemoteFull)
		return
	}
	w.arrive(a, i)
}

// takes lets slot i take room in the mailbox, if it has to wait at all.
func (a *actor) takes(w *World, i int32) bool {
	if a.idle() {
		return true
	}
	if !a.hasRoom(int(w.slots[i].size)) {
		return false
	}
	a.count(w, i)
	return true
}

// admitReply takes an answer to the requester: always, if the request is open.
func (w *World) admitReply(i int32) {
	s := &w.slots[i]
	a := w.actors[s.target]
	if !a.alive {
		if s.link >= 0 {
			w.refuse(i, failRefused)
		} else {
			w.lose(i, a.endedWhy)
		}
		return
	}
	if w.closeRequest(a.node, a.id, Token(s.key)) {
		s.flags |= flagReserved
	} else if !a.takes(w, i) {
		w.lose(i, WhyFull)
		return
	}
	w.arrive(a, i)
}

// admitFailure takes a failure to the sender: always, if it is of an open
// request; if it is of a plain send, only where the mailbox has room.
func (w *World) admitFailure(i int32) {
	s := &w.slots[i]
	a := w.actors[s.target]
	switch {
	case !a.alive:
	case s.flags&flagRequest != 0:
		if w.closeRequest(a.node, a.id, s.token) {
			s.flags |= flagReserved
			w.arrive(a, i)
			return
		}
	case a.takes(w, i):
		w.arrive(a, i)
		return
	}
	w.drop(i)
}
