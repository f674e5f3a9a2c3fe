package study

import "fmt"

// stateWorkers is how many workers each distributor has in the study.
const stateWorkers = 4

// The states and conditions, as levels.
const (
	sharedState, localState, crdtState, countsState = "shared", "local", "crdt", "crdt-counts"
	calm, crash, loss, partition, churnable         = "calm", "crash", "loss", "partition", "churn"
)

var (
	stateNames        = []string{sharedState, localState, crdtState, countsState}
	distributorCounts = []string{"1", "2", "4", "8", "16"}
)

func state() *Study {
	s := &Study{
		Name:     "state",
		Title:    "Shared routing state, a CRDT, or none?",
		Question: "The original keeps one routing state for all workers of its distributor, and proposes CRDTs or no shared state instead. What does each do to the shares, to the failover and to the traffic, with 1 to 16 distributors, when nothing happens, when messages are lost, when distributors are cut off from one another and when everything changes?",
		Method: []string{
			fmt.Sprintf("%d workers a distributor; 4 analysers with weights 1 to 4, and one in reserve; 16 emitters, together some 400 packets of 1 to 10 messages a second for 10 s of virtual time, however many distributors there are. `shared`: one router decides for all workers of a distributor. `local`: each worker decides alone, from a start phase of its own drawn at random. `crdt`: as `local`, and the distributors share their table of analysers (registrations, weights, drains) as a CRDT. `crdt-counts`: they share what they decided as well (PN-counters), so that each worker chooses by the sum of all, as far as it has heard of it. In `shared` and `local` distributors share nothing, so that an operator gives each order to each of them, again and again until it is answered; in the other two to one. Each worker has a failure detector of its own, in every state.", stateWorkers),
			"Conditions: `calm`, nothing happens. In all others analyser a4's host, which has the largest weight, vanishes at 4 s for 4 s, and only silence shows it. `crash`: nothing else. `loss`: from 2 s to 8 s one message in ten is lost between distributors and analysers, between distributors and on the operator's links; at 3 s a1 is to have weight 8 instead of 1. `partition`: from 2.5 s to 6 s the second half of the distributors is cut off from the first and from the operator, who gives the same order at 3 s (with 1 distributor nothing is cut). `churn`: a distributor stops at 2.5 s and is back a second later (not with 1), and nine orders come between 2.6 s and 7 s: weights, an addition, a removal, a drain and its end, with a CRDT each to another distributor.",
			"A *chooser* is who decides: a router or a worker. The deviation is that of all choosers' decisions together, which nobody in the system knows: from the shares of the table that each worker had, and from the shares that were ordered, whether a worker had heard of it or not. The limit is choosers × 18.33 messages: what any 4 analysers' `deficit` may add from any start, times the choosers.",
		},
		Base: "steady-deficit",
		Set: []string{"check.require=C1,C2", fmt.Sprintf("distributors.workers=%d", stateWorkers), "distributors.packet_max=10", "emitters.count=16", "emitters.rate=25/s",
			"analysers={count: 4, weights: [1, 2, 3, 4], spares: 1}", "phases.warmup=2s", "phases.faults=6s", "phases.heal=2s"},
		Seeds: 5,
		Factors: []Factor{
			{Name: "state", About: "who decides, and what is shared", Levels: levelsOf(stateNames, "distributors.state=")},
			{Name: "condition", About: "what happens", Levels: levelsOf([]string{calm, crash, loss, partition, churnable}, "")},
			{Name: "distributors", About: "how many", Levels: levelsOf(distributorCounts, "distributors.count=")},
		},
		Each: stateFaults,
		Measures: []Measure{
			deviation,
			{Name: "from_order", Unit: "messages", About: "the same, from the shares of the table as it was ordered, whether the worker had heard of the order or not", Of: func(r *Run) (int64, bool) { return milliParts(r.order.worst), r.share.decisions > 0 }},
			{Name: "learnt", Unit: "ms", About: "from an order of a weight until the last worker that ever went by it did", Of: func(r *Run) (int64, bool) { return divide(r.order.lag, 1000), r.order.heard > 0 }},
			detectMean,
			{Name: "apart", Unit: "ms", About: "time between the first and the last worker's verdict on the crash", Of: func(r *Run) (int64, bool) { return divide(r.alarm.spread, 1000), len(r.alarm.detect) > 0 }},
			{Name: "failover", Unit: "ms", About: "from the crash until nobody sends to the analyser any more", Of: func(r *Run) (int64, bool) { return divide(r.alarm.until, 1000), r.alarm.wasted > 0 }},
			wasted,
			{Name: "false_alarms", Unit: "a run", About: "verdicts down on an analyser that is not gone", Count: true, Of: func(r *Run) (int64, bool) { return r.alarm.falsely * 1000, true }},
			probes,
			{Name: "wire", Unit: "messages", About: "messages between nodes about the table: orders, what distributors tell each other, and the answers", Count: true, Of: func(r *Run) (int64, bool) { return r.wire.messages * 1000, true }},
			{Name: "wire_bytes", Unit: "bytes", About: "the documents and deltas in them, without envelopes and answers", Count: true, Of: func(r *Run) (int64, bool) { return r.wire.bytes * 1000, true }},
			percentileOf("response_p99", "from cutting a packet to its acknowledgement, 99 of 100 packets", 99, func(r *Run) []int64 { return r.times.response }),
		},
		Shown: []string{"deviation", "from_order", "learnt", "detect", "failover", "wasted", "wire", "wire_bytes"},
		Plot: []Panel{
			{Title: "Deviation from the workers' own tables, nothing happens", X: "distributors", Series: "state", Measure: "deviation", Fix: map[string]string{"condition": calm}, Log: true},
			{Title: "Deviation from what was ordered, partition", X: "distributors", Series: "state", Measure: "from_order", Fix: map[string]string{"condition": partition}, Log: true},
			{Title: "Deviation from what was ordered, churn", X: "distributors", Series: "state", Measure: "from_order", Fix: map[string]string{"condition": churnable}, Log: true},
			{Title: "Until the last worker goes by an order, partition", X: "distributors", Series: "state", Measure: "learnt", Fix: map[string]string{"condition": partition}},
			{Title: "Sends to the crashed analyser, nothing else happens", X: "distributors", Series: "state", Measure: "wasted", Fix: map[string]string{"condition": crash}},
			{Title: "Bytes about the table on the wire, churn", X: "distributors", Series: "state", Measure: "wire_bytes", Fix: map[string]string{"condition": churnable}, Log: true},
		},
		Limits: []string{
			"The router as a bottleneck and as a single point of failure, which the original names: a decision takes no virtual time here, and a router dies with its distributor only. What `shared` sends within a distributor (a question and an answer for each decision) is not on the wire and not counted.",
			"Shared counts with another interval of gossip, or another load: the error grows with what is decided between two rounds.",
			"Operators who disagree: each order is given once, at one place. The scenarios `gossip-*` have both sides of a partition change the same analysers.",
			"Analysers that differ in speed, and windows that fill.",
		},
	}
	s.Answer, s.Findings, s.Also = s.stateAnswer, s.stateFindings, s.stateAlso
	return s
}

// levelsOf are levels of a field, or that say nothing of their own.
func levelsOf(names []string, field string) (list []Level) {
	for _, n := range names {
		l := Level{Name: n}
		if field != "" {
			l.Set = []string{field + n}
		}
		list = append(list, l)
	}
	return list
}
