package study

import (
	"fmt"
	"strings"
)

// The detectors, as levels.
const (
	perWorker = "threshold (each worker)"
	phiWorker = "phi (each worker)"
	oneForAll = "threshold (central)"
)

// gray is the condition in which packets are lost and probes are not.
const gray = "packets cut, probes pass"

// detectorSpan is the time in which detectors of all workers watch all analysers: 4
// workers, 4 analysers, 25 s, in ns.
const detectorSpan = 4 * 4 * 25_000_000_000

func detector() *Study {
	s := &Study{
		Name:     "detector",
		Title:    "Who should watch the analysers, and how?",
		Question: "Should each worker have a failure detector of its own, as the original proposes, or one for the whole distributor? And should it count failures (threshold) or judge silence by its own history (phi)? What does each cost in time to notice a crash, in false alarms and in sends to an analyser that is gone, when messages are lost or somebody stands still?",
		Method: []string{
			"One distributor with 4 workers, 4 analysers, 50 packets a second for 25 s of virtual time. In every run analyser a1's host vanishes at 12 s for 5 s: nobody is told (no connection is refused or reset), only silence shows it; in condition `packets cut, probes pass` the host stays, but packets to it are lost. Besides, one condition holds from 2 s on. All detector settings are the defaults: a probe every 500 ms (1 s while down), answered within 400 ms; threshold: 3 failed probes or 5 failed packets in a row; phi: level 8, margin 500 ms.",
			"A false alarm is a verdict *down* on an analyser that is not gone: no stall here lasts longer than 1 s, so that calling it down helps nobody. Alarms are counted at the detectors: one central alarm counts once and makes all four workers pass the analyser over; the time lost counts each worker.",
		},
		Base: "steady-deficit",
		Set: []string{"check.require=C1,C2", "distributors.workers=4", "emitters.rate=25/s",
			"phases.warmup=2s", "phases.faults=20s", "phases.heal=3s"},
		Seeds: 20,
		Factors: []Factor{
			{Name: "detector", About: "its kind and who has it", Levels: []Level{
				{perWorker, []string{"distributors.detector.kind=threshold"}},
				{phiWorker, []string{"distributors.detector.kind=phi"}},
				{oneForAll, []string{"distributors.detector.kind=central"}},
			}},
			{Name: "condition", About: "loss is of each message between distributor and analysers, either way; stalls are short pauses of every analyser in turn, or of the distributor", Levels: []Level{
				{"calm", during("")},
				{"loss 5 %", during("at 2s for 20s impair d1 <-> a* loss 5%")},
				{"loss 20 %", during("at 2s for 20s impair d1 <-> a* loss 20%")},
				{"loss 40 %", during("at 2s for 20s impair d1 <-> a* loss 40%")},
				{"stalls 0.3 s", during(stalls("300ms", "a1", "a2", "a3", "a4"))},
				{"stalls 1 s", during(stalls("1s", "a1", "a2", "a3", "a4"))},
				{"distributor stalls 1 s", during(stalls("1s", "d1"))},
				{gray, []string{"faults=at 12s for 5s cut d1 -> a1 data"}},
			}},
		},
		Measures: []Measure{
			detectMean, detectWorst,
			{Name: "noticed", Unit: "% of workers", About: "workers that passed the analyser over by the failure's end", Of: func(r *Run) (int64, bool) {
				return (int64(len(r.alarm.detect)) + r.alarm.already) * 100_000 / 4, true
			}},
			{Name: "false_alarms", Unit: "a run", About: "verdicts down on an analyser that is not gone", Count: true, Of: func(r *Run) (int64, bool) { return r.alarm.falsely * 1000, true }},
			{Name: "time_lost", Unit: "%", About: "time in which a worker passed over an analyser because of a false alarm, of all workers' time with all analysers",
				Of: func(r *Run) (int64, bool) { return divide(r.alarm.lost, detectorSpan/100_000), true }},
			wasted,
			{Name: "failed", Unit: "attempts", About: "attempts without a receipt in time, for whatever reason", Count: true, Of: func(r *Run) (int64, bool) { return r.alarm.failed * 1000, true }},
			{Name: "recover", Unit: "ms", About: "from the return to the verdict up of a worker, mean over workers", Of: func(r *Run) (int64, bool) { return micros(mean(r.alarm.recover)) }},
			probes,
		},
		Shown: []string{"detect", "detect_last", "noticed", "false_alarms", "time_lost", "wasted", "recover", "probes"},
		Plot: []Panel{
			{Title: "Time to notice the failure, mean over workers", X: "condition", Series: "detector", Measure: "detect", Apart: true},
			{Title: "False alarms", X: "condition", Series: "detector", Measure: "false_alarms", Apart: true},
			{Title: "Sends to the analyser that is gone", X: "condition", Series: "detector", Measure: "wasted", Apart: true},
		},
		Limits: []string{
			"A crash that a refused or reset connection tells is noticed at once by every detector here; only silence is studied.",
			"One network between all: a distributor with several network paths could see an analyser from one worker and not from another. Here workers differ by chance only.",
			"A detector of a worker counts failed packets besides probes; a central one of weir has probes only. Part of the false alarms under loss are of packets, and all of the last condition's result.",
			"Phi central is not offered by weir.",
		},
	}
	s.Answer, s.Findings = s.detectorAnswer, s.detectorFindings
	return s
}

