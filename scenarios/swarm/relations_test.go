package swarm

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/faults"
	"weir/scenarios"
)

// The tests of this file know no right result. They change a whole run in a way whose
// effect is known, and compare.

// parse reads a scenario that was made by hand.
func parse(t interface{ Fatalf(string, ...any) }, sc *scenarios.Scenario) *scenarios.Scenario {
	next, err := scenarios.Parse(sc.Name, sc.Brief())
	if err != nil {
		t.Fatalf("%v\n%s", err, sc.Brief())
	}
	return next
}

// scaled is the world with every weight so many times as large. Actions that change the
// table are left out of both: their documents would be longer, and travel longer.
func scaled(t *testing.T, sc *scenarios.Scenario, k int64) *scenarios.Scenario {
	t.Helper()
	c := sc.Clone()
	c.Analysers = scenarios.Analysers{}
	for _, a := range sc.AnalyserList() {
		a.Weight *= k
		c.Analysers.List = append(c.Analysers.List, a)
	}
	var plan faults.Plan
	for _, a := range sc.Plan().Actions {
		if !slices.Contains([]faults.Verb{faults.Weight, faults.Add, faults.Remove, faults.Drain, faults.Misconfigure, faults.Configure}, a.Do) {
			plan.Actions = append(plan.Actions, a)
		}
	}
	c.Faults = plan.String()
	return parse(t, c)
}

