package study

import (
	"fmt"
	"strings"
)

var (
	gossipers  = []string{"2", "4", "8", "16", "32", "64"}
	tableSizes = []string{"10", "100"}
	benchSizes = []string{"10", "100", "1000", "10000"}
)

func gossiping() *Study {
	s := &Study{
		Name:     "gossip",
		Title:    "What does shared state cost, by its size?",
		Question: "How do the messages and bytes of gossip grow with the distributors, up to 64, and with the analysers? How does what a pick, a merge and a round take grow with up to 10,000 analysers and 64 distributors?",
		Method: []string{
			"The first three plots and the table of figures are of runs: distributors of one worker each in state `crdt`, defaults else (a round every 0.5 s), almost no packets and no probes, so that the control traffic is all there is. Nothing changes until 5 s; then an operator gives analyser a1 another weight at d1.",
			"The other plots are of Go benchmarks on one processor, whose output is kept beside the study (`gossip.bench`; `./run.sh bench-gossip` makes it again): a change of a weight, encoded, decoded and merged by another; the same by a round of anti-entropy between two that otherwise agree; a whole state, decoded and merged into an empty table; a pick of each policy; and all that a change costs the distributor at which it is made, with 63 peers. The table was written by 3 or by 64 replicas. Times are the least of the repetitions, the bar goes up to the greatest: others use the machine too. Allocations are the same every time, bytes but for the digits of a counter.",
		},
		Base: "steady-deficit",
		Set: []string{"check.require=C1,C2", "check.min_packets=0", "distributors.state=crdt", "distributors.workers=1", "distributors.detector.interval=1h", "emitters.count=1", "emitters.rate=5/s",
			"phases.warmup=5s", "phases.faults=2s", "phases.heal=3s", "faults=at 5s weight d1 a1 8"},
		Seeds: 3,
		Factors: []Factor{
			{Name: "analysers", About: "in the table", Levels: tableLevels()},
			{Name: "distributors", About: "that share it", Levels: levelsOf(gossipers, "distributors.count=")},
		},
		Measures: []Measure{
			{Name: "messages", Unit: "a second", About: "what each distributor sends while nothing changes, answers included, from 1 s to 5 s", Of: func(r *Run) (int64, bool) { return r.wire.each(r.wire.idle) }},
			{Name: "bytes", Unit: "bytes a second", About: "the deltas in them", Of: func(r *Run) (int64, bool) { return r.wire.each(r.wire.idleBytes) }},
			{Name: "told", Unit: "messages", About: "that tell of the change at once, where it is made", Of: func(r *Run) (int64, bool) { return r.wire.most.messages * 1000, r.wire.most.messages > 0 }},
			{Name: "delta", Unit: "bytes", About: "of the change in one of them", Of: func(r *Run) (int64, bool) {
				return divide(r.wire.most.bytes*1000, max(1, r.wire.most.messages)), r.wire.most.messages > 0
			}},
			{Name: "learnt", Unit: "ms", About: "from the order until the last worker goes by it", Of: func(r *Run) (int64, bool) { return divide(r.order.lag, 1000), r.order.heard > 0 }},
		},
		Shown: []string{"messages", "bytes", "told", "delta", "learnt"},
		Plot:  gossipPlot(),
		Limits: []string{
			"What times are elsewhere: how they grow is the question here, not how large they are.",
			"Answers' bytes are not in the logs: an answer says what its sender has seen, about ten bytes for each distributor that ever made a change.",
			"Tables that were changed by many incarnations: each adds about ten bytes to every vector, up to 4,096 of them.",
			"A node takes at most 4,096 analysers; 10,000 are of the benchmarks only.",
		},
	}
	s.Answer, s.Findings, s.Also = s.gossipAnswer, s.gossipFindings, s.gossipAlso
	return s
}

func tableLevels() (list []Level) {
	for _, n := range tableSizes {
		list = append(list, Level{n, []string{"analysers={count: " + n + ", weights: [1, 2, 3, 4]}"}})
	}
	return list
}

