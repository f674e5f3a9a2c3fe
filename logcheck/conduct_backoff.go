package logcheck

import "slices"

// backoffRule judges B4: a retry waits base * 2^(k-2) give or take its jitter and is
// not picked before; the waits of many are spread; an emitter waits as long as it
// was told to. Memory: what waits, and one entry a submission under way.
type backoffRule struct {
	Tally
	run    *RunDistributor
	nodes  map[Sym]*waitBook
	spread map[int64]*sameness // by nominal wait; there are few
}

// waitBook is what waits at one node; a new incarnation begins a new one.
type waitBook struct {
	retries map[retryKey]waiting
	submits map[PacketID]*submission
}

type retryKey struct {
	worker Sym
	id     PacketID
}

// waiting is a time that must pass, from m on, by the node's own clock.
type waiting struct {
	att     uint64
	m, wait int64
	ref     Ref
}

// submission is an emitter's newest submission of a packet.
type submission struct {
	tok  uint64
	told waiting // what its answer asks for; ref invalid: nothing
}

// Kinds implements Rule, as do the methods below.
func (b *backoffRule) Kinds() KindSet {
	return Kinds(KindLog, KindRetry, KindPick, KindDone, KindGaveUp, KindDead, KindSend, KindRecv, KindOutcome)
}

func (b *backoffRule) Feed(r *Record) {
	book := b.nodes[r.Node()]
	if book == nil || r.Kind == KindLog {
		book = &waitBook{retries: map[retryKey]waiting{}, submits: map[PacketID]*submission{}}
		b.nodes[r.Node()] = book
	}
	id, ok := r.ID()
	if !ok {
		return
	}
	switch r.Kind {
	case KindRetry:
		b.planned(r)
		book.retries[retryKey{r.Actor, id}] = waiting{r.Uint(KeyAtt), r.M, r.Int(KeyWait), r.Ref()}
	case KindPick:
		key := retryKey{r.Actor, id}
		if r.Has(KeyW) {
			key.worker = r.Sym(KeyW)
		}
		if w, found := book.retries[key]; found && w.att == r.Uint(KeyAtt) {
			b.kept(w, r, "attempt %d was picked %d ns after it was planned, its wait is %d ns", w.att)
			delete(book.retries, key)
		}
	case KindDone, KindGaveUp, KindDead:
		delete(book.retries, retryKey{r.Actor, id})
	case KindSend, KindRecv:
		b.message(book, id, r)
	case KindOutcome:
		delete(book.submits, id)
	}
}

// message follows an emitter's submissions and their answers.
func (b *backoffRule) message(book *waitBook, id PacketID, r *Record) {
	if r.File.Role != RoleEmitter {
		return
	}
	s := book.submits[id]
	switch {
	case r.Kind == KindSend && r.Msg == MsgSubmit:
		if s == nil {
			s = &submission{}
			book.submits[id] = s
		}
		if s.told.ref.valid() {
			b.kept(s.told, r, "submitted again %[2]d ns after the answer that asked for %[3]d ns", 0)
		}
		*s = submission{tok: r.Uint(KeyTok)}
	case r.Kind == KindRecv && r.Msg == MsgResult && s != nil && s.tok == r.Uint(KeyRe) && !s.told.ref.valid() && r.Int(KeyWait) > 0:
		s.told = waiting{m: r.M, wait: r.Int(KeyWait), ref: r.Ref()}
	}
}

// kept judges that a wait was waited in full.
func (b *backoffRule) kept(w waiting, r *Record, text string, att uint64) {
	b.Case()
	if passed := r.M - w.m; passed < w.wait {
		b.Failf([]Ref{w.ref, r.Ref()}, text, att, passed, w.wait)
	}
}

// planned judges the length of a retry's wait.
func (b *backoffRule) planned(r *Record) {
	att, wait, base, most := r.Uint(KeyAtt), r.Int(KeyWait), int64(b.run.BackoffBase), int64(b.run.BackoffMax)
	if base <= 0 || most < base || att < 2 {
		return // no backoff is promised
	}
	b.Case()
	nominal := base
	for k := uint64(2); k < att && nominal < most; k++ {
		nominal *= 2
	}
	nominal = min(nominal, most)
	jitter := nominal/1_000_000*int64(b.run.JitterPPM) + nominal%1_000_000*int64(b.run.JitterPPM)/1_000_000
	if wait < nominal-jitter || wait > nominal+jitter {
		b.Failf([]Ref{r.Ref()}, "the wait before attempt %d is %d ns, not %d give or take %d", att, wait, nominal, jitter)
	}
	if jitter < 100_000 {
		return // too little to tell
	}
	s := b.spread[nominal]
	if s == nil {
		s = &sameness{}
		b.spread[nominal] = s
	}
	s.note(wait, r.Ref())
}

func (b *backoffRule) Finish(*End) Result {
	var nominals []int64
	for n := range b.spread { //weir:anyorder the list is sorted below
		nominals = append(nominals, n)
	}
	slices.Sort(nominals)
	for _, n := range nominals {
		if s := b.spread[n]; s.bad() {
			b.Failf([]Ref{s.first, s.last}, "%d waits of nominally %d ns are all %d ns: they have no jitter", s.n, n, s.value)
		}
	}
	return b.Result()
}
