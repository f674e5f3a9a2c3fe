package study

import (
	"fmt"
	"slices"
)

// stateWorkers is how many workers each distributor has in the study.
const stateWorkers = 4

// The states and conditions, as levels.
const (
	sharedState, localState = "shared", "local"
	calm, crash             = "calm", "crash"
)

var distributorCounts = []string{"1", "2", "4", "8", "16"}

func state() *Study {
	s := &Study{
		Name:     "state",
		Title:    "Shared routing state, or none?",
		Question: "The original keeps one routing state for all workers of its distributor, and proposes CRDTs or no shared state instead. What does it cost the shares, and the failover, when each worker decides alone, with 1 to 16 distributors?",
		Method: []string{
			fmt.Sprintf("%d workers a distributor; 4 analysers with weights 1 to 4; 16 emitters, together some 400 packets of 1 to 10 messages a second for 8 s of virtual time, however many distributors there are. `shared`: one router decides for all workers of a distributor. `local`: each worker decides alone, from a start phase of its own drawn at random. Distributors share nothing in either. In condition `crash` analyser a4's host, which has the largest weight, vanishes at 3 s for 4 s, and only silence shows it; each worker has a detector of its own.", stateWorkers),
			"A *chooser* is who decides: a router or a worker. The deviation is that of all choosers' decisions together, which nobody in the system knows. The limit is choosers × 18.33 messages: what any 4 analysers' `deficit` may add from any start, times the choosers.",
		},
		Base: "steady-deficit",
		Set: []string{"check.require=C1,C2", fmt.Sprintf("distributors.workers=%d", stateWorkers), "distributors.packet_max=10", "emitters.count=16", "emitters.rate=25/s",
			"phases.warmup=2s", "phases.faults=5s", "phases.heal=1s"},
		Seeds: 10,
		Factors: []Factor{
			{Name: "state", About: "who decides", Levels: []Level{
				{sharedState, []string{"distributors.state=shared"}}, {localState, []string{"distributors.state=local"}},
			}},
			{Name: "condition", About: "what is broken", Levels: []Level{
				{calm, []string{"faults="}}, {crash, []string{"faults=at 3s for 4s crash a4 silent"}},
			}},
			{Name: "distributors", About: "how many", Levels: distributorLevels()},
		},
		Measures: []Measure{
			deviation, detectMean,
			{Name: "apart", Unit: "ms", About: "time between the first and the last worker's verdict on the crash", Of: func(r *Run) (int64, bool) { return divide(r.alarm.spread, 1000), len(r.alarm.detect) > 0 }},
			wasted,
			{Name: "false_alarms", Unit: "a run", About: "verdicts down on an analyser that is not gone", Count: true, Of: func(r *Run) (int64, bool) { return r.alarm.falsely * 1000, true }},
			probes,
			percentileOf("response_p99", "from cutting a packet to its acknowledgement, 99 of 100 packets", 99, func(r *Run) []int64 { return r.times.response }),
		},
		Shown: []string{"deviation", "detect", "apart", "wasted", "probes", "response_p99"},
		Plot: []Panel{
			{Title: "Deviation of all choosers together, no faults", X: "distributors", Series: "state", Measure: "deviation", Fix: map[string]string{"condition": calm}},
			{Title: "Deviation with a crash", X: "distributors", Series: "state", Measure: "deviation", Fix: map[string]string{"condition": crash}},
			{Title: "Sends to the crashed analyser", X: "distributors", Series: "state", Measure: "wasted", Fix: map[string]string{"condition": crash}},
		},
		Limits: []string{
			"That CRDTs are \"a very good fit to maintain information about the traffic routing\", as the original says: weir does not have them yet; `crdt` and `crdt-counts` come into this study when it does.",
			"The router as a bottleneck and as a single point of failure, which the original names: a decision takes no virtual time here, and a router dies with its distributor only.",
			"Analysers that differ in speed, and windows that fill.",
		},
	}
	s.Answer, s.Findings = s.stateAnswer, s.stateFindings
	return s
}

func distributorLevels() (list []Level) {
	for _, n := range distributorCounts {
		list = append(list, Level{n, []string{"distributors.count=" + n}})
	}
	return list
}

