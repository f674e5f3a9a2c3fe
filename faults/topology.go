package faults

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Topology is what a plan is applied to: the nodes of a world.
type Topology struct {
	Nodes []TopologyNode // in any order; expansion uses ascending names
}

// TopologyNode is one node.
type TopologyNode struct {
	Name   string   // unique
	Actors []string // its actors; empty: not known, any name is accepted
}

// names lists the node names that any of the patterns covers, ascending.
func (t Topology) names(p Pattern) []string {
	var list []string
	for _, n := range t.Nodes {
		if p.Match(n.Name) {
			list = append(list, n.Name)
		}
	}
	slices.Sort(list)
	return list
}

func (t Topology) all() []string { return t.names("*") }

// Validate says everything that is wrong with the plan for this world: [Plan.Check], unknown nodes and actors,
// shapes that have too few nodes, and endings of what the plan never begins. O(actions^2 * nodes) at worst.
func (p Plan) Validate(t Topology) error {
	bad := []error{p.Check(), t.check()}
	for i, a := range p.Actions {
		for _, err := range a.problems(t) {
			bad = append(bad, fmt.Errorf("faults: action %d (%s): %w", i+1, a, err))
		}
		if info := byVerb[a.Do]; info.Ends() && !endsConfiguration(a.Do) && !p.begins(a, t) {
			bad = append(bad, fmt.Errorf("faults: action %d (%s): the plan begins nothing that this could end", i+1, a))
		}
	}
	return errors.Join(bad...)
}

func (t Topology) check() error {
	var bad []error
	sorted := slices.SortedFunc(slices.Values(t.Nodes), func(a, b TopologyNode) int { return cmp.Compare(a.Name, b.Name) })
	for i, n := range sorted {
		if !isName(n.Name) {
			bad = append(bad, fmt.Errorf("faults: the world's node %q: a name is 1 to %d of A-Z a-z 0-9 . _ -", n.Name, nameMax))
		}
		if i > 0 && sorted[i-1].Name == n.Name {
			bad = append(bad, fmt.Errorf("faults: the world has two nodes %q", n.Name))
		}
	}
	return errors.Join(bad...)
}

// problems lists what the world lacks for this action.
func (a Action) problems(t Topology) (bad []error) {
	if a.check() != nil {
		return nil // Check has said it, and what follows relies on the form
	}
	x := a.Targets
	for _, pattern := range []Pattern{x.Nodes, x.From, x.To, x.Among, a.When.Nodes} {
		bad = append(bad, unknownNodes(pattern, t)...)
	}
	bad = append(bad, unknownActors(x.Nodes, x.Actor, t)...)
	bad = append(bad, unknownActors(a.When.Nodes, a.When.Actor, t)...)
	if len(bad) > 0 {
		return bad
	}
	// The draws do not matter here: whether an expansion fails depends on the nodes alone.
	if _, err := Expand(a, t, rand.New(rand.NewPCG(1, 1))); err != nil {
		bad = append(bad, err)
	}
	return bad
}

func unknownNodes(p Pattern, t Topology) (bad []error) {
	if p == "" {
		return nil
	}
	for _, item := range p.items() {
		if len(t.names(Pattern(item))) == 0 {
			bad = append(bad, fmt.Errorf("no node %s", item))
		}
	}
	return bad
}

func unknownActors(p Pattern, actor string, t Topology) (bad []error) {
	if actor == "" {
		return nil
	}
	for _, n := range t.Nodes {
		if p.Match(n.Name) && len(n.Actors) > 0 && !slices.Contains(n.Actors, actor) {
			bad = append(bad, fmt.Errorf("node %s has no actor %s", n.Name, actor))
		}
	}
	return bad
}

// endsConfiguration: what an operator removes or undrains may have been there from boot.
func endsConfiguration(v Verb) bool { return v == Remove || v == Undrain }

// begins says whether some action of the plan begins what e could end, on at least one common target.
func (p Plan) begins(e Action, t Topology) bool {
	for _, a := range p.Actions {
		if byVerb[a.Do].EndedBy != e.Do {
			continue
		}
		switch byVerb[a.Do].Form {
		case FormCentre, FormGroup:
			return true // which links a shape takes is known only when it is drawn
		case FormLinks:
			if commonLink(a.Targets, e.Targets, t) {
				return true
			}
		default:
			if a.Targets.Actor == e.Targets.Actor && common(a.Targets.Nodes, e.Targets.Nodes, t) {
				return true
			}
		}
	}
	return false
}

func common(p, q Pattern, t Topology) bool {
	for _, n := range t.Nodes {
		if p.Match(n.Name) && q.Match(n.Name) {
			return true
		}
	}
	return false
}

func commonLink(x, y Targets, t Topology) bool {
	if common(x.From, y.From, t) && common(x.To, y.To, t) {
		return true
	}
	return (x.Both || y.Both) && common(x.From, y.To, t) && common(x.To, y.From, t)
}
