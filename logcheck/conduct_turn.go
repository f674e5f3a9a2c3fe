package logcheck

// turnRule judges B9: an emitter turns away from a distributor that fails. It submits a
// packet again only after its submission failed or was answered, what it says of failures
// is true, and where it turns then is not where it failed, as long as another distributor
// is not left aside. Memory: one entry a packet under way, and one a distributor.
type turnRule struct {
	Tally
	timeout, avoid int64
	distributors   []Sym
	nodes          map[Sym]*turnBook
}

// turnBook is one emitter incarnation.
type turnBook struct {
	packets map[PacketID]*turn
	open    map[uint64]PacketID // submissions under way, by token
	failed  map[Sym]turnFailure // the newest failure of each distributor
}

// turn is a packet's newest submission.
type turn struct {
	to      Sym
	tok     uint64
	m       int64
	settled bool // answered or failed
	spooled bool // answered that it is in the distributor's spool
	why     Sym  // what the world says became of it, 0: nothing
	ref     Ref
}

// turnFailure is why a distributor is left aside.
type turnFailure struct {
	m        int64
	answered bool // something came from it since, so it may be taken back
	ref      Ref
}

func newTurnRule(run *Run, names *Names) *turnRule {
	r := &turnRule{Tally: Tally{Name: "B9"}, timeout: int64(run.Emitter.SubmitTimeout), avoid: int64(run.Emitter.Avoid), nodes: map[Sym]*turnBook{}}
	for _, n := range run.Nodes {
		if n.Role == RoleDistributor.String() {
			r.distributors = append(r.distributors, names.InternString(n.Name))
		}
	}
	return r
}

// Kinds implements Rule, as do the methods below.
func (u *turnRule) Kinds() KindSet {
	if u.avoid == 0 {
		return Kinds(KindLog) // nothing is promised
	}
	return Kinds(KindLog, KindSend, KindRecv, KindFail, KindSubmitFailed, KindOutcome)
}

func (u *turnRule) Feed(r *Record) {
	if r.File.Role != RoleEmitter {
		return
	}
	book := u.nodes[r.Node()]
	if book == nil || r.Kind == KindLog {
		book = &turnBook{packets: map[PacketID]*turn{}, open: map[uint64]PacketID{}, failed: map[Sym]turnFailure{}}
		u.nodes[r.Node()] = book
	}
	switch {
	case r.Kind == KindSend && r.Msg == MsgSubmit:
		u.submitted(book, r)
	case r.Kind == KindRecv && r.Msg == MsgResult:
		book.answered(r)
	case r.Kind == KindFail:
		if t := book.packets[book.open[r.Uint(KeyTok)]]; t != nil && t.tok == r.Uint(KeyTok) {
			t.why = r.Sym(KeyWhy)
		}
	case r.Kind == KindSubmitFailed:
		u.missed(book, r)
	case r.Kind == KindOutcome:
		if id, ok := r.ID(); ok {
			book.forget(id)
		}
	}
}

// forget ends a packet.
func (b *turnBook) forget(id PacketID) {
	if t := b.packets[id]; t != nil {
		delete(b.open, t.tok)
		delete(b.packets, id)
	}
}

// answered takes note of an answer, be it late.
func (b *turnBook) answered(r *Record) {
	if f, found := b.failed[r.Sym(KeyFr)]; found {
		f.answered = true
		b.failed[r.Sym(KeyFr)] = f
	}
	if t := b.packets[b.open[r.Uint(KeyRe)]]; t != nil && t.tok == r.Uint(KeyRe) {
		t.settled, t.spooled = true, r.Is(KeyOut, "spooled")
	}
}

func (u *turnRule) submitted(b *turnBook, r *Record) {
	id, ok := r.ID()
	if !ok {
		return
	}
	to, t := r.Sym(KeyTo), b.packets[id]
	if t != nil && !t.settled {
		u.Failf([]Ref{t.ref, r.Ref()}, "submitted again although the submission before neither failed nor was answered")
	}
	u.turned(b, r, t, to)
	if t == nil {
		t = &turn{}
		b.packets[id] = t
	}
	delete(b.open, t.tok)
	*t = turn{to: to, tok: r.Uint(KeyTok), m: r.M, ref: r.Ref()}
	b.open[t.tok] = id
}

// turned judges where a submission goes, if there is a distributor that surely is not
// left aside and is not where the packet was last.
func (u *turnRule) turned(b *turnBook, r *Record, last *turn, to Sym) {
	f, failed := b.failed[to]
	aside := failed && !f.answered && r.M < f.m+u.avoid
	same := last != nil && last.to == to && !last.spooled // else it is asked what became of it
	if last != nil {
		u.Case()
	}
	if !aside && !same {
		return
	}
	for _, d := range u.distributors {
		f2, failed := b.failed[d]
		if d == to || last != nil && last.to == d || failed && r.M < f2.m+u.avoid {
			continue
		}
		if aside {
			u.Failf([]Ref{f.ref, r.Ref()}, "submitted to a distributor that failed %d ns before, with another that did not", r.M-f.m)
		} else {
			u.Failf([]Ref{last.ref, r.Ref()}, "submitted again where it was last, with another that did not fail")
		}
		return
	}
}

// missed judges what an emitter says of a failure. What the node did not even take for
// sending counts against nobody, nor does a full queue.
func (u *turnRule) missed(b *turnBook, r *Record) {
	id, ok := r.ID()
	if !ok {
		return
	}
	u.Case()
	to, t := r.Sym(KeyTo), b.packets[id]
	if r.Is(KeyWhy, "unsent") {
		if t != nil && !t.settled {
			u.Failf([]Ref{t.ref, r.Ref()}, "a submission is under way, and another failed before it was sent")
		}
		u.turned(b, r, t, to)
		b.packets[id] = &turn{to: to, settled: true, ref: r.Ref()}
		return
	}
	switch {
	case t == nil || t.settled || t.to != to:
		u.Failf([]Ref{r.Ref()}, "no submission to this distributor is under way that could fail")
		return
	case r.Is(KeyWhy, "timeout") && r.M-t.m < u.timeout:
		u.Failf([]Ref{t.ref, r.Ref()}, "a submission timed out after %d ns, not %d", r.M-t.m, u.timeout)
	case !r.Is(KeyWhy, "timeout") && t.why != r.Sym(KeyWhy):
		u.Failf([]Ref{t.ref, r.Ref()}, "the world said nothing of the kind of this submission")
	}
	t.settled, t.ref = true, r.Ref()
	delete(b.open, t.tok)
	if !r.Is(KeyWhy, "full") {
		b.failed[to] = turnFailure{m: r.M, ref: r.Ref()}
	}
}

func (u *turnRule) Finish(*End) Result { return u.Result() }
