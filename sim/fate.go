package sim

// Every message ends here, unless a handler runs with it: each function below
// is one fate, tells the observer, and gives back all that the slot held.

// info describes the message in slot i.
func (w *World) info(i int32) MsgInfo {
	s := &w.slots[i]
	assert(s.kind == slotSend || s.kind == slotReply, "only messages have fates")
	m := MsgInfo{From: w.actors[s.from].addr, Token: s.token, Class: s.class, Size: int(s.size), Msg: w.bodies[i].msg}
	if s.kind == slotSend && s.key == fromOutside {
		m.From = Addr{Node: Outside}
	}
	if s.kind == slotReply {
		m.Reply, m.To = true, w.actors[s.target].addr
	} else {
		m.To = Addr{Node: s.toNode, Inc: s.toInc, Actor: w.bodies[i].name}
	}
	return m
}

// drop frees slot i of a message or failure and all that it holds.
func (w *World) drop(i int32) {
	s := &w.slots[i]
	if s.flags&flagCounted != 0 {
		w.actors[s.target].release(w, i)
	}
	w.bytes -= int64(s.size)
	assert(w.bytes >= 0, "bytes under way are counted")
	w.free(i)
}

// lose is the fate Lost.
func (w *World) lose(i int32, why Why) {
	if w.slots[i].kind != slotFail {
		w.lost(i, why)
	}
	w.drop(i)
}

// lost reports that slot i is lost. Losses go into the hash, because some are
// no events of their own.
func (w *World) lost(i int32, why Why) {
	w.Mix(uint64(w.slots[i].token) ^ hashName(string(why)))
	w.observer.Lost(w.info(i), why)
}

// loseWith is the fate of a message that waited in, or was on its way within
// the node to, an actor that ended. If the actor stopped alone, a requester
// is told.
func (w *World) loseWith(a *actor, i int32) {
	s := &w.slots[i]
	if s.kind != slotSend || s.flags&flagRequest == 0 || !a.node.running() {
		w.lose(i, a.endedWhy)
		return
	}
	w.lost(i, a.endedWhy)
	w.fail(i, failReset)
}

// stale is the fate DroppedStale.
func (w *World) stale(i int32) {
	w.observer.DroppedStale(w.info(i))
	w.drop(i)
}

// refuse is the fate Refused.
func (w *World) refuse(i int32, f failure) {
	w.observer.Refused(w.info(i), f.err())
	w.fail(i, f)
}

// fail ends slot i with a failure on its way back to the sender. It takes the
// way's latency, and is lost if that way is cut.
func (w *World) fail(i int32, f failure) {
	s := &w.slots[i]
	at, ok := w.now, true
	var l *link
	if s.link >= 0 {
		l = w.link(s.toNode, w.actors[s.from].addr.Node)
		at, ok = w.wayBack(l, s.class)
	}
	if ok && w.actors[s.from].alive {
		w.failAt(i, f, at, l)
	}
	w.drop(i)
}

// failAt schedules the failure of slot i.
func (w *World) failAt(i int32, f failure, at int64, l *link) {
	assert(f != failNone, "a failure has a cause")
	j, t := w.alloc(slotFail)
	s := &w.slots[i]
	t.target, t.token, t.class, t.size = s.from, s.token, s.class, s.size
	t.toNode, t.toInc = s.toNode, s.toInc
	w.bodies[j] = w.bodies[i]
	if s.kind == slotReply {
		w.bodies[j].name = w.actors[s.target].addr.Actor
	}
	t.flags, t.fail = s.flags&flagRequest, f
	if l != nil {
		t.link, t.epoch = l.id, l.epoch[s.class]
	}
	w.addBytes(int(s.size))
	w.schedule(at, j)
}
