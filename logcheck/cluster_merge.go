package logcheck

import "slices"

// grows judges G2: what a replica has seen is what it had seen before and what it was
// told, no more and no less.
func (j *cluster) grows(p *replica, seen vector, r *Record) {
	t := &j.tally[ruleG2]
	want := p.seen
	switch from := r.Str(KeyFrom); from {
	case "boot", "disk":
		if p.told {
			t.Failf([]Ref{p.at, r.Ref()}, "a replica that has begun begins anew")
		}
		j.begins(p, seen, from == "disk", r)
		return
	case "change":
		if p.change == nil {
			t.Failf([]Ref{r.Ref()}, "a change has no record")
			return
		}
		want = want.join(vector{p.change.mark}, j.names)
	case "gossip":
		t.Case()
		told, ok := j.tells(p, r)
		if !ok {
			return
		}
		want = want.join(told, j.names)
	}
	if !slices.Equal(want, seen) {
		t.Failf([]Ref{p.at, r.Ref()}, "a replica has not seen just what it had seen before and was told")
	}
}

// tells is what the delta told that a replica took.
func (j *cluster) tells(p *replica, r *Record) (vector, bool) {
	from := siteID{r.Sym(KeyFr), uint32(r.Uint(KeyFI))}
	key := siteSerial{from, r.Uint(KeySer)}
	f := j.ctx.flights.file(from.node, from.inc)
	if f == nil {
		j.tally[ruleG2].Unknownf("deltas of %s, incarnation %d, which has no log", j.names.Name(from.node), from.inc)
		return nil, false
	}
	sender := j.reps[f.Index]
	newest, came := p.got[key]
	if !came {
		newest, came = p.older[key]
	}
	if sender == nil || !came {
		j.tally[ruleG2].Failf([]Ref{r.Ref()}, "a replica took delta %d of %s, incarnation %d, which it had not received", key.serial, j.names.Name(from.node), from.inc)
		return nil, false
	}
	j.tally[ruleG10].Case()
	if from.inc < newest {
		j.tally[ruleG10].Failf([]Ref{r.Ref()}, "a replica took a delta of incarnation %d of %s, having heard of %d", from.inc, j.names.Name(from.node), newest)
	}
	told, ok := sender.sent[key.serial]
	return told, ok
}

// begins judges how an incarnation begins: with the boot table, or with what its node had
// seen in an earlier life, all of its own changes among it.
func (j *cluster) begins(p *replica, seen vector, disk bool, r *Record) {
	k, t := j.keptAt(p.node), &j.tally[ruleG2]
	if disk {
		t.Case()
		if !k.seen.covers(seen) {
			t.Failf([]Ref{k.at, r.Ref()}, "%s begins with what it never saw", j.names.Name(p.node))
		}
	}
	if j.ctx.Run.Distributor.Persist && !k.spoilt && !seen.covers(k.own) {
		t.Failf([]Ref{k.at, r.Ref()}, "%s lost changes of its own in a restart", j.names.Name(p.node))
	}
}

// judgeTable judges G1, G4, G5 and G6: the table in force is what follows from the changes
// that were seen.
func (j *cluster) judgeTable(p *replica, text []byte, r *Record) {
	t := &j.tally[ruleG1]
	t.Case()
	if r.Uint(KeyVer) != p.ver {
		t.Failf([]Ref{p.confRef, r.Ref()}, "the replica is said to be configuration %d, %d is in force", r.Uint(KeyVer), p.ver)
	}
	dig := r.Str(KeyDig)
	if d, ok := j.digests[string(text)]; !ok {
		if len(j.digests) < memoMax {
			j.digests[string(text)] = digestOf{dig, r.Ref()}
		}
	} else if d.dig != dig {
		t.Failf([]Ref{d.at, r.Ref()}, "two replicas have seen the same changes and have different digests")
	}
	j.judgeSize(p, r)
	if j.book.full() {
		for _, no := range []int{ruleG1, ruleG4, ruleG5} {
			j.tally[no].Unknownf("more than %d changes of the table", changesMax)
		}
		return
	}
	for _, m := range p.seen {
		if j.book.known[m.siteID] < m.ctr {
			t.Failf([]Ref{r.Ref()}, "a replica has seen change %d of %s, incarnation %d, which was not made", m.ctr, j.names.Name(m.node), m.inc)
			return
		}
	}
	j.judgeEntries(p, j.book.table(text, p.seen), r)
}

// judgeEntries compares the configuration in force with what it must be.
func (j *cluster) judgeEntries(p *replica, want []entry, r *Record) {
	j.tally[ruleG4].Case()
	j.tally[ruleG5].Case()
	find := func(list []entry, id Sym) (entry, bool) {
		i, ok := j.sets.search(list, id)
		if !ok {
			return entry{}, false
		}
		return list[i], true
	}
	for _, e := range p.conf {
		w, ok := find(want, e.id)
		switch {
		case !ok:
			j.tally[ruleG4].Failf(j.why(e.id, p, r), "%s is registered, which was removed by what its replica has seen", j.names.Name(e.id))
		case e.weight != w.weight:
			j.tally[ruleG5].Failf(j.why(e.id, p, r), "the weight of %s is %d, by the versions of what was seen %d", j.names.Name(e.id), e.weight, w.weight)
		case e.status != w.status:
			j.tally[ruleG5].Failf(j.why(e.id, p, r), "%s is drained here or by what was seen, not both", j.names.Name(e.id))
		}
	}
	for _, w := range want {
		if _, ok := find(p.conf, w.id); !ok {
			j.tally[ruleG4].Failf(j.why(w.id, p, r), "%s is not registered, by what its replica has seen it is", j.names.Name(w.id))
		}
	}
}

// why is the witness for what must be true of an analyser.
func (j *cluster) why(an Sym, p *replica, r *Record) []Ref {
	var refs []Ref
	j.book.standing(an, p.seen, func(c *change) { refs = append(refs, c.at) })
	return append(refs, p.confRef, r.Ref())
}

// judgeSize is G6: a replica says how many analysers it has, and remembers no more removed
// ones than there are.
func (j *cluster) judgeSize(p *replica, r *Record) {
	t := &j.tally[ruleG6]
	t.Case()
	if n := r.Uint(KeyN); n != uint64(len(p.conf)) {
		t.Failf([]Ref{p.confRef, r.Ref()}, "the replica has %d analysers, the configuration in force %d", n, len(p.conf))
	}
	if p.dead > tombstonesMax {
		t.Failf([]Ref{r.Ref()}, "%d tombstones, at most %d are kept", p.dead, tombstonesMax)
	}
	if p.dead > 0 && !j.book.full() {
		if gone := j.book.removed(p.seen); p.dead > uint64(gone) {
			t.Failf([]Ref{r.Ref()}, "%d tombstones, %d analysers were removed by what was seen", p.dead, gone)
		}
	}
}
