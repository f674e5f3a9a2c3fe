package logcheck

// ask is the submission that an ingress has in hand (B2).
type ask struct {
	id      PacketID
	ref     Ref
	tok     uint64
	bytes   int64
	open    bool // nothing was done about it yet
	refused bool // refused, and not yet told so
	refusal Ref
}

// seeRecv takes a message handled by an actor of a distributor.
func (o *overseer) seeRecv(a *agent, r *Record) {
	switch r.Msg {
	case MsgSubmit:
		o.askDone(a, r)
		if id, ok := r.ID(); ok && !o.over {
			a.ask = ask{id: id, ref: r.Ref(), open: true, tok: r.Uint(KeyTok), bytes: r.Int(KeyB)}
		}
	case MsgControl:
		a.site.asked = true
		a.site.seeControl(r)
	case MsgReceipt:
		o.seeReceipt(a, r)
	case MsgProbeOK:
		if p := a.byAn[r.Sym(KeyFr)]; p != nil {
			p.meet(r.Int(KeyFI), r.T)
			p.answered(r)
		}
	}
}

// seeSend takes a message sent by an actor of a distributor.
func (o *overseer) seeSend(a *agent, r *Record) {
	switch r.Msg {
	case MsgPacket:
		o.seePacket(a, r)
	case MsgProbe:
		a.pairOf(r.Sym(KeyTo)).probed(r)
	case MsgResult:
		id, ok := r.ID()
		if ok && a.ask.id == id {
			a.ask.open = false
		}
		if ok {
			o.judgeJoined(a, id, r)
		}
		if !r.Is(KeyOut, "refused") {
			return
		}
		if a.ask.id == id {
			a.ask.refused = false
		}
		if r.Int(KeyWait) <= 0 {
			o.tally[ruleB2].Failf([]Ref{a.ask.refusal, r.Ref()}, "a refusal that does not say how long to wait")
		}
	}
}

// seeReceipt takes an analyser's answer: the attempt that it answers is no longer in
// flight. An earlier admission of the packet had attempts of the same numbers.
func (o *overseer) seeReceipt(a *agent, r *Record) {
	id, ok := r.ID()
	p := a.byAn[r.Sym(KeyFr)]
	if !ok || p == nil {
		return
	}
	p.meet(r.Int(KeyFI), r.T)
	if j := a.jobs[id]; j != nil && j.att == r.Uint(KeyAtt) && j.to == p.an && (!r.Has(KeyRe) || r.Uint(KeyRe) == j.tok) {
		o.answered(a, j)
	}
	p.gray.succeeded()
	if st := r.Bytes(KeySt); string(st) != "busy" && string(st) != "unavailable" {
		p.dataOK(true)
	}
}

// seeAnswer takes what an ingress did with a submission: admit, refuse or join.
func (o *overseer) seeAnswer(a *agent, r *Record) {
	id, ok := r.ID()
	mine := ok && a.ask.id == id
	if mine {
		a.ask.open = false
	}
	switch {
	case r.Kind == KindJoin && mine:
		a.site.joined[id] = joinMark{a.ask.tok, a.ask.ref}
	case r.Kind == KindJoin && o.over: // submissions are no longer taken in hand: the newest is not known
		delete(a.site.joined, id)
	}
	if r.Kind != KindRefuse {
		return
	}
	o.pressIsolation(r.Ref(), a.site)
	o.judgeQueue(r)
	o.tally[ruleB2].Case()
	if mine {
		a.ask.refused, a.ask.refusal = true, r.Ref()
	}
}

// askDone judges the submission in hand when the ingress turns to the next one or
// ends in order.
func (o *overseer) askDone(a *agent, r *Record) {
	k := &a.ask
	switch {
	case k.open:
		o.tally[ruleB2].Failf([]Ref{k.ref, r.Ref()}, "a submission was neither admitted, refused, joined nor answered at once")
	case k.refused:
		o.tally[ruleB2].Failf([]Ref{k.refusal, r.Ref()}, "a refusal was not told to the emitter")
	}
	*k = ask{}
}

// joinMark is the newest submission of a packet that was in progress already.
type joinMark struct {
	tok uint64
	ref Ref
}

// judgeJoined is B2 for a joined submission: the packet's answer goes to the newest
// one, as the emitter waits for no other.
func (o *overseer) judgeJoined(a *agent, id PacketID, r *Record) {
	j, found := a.site.joined[id]
	if !found {
		return
	}
	delete(a.site.joined, id)
	o.tally[ruleB2].Case()
	if r.Has(KeyRe) && r.Uint(KeyRe) != j.tok {
		o.tally[ruleB2].Failf([]Ref{j.ref, r.Ref()}, "the answer goes to an older submission than the newest")
	}
}
