package logcheck

import "slices"

// folding says that the counts of a site hold, from one of its changes on, those of its
// node's incarnations up to inc.
type folding struct {
	ctr uint64
	inc uint32
}

// livesMax is how many incarnations of a node the counts tell apart.
const livesMax = 16

// tallied takes what a replica of the counts has seen, and judges G2 of it.
func (j *cluster) tallied(r *Record) {
	p, t := j.rep(r), &j.tally[ruleG2]
	seen, ok := parseVector(slices.Clone(r.Bytes(KeySeen)), j.names)
	if !ok {
		t.Failf([]Ref{r.Ref()}, "what was seen is not name/inc=counter, ascending")
		return
	}
	want, me := p.counted, j.site(p)
	switch r.Str(KeyFrom) {
	case "own", "fold":
		next := mark{me, want.of(me) + 1}
		if n := uint32(r.Uint(KeyFolds)); n > 0 {
			j.folds[me] = append(j.folds[me], folding{next.ctr, n})
		}
		want = want.join(vector{next}, j.names)
	case "gossip":
		t.Case()
		if _, ok := j.tells(p, r); !ok {
			want = nil // the failure was told, or nothing can be
			break
		}
		sender := j.reps[j.ctx.flights.file(r.Sym(KeyFr), uint32(r.Uint(KeyFI))).Index]
		told, ok := sender.countSent[r.Uint(KeySer)]
		if want = want.join(told, j.names); !ok {
			want = nil
		}
	}
	if want = j.prune(want); want != nil && !slices.Equal(want, seen) && j.ctx.ClockError == 0 {
		t.Failf([]Ref{p.countAt, r.Ref()}, "a replica of the counts has not seen just what it had seen before and was told")
	}
	if !j.coversCounts(seen, p.counted) {
		t.Failf([]Ref{p.countAt, r.Ref()}, "a replica of the counts has seen less than before")
	}
	p.counted, p.countAt = seen, r.Ref()
	j.news(p, r.T, true)
}

// prune drops the incarnations that a later one folded, and of each node all but the
// latest livesMax.
func (j *cluster) prune(v vector) (kept vector) {
	for i, m := range v {
		later := 0
		for _, l := range v[i+1:] {
			if l.node == m.node {
				later++
			}
		}
		if later < livesMax && m.inc > j.foldedIn(v, m.node) {
			kept = append(kept, m)
		}
	}
	return kept
}

// foldedIn is up to which incarnation of a node counts are part of a later one's.
func (j *cluster) foldedIn(v vector, node Sym) (most uint32) {
	for _, m := range v {
		for _, f := range j.folds[m.siteID] {
			if m.node == node && f.ctr <= m.ctr {
				most = max(most, f.inc)
			}
		}
	}
	return most
}

// coversCounts reports whether v has seen all counts that o has, if only as part of later ones.
func (j *cluster) coversCounts(v, o vector) bool {
	return !slices.ContainsFunc(o, func(m mark) bool {
		if v.of(m.siteID) >= m.ctr || m.inc <= j.foldedIn(v, m.node) {
			return false
		}
		lives := 0
		for _, l := range v {
			if l.node == m.node && l.inc > m.inc {
				lives++
			}
		}
		return lives < livesMax
	})
}

// saw is what a replica has seen of what the pair is about.
func (g *gossipPair) saw(p *replica) vector {
	if g.counts {
		return p.counted
	}
	return p.seen
}

// covers reports whether v has seen all that o has.
func (j *cluster) covers(g *gossipPair, v, o vector) bool {
	if g.counts {
		return j.coversCounts(v, o)
	}
	return v.covers(o)
}

// lastOf is the record by which a replica has seen that.
func (g *gossipPair) lastOf(p *replica) Ref {
	if g.counts {
		return p.countAt
	}
	return p.at
}
