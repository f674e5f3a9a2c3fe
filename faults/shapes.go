package faults

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// The shapes of partitions follow the nemeses of Jepsen (halves, bridge, majorities ring) and the swizzle-clog of
// FoundationDB, restated on directed links.

// group lists the nodes of a shape: those named by among, or all.
func group(x Targets, t Topology) []string {
	if x.Among == "" {
		return t.all()
	}
	return t.names(x.Among)
}

// isolate cuts the centre from the rest of the group, both ways.
func isolate(x Targets, t Topology) ([]link, error) {
	centre := t.names(x.Nodes)
	rest := without(group(x, t), centre)
	if len(centre) == 0 || len(rest) == 0 {
		return nil, fmt.Errorf("isolate %s: %d nodes to cut from %d others, at least 1 and 1", x.Nodes, len(centre), len(rest))
	}
	return between(centre, rest)
}

// halves cuts a shuffled group in the middle; the first half is the smaller one of an odd group.
func halves(x Targets, t Topology, r *rand.Rand) ([]link, error) {
	nodes := group(x, t)
	if len(nodes) < 2 {
		return nil, fmt.Errorf("halves: %d nodes, at least 2", len(nodes))
	}
	one, other := split(nodes, r)
	return between(one, other)
}

// bridge cuts the group without the centre into halves; both still reach the centre.
func bridge(x Targets, t Topology, r *rand.Rand) ([]link, error) {
	centre := t.names(x.Nodes)
	if len(centre) != 1 {
		return nil, fmt.Errorf("bridge %s: %d nodes, exactly 1", x.Nodes, len(centre))
	}
	rest := without(group(x, t), centre)
	if len(rest) < 2 {
		return nil, fmt.Errorf("bridge %s: %d other nodes, at least 2", x.Nodes, len(rest))
	}
	one, other := split(rest, r)
	return between(one, other)
}

// majoritiesRing puts the n nodes on a ring in random order and cuts every pair that is further apart than
// d = ceil((m-1)/2), where m = floor(n/2)+1 is a majority: each sees 2d+1 >= m nodes, itself counted, and since
// 2d+1 < n for n >= 4 no two see the same ones. With n = 3 the only ring is the whole group.
func majoritiesRing(x Targets, t Topology, r *rand.Rand) ([]link, error) {
	ring := group(x, t)
	n := len(ring)
	if n < 4 {
		return nil, fmt.Errorf("majorities_ring: %d nodes, at least 4", n)
	}
	if n*n > StepsMax {
		return nil, fmt.Errorf("majorities_ring: %d nodes, at most %d links", n, StepsMax)
	}
	r.Shuffle(n, func(i, j int) { ring[i], ring[j] = ring[j], ring[i] })
	reach := (n/2 + 1) / 2 // ceil((m-1)/2) with m-1 = floor(n/2)
	var links []link
	for i := range n {
		for j := range n {
			apart := (j - i + n) % n
			if i != j && min(apart, n-apart) > reach {
				links = append(links, link{ring[i], ring[j]})
			}
		}
	}
	sortLinks(links)
	return links, nil
}

// oneWay takes each pair with chance 1/2 (one at random if none was taken) and one random direction of it.
func oneWay(pairs [][]link, r *rand.Rand) []link {
	var links []link
	for _, p := range chosen(pairs, r) {
		assert(len(p) == 2, "one_way needs both directions, has %d", len(p))
		links = append(links, p[r.IntN(2)])
	}
	return links
}

// expandSwizzle holds each chosen pair at a random time within over; with a for, it releases each at a random time
// between over and for, so that the order of release is another than that of the hold.
func expandSwizzle(a Action, t Topology, r *rand.Rand) ([]Step, error) {
	pairs, err := pairsOf(a.Targets, t)
	if err != nil {
		return nil, err
	}
	if 4*len(pairs) > StepsMax {
		return nil, fmt.Errorf("swizzle: %d pairs, at most %d", len(pairs), StepsMax/4)
	}
	var steps []Step
	for _, p := range chosen(pairs, r) {
		held := time.Duration(r.Int64N(int64(a.Args.Over)))
		for _, l := range p {
			steps = append(steps, Step{held, linkAct(Hold, l, a.Targets.Classes)})
		}
		if a.For == 0 {
			continue
		}
		released := a.Args.Over + time.Duration(r.Int64N(int64(a.For-a.Args.Over)))
		for _, l := range p {
			steps = append(steps, Step{released, linkAct(Release, l, a.Targets.Classes)})
		}
	}
	slices.SortStableFunc(steps, func(x, y Step) int { return cmp.Compare(x.After, y.After) })
	return steps, nil
}

func linkAct(do Verb, l link, classes ClassSet) Act {
	return Act{Do: do, From: l.from, To: l.to, Classes: classes}
}

// chosen keeps each entry with chance 1/2, and one at random when none was kept. The number of draws depends on
// the entries only up to that last one.
func chosen(pairs [][]link, r *rand.Rand) [][]link {
	var kept [][]link
	for _, p := range pairs {
		if r.IntN(2) == 0 {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		kept = append(kept, pairs[r.IntN(len(pairs))])
	}
	return kept
}

// split shuffles and cuts in the middle.
func split(nodes []string, r *rand.Rand) (one, other []string) {
	r.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	half := len(nodes) / 2
	return nodes[:half], nodes[half:]
}

// between lists both directions of every pair across, ascending by names. The two lists share no node.
func between(one, other []string) ([]link, error) {
	if 2*len(one)*len(other) > StepsMax {
		return nil, fmt.Errorf("%d by %d nodes, at most %d links", len(one), len(other), StepsMax)
	}
	var links []link
	for _, a := range one {
		for _, b := range other {
			assert(a != b, "node %s stands on both sides", a)
			links = append(links, link{a, b}, link{b, a})
		}
	}
	sortLinks(links)
	return links, nil
}

func sortLinks(links []link) {
	slices.SortFunc(links, func(x, y link) int {
		if x.from != y.from {
			return cmp.Compare(x.from, y.from)
		}
		return cmp.Compare(x.to, y.to)
	})
}

// without lists the names that the other list lacks.
func without(names, gone []string) []string {
	var rest []string
	for _, n := range names {
		if !slices.Contains(gone, n) {
			rest = append(rest, n)
		}
	}
	return rest
}
