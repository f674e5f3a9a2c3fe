package logcheck

// causality judges H3: what is received was sent, time does not go back, and the
// dead and the paused are silent.
type causality struct {
	Tally
	ctx   *Context
	nodes map[Sym]bool // of run.json
	sim   bool
	err   int64
	clock []clockMark // per actor; in the simulation per file
	lastG uint64
	lastR place
	early map[tokKey]earlyRecv
	sus   suspect
	over  bool
}

type clockMark struct {
	t, m int64
	at   place
}

// earlyRecv is a recv that came before its send in the merged order, which only a
// clock error can explain.
type earlyRecv struct {
	at Ref
	t  int64
}

// suspect is a violation that a fault record of the same event may still excuse:
// records of one event of the simulation are ordered by file, not by cause.
type suspect struct {
	on   bool
	t    int64
	g    uint64
	refs []Ref
	text string
}

// settle drops the suspicion when a fault record of the same event comes and
// confirms it when the event is over.
func (s *suspect) settle(r *Record, tally *Tally) {
	if !s.on {
		return
	}
	if r.T == s.t && r.G == s.g {
		if r.Kind == KindFault || r.Kind == KindStopped {
			s.on = false
		}
		return
	}
	s.on = false
	tally.Failf(s.refs, "%s", s.text)
}

func newCausality(c *Context) *causality {
	nodes := map[Sym]bool{}
	for _, n := range c.Run.Nodes {
		nodes[c.Names.InternString(n.Name)] = true
	}
	return &causality{Tally: Tally{Name: "H3"}, ctx: c, nodes: nodes, sim: c.Run.World == "sim", err: c.ClockError, early: map[tokKey]earlyRecv{}}
}

// Kinds asks for everything: every record has a time.
func (h *causality) Kinds() KindSet { return AllKinds }

// Feed judges one record.
func (h *causality) Feed(r *Record) {
	h.sus.settle(r, &h.Tally)
	h.times(r)
	if r.File.Faults {
		h.fault(r)
		return
	}
	if r.Kind != KindLog && r.Kind != KindEnd {
		h.alive(r)
	}
	switch r.Kind {
	case KindSend:
		h.send(r)
	case KindRecv, KindDrop:
		h.handled(r)
	case KindFail:
		h.failed(r)
	}
}

// failed judges the sender's news of a failed send: its own, and once a copy.
func (h *causality) failed(r *Record) {
	switch s := r.Sent; {
	case s == nil && !h.ctx.flights.past(r.File, r.Uint(KeyTok)):
		h.Failf([]Ref{r.Ref()}, "fail of token %d, which was never sent", r.Uint(KeyTok))
	case s != nil && s.Actor != r.Actor:
		h.Failf([]Ref{s.At, r.Ref()}, "the fail of a send is told by another actor")
	case s != nil && s.fails > s.Copies:
		h.Failf([]Ref{s.At, r.Ref()}, "a send failed more often than it was sent")
	}
}

// times judges that no clock of an actor goes back and that the global event
// number agrees with the order.
func (h *causality) times(r *Record) {
	who := r.Who
	if h.sim {
		who = r.File.Index // one clock a node, and one order
	}
	for who >= len(h.clock) {
		h.clock = append(h.clock, clockMark{})
	}
	c := &h.clock[who]
	if r.T < c.t || r.M < c.m {
		h.Failf([]Ref{c.at.ref(), r.Ref()}, "time of actor %s goes back", h.ctx.Names.Name(r.Actor))
	}
	if r.File.Faults && r.M != r.T {
		h.Failf([]Ref{r.Ref()}, "the fault file tells two times, %d and %d ns", r.T, r.M)
	}
	c.t, c.m, c.at = r.T, r.M, r.place()
	if h.sim && r.Kind != KindLog && r.Kind != KindEnd {
		if r.G < h.lastG {
			h.Failf([]Ref{h.lastR.ref(), r.Ref()}, "event %d comes after event %d in world time", r.G, h.lastG)
		}
		h.lastG, h.lastR = r.G, r.place()
	}
}

// alive judges that no record comes from a crashed incarnation or a paused actor.
func (h *causality) alive(r *Record) {
	f := r.File
	if h.ctx.Truth.anyFault == never {
		return
	}
	if f.Crashed && (r.T > f.crashT+h.err || r.T == f.crashT && r.G > f.crashG) {
		h.Failf([]Ref{f.crashRef, r.Ref()}, "a record of %s after it crashed", f.Name)
	}
	t := h.ctx.Truth
	if h.over || !t.Paused(f.Node, r.Actor) || r.T <= t.pausedSince(f.Node, r.Actor)+h.err && !h.sim {
		return
	}
	if !h.sus.on {
		h.sus = suspect{on: true, t: r.T, g: r.G, refs: []Ref{r.Ref()},
			text: "a record of " + h.ctx.Names.Name(f.Node) + " while it is paused"}
	}
}

