package study

import (
	"fmt"
	"strings"
)

// The loads and crews of study scale, as levels.
const (
	stepLoad, rampLoad, burstLoad = "step", "ramp", "bursts"
	byCPU, byBoth                 = "auto: cpu", "auto: cpu, wait"
)

var (
	loadShapes = []string{stepLoad, rampLoad, burstLoad}
	fixedCrews = []string{"1", "2", "3", "4", "5", "6", "8"}
)

// What the great load needs: 320 packets a second of 10 ms each keep 3.2 workers busy, and
// five of them at 64 %, below the autoscaler's target of 70 %.
const (
	peakRate  = 320
	peakCrew  = 5
	scaleTill = "window_down: 4s, cooldown_down: 2s"
)

func scaling() *Study {
	s := &Study{
		Name:     "scale",
		Title:    "What does an autoscaler make of the load?",
		Question: "When the load changes, how near does an autoscaler come to the number of workers that one would have chosen at the knee ([workers](workers.md)), how soon and in how many steps? What does it cost in response time and in workers, against a number that stays? The original wants workers to follow \"system performance metrics such as CPU usage, memory usage, and response times\".",
		Method: []string{
			fmt.Sprintf("One distributor with 8 cores; a worker takes 10 ms of a core for each packet, and the distributor holds 100 packets at most. Packets of 1 to 10 messages arrive at random (Poisson), 40 a second, for 36 s of virtual time; between 4 s and 20 s there are more. `step`: %d a second all that time. `ramp`: twice, four times and eight times as many, from 4 s, 8 s and 12 s on, and four times and twice from 20 s and 24 s on, until 28 s. `bursts`: %d for two seconds, at 4 s, 10 s and 16 s. 4 analysers, no faults.", peakRate, peakRate),
			fmt.Sprintf("A crew of a fixed number, or `auto`: 1 to 8 workers, a decision a second, by what a worker keeps busy of a core (target 70 %%), or by that and by the mean wait for a worker (target 60 ms); at most 4 more and 1 fewer at once, %s, the rest as by default. The best choice for the great load by the knee is %d: the fewest that are busy for at most 70 %% of the time.", scaleTill, peakCrew),
		},
		Base: "steady-deficit",
		Set: []string{"check.require=C1,C2", "emitters.count=2", "emitters.rate=20/s", "distributors.cores=8", "distributors.workers=1", "distributors.service={packet: 10ms}", "distributors.queue.items=100",
			"phases.warmup=4s", "phases.faults=26s", "phases.heal=6s"},
		Seeds: 6,
		Factors: []Factor{
			{Name: "load", About: "how it changes", Levels: []Level{
				{stepLoad, []string{"faults=at 4s for 16s load e* 800%"}},
				{rampLoad, []string{"faults=" + strings.Join([]string{"at 4s load e* 200%", "at 8s load e* 400%", "at 12s load e* 800%", "at 20s load e* 400%", "at 24s load e* 200%", "at 28s unload e*"}, "\n")}},
				{burstLoad, []string{"faults=at 4s for 2s load e* 800%\nat 10s for 2s load e* 800%\nat 16s for 2s load e* 800%"}},
			}},
			{Name: "workers", About: "how many, or how their number follows the load", Levels: crewLevels()},
		},
		Measures: []Measure{
			{Name: "peak_workers", Unit: "workers", About: "how many there are at 20 s, when the great load of `step` and `ramp` ends", Of: func(r *Run) (int64, bool) { return r.crew.atPeak * 1000, true }},
			{Name: "most", Unit: "workers", About: "the most that there were at any time", Of: func(r *Run) (int64, bool) { return r.crew.most * 1000, true }},
			{Name: "enough", Unit: "s", About: fmt.Sprintf("from 4 s until there were %d, if there were fewer", peakCrew), Of: func(r *Run) (int64, bool) { return divide(r.crew.enough-peakFrom, 1_000_000), r.crew.enough > peakFrom }},
			{Name: "settled", Unit: "s", About: "from 4 s to the last change of their number before 20 s", Of: func(r *Run) (int64, bool) { ns, ok := r.crew.settled(); return divide(ns, 1_000_000), ok }},
			{Name: "steps", Unit: "changes", About: "of the number of workers, in the whole run", Of: func(r *Run) (int64, bool) { return int64(len(r.crew.changes)) * 1000, true }},
			{Name: "turns", Unit: "changes", About: "that went the other way than the one before", Of: func(r *Run) (int64, bool) { return r.crew.turns() * 1000, true }},
			{Name: "held", Unit: "workers", About: "how many there were on average over the 36 s", Of: func(r *Run) (int64, bool) { return divide(r.crew.held, loadTo/1000), true }},
			percentileOf("response_p50", "from cutting a packet to its acknowledgement, half of the packets", 50, func(r *Run) []int64 { return r.times.response }),
			percentileOf("response_p99", "the same, 99 of 100 packets", 99, func(r *Run) []int64 { return r.times.response }),
			percentileOf("wait_p99", "from the admission until a worker has handled the packet, its own 10 ms included; 99 of 100 packets", 99, func(r *Run) []int64 { return r.times.wait }),
		},
		Shown: []string{"peak_workers", "most", "enough", "settled", "steps", "turns", "held", "response_p50", "response_p99", "wait_p99"},
		Plot: []Panel{
			{Title: "Response time, 99 of 100 packets", X: "workers", Series: "load", Measure: "response_p99", Log: true, Apart: true},
			{Title: "Workers on average", X: "workers", Series: "load", Measure: "held", Apart: true},
			{Title: "Changes of the number of workers", X: "workers", Series: "load", Measure: "steps", Apart: true},
		},
		Limits: []string{
			"What a start of a worker costs: here it takes no time. Its evidence about the analysers is fresh, though, and so are its credits.",
			"Other settings of the autoscaler. Real nodes decide every 5 s and wait 5 min with a decrease by default: slower and calmer than here.",
			"More workers than cores, which bring nothing: see [workers](workers.md). Memory and the number of emitters as signals: the scenarios `scale-*` have them.",
		},
	}
	s.Answer, s.Findings = s.scaleAnswer, s.scaleFindings
	return s
}

func crewLevels() []Level {
	list := levelsOf(fixedCrews, "distributors.workers=")
	return append(list,
		Level{byCPU, []string{"distributors.autoscale={max: 8, " + scaleTill + "}"}},
		Level{byBoth, []string{"distributors.autoscale={max: 8, wait: 60ms, " + scaleTill + "}"}})
}
