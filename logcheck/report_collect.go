package logcheck

import (
	"math/bits"
	"slices"
	"strings"
)

// Bounds of the report.
const (
	reportEpochsMax = 64
	reportFaultsMax = 1000
)

// reporter collects the Report while the overseer works.
type reporter struct {
	out      *Report
	dists    map[Sym]*distStat
	distList []*distStat
	anals    map[Sym]*AnalyserReport
	analList []*AnalyserReport
	emitters map[Sym]*emitterStat
	emitList []*emitterStat
	faults   map[int]int // line in the fault file to index
	unique   *idSet      // ids committed anywhere
}

func newReporter(out *Report) *reporter {
	return &reporter{out: out, dists: map[Sym]*distStat{}, anals: map[Sym]*AnalyserReport{},
		emitters: map[Sym]*emitterStat{}, faults: map[int]int{}, unique: newIDSet()}
}

// distStat collects one distributor.
type distStat struct {
	node  Sym
	stats map[*shareSet]*shareStat
	list  []*shareStat
	worst map[Sym]*DeviationReport
	order []Sym
	other int64
}

// shareStat collects the traffic under one set of shares.
type shareStat struct {
	set       *shareSet
	decisions int64
	messages  int64
	got, pkts []int64
}

type emitterStat struct {
	rep     EmitterReport
	waiting int64
	since   int64 // the last ack, or when packets began to wait
}

func (p *reporter) dist(node Sym) *distStat {
	d := p.dists[node]
	if d == nil {
		d = &distStat{node: node, stats: map[*shareSet]*shareStat{}, worst: map[Sym]*DeviationReport{}}
		p.dists[node] = d
		p.distList = append(p.distList, d)
	}
	return d
}

func (p *reporter) analyser(o *overseer, node Sym) *AnalyserReport {
	a := p.anals[node]
	if a == nil {
		a = &AnalyserReport{Node: o.names.Name(node)}
		p.anals[node] = a
		p.analList = append(p.analList, a)
	}
	return a
}

// noteShare counts a decision for the report.
func (o *overseer) noteShare(c *chooser, v cited, at int32, n int64) {
	p := o.report
	if p == nil {
		return
	}
	s := c.share
	if s == nil || s.set != v.view.set {
		d := p.dist(c.agent.site.node)
		s = d.stats[v.view.set]
		switch {
		case s != nil:
		case len(d.list) < reportEpochsMax:
			n := len(v.view.set.share)
			s = &shareStat{set: v.view.set, got: make([]int64, n), pkts: make([]int64, n)}
			d.stats[s.set] = s
			d.list = append(d.list, s)
		default:
			d.other++
			p.out.Totals.Decisions++
			return
		}
		c.share = s
	}
	s.decisions++
	s.messages += n
	s.got[at] += n
	s.pkts[at]++
	p.out.Totals.Decisions++
	p.analyser(o, v.view.set.members.ids[at]).DecidedMessages += n
}

// noteDelivered counts a completed packet; noteRetry a second or later attempt.
func (o *overseer) noteDelivered(j *job, r *Record) {
	if o.report != nil && j != nil {
		o.report.analyser(o, r.Sym(KeyTo)).DeliveredMessages += j.n
	}
}

func (o *overseer) noteRetry() {
	if o.report != nil {
		o.report.out.Totals.Retries++
	}
}

// noteWorst keeps an epoch's largest deviations when they are the largest so far.
func (o *overseer) noteWorst(c *chooser) {
	p, e := o.report, &c.epoch
	if p == nil || len(e.set.elig) < 2 || o.pol == policyRandom || e.whole.m == 0 {
		return
	}
	d := p.dist(c.agent.site.node)
	for _, i := range e.set.elig {
		id := e.set.members.ids[i]
		w := d.worst[id]
		if w == nil {
			w = &DeviationReport{Analyser: o.names.Name(id)}
			d.worst[id] = w
			d.order = append(d.order, id)
		}
		if v := milli(e.high[i]); v > w.StarvedMilli {
			w.StarvedMilli, w.StarvedBound = v, milli(e.whole.starvedTopFor(o.pol, &o.harm, i, o.m))
		}
		if v := milli(-e.low[i]); v > w.OverfedMilli {
			w.OverfedMilli, w.OverfedBound = v, milli(e.whole.overfed(o.pol, i, o.m))
		}
	}
}

// noteExtremes follows the largest credits of an epoch.
func (o *overseer) noteExtremes(c *chooser) {
	e := &c.epoch
	if o.report == nil {
		return
	}
	if e.decisions == 1 {
		e.high = append(e.high[:0], e.whole.start...)
		e.low = append(e.low[:0], e.whole.start...)
	}
	for _, i := range e.set.elig {
		e.high[i] = max(e.high[i], c.credit[i])
		e.low[i] = min(e.low[i], c.credit[i])
	}
}

// milli is parts in thousandths, towards zero.
func milli(v int64) int64 {
	hi, lo := bits.Mul64(uint64(abs(v)), 1000)
	m := int64(hi<<32 | lo>>32)
	if v < 0 {
		return -m
	}
	return m
}

