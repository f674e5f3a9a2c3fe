package sim

// request is one open request: its sender may still be told of an answer or a
// failure, once.
type request struct {
	token Token
	from  ActorID
	to    Addr
	class Class
	size  int
	msg   any
	next  int32 // in the free list
}

// requests holds all open requests of a world; a node's table finds one by its
// token.
type requests struct {
	list     []request
	freeHead int32
}

// openRequest notes a request of a. The caller checked Limits.Outstanding.
func (w *World) openRequest(a *actor, r request) {
	q := &w.requests
	i := q.freeHead
	if i == none {
		q.list = append(q.list, request{})
		i = int32(len(q.list) - 1)
	} else {
		q.freeHead = q.list[i].next
	}
	assert(r.token != 0, "an open request has a token")
	q.list[i] = r
	a.node.open.put(uint64(r.token), i)
	a.requests++
}

// closeRequest forgets the node's request of this token, if it is open. Its
// place among Limits.Outstanding stays taken: the caller moves it on to the
// slot of the answer, or gives it back.
func (w *World) closeRequest(n *node, from ActorID, tok Token) bool {
	i := n.open.get(uint64(tok))
	if i == none || w.requests.list[i].from != from {
		return false
	}
	n.open.del(uint64(tok))
	w.freeRequest(i)
	return true
}

func (w *World) freeRequest(i int32) {
	q := &w.requests
	q.list[i] = request{next: q.freeHead}
	q.freeHead = i
}

// forgetRequests closes all requests of an actor that ended.
func (w *World) forgetRequests(a *actor) {
	for i := range w.requests.list {
		if r := &w.requests.list[i]; r.token != 0 && r.from == a.id {
			a.node.open.del(uint64(r.token))
			w.freeRequest(int32(i))
		}
	}
}

// resetRequests lets every open request of these classes to a node, of one other
// node (from = none: of any), fail with ErrReset: at once, or, if it travels, over the link
// from that node.
func (w *World) resetRequests(from, to NodeID, classes ClassSet, travels bool) {
	for i := range w.requests.list {
		r := w.requests.list[i]
		if r.token == 0 || r.to.Node != to || !classes.Has(r.class) {
			continue
		}
		requester := w.actors[r.from].addr.Node
		if requester == to || from != none && requester != from {
			continue
		}
		at, ok := w.now, true
		var l *link
		if travels {
			l = w.link(to, requester)
			at, ok = w.wayBack(l, r.class)
		}
		if !ok {
			continue
		}
		j, s := w.alloc(slotFail)
		s.target, s.token, s.class, s.size = r.from, r.token, r.class, int32(r.size)
		s.toNode, s.toInc = r.to.Node, r.to.Inc
		w.bodies[j] = body{msg: r.msg, name: r.to.Actor}
		s.flags, s.fail = flagRequest, failReset
		if l != nil {
			s.link, s.epoch = l.id, l.epoch[r.class]
		}
		w.addBytes(r.size)
		w.schedule(at, j)
	}
}
