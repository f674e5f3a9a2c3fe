package logcheck

import (
	"bytes"
	"strings"
)

// State crdt-counts (FORMAT.md section 12). Every number that a chooser decides by is
// followed from where it was counted: a worker's own credits are those of its decisions
// (R6), a distributor's counts are what its workers told it and what it folded, and what
// a worker is told of the others is what its distributor had seen by then (R14).

// countSet is what was counted of analysers, in parts, and in how many units.
type countSet struct {
	of    map[Sym]int64
	units int64
}

// countLog is what was counted in a run.
type countLog struct {
	sums  map[mark]countSet // at each change of a site
	full  bool
	joint joint
}

// countsMax bounds the changes of counts that are remembered, and analysers of them.
const countsMax = 1 << 20

// lending is what the overseer knows of the counts of one incarnation of a distributor.
type lending struct {
	n     uint64 // of the newest record
	at    Ref
	own   countSet         // its counts now
	base  countSet         // folded
	of    map[Sym]countSet // what the workers told of them
	seen  vector
	known [lendingMemory]heldCounts
}

// heldCounts is what a replica of the counts was at a record.
type heldCounts struct {
	n    uint64
	own  countSet
	of   map[Sym]countSet // what the workers told of the own counts
	seen vector
}

// lendingMemory is how many records of a replica, and trades of a worker, can be cited.
const lendingMemory = 256

// trading is what is known of a worker's trades.
type trading struct {
	ser   uint64
	owns  map[uint64]countSet // what it told, by trade
	told  countSet            // of the others
	units int64               // decided by itself
}

// parseCounts reads id=parts,... ; ok is false for anything else.
func parseCounts(b []byte, names *Names) (set countSet, ok bool) {
	set.of = map[Sym]int64{}
	for len(b) > 0 {
		item, rest, more := bytes.Cut(b, []byte(","))
		id, value, found := bytes.Cut(item, []byte("="))
		negative := len(value) > 0 && value[0] == '-'
		if negative {
			value = value[1:]
		}
		v, tail, isNumber := parseDecimal(value)
		if !found || !isNumber || len(tail) > 0 || v > 1<<62 || !validName(id) || more && len(rest) == 0 {
			return set, false
		}
		sym := names.Intern(id)
		if _, twice := set.of[sym]; twice {
			return set, false
		}
		set.of[sym] = int64(v)
		if negative {
			set.of[sym] = -int64(v)
		}
		b = rest
	}
	return set, true
}

// add adds o, times sign, for the analysers of s only, and its units.
func (s *countSet) add(o countSet, sign int64) {
	for id := range s.of { //weir:anyorder each is summed by itself
		s.of[id] += sign * o.of[id]
	}
	s.units += sign * o.units
}

// equal compares two sets; what one lacks is 0 there.
func (s countSet) equal(o countSet) bool {
	for id, v := range s.of { //weir:anyorder only whether all agree counts
		if o.of[id] != v {
			return false
		}
	}
	for id, v := range o.of { //weir:anyorder only whether all agree counts
		if s.of[id] != v {
			return false
		}
	}
	return true
}

// zeros returns a set of the same analysers.
func (s countSet) zeros() countSet {
	z := countSet{of: make(map[Sym]int64, len(s.of))}
	for id := range s.of { //weir:anyorder it fills a map
		z.of[id] = 0
	}
	return z
}

// seeTally takes what a distributor's replica of the counts is now.
func (o *overseer) seeTally(s *site, r *Record) {
	l, t := &s.lent, &o.tally[ruleR14]
	t.Case()
	if r.Uint(KeyN) != l.n+1 {
		t.Failf([]Ref{l.at, r.Ref()}, "record %d of the counts follows record %d", r.Uint(KeyN), l.n)
	}
	own, ok := parseCounts(r.Bytes(KeySet), o.names)
	seen, ok2 := parseVector(bytes.Clone(r.Bytes(KeySeen)), o.names)
	if !ok || !ok2 {
		t.Failf([]Ref{r.Ref()}, "counts are not id=parts, or what was seen not name/inc=counter")
		return
	}
	want, judged := l.own, true
	switch r.Str(KeyFrom) {
	case "own":
		want, judged = o.ownCounts(s, own, r)
	case "fold":
		want, judged = o.foldCounts(s, own)
	}
	own.units = want.units
	if judged && !own.equal(want) {
		t.Failf([]Ref{l.at, r.Ref()}, "the counts of %s are not what its workers told it and it folded", o.names.Name(s.node))
	}
	l.n, l.at, l.own, l.seen = r.Uint(KeyN), r.Ref(), own, seen
	l.known[l.n%lendingMemory] = heldCounts{n: l.n, own: own, of: l.of, seen: seen}
	o.noteCounts(mark{siteID{s.node, s.file.Inc}, seen.of(siteID{s.node, s.file.Inc})}, own)
}

// noteCounts remembers what a site had counted at one of its changes.
func (o *overseer) noteCounts(m mark, set countSet) {
	c := &o.counted
	if c.full = c.full || (len(c.sums)+1)*(len(set.of)+1) > countsMax; !c.full && m.ctr > 0 {
		c.sums[m] = set
	}
}

