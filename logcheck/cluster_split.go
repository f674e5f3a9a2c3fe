package logcheck

// split is a span in which two distributors could not tell each other everything.
type split struct {
	a, b          *replica
	since         int64
	admits, picks [2]int64
	at            Ref
}

// splitAdmits is how many packets a side must have taken in for its silence to mean anything.
const splitAdmits = 20

// fault follows what faults do to distributors and between them.
func (j *cluster) fault(r *Record) {
	switch r.Kind {
	case KindStopped:
		j.over = true
		return
	case KindPhase:
		if r.Is(KeyName, "end") {
			j.over = true
			j.splits = nil
		}
		return
	}
	do := r.Str(KeyDo)
	switch do {
	case "crash", "stop":
		j.takeover.down(r)
		if do == "crash" {
			j.crashed(r.Sym(KeyN))
		}
	case "disk_lie", "disk_tear", "disk_rot", "disk_fill", "disk_break", "disk_stall":
		j.keptAt(r.Sym(KeyN)).spoilt = true
	}
	j.splitting(r)
}

func (j *cluster) crashed(node Sym) {
	for i := len(j.order) - 1; i >= 0; i-- {
		if p := j.order[i]; p.node == node {
			j.leave(p.file.Index)
		}
	}
}

// splitting notes where a split begins and judges those that end.
func (j *cluster) splitting(r *Record) {
	if j.over {
		return
	}
	t := j.ctx.Truth
	kept := j.splits[:0]
	for _, s := range j.splits {
		if t.CutAny(s.a.node, s.b.node, ClassControl) || t.CutAny(s.b.node, s.a.node, ClassControl) {
			kept = append(kept, s)
		} else {
			j.judgeSplit(s, r)
		}
	}
	j.splits = kept
	for i, a := range j.order {
		for _, b := range j.order[:i] {
			if (t.CutAny(a.node, b.node, ClassControl) || t.CutAny(b.node, a.node, ClassControl)) && !j.split(a, b) {
				j.splits = append(j.splits, &split{a, b, r.T, [2]int64{a.admits, b.admits}, [2]int64{a.picks, b.picks}, r.Ref()})
			}
		}
	}
}

func (j *cluster) split(a, b *replica) bool {
	for _, s := range j.splits {
		if s.a == a && s.b == b {
			return true
		}
	}
	return false
}

// judgeSplit is G7: each side goes on, as far as nothing else keeps it.
func (j *cluster) judgeSplit(s *split, r *Record) {
	if r.T-s.since < 2*int64(j.ctx.Run.Distributor.AttemptTimeout) {
		return
	}
	on := 0
	for i, p := range [2]*replica{s.a, s.b} {
		picks := p.picks - s.picks[i]
		if picks > 0 {
			on++
		} else if p.admits-s.admits[i] >= splitAdmits && j.free(p, s.since) {
			j.tally[ruleG7].Case()
			j.tally[ruleG7].Failf([]Ref{s.at, r.Ref()}, "%s took in %d packets while it was cut off from %s and decided on none",
				j.names.Name(p.node), p.admits-s.admits[i], j.names.Name([2]*replica{s.b, s.a}[i].node))
		}
	}
	if on == 2 {
		j.tally[ruleG7].Case()
	}
}

// free reports whether a distributor with somebody to send to could have gone on since.
func (j *cluster) free(p *replica, since int64) bool {
	if j.ctx.Truth.nodeTouched(p.node) >= since {
		return false
	}
	for _, e := range p.conf {
		if e.weight > 0 && e.status == statusUp && j.ctx.Truth.Touched(p.node, e.id) < since {
			return true
		}
	}
	return false
}