func (h *causality) send(r *Record) {
	h.Case()
	tok := r.Uint(KeyTok)
	if r.Sent == nil {
		h.Failf([]Ref{r.Ref()}, "token %d is used twice", tok)
		return
	}
	if h.err == 0 || len(h.early) == 0 {
		return
	}
	key := tokKey{int32(r.File.Index), tok}
	if e, ok := h.early[key]; ok {
		delete(h.early, key)
		r.Sent.Received++
		if r.T-e.t > h.err {
			h.Failf([]Ref{r.Ref(), e.at}, "a message was received before it was sent")
		}
	}
}

// handled judges a recv or drop against its send.
func (h *causality) handled(r *Record) {
	s := r.Sent
	if s == nil {
		h.unsent(r)
		return
	}
	what := ""
	switch {
	case r.Kind == KindRecv && s.Received > s.Copies:
		what = "a message was received more often than it was sent"
	case s.To != r.File.Node || s.ToInc != 0 && r.Kind == KindRecv && s.ToInc != r.File.Inc:
		what = "a message reached another node or incarnation than it was sent to"
	case r.T+h.err < s.T:
		what = "a message was received before it was sent"
	case r.Kind == KindDrop:
	case s.ToActor != r.Actor || s.Actor != r.Sym(KeyFA):
		what = "a message has another sender or receiver than its send"
	case s.Msg != r.Msg || s.Class != r.Class || s.digest != r.msgDigest():
		what = "a message has other contents than were sent"
	}
	if what != "" {
		h.Failf([]Ref{s.At, r.Ref()}, "%s", what)
	} else if r.Kind == KindRecv && r.Has(KeyRe) {
		h.reply(r)
	}
}

// requestOf is the message that a reply answers.
var requestOf = [msgCount]Msg{MsgResult: MsgSubmit, MsgReceipt: MsgPacket, MsgProbeOK: MsgProbe, MsgControlOK: MsgControl, MsgStateOK: MsgState, MsgGossipOK: MsgGossip}

// reply judges that `re` names a request that this incarnation sent to the node
// that answers. An old request is only known by its number.
func (h *causality) reply(r *Record) {
	re := r.Uint(KeyRe)
	req := h.ctx.flights.open[r.File.Index][re]
	switch {
	case re == 0:
	case req == nil && !h.ctx.flights.past(r.File, re):
		h.Failf([]Ref{r.Ref()}, "a reply to token %d, which was never sent", re)
	case req != nil && (req.To != r.Sym(KeyFr) || req.Msg != requestOf[r.Msg] || req.ID != r.id && r.idOK || req.Att != r.Uint(KeyAtt)):
		h.Failf([]Ref{req.At, r.Ref()}, "a reply to a message that it does not answer")
	}
}

// unsent handles a recv or drop whose send is not in the table.
func (h *causality) unsent(r *Record) {
	f := h.ctx.flights.file(r.Sym(KeyFr), uint32(r.Uint(KeyFI)))
	tok := r.Uint(KeyTok)
	switch {
	case f == nil && h.nodes[r.Sym(KeyFr)]: // whether it was sent is not in these logs
		h.Unknownf("messages of %s, incarnation %d, which has no log", h.ctx.Names.Name(r.Sym(KeyFr)), r.Uint(KeyFI))
	case f == nil:
		h.Failf([]Ref{r.Ref()}, "a message of %s, which is no node of run.json", h.ctx.Names.Name(r.Sym(KeyFr)))
	case h.ctx.flights.past(f, tok):
		h.Failf([]Ref{r.Ref()}, "a message was received after all its copies were accounted for")
	case h.err > 0 && len(h.early) < memoMax && r.Kind == KindRecv:
		h.early[tokKey{int32(f.Index), tok}] = earlyRecv{r.Ref(), r.T}
	case h.err > 0 && r.Kind == KindDrop:
	default:
		h.Failf([]Ref{r.Ref()}, "a message was received that was never sent")
	}
}

// fault judges that lost and dup name a send, and notes the end of the run.
func (h *causality) fault(r *Record) {
	switch r.Kind {
	case KindStopped:
		h.over = true
	case KindLost, KindWorldDup:
		f := h.ctx.flights.file(r.Sym(KeyFr), uint32(r.Uint(KeyFI)))
		if r.Sent == nil && (f == nil || h.sim && !h.ctx.flights.past(f, r.Uint(KeyTok))) {
			h.Failf([]Ref{r.Ref()}, "the fault file names a message that was never sent")
		}
		if s := r.Sent; s != nil && r.Has(KeyTo) && r.Sym(KeyTo) != s.To {
			h.Failf([]Ref{s.At, r.Ref()}, "the fault file tells another addressee than the send")
		} else if s != nil && r.Kind == KindLost && s.Received+s.Lost > s.Copies {
			h.Failf([]Ref{s.At, r.Ref()}, "a message was lost after all its copies were accounted for")
		}
	}
}

// Finish judges the receives whose send never came.
func (h *causality) Finish(*End) Result {
	if h.sus.on {
		h.Failf(h.sus.refs, "%s", h.sus.text)
	}
	var refs []Ref
	for _, e := range h.early { //weir:anyorder the list is sorted below
		refs = append(refs, e.at)
	}
	sortRefs(refs)
	for _, at := range refs {
		h.Failf([]Ref{at}, "a message was received that was never sent")
	}
	return h.Result()
}
