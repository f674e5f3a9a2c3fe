package logcheck

import "math/bits"

// others tells of a view whether every analyser with weight but x may be given
// packets, and the weights: of the others and in all.
func (v *viewState) others(x Sym) (well bool, rest, total int64) {
	well = true
	for i, id := range v.set.members.ids {
		if v.weight[i] == 0 || v.status[i] == statusDrain {
			continue
		}
		total += int64(v.weight[i])
		if id != x {
			rest += int64(v.weight[i])
			well = well && v.status[i] == statusUp
		}
	}
	return well, rest, total
}

// openTrial begins window B, if the fault is one analyser's, which had a share,
// and the others are well and have room.
//
// The slack is by how much the messages that the others get in a window may fall
// short of their share although the policy keeps to it: the sum of their credits
// at a chooser moves by at most about M*(H_n + 1), because that of x does.
func (o *overseer) openTrial() {
	s := &o.iso
	x := s.suspects[0]
	s.open, s.tail, s.allBack = true, emitTail{width: 1}, 0
	if s.suspects[1] != 0 || s.got[x] == 0 {
		s.left = true
		return
	}
	const ratioMax, latencyMax = 1 << 10, 1 << 50 // beyond, A shows nothing of the others
	slack, ratio := int64(0), int64(1)
	for _, site := range o.live {
		for _, a := range site.agents {
			if a.view == nil {
				continue
			}
			well, rest, total := a.view.others(x)
			if !well || rest == 0 || total == rest {
				s.left = true
				return
			}
			slack += 2 + int64(bits.Len(uint(len(a.view.weight))))
			ratio = max(ratio, (total+rest-1)/rest)
			for _, p := range a.pairs {
				o.crowdIsolation(p)
			}
		}
	}
	if s.slack = slack; ratio > ratioMax || s.latency > latencyMax {
		s.left = true
		return
	}
	// What took L in calm may take the ratio of L now that fewer share a burst.
	s.lag = 2*ratio*s.latency + 2*o.ctx.ClockError
	s.tail.width = s.lag/tailParts + 1
	if s.allSince != forever {
		s.allSince = s.trial.from
	}
	if s.backs > 0 {
		o.pressIsolation(s.begin, nil)
	}
}

// seeIsolationView takes a worker's new view: calm is over, and in B the others
// must stay well.
func (o *overseer) seeIsolationView(a *agent) {
	s := &o.iso
	switch {
	case s.state == isoCalm:
		s.stir(o.time)
	case s.state == isoTrial && s.open:
		well, rest, _ := a.view.others(s.suspects[0])
		s.left = s.left || !well || rest == 0
	}
}

// crowdIsolation notes that one of the others has a quarter of a window in flight in
// B: then a refusal there may be its fault.
func (o *overseer) crowdIsolation(p *pair) {
	s := &o.iso
	if s.state == isoTrial && s.open && p.an != s.suspects[0] && p.flying*4 >= o.ctx.Run.Distributor.Window {
		s.crowded = true
	}
}

// pressIsolation takes a refusal of a distributor, or back-pressure (at nil). If the
// others have room, it is no excuse where most of what is held was never given
// to anybody; where most is under way, what the failed one holds may fill a small
// queue or buffer, and B is left out.
func (o *overseer) pressIsolation(ref Ref, at *site) {
	s := &o.iso
	if s.state != isoTrial || !s.open {
		s.unsettle(o.time)
		return
	}
	held, fresh := 0, 0
	for _, site := range o.live {
		if at == nil || at == site {
			for _, a := range site.agents {
				held += a.active
				fresh += a.fresh
			}
		}
	}
	assert(fresh >= 0 && fresh <= held, "%d of %d packets were never given", fresh, held)
	if fresh*2 < held || held == 0 {
		s.left = true
	}
	if !s.blocked.valid() {
		s.blocked = ref
	}
}

// seeBack follows which emitters keep arrivals out.
func (o *overseer) seeBack(r *Record) {
	s := &o.iso
	node, on := r.Node(), r.Kind == KindBack && r.Bool(KeyOn)
	if s.back[node] == on {
		return
	}
	s.back[node] = on
	s.backs--
	if on {
		s.backs += 2
	}
	assert(s.backs >= 0, "%d emitters keep arrivals out", s.backs)
	all := s.backs > 0 && s.backs >= s.emitters
	if all {
		s.allSince = r.T
	} else if s.allSince != forever {
		s.allBack += r.T - s.allSince
		s.allSince = forever
	}
	if on {
		o.pressIsolation(r.Ref(), nil)
	} else {
		s.unsettle(r.T)
	}
}

