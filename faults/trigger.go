package faults

import "time"

// FiringsMax is how often one `every` fires at most, so that a plan's work is bounded whatever a run writes.
const FiringsMax = 1000

// Evaluator finds which actions a stream of records sets off. Feed it every record of the system's own logs in
// order; it keeps one counter for each state trigger and nothing else.
type Evaluator struct {
	watches []watch
	byKind  map[string][]int // places in watches, ascending; looked up only
	armed   int              // watches that can still fire
}

type watch struct {
	action  int
	trigger Trigger
	seen    int // matching records since the last firing
	fired   int
	done    bool
}

// Firing says that an action is due.
type Firing struct {
	Action int           // index in the plan
	Number int           // 0 for the first firing of this action, then 1, 2, ...
	After  time.Duration // wait this long first
}

// NewEvaluator prepares the state triggers of a plan; timed actions are ignored.
func NewEvaluator(p Plan) *Evaluator {
	e := &Evaluator{byKind: make(map[string][]int)}
	for i, a := range p.Actions {
		if t := a.When; t.IsState() {
			assert(t.Count >= 1, "action %d waits for record number %d", i, t.Count)
			e.byKind[t.Kind] = append(e.byKind[t.Kind], len(e.watches))
			e.watches = append(e.watches, watch{action: i, trigger: t})
		}
	}
	e.armed = len(e.watches)
	return e
}

// Armed says whether any trigger can still fire; when not, records need not be fed any more.
func (e *Evaluator) Armed() bool { return e.armed > 0 }

// Unfired lists, in plan order, the actions whose state trigger has never fired so far.
func (e *Evaluator) Unfired() []int {
	var list []int
	for _, w := range e.watches {
		if w.fired == 0 {
			list = append(list, w.action)
		}
	}
	return list
}

// Disarm ends all triggers.
func (e *Evaluator) Disarm() {
	for i := range e.watches {
		e.watches[i].done = true
	}
	e.armed = 0
}

// Observe feeds one record: whose it is, its kind, and a way to look up its fields as text (integers in decimal,
// booleans as true or false, empty for a field it lacks). field may be nil if there is none. fire is called
// for each action that this record sets off, in plan order, before Observe returns; it must not call Observe.
// A record of a kind that nothing waits for costs one look-up; no call allocates.
func (e *Evaluator) Observe(node, actor, kind string, field func(key string) string, fire func(Firing)) {
	if e.armed == 0 {
		return
	}
	for _, i := range e.byKind[kind] {
		w := &e.watches[i]
		if w.done || !w.trigger.covers(node, actor, field) {
			continue
		}
		w.seen++
		if w.seen < w.trigger.Count {
			continue
		}
		assert(w.seen == w.trigger.Count, "trigger of action %d counted %d of %d", w.action, w.seen, w.trigger.Count)
		w.seen = 0
		firing := Firing{w.action, w.fired, w.trigger.After}
		w.fired++
		if !w.trigger.Every || w.fired >= FiringsMax {
			w.done = true
			e.armed--
		}
		fire(firing)
	}
}

func (t Trigger) covers(node, actor string, field func(string) string) bool {
	if t.Actor != "" && t.Actor != actor || !matchesNode(t.Nodes, node) {
		return false
	}
	for _, m := range t.Match {
		if field == nil || field(m.Key) != m.Value {
			return false
		}
	}
	return true
}

// matchesNode spares the common case, one plain name, the splitting of a set.
func matchesNode(p Pattern, node string) bool {
	if string(p) == node {
		return true
	}
	if p.IsName() {
		return false
	}
	return p.Match(node)
}
