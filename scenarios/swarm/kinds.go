package swarm

import (
	"fmt"
	"strings"
	"time"
)

const ms = time.Millisecond

// kinds are all kinds of faults. A new one goes to the end, so that it does not change
// which of the others the worlds have.
var kinds = []kind{
	{"crash", false, func(p *plan) {
		p.span(100*ms, 4000*ms, "crash %s%s", one(p.dice, p.analysers(), p.node()), one(p.dice, "", " silent"))
	}},
	{"stop", false, func(p *plan) { p.span(500*ms, 4000*ms, "stop %s", p.node()) }},
	{"pause", false, func(p *plan) { p.span(50*ms, 4000*ms, "pause %s", one(p.dice, p.node(), p.analysers(), p.worker())) }},
	{"slow", false, func(p *plan) { p.span(500*ms, 4000*ms, "slow %s %d%%", p.node(), p.between(2, 20)*100) }},
	{"load", false, func(p *plan) { p.span(500*ms, 3000*ms, "load %s %d%%", p.emitter(), one(p.dice, 0, 50, 200, 500)) }},
	{"cut", false, func(p *plan) { p.span(100*ms, 4000*ms, "cut %s%s", p.link(), p.class()) }},
	{"hold", false, func(p *plan) { p.span(100*ms, 4000*ms, "hold %s%s", p.link(), p.class()) }},
	{"loss", false, func(p *plan) { p.impair("loss %d%%", p.between(1, 30)) }},
	{"duplicate", false, func(p *plan) { p.impair("duplicate %d%%", p.between(1, 20)) }},
	{"reorder", false, func(p *plan) { p.impair("reorder %d%% by %v", p.between(1, 30), p.time(ms, 200*ms)) }},
	{"corrupt", false, func(p *plan) { p.impair("corrupt %d%%", p.between(1, 2)) }},
	{"delay", false, func(p *plan) { p.impair("delay %v jitter %v", p.time(ms, 400*ms), p.time(ms, 100*ms)) }},
	{"rate", false, func(p *plan) { p.impair("rate %dkB/s", max(p.between(20, 500), p.w.offered()/1000)) }},
	{"shape", false, drawShape},
	{"swizzle", false, func(p *plan) {
		over := p.time(200*ms, 2000*ms)
		p.add("for %v swizzle d* <-> %s over %v", over+p.time(100*ms, 2000*ms), one(p.dice, "a*", "e*"), over)
	}},
	{"wall clock", false, func(p *plan) {
		if p.chance(50) {
			p.add("jump %s %s%v", p.node(), one(p.dice, "+", "-"), p.time(ms, time.Hour))
		} else {
			p.span(500*ms, 4000*ms, "skew %s %s%v", p.node(), one(p.dice, "+", "-"), p.time(ms, time.Minute))
		}
	}},
	{"drift", false, func(p *plan) {
		p.span(1000*ms, 6000*ms, "drift %s %s%dppm", p.node(), one(p.dice, "+", "-"), p.between(1, 500))
	}},
	{"freeze", false, func(p *plan) { p.span(50*ms, 2000*ms, "freeze %s", p.node()) }},
	{"torn write", false, func(p *plan) {
		a := one(p.dice, p.analyser(), p.distributor())
		p.add("disk_tear %s", a)
		p.addAt(p.at+p.time(0, 100*ms), "for %v crash %s", p.time(100*ms, 3000*ms), a)
	}},
	{"disk full", false, func(p *plan) { p.span(200*ms, 4000*ms, "disk_fill %s", p.disk()) }},
	{"disk error", false, func(p *plan) { p.span(200*ms, 4000*ms, "disk_break %s", p.disk()) }},
	{"disk stall", false, func(p *plan) { p.span(200*ms, 4000*ms, "disk_stall %s", p.disk()) }},
	{"weight", false, func(p *plan) { p.add("weight %s %s %d", p.distributors(), p.analyser(), p.between(1, 9)) }},
	{"table", false, drawTable},
	{"misconfigure", false, func(p *plan) {
		wrong := one(p.dice, "garbage", "nan ", "negative ", "duplicate ", "stale ")
		if wrong != "garbage" {
			wrong += p.analyser()
		}
		p.add("misconfigure %s %s", p.distributor(), wrong)
	}},
	{"lying disk", true, func(p *plan) {
		a := p.analyser()
		p.span(500*ms, 4000*ms, "disk_lie %s", a)
		p.addAt(p.at+p.time(0, 3000*ms), "for %v crash %s", p.time(100*ms, 2000*ms), a)
	}},
	{"rot", true, func(p *plan) {
		a, file := p.analyser(), "log.0"
		if p.w.sc.Distributors.Spool.Bytes > 0 && p.chance(50) {
			a, file = p.distributor(), fmt.Sprintf("spool.%d", p.between(0, 2))
		}
		p.add("for %v crash %s", p.time(500*ms, 3000*ms), a)
		p.addAt(p.at+100*ms, "disk_rot %s file %s bits %d", a, file, p.between(1, 8))
	}},
	{"black hole", true, func(p *plan) { p.impair("loss %d%%", p.between(31, 100)) }},
	{"flood", true, func(p *plan) { p.impair("duplicate 100%%") }},
	{"long delay", true, func(p *plan) { p.impair("delay %v jitter %v", p.time(500*ms, 10_000*ms), p.time(ms, 3000*ms)) }},
	{"break", false, func(p *plan) { p.add("%s %s%s", one(p.dice, "reset", "truncate"), p.link(), p.class()) }},
	{"refuse", false, func(p *plan) { p.span(100*ms, 4000*ms, "refuse %s%s", p.link(), p.class()) }},
	{"blink", false, func(p *plan) { p.span(10*ms, 150*ms, "crash %s", p.analysers()) }},
	{"torn table", false, func(p *plan) {
		d, at := p.distributor(), p.at.Truncate(period)
		p.addAt(at, "for %v %s %s", p.time(1000*ms, 2000*ms), one(p.dice, "disk_stall", "disk_fill", "disk_break"), d)
		p.addAt(at+p.time(50*ms, 400*ms), "weight %s %s %d", d, p.analyser(), p.between(1, 9))
		p.addAt(at+p.time(500*ms, 990*ms), "for %v crash %s", p.time(100*ms, 3000*ms), d)
	}},
	{"stop under way", false, func(p *plan) {
		d, at := p.distributor(), p.at.Truncate(period)
		p.addAt(at+p.time(0, 400*ms), "for %v cut %s -> %s%s", p.time(1000*ms, 4000*ms), one(p.dice, "a*", p.analysers()), d, one(p.dice, "", " acks"))
		p.addAt(at+p.time(500*ms, 990*ms), "for %v stop %s", p.time(1000*ms, 3000*ms), d)
	}},
	{"quick restart", false, func(p *plan) {
		a, at := p.analyser(), p.at.Truncate(period)
		p.addAt(at, "for %v crash %s silent", p.time(1000*ms, 2000*ms), a)
		p.lines = append(p.lines, line{at, fmt.Sprintf("when %s recover 2 after %v for %v: crash %s silent", a, p.time(600*ms, 1600*ms), p.time(10*ms, 60*ms), a)})
	}},
	{"kill", false, func(p *plan) { // one of an analyser's workers dies, at a moment or on the way of a packet
		victim := fmt.Sprintf("%s/w%d", p.analysers(), p.between(1, 2*p.w.sc.Analyser.Workers))
		if p.chance(50) {
			p.add("kill %s", victim)
			return
		}
		at := one(p.dice, "recv", "take", "commit", "synced")
		p.lines = append(p.lines, line{p.at, fmt.Sprintf("when %s %s %d: kill %s", p.analyser(), at, p.between(20, 400), victim)})
	}},
	{"gray", false, func(p *plan) {
		d, a := p.distributors(), p.analyser()
		p.span(2000*ms, 5000*ms, "%s %s", one(p.dice, "cut", "hold"), one(p.dice, d+" -> "+a+" data", a+" -> "+d+" acks"))
	}},
	{"receipts lost", false, func(p *plan) {
		a, at := p.analyser(), p.at.Truncate(period)
		p.addAt(at+p.time(0, 400*ms), "for %v cut %s -> d* acks", p.time(1000*ms, 3000*ms), a)
		p.addAt(at+p.time(450*ms, 990*ms), "for %v crash %s", p.time(50*ms, 400*ms), a)
	}},
	{"silence", false, func(p *plan) {
		p.span(2500*ms, 5000*ms, "%s", one(p.dice, "crash "+p.analyser()+" silent", "pause "+p.analyser()))
	}},
}