// judgeIsolation is B5 at the end of the fault, or of the run.
func (o *overseer) judgeIsolation(r *Record) {
	s := &o.iso
	a, b := &s.calm, &s.trial
	b.to = r.T - s.lag
	if s.left || s.crowded && s.blocked.valid() {
		return
	}
	if !s.open || a.to-a.from < calmTime || b.to-b.from < trialTime {
		return
	}
	late, lateMessages := s.tail.since(b.to)
	b.packets -= late
	b.messages -= lateMessages
	if a.packets < flowMin || b.packets < flowMin {
		return
	}
	cA, cB := a.committed-s.got[s.suspects[0]], b.committed
	slackA, slackB := o.slackOf(a), o.slackOf(b)
	if cA < 4*slackA || less(cA, b.messages, 4*slackB, a.messages) {
		return // a window that small shows nothing
	}
	t := &o.tally[ruleB5]
	t.Case()
	if s.allSince != forever {
		s.allBack += r.T - s.allSince
	}
	pressed := s.allBack*2 > r.T-b.from
	slow := less(2*(cB+slackB), a.to-a.from, cA, b.to-b.from)
	// While all emitters keep arrivals out, what they emit is not what is offered.
	if slow && (pressed || less(2*(cB+slackB), a.messages, cA, b.messages)) {
		t.Failf([]Ref{s.begin, s.blocked, r.Ref()}, "only %s is disturbed, but the others together committed %d of %d messages emitted in %d ns; before it was %d of %d in %d ns",
			o.names.Name(s.suspects[0]), cB, b.messages, b.to-b.from, cA, a.messages, a.to-a.from)
	}
}

// slackOf is the slack of a window in messages. Policies that draw, and those that
// count packets, add Hoeffding's sqrt(1/2 * 20 * sum of n^2), exceeded with a
// chance of e^-20.
func (o *overseer) slackOf(f *flow) int64 {
	slack := o.iso.slack * f.largest
	if o.pol != policyDeficit && o.pol != policyFinish && o.pol != policyEligible {
		slack += int64(16*squareRoot(f.squares)/5 + 1)
	}
	return slack
}

// less reports a*b < c*d for numbers that are not negative.
func less(a, b, c, d int64) bool {
	assert(a >= 0 && b >= 0 && c >= 0 && d >= 0, "%d * %d < %d * %d", a, b, c, d)
	h1, l1 := bits.Mul64(uint64(a), uint64(b))
	h2, l2 := bits.Mul64(uint64(c), uint64(d))
	return h1 < h2 || h1 == h2 && l1 < l2
}

// addSquare adds n*n, n at most sizeMax, to sum, at most 2^58.
func addSquare(sum uint64, n int64) uint64 {
	assert(n >= 0 && n <= sizeMax, "a packet of %d messages", n)
	return min(1<<58, sum+uint64(n)*uint64(n))
}

// squareRoot returns the root of v rounded down (Newton's method from above).
func squareRoot(v uint64) uint64 {
	if v == 0 {
		return 0
	}
	for x := uint64(1) << ((bits.Len64(v) + 1) / 2); ; {
		y := (x + v/x) / 2
		if y >= x {
			return x
		}
		x = y
	}
}

// tailParts is how finely the end of B is known.
const tailParts = 8

// emitTail counts what was emitted lately, in parts of the time.
type emitTail struct {
	width int64
	part  [2 * tailParts]struct{ no, packets, messages int64 }
}

func (l *emitTail) add(t, n int64) {
	no := t / l.width
	p := &l.part[no%(2*tailParts)]
	if p.no != no {
		p.no, p.packets, p.messages = no, 0, 0
	}
	p.packets++
	p.messages += n
}

// since returns what was emitted from t on, or a part more; t must be within
// tailParts widths of the last add.
func (l *emitTail) since(t int64) (packets, messages int64) {
	for _, p := range l.part {
		if p.packets > 0 && p.no >= t/l.width {
			packets += p.packets
			messages += p.messages
		}
	}
	return packets, messages
}
