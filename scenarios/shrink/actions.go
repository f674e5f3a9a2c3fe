package shrink

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"weir/faults"
	"weir/scenarios"
)

// actions removes actions of the plan.
func (s *search) actions() {
	if len(s.best.Plan().Actions) > 1 {
		s.try("no fault at all", func(c *scenarios.Scenario) { c.Faults = "" })
	}
	faults.Minimise(func() []faults.Action { return s.best.Plan().Actions }, func(rest []faults.Action) bool {
		return s.try("fewer faults", func(c *scenarios.Scenario) { setPlan(c, rest) })
	})
}

func setPlan(c *scenarios.Scenario, actions []faults.Action) {
	c.Faults = faults.Plan{Actions: actions}.String()
}

// fit leaves out the actions that have lost their nodes.
func fit(c *scenarios.Scenario) {
	topology := c.Topology()
	var kept []faults.Action
	for _, a := range c.Plan().Actions {
		if (faults.Plan{Actions: []faults.Action{a}}).Validate(topology) == nil || endsSomething(a) {
			kept = append(kept, a)
		}
	}
	setPlan(c, kept)
}

// endsSomething: an ending alone is not valid; whether its beginning is still there the
// parser says.
func endsSomething(a faults.Action) bool {
	info, _ := faults.Lookup(a.Do)
	return info.Ends()
}

// phrases makes each action plainer.
func (s *search) phrases() {
	for i := 0; i < len(s.best.Plan().Actions) && !s.stopped; i++ {
		for _, change := range plainer {
			for s.edit(i, change) {
			}
		}
	}
}

// edit tries one change of one action; false if it changed nothing or did not fail.
func (s *search) edit(i int, change func(*faults.Action)) bool {
	a := s.best.Plan().Actions[i]
	a.When.Match = slices.Clone(a.When.Match)
	change(&a)
	if a.Equal(s.best.Plan().Actions[i]) {
		return false
	}
	return s.try("a plainer fault", func(c *scenarios.Scenario) {
		list := slices.Clone(c.Plan().Actions)
		list[i] = a
		setPlan(c, list)
	})
}

// plainer are changes that make an action smaller or easier to read. Each is repeated
// while it helps, so each must come to an end: halving, rounding, leaving out.
var plainer = []func(*faults.Action){
	func(a *faults.Action) { a.For /= 2 },
	func(a *faults.Action) { a.For = a.For.Truncate(time.Second) },
	func(a *faults.Action) { a.For = a.For.Truncate(100 * time.Millisecond) },
	func(a *faults.Action) { a.For = a.For.Truncate(time.Millisecond) },
	func(a *faults.Action) { a.When.At = a.When.At.Truncate(time.Second) },
	func(a *faults.Action) { a.When.At = a.When.At.Truncate(100 * time.Millisecond) },
	func(a *faults.Action) { a.When.After = 0 },
	func(a *faults.Action) { a.When.Every = false },
	func(a *faults.Action) {
		if a.When.IsState() {
			a.When.Count = max(a.When.Count/2, 1)
		}
	},
	func(a *faults.Action) { a.Targets.Nodes = fewer(a.Targets.Nodes) },
	func(a *faults.Action) { a.Targets.From = fewer(a.Targets.From) },
	func(a *faults.Action) { a.Targets.To = fewer(a.Targets.To) },
	func(a *faults.Action) { a.Targets.Both = a.Do == faults.OneWay },
	func(a *faults.Action) { a.Args.Silent = false },
	func(a *faults.Action) { a.Args.Impair.Jitter = 0 },
	func(a *faults.Action) { a.Args.Impair.Delay = 0 },
	func(a *faults.Action) { a.Args.Impair.Delay /= 2 },
	func(a *faults.Action) { a.Args.Impair.LossPPM = 0 },
	func(a *faults.Action) { a.Args.Impair.DuplicatePPM = 0 },
	func(a *faults.Action) { a.Args.Impair.ReorderPPM, a.Args.Impair.ReorderDelay = 0, 0 },
	func(a *faults.Action) { a.Args.Impair.CorruptPPM = 0 },
	func(a *faults.Action) { a.Args.Over /= 2 },
}

// fewer makes a set of nodes a smaller one: its first half, of an asterisk the first node.
func fewer(p faults.Pattern) faults.Pattern {
	text := string(p)
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		items := strings.Split(strings.TrimSuffix(inner, "}"), ",")
		items = items[:(len(items)+1)/2]
		if len(items) == 1 {
			return faults.Pattern(items[0])
		}
		return faults.Pattern("{" + strings.Join(items, ",") + "}")
	}
	return faults.Pattern(strings.Replace(text, "*", "1", 1))
}

func panicText(p any) string { return fmt.Sprintf("%v\n%s", p, debug.Stack()) }