// impair adds an impairment of a link.
func (p *plan) impair(format string, args ...any) {
	p.span(200*ms, 4000*ms, "impair %s%s %s", p.link(), p.class(), fmt.Sprintf(format, args...))
}

// worker is one worker of a distributor.
func (p *plan) worker() string {
	return fmt.Sprintf("%s/w%d", p.distributor(), p.between(1, p.w.sc.Distributors.Workers))
}

// disk is a node whose disk matters.
func (p *plan) disk() string { return one(p.dice, p.analysers(), p.analyser(), p.distributor()) }

// distributors is one of them or all, so that their tables differ or stay alike.
func (p *plan) distributors() string { return one(p.dice, p.distributor(), "d*", "d*") }

// drawShape adds a partition of some shape.
func drawShape(p *plan) {
	among := one(p.dice, "", " among {d*,a*}")
	switch {
	case p.chance(30):
		p.span(200*ms, 3000*ms, "isolate %s%s", p.node(), p.class())
	case p.chance(40):
		p.span(200*ms, 3000*ms, "halves%s", among)
	case p.chance(30):
		p.span(200*ms, 3000*ms, "bridge %s", p.node())
	case p.chance(50) || p.w.sc.Distributors.Count+p.w.sc.Analysers.Count < 4:
		p.span(200*ms, 3000*ms, "one_way d* <-> %s", one(p.dice, "a*", "e*"))
	default:
		p.span(200*ms, 3000*ms, "majorities_ring among {d*,a*}")
	}
}

// drawTable changes who is in the table: a drain that ends, and once in a world, for
// good, a newcomer or a removal. Somebody with weight stays: the removed is one of
// several with weight, and nobody else goes.
func drawTable(p *plan) {
	list := p.w.sc.Analysers
	var weighty []string
	for i := range list.Count {
		if list.Weights[i] > 0 {
			weighty = append(weighty, fmt.Sprintf("a%d", i+1))
		}
	}
	switch {
	case p.fixed || len(weighty) < 3 && list.Spares == 0 || p.chance(35):
		p.ordered(500*ms, 4000*ms, "drain %s %s", p.distributors(), p.analyser())
	case list.Spares > 0 && p.chance(70):
		p.fixed = true
		p.add("add %s a%d %d", p.distributors(), list.Count+1, p.between(1, 9))
	case len(weighty) >= 3:
		p.fixed = true
		p.add("remove %s %s", p.distributors(), one(p.dice, weighty...))
	default:
		p.add("weight %s %s %d", p.distributors(), weighty[0], p.between(1, 9))
	}
}

// Kinds lists the names of all kinds of faults, those beyond the budget marked.
func Kinds() string {
	var list []string
	for _, k := range kinds {
		name := k.name
		if k.unlimited {
			name += " (unlimited)"
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}