// seeEmitter takes a record of an emitter's file.
func (o *overseer) seeEmitter(r *Record) {
	switch r.Kind {
	case KindEmit:
		o.iso.seeEmit(r)
	case KindBack, KindLog:
		o.seeBack(r)
	}
	o.judgeBuffer(r)
	p := o.report
	if p == nil || r.Kind != KindEmit && r.Kind != KindOutcome && r.Kind != KindLog {
		return
	}
	e := p.emitters[r.Node()]
	if e == nil {
		e = &emitterStat{rep: EmitterReport{Node: o.names.Name(r.Node())}}
		p.emitters[r.Node()] = e
		p.emitList = append(p.emitList, e)
	}
	switch {
	case r.Kind == KindLog:
		e.waiting = 0 // what the incarnation before held is gone or cut again
	case r.Kind == KindEmit:
		e.rep.Emitted++
		if e.waiting++; e.waiting == 1 {
			e.since = r.T
		}
	default:
		e.ended(p, r)
	}
}

func (e *emitterStat) ended(p *reporter, r *Record) {
	e.gap(r.T)
	e.waiting = max(0, e.waiting-1)
	switch string(r.Bytes(KeyOut)) {
	case "acked":
		e.rep.Acked++
		e.since = r.T
	case "rejected":
		p.out.Totals.Rejected++
	case "expired":
		p.out.Totals.Expired++
	}
}

// gap notes a wait that lasts until now.
func (e *emitterStat) gap(now int64) {
	if e.waiting > 0 && now-e.since > e.rep.Worst {
		e.rep.Worst, e.rep.WorstAt = now-e.since, e.since
	}
}

func (p *reporter) seeAnalyser(o *overseer, r *Record) {
	switch r.Kind {
	case KindCommit:
		a := p.analyser(o, r.Node())
		if r.Uint(KeyCS) <= a.top {
			return // the same effect, written again
		}
		a.top = r.Uint(KeyCS)
		a.CommittedPackets++
		a.CommittedMessages += r.Int(KeyN)
		if id, ok := r.ID(); ok && !p.unique.has(id) {
			p.unique.add(id)
			p.out.Totals.Unique++
			p.out.Totals.UniqueMessages += r.Int(KeyN)
		}
	case KindRecover:
		p.analyser(o, r.Node()).top = r.Uint(KeyN)
	case KindDup:
		p.analyser(o, r.Node()).Duplicates++
	}
}

// outage is a fault that a detector must find: the analyser is unreachable, or the
// data path to it is cut while probes pass.
type outage struct {
	on       bool
	line     int   // of the fault file
	from, to int64 // to is 0 while it lasts and once its recovery was noted
}

// noteOutage follows the outages of a detector.
func (o *overseer) noteOutage(q *pair, why cause) {
	p, s, on := o.report, &q.seen, q.outSince != forever || q.gray.on
	switch {
	case p == nil || !o.detects(q.agent) || on == s.on:
		return
	case !on:
		s.on, s.to = false, o.time
		return
	}
	*s = outage{on: true, line: why.ref.Line, from: o.time}
	if _, ok := p.faults[s.line]; ok || s.line == 0 || len(p.out.Faults) >= reportFaultsMax {
		return
	}
	p.faults[s.line] = len(p.out.Faults)
	p.out.Faults = append(p.out.Faults, FaultReport{Line: s.line, Do: why.do, Target: o.names.Name(q.an), At: o.time})
}

// noteVerdict adds a detection or recovery to the times of the fault it answers.
func (o *overseer) noteVerdict(p *pair, t int64) {
	if o.report == nil || !o.detects(p.agent) {
		return
	}
	if s := &p.seen; p.down && s.on {
		o.report.times(s.line, t-s.from, false)
	} else if !p.down && !s.on && s.to > 0 {
		o.report.times(s.line, t-s.to, true)
		s.to = 0
	}
}

// times adds a detection or recovery to the fault that caused it.
func (p *reporter) times(line int, span int64, recovery bool) {
	i, ok := p.faults[line]
	if !ok {
		return
	}
	if f := &p.out.Faults[i]; recovery {
		f.Recover.add(span)
	} else {
		f.Detect.add(span)
	}
}

// finish writes the report.
func (p *reporter) finish(o *overseer, end int64) {
	for _, d := range p.distList {
		p.out.Distributors = append(p.out.Distributors, d.finish(o))
	}
	t := &p.out.Totals
	slices.SortFunc(p.analList, func(a, b *AnalyserReport) int { return strings.Compare(a.Node, b.Node) })
	for _, a := range p.analList {
		p.out.Analysers = append(p.out.Analysers, *a)
		t.Committed += a.CommittedPackets
		t.Duplicates += a.Duplicates
	}
	for _, e := range p.emitList {
		e.gap(end)
		p.out.Emitters = append(p.out.Emitters, e.rep)
		t.Emitted += e.rep.Emitted
		t.Acked += e.rep.Acked
	}
}

func (d *distStat) finish(o *overseer) DistributorReport {
	rep := DistributorReport{Node: o.names.Name(d.node), Policy: o.ctx.Run.Distributor.Policy, Other: d.other}
	for _, s := range d.list {
		e := EpochReport{Decisions: s.decisions, Messages: s.messages}
		for _, i := range s.set.elig {
			hi, lo := bits.Mul64(s.set.share[i], 1_000_000)
			sh := ShareReport{Analyser: o.names.Name(s.set.members.ids[i]), WantedPPM: int64(hi<<32 | lo>>32), Messages: s.got[i], Packets: s.pkts[i]}
			hi, lo = bits.Mul64(s.set.share[i], uint64(s.messages)*1000)
			sh.WantedMilli = int64(hi<<32 | lo>>32)
			e.Shares = append(e.Shares, sh)
		}
		rep.Epochs = append(rep.Epochs, e)
	}
	for _, id := range d.order {
		rep.Worst = append(rep.Worst, *d.worst[id])
	}
	return rep
}
