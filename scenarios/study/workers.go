package study

import (
	"fmt"
	"strconv"
)

// A worker of the study takes 10 ms of a core for a packet.
const (
	workerRate = 100 // packets a second that one worker does at most
	coreCount  = 4
)

var (
	workerCounts = []string{"1", "2", "4", "8", "16"}
	loads        = []string{"50", "90", "180", "360", "600"}
)

func workers() *Study {
	s := &Study{
		Name:     "workers",
		Title:    "How many workers does a load need?",
		Question: "How do load and the number of workers act on throughput, on the wait for a worker and on the response time? Where is the knee, and what do more workers than cores bring? (The original wants this known before workers are scaled.)",
		Method: []string{
			fmt.Sprintf("One distributor with %d cores; a worker takes 10 ms of a core for each packet, so that one does %d packets a second at most and all cores %d. Packets of 1 to 10 messages arrive at random (Poisson) for 6 s of virtual time, and a distributor that holds 100 refuses more, which the emitter then offers again later. 4 analysers, no faults. Throughput is counted from 1 s to 6 s; packets that are acknowledged later count for the times.", coreCount, workerRate, coreCount*workerRate),
		},
		Base: "steady-deficit",
		Set: []string{"check.require=C1,C2", "emitters.count=1", fmt.Sprintf("distributors.cores=%d", coreCount), "distributors.service={packet: 10ms}", "distributors.queue.items=100",
			"phases.warmup=1s", "phases.faults=1s", "phases.heal=4s"},
		Seeds: 10,
		Factors: []Factor{
			{Name: "load", About: "packets a second", Levels: loadLevels()},
			{Name: "workers", About: "how many", Levels: workerLevels()},
		},
		Measures: []Measure{
			{Name: "throughput", Unit: "packets/s", About: "packets acknowledged in the 5 s, by 5", Of: func(r *Run) (int64, bool) { return r.times.steady * 200, true }},
			{Name: "offered", Unit: "packets/s", About: "packets cut in the 5 s, by 5", Of: func(r *Run) (int64, bool) { return r.times.offered * 200, true }},
			percentileOf("wait_p50", "from the admission until a worker has handled the packet, its own 10 ms included; half of the packets", 50, func(r *Run) []int64 { return r.times.wait }),
			percentileOf("wait_p99", "the same, 99 of 100 packets", 99, func(r *Run) []int64 { return r.times.wait }),
			percentileOf("response_p50", "from cutting a packet to its acknowledgement, half of the packets", 50, func(r *Run) []int64 { return r.times.response }),
			percentileOf("response_p99", "the same, 99 of 100 packets", 99, func(r *Run) []int64 { return r.times.response }),
			{Name: "failed", Unit: "attempts", About: "attempts without a receipt in time", Count: true, Of: func(r *Run) (int64, bool) { return r.alarm.failed * 1000, true }},
			{Name: "false_alarms", Unit: "a run", About: "verdicts down, though no analyser failed", Count: true, Of: func(r *Run) (int64, bool) { return r.alarm.falsely * 1000, true }},
		},
		Shown: []string{"throughput", "wait_p50", "wait_p99", "response_p50", "response_p99", "failed", "false_alarms"},
		Plot: []Panel{
			{Title: "Throughput", X: "load", Series: "workers", Measure: "throughput"},
			{Title: "Wait for a worker, 99 of 100 packets", X: "load", Series: "workers", Measure: "wait_p99", Log: true},
			{Title: "Response time, 99 of 100 packets", X: "load", Series: "workers", Measure: "response_p99", Log: true},
		},
		Limits: []string{
			"A queue that is too long for its workers: with the default of 4,096 packets, receipts wait behind them for longer than the promised time of an attempt, and the checker says so (F5, at a load of 360 with one worker and seed 1). A distributor that does 100 packets a second should not hold more than it does within its attempt timeout.",
			"What an autoscaler makes of it when the load changes: [scale](scale.md) says that.",
			"What a worker costs by itself (memory, probes), and contention inside a machine: virtual processor time has neither.",
		},
	}
	s.Answer, s.Findings = s.workersAnswer, s.workersFindings
	return s
}

