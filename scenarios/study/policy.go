package study

import (
	"fmt"

	"weir/logcheck"
)

// policies are the names, as in the scenario's field.
var policies = []string{"deficit", "finish", "eligible", "smooth", "random", "original"}

// The names of levels that the answers speak of.
const (
	sizesMixed = "1 to 10"
	sizesGiant = "1 to 10, giants"
	oneHeavy   = "10 (one heavy)"
)

func policy() *Study {
	s := &Study{
		Name:     "policy",
		Title:    "Which policy keeps the shares of messages?",
		Question: "A packet carries one or many messages and is never split, and an analyser's weight is its share of *messages*. How far from the wanted shares does each policy get, how near does it come to the bound that it states, and what does it cost to count packets instead of messages, as the original does?",
		Method:   []string{"One distributor, one chooser that starts from zero, no faults, weights 1, 2, 3, 4 and again (\"one heavy\": 50 and nine times 1), some 3,500 packets in 7 s of virtual time. The deviation is what an analyser should have had of all messages decided so far, less what it had, either way; the largest over the whole run counts, not the one at its end."},
		Base:     "steady-deficit",
		Set: []string{"check.require=C1,C2", "distributors.state=shared", "distributors.workers=1", "emitters.count=1", "emitters.rate=500/s",
			"phases.warmup=1s", "phases.faults=1s", "phases.heal=5s"},
		Seeds: 10,
		Factors: []Factor{
			{Name: "policy", About: "who gets a packet; smooth and original count packets, the others messages", Levels: policyLevels()},
			{Name: "sizes", About: "messages of a packet; with giants, every 20th has 100", Levels: []Level{
				{"1", []string{"emitters.messages=1", "distributors.packet_max=1"}},
				{sizesMixed, []string{"emitters.messages=1..10", "distributors.packet_max=10"}},
				{sizesGiant, []string{"emitters.messages=1..10", "emitters.giant={every: 20, messages: 100}", "distributors.packet_max=100"}},
			}},
			{Name: "analysers", About: "how many", Levels: []Level{
				{"2", many(2)}, {"4", many(4)}, {"16", many(16)}, {"64", many(64)},
				{oneHeavy, []string{"analysers={count: 10, weights: [50, 1, 1, 1, 1, 1, 1, 1, 1, 1]}"}},
			}},
		},
		Measures: append([]Measure{
			deviation,
			{Name: "packets", Unit: "packets", About: "the same, counted in packets", Of: func(r *Run) (int64, bool) { return milliParts(r.share.inPackets), true }},
			{Name: "bound", Unit: "own unit", About: "the bound that the policy states for what it met, in what it counts: messages, or packets under smooth and original; random has only a statistical one, which the checker judged (R11)", Of: func(r *Run) (int64, bool) { return boundOf(r.Report) }},
			{Name: "reached", Unit: "%", About: "the largest deviation in the policy's own unit as a part of that bound", Of: func(r *Run) (int64, bool) { return reached(r.Report) }},
		}, deviationsAfter()...),
		Shown: []string{"deviation", "packets", "bound", "reached"},
		Plot: []Panel{
			{Title: "Deviation as decisions go on (sizes 1 to 10, 4 analysers)", XName: "decisions so far", Over: afterNames(), Ticks: []string{"30", "100", "300", "1000", "3000"},
				Series: "policy", Fix: map[string]string{"sizes": sizesMixed, "analysers": "4"}, Log: true},
			{Title: "Deviation by number of analysers (sizes 1 to 10)", X: "analysers", Series: "policy", Measure: "deviation", Fix: map[string]string{"sizes": sizesMixed}, Log: true},
			{Title: "Deviation by sizes (4 analysers)", X: "sizes", Series: "policy", Measure: "deviation", Fix: map[string]string{"analysers": "4"}, Log: true},
		},
		Limits: []string{
			"Failures and changes of weight, where `finish` and `eligible` state no bound any more (the scenarios of the catalogue have them).",
			"What a choice costs in time: see BENCHMARKS.md.",
		},
	}
	s.Answer, s.Findings = s.policyAnswer, s.policyFindings
	return s
}

func policyLevels() []Level {
	var list []Level
	for _, p := range policies {
		list = append(list, Level{p, []string{"distributors.policy=" + p}})
	}
	return list
}

func many(n int) []string {
	return []string{fmt.Sprintf("analysers={count: %d, weights: [1, 2, 3, 4]}", n)}
}

func afterNames() []string {
	var names []string
	for _, n := range checkpoints {
		names = append(names, fmt.Sprintf("after_%d", n))
	}
	return names
}

func deviationsAfter() []Measure {
	var list []Measure
	for i, name := range afterNames() {
		list = append(list, Measure{Name: name, Unit: "messages", About: fmt.Sprintf("the deviation within the first %d decisions", checkpoints[i]),
			Of: func(r *Run) (int64, bool) {
				if i >= len(r.share.at) {
					return 0, false
				}
				return milliParts(r.share.at[i]), true
			}})
	}
	return list
}

// sides are all deviations of a run with the bounds in force at each, thousandths.
func sides(rep *logcheck.Report) (list [][2]int64) {
	for _, d := range rep.Distributors {
		for _, w := range d.Worst {
			list = append(list, [2]int64{w.StarvedMilli, w.StarvedBound}, [2]int64{w.OverfedMilli, w.OverfedBound})
		}
	}
	return list
}