// merges are the benchmarks of the CRDT, each by 3 and by 64 replicas.
var merges = []struct{ name, bench string }{{"change", "CRDTChange"}, {"round", "CRDTGossip"}, {"state", "CRDTState"}}

func gossipPlot() []Panel {
	b, err := readBench(benchText)
	if err != nil {
		panic("study: " + err.Error()) // it is embedded, and a test reads it
	}
	return []Panel{
		{Title: "What a distributor sends while nothing changes", X: "distributors", Series: "analysers", Measure: "messages"},
		{Title: "Bytes that tell one peer of a change", X: "distributors", Series: "analysers", Measure: "delta"},
		{Title: "Until the last of them goes by a change", X: "distributors", Series: "analysers", Measure: "learnt"},
		{Title: "A pick", XName: "analysers", Ticks: benchSizes, Unit: "ns", Legend: "policy", Given: b.picks(), Log: true},
		{Title: "A change, a round, a whole state: time", XName: "analysers", Ticks: benchSizes, Unit: "us", Legend: "of, replicas", Given: b.merges("ns/op", 1000), Log: true},
		{Title: "A change, a round, a whole state: bytes on the wire", XName: "analysers", Ticks: benchSizes, Unit: "bytes", Legend: "of, replicas", Given: b.merges("wire-B", 1), Log: true},
		{Title: "A change where it is made, with 63 peers", XName: "analysers", Ticks: []string{"10", "100", "1000", "4096"}, Unit: "ms", Legend: "of", Given: b.told(), Log: true},
	}
}

func (b benched) picks() (lines []line) {
	for _, policy := range []string{"deficit", "finish", "eligible"} {
		l := line{name: policy}
		for _, n := range benchSizes {
			l.points = append(l.points, b.figure("Pick/"+policy+"/"+n, "ns/op", 1))
		}
		lines = append(lines, l)
	}
	return lines
}

func (b benched) merges(unit string, by int64) (lines []line) {
	for _, m := range merges {
		for _, replicas := range []string{"3", "64"} {
			l := line{name: m.name + ", " + replicas}
			for _, n := range benchSizes {
				l.points = append(l.points, b.figure(mergeName(m.bench, n, replicas), unit, by))
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func mergeName(bench, analysers, replicas string) string {
	return fmt.Sprintf("%s/analysers=%s/replicas=%s", bench, analysers, replicas)
}

func (b benched) told() []line {
	l := line{name: "change"}
	for _, n := range []string{"0010", "0100", "1000", "4096"} {
		l.points = append(l.points, b.figure("Gossip/change/"+n, "ns/op", 1_000_000))
	}
	return []line{l}
}

// gossipAlso is the table of the benchmarks.
func (s *Study) gossipAlso(*Table) string {
	b, _ := readBench(benchText)
	var text strings.Builder
	text.WriteString("## Benchmarks\nTime, bytes on the wire, allocations:\n\n| of | replicas |")
	for _, n := range benchSizes {
		text.WriteString(" " + n + " analysers |")
	}
	text.WriteString("\n|---|---|" + strings.Repeat("---|", len(benchSizes)) + "\n")
	for _, l := range b.picks() {
		fmt.Fprintf(&text, "| pick, `%s` | |", l.name)
		for _, p := range l.points {
			fmt.Fprintf(&text, " %s ns |", number(p.Mean))
		}
		text.WriteByte('\n')
	}
	for _, m := range merges {
		for _, replicas := range []string{"3", "64"} {
			fmt.Fprintf(&text, "| %s | %s |", m.name, replicas)
			for _, n := range benchSizes {
				name := mergeName(m.bench, n, replicas)
				fmt.Fprintf(&text, " %s us, %s B, %s |", number(b.figure(name, "ns/op", 1000).Mean), number(b.figure(name, "wire-B", 1).Mean), number(b.figure(name, "allocs/op", 1).Mean))
			}
			text.WriteByte('\n')
		}
	}
	return text.String()
}