func loadLevels() (list []Level) {
	for _, n := range loads {
		list = append(list, Level{n, []string{"emitters.rate=" + n + "/s"}})
	}
	return list
}

func workerLevels() (list []Level) {
	for _, n := range workerCounts {
		list = append(list, Level{n, []string{"distributors.workers=" + n}})
	}
	return list
}

func (s *Study) workersAnswer(t *Table) []string {
	at := func(m, load, n string) Stat { return s.stat(t, m, load, n) }
	return []string{
		fmt.Sprintf("The knee is at min(workers, cores) × 100 packets a second, what the workers can do: one worker at a load of 50 has a wait of %s ms (99 of 100 packets), at 90 %s, at 180 %s; below the knee more workers shorten the wait (load 90: two %s, four %s).",
			at("wait_p99", "50", "1"), at("wait_p99", "90", "1"), at("wait_p99", "180", "1"), at("wait_p99", "90", "2"), at("wait_p99", "90", "4")),
		fmt.Sprintf("More workers than cores bring no throughput: at a load of 600, 4 workers do %s packets a second, 8 do %s, 16 do %s.",
			at("throughput", "600", "4"), at("throughput", "600", "8"), at("throughput", "600", "16")),
		fmt.Sprintf("Beyond the knee the wait is what the queue allows: with 100 packets held at most and a load of 600, one worker has a wait of %s ms, the rest of a response time of %s ms passes at the emitter, which is refused; %s attempts ran out of time, and %s false alarms were raised.",
			at("wait_p99", "600", "1"), at("response_p99", "600", "1"), at("failed", "600", "1"), at("false_alarms", "600", "1")),
	}
}

func (s *Study) workersFindings(t *Table) []Finding {
	kept, total := 0, 0
	for _, load := range loads {
		for _, n := range workerCounts {
			total++
			offered := s.stat(t, "offered", load, n)
			capacity := min(atoi(n), coreCount) * workerRate * 1000
			want := min(offered.Mean, capacity)
			if got := s.stat(t, "throughput", load, n).Mean; got*100 >= want*95 {
				kept++
			}
		}
	}
	four, eight, sixteen := s.stat(t, "response_p99", "360", "4"), s.stat(t, "response_p99", "360", "8"), s.stat(t, "response_p99", "360", "16")
	calmer := s.stat(t, "wait_p99", "50", "1")
	busier := s.stat(t, "wait_p99", "90", "1")
	upTo := s.stat(t, "throughput", "600", "4").Low > s.stat(t, "throughput", "600", "1").High
	beyond := s.stat(t, "throughput", "600", "8").Low > s.stat(t, "throughput", "600", "4").High*101/100
	more := verdict(upTo && beyond)
	if upTo && !beyond {
		more = inPart
	}
	return []Finding{
		{"More workers handle more load", "the original", more,
			fmt.Sprintf("Up to the cores: throughput is at least 95 %% of min(load, min(workers, cores) × 100) in %d of %d cells, and at a load of 600 it is %s with 4 workers, %s with 8.", kept, total, s.stat(t, "throughput", "600", "4"), s.stat(t, "throughput", "600", "8"))},
		{"That \"monitoring … response times\" tells in time that workers are missing", "the original", verdict(busier.Low > calmer.High && s.stat(t, "throughput", "90", "1").High*100 >= s.stat(t, "offered", "90", "1").Low*95),
			fmt.Sprintf("Yes, and the wait for a worker most plainly: %s ms at 50 %% of its capacity, %s at 90 %%, while throughput still follows the load.", calmer, busier)},
		{"More workers than cores do harm", "a guess of ours", verdict(eight.Low > four.High || sixteen.Low > four.High),
			fmt.Sprintf("At a load of 360, 90 %% of the cores, the response time is %s ms with 4 workers, %s with 8, %s with 16.", four, eight, sixteen)},
	}
}

// atoi reads a level.
func atoi(level string) int64 {
	n, err := strconv.ParseInt(level, 10, 64)
	if err != nil {
		panic("study: level " + level)
	}
	return n
}
