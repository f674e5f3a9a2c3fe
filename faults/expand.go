package faults

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// StepsMax is how many steps one action may expand into: cutting 250 nodes from each other takes 62,250.
const StepsMax = 1 << 17

// Expand turns an action into its steps, in the order in which they are due (those of the same time in a fixed
// order): every group becomes one act for each node or directed link, every shape the links that it takes, and a
// `for` the acts that end it. The random stream r serves the shapes and garbage only; the same stream gives the
// same steps. The action must pass [Plan.Check]. Errors: nothing is covered, a shape has too few nodes, more
// than [StepsMax] steps.
func Expand(a Action, t Topology, r *rand.Rand) ([]Step, error) {
	info, known := byVerb[a.Do]
	assert(known, "expand: unknown verb %q", string(a.Do))
	var steps []Step
	var err error
	switch {
	case a.Do == HealAll:
		return []Step{{Act: Act{Do: HealAll}}}, nil
	case a.Do == Swizzle:
		return expandSwizzle(a, t, r)
	case info.Form == FormNodes || info.Form == FormActors:
		steps, err = expandNodes(a, t, r)
	default:
		steps, err = expandLinks(a, t, r)
	}
	if err != nil {
		return nil, err
	}
	if a.For > 0 && info.Flat {
		steps = withEnds(steps, a.For)
	}
	slices.SortStableFunc(steps, func(x, y Step) int { return cmp.Compare(x.After, y.After) })
	return steps, nil
}

// withEnds adds the ending of every act, in the order of the acts.
func withEnds(steps []Step, after time.Duration) []Step {
	for _, s := range steps {
		end, ok := s.Act.End()
		assert(ok, "%s has no end", s.Act)
		steps = append(steps, Step{after, end})
	}
	return steps
}

// expandNodes makes one act a node. Configuration verbs become documents, and so do their ends.
func expandNodes(a Action, t Topology, r *rand.Rand) ([]Step, error) {
	names := t.names(a.Targets.Nodes)
	if len(names) == 0 {
		return nil, fmt.Errorf("no node %s", a.Targets.Nodes)
	}
	if len(names)*2 > StepsMax {
		return nil, fmt.Errorf("%d nodes, at most %d", len(names), StepsMax/2)
	}
	var steps, ends []Step
	for _, name := range names {
		act := Act{Do: a.Do, Node: name, Actor: a.Targets.Actor, Args: a.Args}
		if !byVerb[a.Do].Flat {
			act = configureAct(name, document(a.Do, a.Args, r))
		}
		steps = append(steps, Step{0, act})
		if end := byVerb[a.Do].EndedBy; a.For > 0 && !byVerb[a.Do].Flat {
			ends = append(ends, Step{a.For, configureAct(name, document(end, a.Args, r))})
		}
	}
	return append(steps, ends...), nil
}

func configureAct(node, document string) Act {
	return Act{Do: Configure, Node: node, Args: Args{Document: document}}
}

// expandLinks makes one act a directed link: the given links, or those that a shape takes.
func expandLinks(a Action, t Topology, r *rand.Rand) ([]Step, error) {
	links, err := linksOf(a, t, r)
	if err != nil {
		return nil, err
	}
	if len(links)*2 > StepsMax {
		return nil, fmt.Errorf("%d links, at most %d", len(links), StepsMax/2)
	}
	do := a.Do
	if !byVerb[do].Flat {
		do = Cut // every shape but swizzle cuts
	}
	var steps []Step
	for _, l := range links {
		steps = append(steps, Step{0, Act{Do: do, From: l.from, To: l.to, Classes: a.Targets.Classes, Args: a.Args}})
	}
	if a.For > 0 && do != a.Do {
		steps = withEnds(steps, a.For)
	}
	return steps, nil
}

// link is one directed link.
type link struct{ from, to string }

func linksOf(a Action, t Topology, r *rand.Rand) ([]link, error) {
	switch a.Do {
	case Isolate:
		return isolate(a.Targets, t)
	case Halves:
		return halves(a.Targets, t, r)
	case Bridge:
		return bridge(a.Targets, t, r)
	case MajoritiesRing:
		return majoritiesRing(a.Targets, t, r)
	}
	pairs, err := pairsOf(a.Targets, t)
	if err != nil {
		return nil, err
	}
	if a.Do == OneWay {
		return oneWay(pairs, r), nil
	}
	var links []link
	for _, p := range pairs {
		links = append(links, p...)
	}
	return links, nil
}

// pairsOf lists what a link target covers, without links of a node to itself: one entry for each directed link,
// or, for <->, one for each pair of nodes with both directions. No link occurs twice. Ascending by names.
func pairsOf(x Targets, t Topology) ([][]link, error) {
	from, to := t.names(x.From), t.names(x.To)
	if len(from)*len(to) > StepsMax {
		return nil, fmt.Errorf("%d by %d links, at most %d", len(from), len(to), StepsMax)
	}
	var pairs [][]link
	for _, f := range from {
		for _, o := range to {
			if f == o {
				continue
			}
			if !x.Both {
				pairs = append(pairs, []link{{f, o}})
				continue
			}
			// A pair that both sides cover comes up in both orders; the ascending one stands for it.
			if f > o && x.From.Match(o) && x.To.Match(f) {
				continue
			}
			pairs = append(pairs, []link{{f, o}, {o, f}})
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s %s %s covers no link between two nodes", x.From, arrow(x.Both), x.To)
	}
	return pairs, nil
}
