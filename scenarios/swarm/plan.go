package swarm

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// kind is a kind of fault that a world may have.
type kind struct {
	name      string
	unlimited bool // beyond the budget
	draw      func(p *plan)
}

// plan is a fault plan being drawn.
type plan struct {
	dice
	w     *world
	lines []line
	at    time.Duration // when the fault being drawn begins
	fixed bool          // the table of analysers was changed for good: at most once
}

// line is one action with the time it begins.
type line struct {
	at   time.Duration
	text string
}

// periods: the faults phase is divided into these; at least a quarter of them is calm.
const period = time.Second

// plan draws the fault plan: which kinds there are and how often each comes, which
// periods are calm, and what happens in the others.
func (w *world) plan() string {
	if w.lone() {
		return w.lonePlan()
	}
	on, weights := w.kinds()
	p := &plan{dice: w.dice("faults"), w: w}
	if len(on) == 0 {
		return ""
	}
	calm := one(p.dice, 25, 25, 50, 75)
	busy := one(p.dice, 1, 1, 2, 3) // faults of one period, at most
	n := int(w.sc.Phases.Faults / period)
	var loud []int // periods that are not calm
	for i, quiet := range p.calm(n, calm) {
		if quiet {
			continue
		}
		loud = append(loud, i)
		if w.loadOnly {
			continue
		}
		for range p.between(1, busy) {
			p.at = w.sc.Phases.Warmup + time.Duration(i)*period + p.time(0, period-time.Millisecond)
			on[p.weighted(weights)].draw(p)
		}
	}
	w.signals(p, loud)
	slices.SortStableFunc(p.lines, func(a, b line) int { return int(a.at - b.at) })
	var b strings.Builder
	for _, l := range p.lines {
		fmt.Fprintln(&b, l.text)
	}
	return b.String()
}

// kinds draws which kinds of faults this world has, and their weights. One world in
// twenty has none at all.
func (w *world) kinds() (on []kind, weights []int) {
	d := w.dice("kinds")
	if d.chance(5) {
		return nil, nil
	}
	all := kinds
	if w.clustered() {
		all = slices.Concat(kinds, clusterKinds)
	}
	for _, k := range all {
		has, weight := d.chance(40), d.between(1, 8) // both are drawn, so that a kind more moves none of the others
		if slices.Contains(w.favour, k.name) {
			has, weight = true, 30 // about a third of the faults
		}
		if k.name == "kill" && w.sc.Analyser.Workers == 1 {
			continue
		}
		if has && (w.opt.Unlimited || !k.unlimited) {
			on, weights = append(on, k), append(weights, weight)
		}
	}
	return on, weights
}

// calm draws which of n periods are calm: so many percent of them, rounded up.
func (p *plan) calm(n, percent int) []bool {
	list := make([]bool, n)
	for _, i := range p.Perm(n)[:(n*percent+99)/100] {
		list[i] = true
	}
	return list
}

// weighted draws an index by weight.
func (p *plan) weighted(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	x := p.IntN(sum)
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	panic("swarm: a draw beyond the sum of the weights")
}

// add adds an action that begins at the drawn time.
func (p *plan) add(format string, args ...any) { p.addAt(p.at, format, args...) }

// addAt adds an action; the phase's end heals what is still in force then.
func (p *plan) addAt(at time.Duration, format string, args ...any) {
	if at < p.w.sc.Phases.FaultsEnd() {
		p.lines = append(p.lines, line{at, fmt.Sprintf("at %v ", at) + fmt.Sprintf(format, args...)})
	}
}

// span adds an action that ends by itself after a drawn time. One in six begins with a
// record of the system instead of at a time.
func (p *plan) span(low, high time.Duration, format string, args ...any) {
	d, what := p.time(low, high), fmt.Sprintf(format, args...)
	if !p.chance(16) {
		p.add("for %v %s", d, what)
		return
	}
	p.lines = append(p.lines, line{p.at, fmt.Sprintf("when %s for %v: %s", p.event(), d, what)})
}

// ordered adds what an operator begins and ends. The phase's end does not undo that, so it
// ends before, which a trigger cannot promise.
func (p *plan) ordered(low, high time.Duration, format string, args ...any) {
	d := min(p.time(low, high), p.w.sc.Phases.FaultsEnd()-p.at-ms)
	if p.chance(16) {
		p.event() // as span draws, so that what is drawn next stays the same
	}
	if d >= ms {
		p.add("for %v %s", d, fmt.Sprintf(format, args...))
	}
}

// event is something that happens in the system, for a trigger.
func (p *plan) event() string {
	switch p.IntN(5) {
	case 0:
		return fmt.Sprintf("%s commit %d", p.analyser(), p.between(1, 100))
	case 1:
		return fmt.Sprintf("%s pick %d", p.distributor(), p.between(1, 300))
	case 2:
		return fmt.Sprintf("%s health to=down", p.distributor())
	case 3:
		return fmt.Sprintf("%s retry %d", p.distributor(), p.between(1, 5))
	default:
		return fmt.Sprintf("%s outcome %d", p.emitter(), p.between(1, 100))
	}
}

func (p *plan) emitter() string { return fmt.Sprintf("e%d", p.between(1, p.w.sc.Emitters.Count)) }
func (p *plan) distributor() string {
	return fmt.Sprintf("d%d", p.between(1, p.w.sc.Distributors.Count))
}
func (p *plan) analyser() string { return fmt.Sprintf("a%d", p.between(1, p.w.sc.Analysers.Count)) }

// node is any node, the analysers most often.
func (p *plan) node() string {
	switch p.IntN(5) {
	case 0:
		return p.emitter()
	case 1:
		return p.distributor()
	default:
		return p.analyser()
	}
}

// analysers is one, several or all of them, as a pattern.
func (p *plan) analysers() string {
	n := p.w.sc.Analysers.Count
	switch p.IntN(6) {
	case 0:
		return "a*"
	case 1:
		var some []string
		for _, i := range p.Perm(n)[:p.between(1, n)] {
			some = append(some, fmt.Sprintf("a%d", i+1))
		}
		slices.Sort(some)
		return "{" + strings.Join(some, ",") + "}"
	default:
		return p.analyser()
	}
}

// link is one directed link or pair, on either side of a distributor.
func (p *plan) link() string {
	d := one(p.dice, p.distributor(), "d*")
	other := p.analysers()
	if p.chance(30) {
		other = one(p.dice, p.emitter(), "e*")
	}
	switch p.IntN(3) {
	case 0:
		return d + " -> " + other
	case 1:
		return other + " -> " + d
	default:
		return d + " <-> " + other
	}
}

// class is which traffic of a link; usually all.
func (p *plan) class() string { return one(p.dice, "", "", "", " data", " acks", " probes") }