// decisions is a log without the lines that cite weights, and the last one, which sums it
// up.
func decisions(log scenarios.Text) string {
	var b strings.Builder
	for line := range strings.Lines(string(bytes.Join(log, nil))) {
		if !strings.HasPrefix(line, `{"k":"config"`) && !strings.HasPrefix(line, `{"k":"view"`) && !strings.HasPrefix(line, `{"k":"end"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestScaledWeights: all weights times a constant give the same run, to the event and the
// byte, whatever the faults and the policy.
func TestScaledWeights(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		sc := world1(t, seed, Options{Packets: 300})
		heavy := func(a scenarios.AnalyserEntry) bool { return a.Weight > 1_000_000/7 }
		if sc.Distributors.State == "crdt" || slices.ContainsFunc(sc.AnalyserList(), heavy) {
			continue // what distributors tell each other has the weights' lengths; seven times as much is more than a weight may be
		}
		one := run(t, scaled(t, sc, 1), seed, false)
		seven := run(t, scaled(t, sc, 7), seed, false)
		if one.TraceHash != seven.TraceHash || len(one.Logs) != len(seven.Logs) {
			t.Errorf("seed %d: another run: trace %x, %x", seed, one.TraceHash, seven.TraceHash)
			continue
		}
		for i, f := range one.Logs {
			if decisions(f.Data) != decisions(seven.Logs[i].Data) {
				t.Errorf("seed %d: %s differs", seed, f.Name)
			}
		}
	}
}

// run plays a world. What the checker says of it is not asked: these tests are another way
// to know; check has it count, for the report.
func run(t interface{ Fatalf(string, ...any) }, sc *scenarios.Scenario, seed uint64, check bool) *scenarios.Result {
	res, err := scenarios.Run(sc, scenarios.Options{Seed: seed, Check: check})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return res
}

// calm draws a small world without faults whose packets are all of one size and come at
// fixed times, so that it offers the same whoever the analysers are.
func calm(t *rapid.T) *scenarios.Scenario {
	sc := scenarios.Default()
	sc.Name = "calm"
	sc.Emitters.Count = 2 * rapid.IntRange(1, 2).Draw(t, "pairs of emitters")
	sc.Emitters.Arrivals = "constant"
	sc.Emitters.Rate = scenarios.Rate(rapid.IntRange(50, 100).Draw(t, "rate")) * 1000
	size := rapid.IntRange(1, 12).Draw(t, "messages")
	sc.Emitters.Messages = scenarios.Span{Min: size, Max: size}
	sc.Emitters.Packets = 100
	sc.Emitters.Bytes = 10
	sc.Distributors.Count = rapid.IntRange(1, 2).Draw(t, "distributors")
	sc.Distributors.Workers = rapid.IntRange(1, 2).Draw(t, "workers")
	sc.Distributors.Policy = rapid.SampledFrom([]string{"deficit", "finish", "eligible"}).Draw(t, "policy")
	sc.Distributors.State = rapid.SampledFrom([]string{"local", "shared"}).Draw(t, "state")
	sc.Distributors.PacketMax = size
	sc.Phases = scenarios.Phases{Heal: 3 * time.Second, Settle: sc.Phases.Settle} // the slowest makes 100 packets in 2 s
	sc.Check.MinPackets = 0
	weights := rapid.SliceOfN(rapid.Int64Range(1, 9), 2, 5).Draw(t, "weights")
	weights[0] = 2 * rapid.Int64Range(1, 5).Draw(t, "half the first weight")
	sc.Analysers = scenarios.Analysers{}
	for i, w := range weights {
		sc.Analysers.List = append(sc.Analysers.List, scenarios.AnalyserEntry{ID: fmt.Sprint("a", i+1), Weight: w})
	}
	return sc
}

// outcome is what a calm run decided: messages by analyser, and by how many messages that
// may differ from the shares.
type outcome struct {
	total   int64
	decided map[string]int64
	slack   int64
}

// decide plays a world. Each chooser keeps each analyser within the policy's bound of its
// share, from credits that are within the bound at the start: twice the bound, rounded up,
// for each chooser.
func decide(t *rapid.T, sc *scenarios.Scenario, seed uint64) outcome {
	sc = parse(t, sc)
	res := run(t, sc, seed, true)
	o := outcome{decided: map[string]int64{}}
	for _, a := range res.Report.Analysers {
		o.decided[a.Node] = a.DecidedMessages
		o.total += a.DecidedMessages
	}
	bound := int64(0)
	if o.total != int64(sc.Emitters.Count)*sc.Emitters.Packets*int64(sc.Emitters.Messages.Max) {
		t.Fatalf("%d messages were decided of those of %d x %d packets of %d", o.total, sc.Emitters.Count, sc.Emitters.Packets, sc.Emitters.Messages.Max)
	}
	for _, d := range res.Report.Distributors {
		for _, w := range d.Worst {
			bound = max(bound, w.StarvedBound, w.OverfedBound)
		}
	}
	choosers := int64(sc.Distributors.Count)
	if sc.Distributors.State == "local" {
		choosers *= int64(sc.Distributors.Workers)
	}
	o.slack = choosers * 2 * (bound/1000 + 1)
	return o
}

// near holds two counts to the slack of both runs, each for so many analysers.
func near(t *rapid.T, what string, a, b outcome, inA, inB []string) {
	sum := func(o outcome, names []string) (n int64) {
		for _, name := range names {
			n += o.decided[name]
		}
		return n
	}
	got, want := sum(a, inA), sum(b, inB)
	slack := a.slack*int64(len(inA)) + b.slack*int64(len(inB))
	if d := got - want; max(d, -d) > slack {
		t.Fatalf("%s: %v got %d of %d messages, %v then %d; they may differ by %d", what, inA, got, a.total, inB, want, slack)
	}
}

// relations are the changes to a calm world, each with what must stay.
var relations = map[string]func(t *rapid.T, sc *scenarios.Scenario, seed uint64){
	"ids permuted: the shares go with the weights": func(t *rapid.T, sc *scenarios.Scenario, seed uint64) {
		before := decide(t, sc, seed)
		list := sc.Analysers.List
		perm := rapid.Permutation(list).Draw(t, "names")
		c := sc.Clone()
		c.Analysers.List = slices.Clone(list)
		for i := range list {
			c.Analysers.List[i].ID = perm[i].ID
		}
		after := decide(t, c, seed)
		for i := range list {
			near(t, "ids permuted", before, after, []string{list[i].ID}, []string{perm[i].ID})
		}
	},
	"an analyser split into two of half its weight: the two get what the one got": func(t *rapid.T, sc *scenarios.Scenario, seed uint64) {
		before := decide(t, sc, seed)
		c := sc.Clone()
		c.Analysers.List = slices.Clone(sc.Analysers.List)
		c.Analysers.List[0].Weight /= 2
		half := c.Analysers.List[0]
		half.ID = "b1"
		c.Analysers.List = append(c.Analysers.List, half)
		after := decide(t, c, seed)
		near(t, "the first split", after, before, []string{"a1", "b1"}, []string{"a1"})
		near(t, "its halves", after, after, []string{"a1"}, []string{"b1"})
		for _, a := range sc.Analysers.List[1:] {
			near(t, "the first split", after, before, []string{a.ID}, []string{a.ID})
		}
	},
	"emitters merged two by two: the same totals": func(t *rapid.T, sc *scenarios.Scenario, seed uint64) {
		before := decide(t, sc, seed)
		c := sc.Clone()
		c.Emitters.Count /= 2
		c.Emitters.Rate *= 2
		c.Emitters.Packets *= 2
		after := decide(t, c, seed)
		for _, a := range sc.Analysers.List {
			near(t, "emitters merged", before, after, []string{a.ID}, []string{a.ID})
		}
	},
}

// TestRelations draws calm worlds, and for each one of the relations.
func TestRelations(t *testing.T) {
	var names []string
	for name := range relations { //weir:anyorder they are sorted next
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		sc := calm(t)
		relation := rapid.SampledFrom(names).Draw(t, "relation")
		relations[relation](t, sc, rapid.Uint64Range(1, 1000).Draw(t, "seed"))
	})
}