// ownCounts is what a distributor's own counts must be: what the workers told in the
// trades that it cites, and what it folded, of the analysers that are registered.
func (o *overseer) ownCounts(s *site, own countSet, r *Record) (want countSet, judged bool) {
	l, t := &s.lent, &o.tally[ruleR14]
	if n := len(s.configs); n > 0 {
		entries := s.configs[n-1].entries
		same := len(entries) == len(own.of)
		for _, e := range entries {
			_, ok := own.of[e.id]
			same = same && ok
		}
		if !same {
			t.Failf([]Ref{s.configs[n-1].ref, r.Ref()}, "the counts of %s are not of the registered analysers", o.names.Name(s.node))
		}
	}
	want, l.of = own.zeros(), map[Sym]countSet{}
	for item := range strings.SplitSeq(r.Str(KeyOf), ",") {
		if item == "" {
			continue
		}
		name, number, _ := strings.Cut(item, "=")
		ser, _, ok := parseDecimal([]byte(number))
		w := s.byActor[o.names.Intern([]byte(name))]
		if !ok || w == nil || w.trading.owns[ser].of == nil {
			t.Failf([]Ref{r.Ref()}, "the counts of %s rest on trade %q, which was not made or is too old", o.names.Name(s.node), item)
			return want, false
		}
		want.add(w.trading.owns[ser], 1)
		l.of[w.actor] = w.trading.owns[ser]
	}
	base := own.zeros()
	base.add(l.base, 1) // what was folded of others is forgotten
	l.base = base
	want.add(base, 1)
	return want, true
}

// foldCounts is what they must be after a fold: with what was seen of the incarnations before.
func (o *overseer) foldCounts(s *site, own countSet) (want countSet, judged bool) {
	l := &s.lent
	want, judged = own.zeros(), true
	want.add(l.own, 1)
	for _, m := range l.seen {
		if m.node != s.node || m.inc >= s.file.Inc {
			continue
		}
		sum, ok := o.counted.sums[m]
		judged = judged && ok
		want.add(sum, 1)
		if l.base.of == nil {
			l.base = own.zeros()
		}
		l.base.add(sum, 1)
	}
	return want, judged
}

// seeTrade takes a worker's trade: its own credits for the others'.
func (o *overseer) seeTrade(a *agent, r *Record) {
	c, b := a.choosing(o.names), &a.trading
	own, ok := parseCounts(r.Bytes(KeyOwn), o.names)
	others, ok2 := parseCounts(r.Bytes(KeySet), o.names)
	if !ok || !ok2 {
		o.tally[ruleR14].Failf([]Ref{r.Ref()}, "credits are not id=parts")
		return
	}
	t := &o.tally[ruleR6]
	if mine := c.ownCredits(); !c.lost && o.pol != policyNone && !own.equal(mine) {
		t.Failf([]Ref{a.viewRef, r.Ref()}, "the credits that %s tells are not those of its decisions", o.names.Name(a.actor))
	}
	own.units = b.units
	if b.owns == nil {
		b.owns = map[uint64]countSet{}
	}
	if r.Uint(KeySer) <= b.ser {
		o.tally[ruleR14].Failf([]Ref{r.Ref()}, "trade %d comes after trade %d", r.Uint(KeySer), b.ser)
	}
	b.ser = r.Uint(KeySer)
	b.owns[b.ser] = own
	delete(b.owns, b.ser-lendingMemory)
	o.judgeTrade(a, &others, r)
	b.told = others
	if !others.equal(countSet{of: c.others}) {
		o.closeEpoch(c) // it decides from other credits now
		c.clean = false
	}
	c.owe(others.of)
}

// judgeTrade judges that what a worker is told of the others is what its distributor had
// seen, less what the worker itself had told.
func (o *overseer) judgeTrade(a *agent, others *countSet, r *Record) {
	l, t := &a.site.lent, &o.tally[ruleR14]
	t.Case()
	at := r.Uint(KeyAt)
	held := &l.known[at%lendingMemory]
	switch {
	case at == 0:
		if len(others.of) > 0 {
			t.Failf([]Ref{r.Ref()}, "others' credits that nobody counted")
		}
		return
	case held.n != at:
		t.Failf([]Ref{l.at, r.Ref()}, "a trade rests on record %d of the counts, which was not made or is too old", at)
		return
	case o.counted.full:
		t.Unknownf("more counts than %d are not followed", countsMax)
		return
	}
	want := held.own.zeros()
	if told, ok := held.of[a.actor]; ok {
		want.add(told, -1)
	}
	for _, m := range held.seen {
		sum, ok := o.counted.sums[m]
		if !ok {
			if f := o.ctx.flights.file(m.node, m.inc); f != nil && o.ctx.ClockError == 0 {
				t.Failf([]Ref{l.at, r.Ref()}, "%s has seen change %d of the counts of %s, incarnation %d, which was not made", o.names.Name(a.site.node), m.ctr, o.names.Name(m.node), m.inc)
			} else {
				o.counted.joint.off = true
			}
			return
		}
		want.add(sum, 1)
	}
	others.units = want.units
	if !want.equal(*others) {
		t.Failf([]Ref{l.at, r.Ref()}, "what %s is told of the others is not what they counted", o.names.Name(a.actor))
	}
}

// owe makes others what the other choosers' credits are.
func (c *chooser) owe(others map[Sym]int64) {
	c.others = others
	if c.view == nil {
		return
	}
	c.other = append(c.other, make([]int64, len(c.credit)-len(c.other))...)
	for i, id := range c.view.set.members.ids {
		c.credit[i] += others[id] - c.other[i]
		c.other[i] = others[id]
	}
}

// otherAt is what of the credit at a position is the others'.
func (c *chooser) otherAt(i int) int64 {
	if c.other == nil {
		return 0
	}
	return c.other[i]
}

// ownCredits returns the credits of its own decisions.
func (c *chooser) ownCredits() countSet {
	set := countSet{of: map[Sym]int64{}}
	for _, k := range c.registered(c.view) {
		set.of[k.id] = k.credit
	}
	return set
}
