package logcheck

// takeover judges G9: what a distributor had in hand when it went down is submitted again,
// or has its outcome, in time. What never is, is C1's.
type takeover struct {
	bound int64         // from the crash; 0: not told
	downs map[Sym]place // when each distributor went down last
	at    map[Sym]int64
}

// takeoverSlack is for what waits inside an emitter, nanoseconds.
const takeoverSlack = 1e9

func newTakeover(run *Run) takeover {
	t := takeover{downs: map[Sym]place{}, at: map[Sym]int64{}}
	if run.Emitter.SubmitTimeout > 0 && run.Emitter.RetryMax > 0 {
		t.bound = int64(run.Emitter.SubmitTimeout) + 2*int64(run.Emitter.RetryMax) + takeoverSlack
	}
	return t
}

func (t *takeover) down(r *Record) {
	t.at[r.Sym(KeyN)], t.downs[r.Sym(KeyN)] = r.T, r.place()
}

// submission follows whose hands a packet is in.
func (t *takeover) submission(j *cluster, r *Record) {
	switch {
	case r.Kind == KindSend && r.Msg == MsgSubmit:
		t.end(j, r)
		r.Pkt.heldBy, r.Pkt.heldSince, r.Pkt.heldAt = r.Sym(KeyTo), r.T, r.place()
	case r.Kind == KindRecv && r.Msg == MsgResult:
		r.Pkt.heldBy = 0
	}
}

// end judges a packet that leaves the hands in which it was.
func (t *takeover) end(j *cluster, r *Record) {
	if r.Pkt == nil || r.Pkt.heldBy == 0 {
		return
	}
	by := r.Pkt.heldBy
	r.Pkt.heldBy = 0
	down, ok := t.at[by]
	if t.bound == 0 || !ok || down < r.Pkt.heldSince || j.over || j.ctx.Truth.nodeTouched(r.File.Node) >= r.Pkt.heldSince {
		return
	}
	g := &j.tally[ruleG9]
	g.Case()
	if r.T-down > t.bound+j.ctx.ClockError {
		g.Failf([]Ref{r.Pkt.heldAt.ref(), t.downs[by].ref(), r.Ref()}, "a packet that %s had in hand when it went down was taken up again %d ns later", j.names.Name(by), r.T-down)
	}
}