// boundOf is the largest bound.
func boundOf(rep *logcheck.Report) (most int64, ok bool) {
	for _, s := range sides(rep) {
		most, ok = max(most, s[1]), true
	}
	return most, ok
}

// reached is the largest part of a bound that was reached, in thousandths of a percent.
func reached(rep *logcheck.Report) (most int64, ok bool) {
	for _, s := range sides(rep) {
		if s[1] > 0 {
			most, ok = max(most, s[0]*100_000/s[1]), true
		}
	}
	return most, ok
}

func (s *Study) policyAnswer(t *Table) []string {
	at := func(m, p, sizes, n string) Stat { return s.stat(t, m, p, sizes, n) }
	return []string{
		fmt.Sprintf("Counting messages keeps the deviation about the size of a packet for ever: with sizes 1 to 10 and 4 analysers, `deficit` is off by %s messages at its worst moment, `eligible` by %s, `finish` by %s. Counting packets lets it grow without end: after some 3,500 packets `smooth` is off by %s, `original` by %s, `random` by %s.",
			at("deviation", "deficit", sizesMixed, "4"), at("deviation", "eligible", sizesMixed, "4"), at("deviation", "finish", sizesMixed, "4"),
			at("deviation", "smooth", sizesMixed, "4"), at("deviation", "original", sizesMixed, "4"), at("deviation", "random", sizesMixed, "4")),
		fmt.Sprintf("Sizes with a rhythm are worse than chance for who counts packets: when every 20th packet has 100 messages, the giants keep meeting the same analysers, and `smooth` is off by %s messages, `original` by %s, `random` by %s, `deficit` by %s.",
			at("deviation", "smooth", sizesGiant, "4"), at("deviation", "original", sizesGiant, "4"), at("deviation", "random", sizesGiant, "4"), at("deviation", "deficit", sizesGiant, "4")),
		fmt.Sprintf("With one heavy analyser beside nine light ones `finish` is off by %s messages where `deficit` is by %s and `eligible` by %s: its bound grows with the heavy one's share times the number of the others.",
			at("deviation", "finish", sizesMixed, oneHeavy), at("deviation", "deficit", sizesMixed, oneHeavy), at("deviation", "eligible", sizesMixed, oneHeavy)),
	}
}

// nearest is the largest part of a bound that any run reached.
func (s *Study) nearest(t *Table) (most int64) {
	for _, c := range t.Cells {
		for _, v := range c.Values[s.measure("reached")] {
			if v != nil {
				most = max(most, *v)
			}
		}
	}
	return most
}

func (s *Study) policyFindings(t *Table) []Finding {
	at := func(m, p, sizes, n string) Stat { return s.stat(t, m, p, sizes, n) }
	byPackets := at("deviation", "original", sizesMixed, "4")
	byMessages := at("deviation", "deficit", sizesMixed, "4")
	early := at("after_300", "original", sizesMixed, "4")
	one, oneDeficit := at("deviation", "original", "1", "4"), at("deviation", "deficit", "1", "4")
	finish, deficit := at("deviation", "finish", sizesMixed, oneHeavy), at("deviation", "deficit", sizesMixed, oneHeavy)
	tight, less, all := 0, 0, s.factor("analysers").Levels
	for _, n := range all {
		d, e, f := at("bound", "deficit", sizesMixed, n.Name), at("bound", "eligible", sizesMixed, n.Name), at("bound", "finish", sizesMixed, n.Name)
		if e.Mean <= min(d.Mean, f.Mean) {
			tight++
		}
		if at("deviation", "eligible", sizesMixed, n.Name).High < at("deviation", "deficit", sizesMixed, n.Name).Low {
			less++
		}
	}
	tightest := verdict(tight == len(all) && less == len(all))
	if tightest == wrong && tight == len(all) {
		tightest = inPart
	}
	return []Finding{
		{"\"The ratio, if maintained properly, would ensure that the distribution of packets is still balanced\", counted in packets", "the original", verdict(byPackets.Low <= byMessages.High),
			fmt.Sprintf("Packets are balanced to %s of one; messages, which are the task, are off by %s after 300 packets and %s after all, against %s when messages are counted. It is right only where each packet is one message (%s against %s).",
				at("packets", "original", sizesMixed, "4"), early, byPackets, byMessages, one, oneDeficit)},
		{"Each policy keeps to the bound that it states", "the direction (bounds B1 to B5)", verdict(s.nearest(t) <= 100_000),
			fmt.Sprintf("In %d runs the nearest came to %s %% of its bound.", len(t.Cells)*t.Seeds, number(s.nearest(t)))},
		{"`finish` overfeeds a heavy analyser by its share times the number of the others (\"first-pick problem\")", "the direction (B3), reports on Envoy", verdict(finish.Low > deficit.High),
			fmt.Sprintf("%s messages against %s of `deficit`.", finish, deficit)},
		{"`eligible` is the tightest", "the direction (B5)", tightest,
			fmt.Sprintf("Its bound is the smallest for %d of %d numbers of analysers (sizes 1 to 10). What it really is off by is clearly less than of `deficit` for %d of them: it goes to the edge of its bound (%s %% reached with 16 analysers), `deficit` stays inside (%s %%).",
				tight, len(all), less, at("reached", "eligible", sizesMixed, "16"), at("reached", "deficit", sizesMixed, "16"))},
	}
}