// stateLimit is the most that so many distributors may be off, in thousandths of a
// message: 10 (H_3) a chooser, see FORMAT.md section 8 and bound B8.
func stateLimit(state, distributors string) int64 {
	n := atoi(distributors)
	if state == localState {
		n *= stateWorkers
	}
	return n * (10_000 + 5_000 + 3_334)
}

func (s *Study) stateAnswer(t *Table) []string {
	at := func(m, st, c, n string) Stat { return s.stat(t, m, st, c, n) }
	return []string{
		fmt.Sprintf("Without shared state the shares stay good: with 1 distributor (4 choosers instead of 1) all decisions together are off by %s messages at the worst moment instead of %s, with 16 (64 choosers instead of 16) by %s instead of %s, of some 17,600 messages. That is far below the limit of %s for 64 choosers.",
			at("deviation", localState, calm, "1"), at("deviation", sharedState, calm, "1"), at("deviation", localState, calm, "16"), at("deviation", sharedState, calm, "16"), number(stateLimit(localState, "16"))),
		fmt.Sprintf("A crash is noticed as fast, and wastes %s sends with local state and %s with shared at 1 distributor, %s and %s at 16: who decides does not matter to failover.",
			at("wasted", localState, crash, "1"), at("wasted", sharedState, crash, "1"), at("wasted", localState, crash, "16"), at("wasted", sharedState, crash, "16")),
		fmt.Sprintf("Who watches does: the same load over 16 distributors is watched by 64 workers, which notice after %s ms instead of %s with 4, the last %s ms after the first, because each has fewer packets of its own as evidence.",
			at("detect", localState, crash, "16"), at("detect", localState, crash, "1"), at("apart", localState, crash, "16")),
	}
}

func (s *Study) stateFindings(t *Table) []Finding {
	worst, within, touch := int64(0), true, 0
	for _, c := range []string{calm, crash} {
		for _, n := range distributorCounts {
			for _, v := range s.values(t, "deviation", localState, c, n) {
				limit := stateLimit(localState, n)
				within = within && v <= limit
				worst = max(worst, v*100_000/limit)
			}
		}
	}
	for _, n := range distributorCounts {
		l, sh := s.stat(t, "wasted", localState, crash, n), s.stat(t, "wasted", sharedState, crash, n)
		if l.Low <= sh.High && sh.Low <= l.High {
			touch++
		}
	}
	one, sixteen := s.stat(t, "deviation", localState, calm, "1"), s.stat(t, "deviation", localState, calm, "16")
	probes1, probes16 := s.stat(t, "probes", localState, calm, "1"), s.stat(t, "probes", localState, calm, "16")
	return []Finding{
		{"\"The ratio, if maintained properly, would ensure that the distribution of packets is still balanced\" without shared state", "the original", verdict(within),
			fmt.Sprintf("In messages, which is harder: no run went beyond %s %% of the limit.", number(worst))},
		{"D choosers that share nothing are at most D times as far off as one, and with random start phases less than half of that", "the direction (D × bound)", verdict(sixteen.High < 8*one.Low),
			fmt.Sprintf("16 times as many choosers: %s instead of %s.", sixteen, one)},
		{"No shared state wastes no more sends on a crashed analyser than a shared one", "the original (\"each worker would be responsible for its own health checks and routing decisions\")", verdict(touch == len(distributorCounts)),
			fmt.Sprintf("The intervals overlap for %d of %d numbers of distributors.", touch, len(distributorCounts))},
		{"Detection in each worker is cheap: the probes grow by less than twice with 16 times the workers", "a guess of ours", verdict(probes16.Low < 2*probes1.High),
			fmt.Sprintf("They grow with the workers: %s with 1 distributor, %s with 16.", probes1, probes16)},
	}
}

// values are a measure's values in a cell.
func (s *Study) values(t *Table, measure string, levels ...string) (list []int64) {
	for _, c := range t.Cells {
		if !slices.Equal(c.Levels, levels) {
			continue
		}
		for _, v := range c.Values[s.measure(measure)] {
			if v != nil {
				list = append(list, *v)
			}
		}
	}
	return list
}
