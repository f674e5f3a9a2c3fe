package logcheck

// gossipPair is two replicas, of which the second must get to see what the first has.
type gossipPair struct {
	from, to *replica
	want     vector // what the first has and the second lacks; nil: nothing
	since    int64  // when it had it
	at       Ref
	counts   bool // it is about the counts, not the table
}

// enter takes a replica into the picture.
func (j *cluster) enter(p *replica) {
	for _, q := range j.order {
		j.pairs = append(j.pairs, &gossipPair{from: p, to: q}, &gossipPair{from: q, to: p})
		if j.ctx.Run.Distributor.counts() {
			j.pairs = append(j.pairs, &gossipPair{from: p, to: q, counts: true}, &gossipPair{from: q, to: p, counts: true})
		}
	}
	j.order = append(j.order, p)
}

// news takes that a replica has seen more of the table, or of the counts.
func (j *cluster) news(p *replica, now int64, counts bool) {
	for _, g := range j.pairs {
		if g.counts != counts {
			continue
		}
		if g.to == p && g.want != nil && j.covers(g, g.saw(p), g.want) {
			j.tally[ruleG3].Case()
			if j.ctx.Truth.Healed(g.from.node, g.to.node) >= g.since {
				j.tally[ruleG8].Case()
			}
			g.want = nil
		}
		if (g.to == p || g.from == p) && g.want == nil && !j.covers(g, g.saw(g.to), g.saw(g.from)) {
			g.want, g.since, g.at = g.saw(g.from), now, g.lastOf(g.from)
			j.due = min(j.due, now+j.within)
		}
	}
	if !counts {
		j.same(now)
	}
}

// same notes whether all distributors of the run have seen the same.
func (j *cluster) same(now int64) {
	equal := len(j.order) > 1 && len(j.order) == j.distributors()
	for _, p := range j.order {
		equal = equal && p.seen.covers(j.order[0].seen) && j.order[0].seen.covers(p.seen)
	}
	switch {
	case !equal:
		j.equal = forever
	case j.equal == forever:
		j.equal = now
		j.due = min(j.due, now+2*j.within)
	}
}

func (j *cluster) distributors() (n int) {
	for _, d := range j.ctx.Run.Nodes {
		if d.Role == "distributor" {
			n++
		}
	}
	return n
}

// judgePairs judges G3 and G8: what one replica has seen, every other one that it can talk
// to has seen within T_G.
func (j *cluster) judgePairs(now int64) {
	j.due = forever
	if j.within == 0 || j.over {
		return
	}
	calm := j.equal
	for _, g := range j.pairs {
		touched := j.ctx.Truth.Touched(g.from.node, g.to.node) + j.ctx.ClockError
		calm = max(calm, touched)
		if g.want == nil {
			continue
		}
		due := max(g.since, touched, g.from.began, g.to.began) + j.within
		if now <= due {
			j.due = min(j.due, due)
			continue
		}
		j.tally[ruleG3].Failf([]Ref{g.at, g.lastOf(g.to)}, "what %s has seen %s has not, %d ns later", j.names.Name(g.from.node), j.names.Name(g.to.node), now-g.since)
		if j.ctx.Truth.Healed(g.from.node, g.to.node) >= g.since {
			j.tally[ruleG8].Failf([]Ref{g.at, g.lastOf(g.to)}, "what %s has seen %s has not, %d ns after the heal", j.names.Name(g.from.node), j.names.Name(g.to.node), now-touched)
		}
		g.want = nil
	}
	j.judgeCollected(calm, now)
}

// judgeCollected is G6's other half: tombstones that all have seen do not stay.
func (j *cluster) judgeCollected(calm, now int64) {
	if calm >= forever {
		return
	}
	if due := calm + 2*j.within; now <= due {
		j.due = min(j.due, due)
		return
	}
	for _, p := range j.order {
		j.tally[ruleG6].Case()
		if p.dead > 0 {
			j.tally[ruleG6].Failf([]Ref{p.at}, "%s remembers %d removed analysers that all have seen for %d ns", j.names.Name(p.node), p.dead, now-calm)
			p.dead = 0
		}
	}
}
