package logcheck

// scaleWorker is a worker as S7 and S8 see it.
type scaleWorker struct {
	hired, retiring, left, gone place
	since                       int64 // retiring, world time
	held                        int64 // packets
	viewed, primed              bool
}

// crew takes a record of who comes and goes.
func (s *scaleSite) crew(r *Record) {
	known := s.workers[r.Sym(KeyW)] != nil
	w := s.worker(r.Sym(KeyW))
	name := s.j.ctx.Names.Name(r.Sym(KeyW))
	if !s.began { // it can only be by a decision
		s.j.tally[ruleS1].Failf([]Ref{r.Ref()}, "worker %s comes or goes without a decision", name)
		return
	}
	switch {
	case r.Is(KeySt, "hired"):
		s.active++
		s.j.tally[ruleS8].Case()
		if _, ran := s.starts[r.Sym(KeyW)]; ran || known {
			s.j.tally[ruleS8].Failf([]Ref{r.Ref()}, "worker %s is hired, and there was one of this name", name)
		}
		w.hired = r.place()
	case r.Is(KeySt, "retiring"):
		s.active--
		w.since = r.T
		if w.retiring.set() {
			s.j.tally[ruleS7].Failf([]Ref{w.retiring.ref(), r.Ref()}, "worker %s is taken out twice", name)
		}
		w.retiring = r.place()
	default:
		s.j.tally[ruleS7].Case()
		if !w.retiring.set() || w.gone.set() {
			s.j.tally[ruleS7].Failf([]Ref{w.gone.ref(), r.Ref()}, "worker %s goes without having been taken out, or twice", name)
		}
		w.gone = r.place()
	}
}

// admit judges S7: a worker that is on its way out is given nothing.
func (w *scaleWorker) admit(s *scaleSite, r *Record) {
	w.held++
	t := &s.j.tally[ruleS7]
	switch apply := int64(s.j.ctx.Run.Distributor.ApplyWithin); {
	case w.left.set():
		t.Failf([]Ref{w.left.ref(), r.Ref()}, "a packet is given to a worker that has left")
	case w.retiring.set() && apply > 0 && r.T-w.since > apply && s.j.ctx.Truth.lastAct < w.since:
		t.Failf([]Ref{w.retiring.ref(), r.Ref()}, "a packet is given to a worker %d ns after it was taken out", r.T-w.since)
	}
}

// did judges what a worker does: S8 of a new one, S7 of one that goes.
func (w *scaleWorker) did(s *scaleSite, r *Record) {
	t7 := &s.j.tally[ruleS7]
	if w.left.set() && r.Kind != KindStop {
		t7.Failf([]Ref{w.left.ref(), r.Ref()}, "a worker that has left goes on")
	}
	switch r.Kind {
	case KindView, KindCredit, KindPick:
		w.begins(s, r)
	case KindDone, KindGaveUp, KindDead:
		w.held--
	case KindLeft:
		t7.Case()
		if !w.retiring.set() || w.held > 0 {
			t7.Failf([]Ref{w.retiring.ref(), r.Ref()}, "a worker leaves with %d packets, or without having been taken out", w.held)
		}
		w.left = r.place()
	case KindStop:
		if !w.gone.set() && s.j.ctx.Run.World == "sim" { // in tcp actors of a node end in any order
			s.ended = r.place()
		}
	}
}

// begins judges S8: the first view of a new worker knows no verdict and no full window,
// and with state local it draws its start credits before it chooses.
func (w *scaleWorker) begins(s *scaleSite, r *Record) {
	if !w.hired.set() {
		return
	}
	t, d := &s.j.tally[ruleS8], &s.j.ctx.Run.Distributor
	switch {
	case r.Kind == KindView && !w.viewed:
		w.viewed = true
		t.Case()
		central := d.Detector.Kind == "central"
		eachEntry(r.Bytes(KeySet), func(_, rest []byte) {
			if _, status, ok := parseDecimal(rest); ok && (string(status) == ":full" || string(status) == ":down" && !central) {
				t.Failf([]Ref{w.hired.ref(), r.Ref()}, "a new worker begins with a verdict or a full window that is not its own")
			}
		})
	case r.Kind == KindCredit:
		w.primed = true
	case r.Kind == KindPick && d.State != "shared" && !w.primed:
		t.Failf([]Ref{w.hired.ref(), r.Ref()}, "a new worker chooses without start credits")
		w.primed = true
	}
}

// finish judges what must have come.
func (s *scaleSite) finish() {
	var first *scaleWorker
	for _, w := range s.workers { //weir:anyorder the first by line is told
		if w.gone.set() && !w.left.set() && (first == nil || w.gone.line < first.gone.line) {
			first = w
		}
	}
	if first != nil {
		s.j.tally[ruleS7].Failf([]Ref{first.retiring.ref(), first.gone.ref()}, "a worker was ended that had not left: what it had under way is lost")
	}
}
