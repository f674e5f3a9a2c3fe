package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"weir/faults"
	"weir/logcheck"
)

// faults parses the plan and holds it against the nodes, actors and phases of the
// scenario.
func (c *checker) faults() {
	plan, err := faults.Parse(c.s.Faults)
	if err != nil {
		for _, e := range flatten(err) {
			var bad *faults.ParseError
			if errors.As(e, &bad) {
				c.add(c.planPlace(bad.Line, bad.Column), "faults: %s: %s", quoted(bad.Token), bad.Rule)
			} else {
				c.add(c.near("faults"), "%v", e)
			}
		}
		return
	}
	c.s.plan = plan
	lines := actionLines(c.s.Faults)
	assert(len(lines) == len(plan.Actions), "%d lines for %d actions", len(lines), len(plan.Actions))
	for _, e := range flatten(plan.Validate(c.s.Topology())) {
		c.planProblem(e.Error(), lines)
	}
	nodes := c.s.Nodes()
	for i, a := range plan.Actions {
		c.action(a, lines[i], nodes)
	}
}

// flatten lists the single errors of a joined error.
func flatten(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, e := range many.Unwrap() {
			list = append(list, flatten(e)...)
		}
		return list
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// planProblem notes a problem that faults tells as "faults: action N (...)".
func (c *checker) planProblem(text string, lines []int) {
	rest, numbered := strings.CutPrefix(text, "faults: action ")
	number, _, _ := strings.Cut(rest, " ")
	i, err := strconv.Atoi(number)
	if !numbered || err != nil || i < 1 || i > len(lines) {
		c.add(c.near("faults"), "%s", text)
		return
	}
	c.add(c.planPlace(lines[i-1], 0), "%s", text)
}

// actionLines gives the line of the plan's text, from 1, of each action.
func actionLines(text string) []int {
	var lines []int
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if p, err := faults.Parse(line); err == nil && len(p.Actions) == 1 {
			lines = append(lines, number)
		}
	}
	return lines
}

// planPlace translates a place in the plan's text to one in the file; column 0 is
// the line's first character that is no space.
func (c *checker) planPlace(line, column int) place {
	at, ok := c.places["faults"]
	if !ok || !at.block {
		return at
	}
	lines, inPlan := strings.Split(c.source, "\n"), strings.Split(c.s.Faults, "\n")
	row := at.line + line
	if row > len(lines) || line > len(inPlan) {
		return at
	}
	indent := strings.Index(lines[row-1], strings.TrimRight(inPlan[line-1], "\r"))
	if column == 0 {
		column = 1 + len(inPlan[line-1]) - len(strings.TrimLeft(inPlan[line-1], " \t"))
	}
	return place{line: row, column: max(indent, 0) + column}
}

// action holds one action against the phases and roles.
func (c *checker) action(a faults.Action, line int, nodes []Node) {
	at := c.planPlace(line, 0)
	end := c.s.Phases.FaultsEnd()
	if !a.When.IsState() && a.When.At >= end {
		c.add(at, "faults: at %s is not before the end of the faults phase, %s", formatDuration(a.When.At), formatDuration(end))
	}
	c.refuseAt(a.When.IsState() && !isRecordKind(a.When.Kind), at, "when %s: nodes write no such record", a.When.Kind)
	for _, n := range nodes {
		if !a.Targets.Nodes.Match(n.Name) {
			continue
		}
		switch a.Do {
		case faults.Load, faults.Unload:
			c.refuseAt(n.Role != RoleEmitter, at, "%s is for emitters, %s is none", a.Do, n.Name)
		case faults.Kill:
			c.refuseAt(n.Role != RoleAnalyser || !isWorker(a.Targets.Actor), at, "kill is for workers of analysers, %s/%s is none: nothing would take its place", n.Name, a.Targets.Actor)
		case faults.GaugeLost, faults.GaugeNaN, faults.GaugeBack:
			c.refuseAt(n.Role != RoleDistributor, at, "%s is for distributors, %s is none", a.Do, n.Name)
			c.refuseAt(c.s.Distributors.Autoscale.Max == 0, at, "%s is for an autoscaler: distributors.autoscale.max is 0", a.Do)
		case faults.Weight, faults.Add, faults.Remove, faults.Drain, faults.Undrain:
			c.refuseAt(n.Role != RoleDistributor, at, "%s is for distributors, %s is none", a.Do, n.Name)
			known := slices.ContainsFunc(nodes, func(x Node) bool { return x.Role == RoleAnalyser && x.Name == a.Args.ID })
			c.refuseAt(!known, at, "%s: there is no analyser %s", a.Do, a.Args.ID)
		}
	}
}

// isRecordKind says whether a node's log can hold records of a kind.
func isRecordKind(kind string) bool {
	for k := logcheck.KindNone + 1; k < logcheck.KindPhase; k++ {
		if k.String() == kind {
			return true
		}
	}
	return false
}

func (c *checker) refuseAt(wrong bool, at place, format string, args ...any) {
	if wrong {
		c.add(at, "faults: %s", fmt.Sprintf(format, args...))
	}
}

// Topology lists the nodes with their actors, for the plan.
func (s *Scenario) Topology() faults.Topology {
	var t faults.Topology
	for _, n := range s.Nodes() {
		node := faults.TopologyNode{Name: n.Name}
		switch n.Role {
		case RoleEmitter:
			node.Actors = []string{"emit"}
		case RoleDistributor:
			node.Actors = s.distributorActors()
		case RoleAnalyser:
			node.Actors = s.analyserActors()
		case RoleOperator:
			node.Actors = []string{"operate"}
		}
		t.Nodes = append(t.Nodes, node)
	}
	return t
}

// successorsMax is how many workers of an analyser, one after the other in a place, a
// plan may name.
const successorsMax = 16

func (s *Scenario) analyserActors() []string {
	list := []string{"analyse"}
	if s.Analyser.Workers > 1 {
		list = append(list, "store")
		for i := range s.Analyser.Workers * successorsMax {
			list = append(list, "w"+strconv.Itoa(i+1))
		}
	}
	return list
}

func (s *Scenario) distributorActors() []string {
	list := []string{"sup", "ingress"}
	if s.Distributors.State == "shared" {
		list = append(list, "router")
	}
	for i := range s.Distributors.Workers {
		list = append(list, "w"+strconv.Itoa(i+1))
	}
	return list
}