// during is the plan of a condition: the crash, and what else.
func during(more string) []string {
	return []string{"faults=" + strings.TrimSpace("at 12s for 5s crash a1 silent\n"+more)}
}

// stalls pauses nodes in turn for so long, two rounds before the crash.
func stalls(length string, nodes ...string) string {
	var lines []string
	for i := range 4 {
		lines = append(lines, fmt.Sprintf("at %ds for %s pause %s", 3+2*i, length, nodes[i%len(nodes)]))
	}
	return strings.Join(lines, "\n")
}

func (s *Study) conditions() (names []string) {
	for _, l := range s.factor("condition").Levels {
		names = append(names, l.Name)
	}
	return names
}

func (s *Study) detectorAnswer(t *Table) []string {
	three := func(m, c string) string {
		return fmt.Sprintf("%s / %s / %s", s.stat(t, m, perWorker, c), s.stat(t, m, phiWorker, c), s.stat(t, m, oneForAll, c))
	}
	return []string{
		fmt.Sprintf("Calm, a crash that only silence shows is noticed after %s ms (threshold of each worker / phi of each worker / central threshold), with %s sends wasted and %s probes: four detectors notice nothing sooner than one, phi does.",
			three("detect", "calm"), three("wasted", "calm"), three("probes", "calm")),
		fmt.Sprintf("Loss makes false alarms: at 20 %% they are %s a run, and healthy analysers are passed over for %s %% of the workers' time. Short stalls, of 1 s at most, make next to none: %s for analysers, %s for the distributor, which knows that it stood still.",
			three("false_alarms", "loss 20 %"), three("time_lost", "loss 20 %"), three("false_alarms", "stalls 1 s"), three("false_alarms", "distributor stalls 1 s")),
		fmt.Sprintf("Where packets are lost and probes pass, %s %% of the workers notice, and %s sends are wasted: only who sends packets can see it. That is what detectors in the workers are for.",
			three("noticed", gray), three("wasted", gray)),
	}
}

// compare says in which conditions a is clearly below b and in which above, by a measure
// whose intervals do not touch.
func (s *Study) compare(t *Table, measure, a, b string) (below, above []string) {
	for _, c := range s.conditions() {
		x, y := s.stat(t, measure, a, c), s.stat(t, measure, b, c)
		switch {
		case x.N == 0 || y.N == 0: // nothing to compare
		case x.High < y.Low:
			below = append(below, c)
		case x.Low > y.High:
			above = append(above, c)
		}
	}
	return below, above
}

// better gives the verdict on "a has less of it than b".
func better(below, above []string) string {
	switch {
	case len(below) > 0 && len(above) == 0:
		return right
	case len(below) > 0:
		return inPart
	}
	return wrong
}

func listOf(names []string) string {
	if len(names) == 0 {
		return "never"
	}
	return strings.Join(names, ", ")
}

func (s *Study) detectorFindings(t *Table) []Finding {
	alarmsBelow, alarmsAbove := s.compare(t, "false_alarms", perWorker, oneForAll)
	lostBelow, lostAbove := s.compare(t, "time_lost", perWorker, oneForAll)
	fastBelow, fastAbove := s.compare(t, "detect", perWorker, oneForAll)
	phiBelow, phiAbove := s.compare(t, "false_alarms", phiWorker, perWorker)
	slowBelow, slowAbove := s.compare(t, "detect", phiWorker, perWorker)
	grayWorker, grayCentral := s.stat(t, "noticed", perWorker, gray), s.stat(t, "noticed", oneForAll, gray)
	said := func(below, above []string) string {
		return fmt.Sprintf("Clearly less: %s. Clearly more: %s.", listOf(below), listOf(above))
	}
	return []Finding{
		{"Detectors in the workers \"reduce the risk of false positives\", compared with a central one: fewer alarms", "the original", better(alarmsBelow, alarmsAbove),
			fmt.Sprintf("%s Four detectors alarm four times as often: at 20 %% loss %s of each worker, %s of the central one.", said(alarmsBelow, alarmsAbove),
				number(divide(s.stat(t, "false_alarms", perWorker, "loss 20 %").Mean, 4)), number(s.stat(t, "false_alarms", oneForAll, "loss 20 %").Mean))},
		{"The same, by what a false alarm costs: time in which a healthy analyser is passed over", "the original", better(lostBelow, lostAbove), said(lostBelow, lostAbove)},
		{"They reduce the risk of false \"negatives\": failures that are not noticed", "the original", verdict(grayWorker.Low > grayCentral.High),
			fmt.Sprintf("Of an analyser that answers probes and gets no packets, %s %% of the workers know by their own packets, %s %% by a central detector's probes.", grayWorker, grayCentral)},
		{"They notice a crash sooner", "the original (\"more granular control\")", better(fastBelow, fastAbove), said(fastBelow, fastAbove)},
		{"Phi raises fewer false alarms than a threshold", "its literature", better(phiBelow, phiAbove), said(phiBelow, phiAbove)},
		{"Phi notices a crash sooner", "its literature", better(slowBelow, slowAbove), said(slowBelow, slowAbove)},
	}
}
