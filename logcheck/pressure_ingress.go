package logcheck

// ask is the submission that an ingress has in hand (B2).
type ask struct {
	id      PacketID
	ref     Ref
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
			a.ask = ask{id: id, ref: r.Ref(), open: true}
		}
	case MsgReceipt:
		o.seeReceipt(a, r)
	case MsgProbeOK:
		if p := a.byAn[r.Sym(KeyFr)]; p != nil {
			p.reply = sentProbe{pn: r.Uint(KeyPN), v: int64(r.Uint(KeyFI)), m: r.M, ok: r.Bool(KeyReady)}
		}
	}
}

// seeSend takes a message sent by an actor of a distributor.
func (o *overseer) seeSend(a *agent, r *Record) {
	switch r.Msg {
	case MsgPacket:
		o.seePacket(a, r)
	case MsgProbe:
		a.pairOf(r.Sym(KeyTo)).probe = sentProbe{pn: r.Uint(KeyPN), v: r.T, m: r.M}
	case MsgResult:
		id, ok := r.ID()
		if ok && a.ask.id == id {
			a.ask.open = false
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

// seeReceipt takes an analyser's answer: the attempt is no longer in flight.
func (o *overseer) seeReceipt(a *agent, r *Record) {
	id, ok := r.ID()
	p := a.byAn[r.Sym(KeyFr)]
	if !ok || p == nil {
		return
	}
	if j := a.jobs[id]; j != nil && j.att == r.Uint(KeyAtt) && j.to == p.an {
		o.closeAttempt(a, j)
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
