package study

import "strings"

// The promises and what happens, as levels of study acks.
const (
	syncedAck, aloneAck, crewAck, horizonAck, spooledAck, writtenAck = "synced", "synced, each alone", "synced, 4 workers", "synced, or given up", "spooled", "written"
	busy, heavy, powerCut, blackout, headless, noReceipts            = "busy", "heavy packets", "power cut", "all lose power", "distributor loses power", "receipts lost"
)

var promises = []string{syncedAck, aloneAck, crewAck, horizonAck, spooledAck, writtenAck}

func acks() *Study {
	s := &Study{
		Name:     "acks",
		Title:    "What does an acknowledgement promise, and what does it cost?",
		Question: "weir acknowledges a packet when one analyser has written and synced its effect, or, if it is told to, when the distributor has it on its own disk, and nothing weaker. What would a weaker promise save, what does it lose when power goes, and what does the way to keep the promise cost: one sync for many packets or one for each, several workers over one store, an emitter that gives up?",
		Method: []string{
			"One distributor with 2 workers, 4 analysers with weights 1 to 4, 4 emitters, together 300 packets of 1 to 10 messages a second (`busy`: 3,000; `heavy packets`: 1,000, each of which takes 2 ms of one of an analyser's 4 cores) for 6 s of virtual time. A sync takes an analyser's disk 1 ms on average (0.2 to 5 ms), a message 1 ms on its way.",
			"What is acknowledged, and how: `synced`, as weir does: packets that come while the disk syncs share the next sync, 256 at most. `synced, each alone`: a sync for each packet. `synced, 4 workers`: four workers of each analyser before one store. `synced, or given up`: as the first, and emitters give up a packet after 0.5 s. `spooled`: the distributor acknowledges what it has written and synced on its own disk, as fast as an analyser's, and delivers it afterwards. `written`: the analyser acknowledges before the sync. weir cannot be configured so; here its disk lies, says at once that a write is synced, and keeps it in memory.",
			"`power cut`: analyser a4 loses power at 2.5 s for 1 s, and what was not synced with it. `all lose power`: all analysers. `distributor loses power`: it, for as long. `receipts lost`: what a4 answers to the distributor is lost from 2 s to 3.5 s. The checker judges each run: all must pass, but of `written` with a power cut, which must fail C2 (what was acknowledged is kept) and C10 (what was synced is recovered).",
		},
		Base: "steady-deficit",
		Set: []string{"check.require=C1", "check.min_packets=0", "emitters.count=4", "emitters.rate=75/s",
			"phases.warmup=1s", "phases.faults=3s", "phases.heal=2s"},
		Seeds: 6,
		Factors: []Factor{
			{Name: "acknowledged", About: "what has happened to a packet that is, and how", Levels: []Level{
				{syncedAck, nil}, {aloneAck, []string{"analyser.batch=1"}}, {crewAck, []string{"analyser.workers=4"}}, {horizonAck, []string{"emitters.horizon=500ms"}},
				{spooledAck, []string{"distributors.spool={bytes: 64MiB}"}},
				{writtenAck, []string{"analyser.disk.latency={kind: constant, min: 1us, mean: 1us, max: 1us}"}},
			}},
			{Name: "condition", About: "what happens", Levels: levelsOf([]string{calm, busy, heavy, powerCut, blackout, headless, noReceipts}, "")},
		},
		Each: ackFaults,
		Measures: []Measure{
			{Name: "lost", Unit: "packets", About: "acknowledged, and no effect of them stands at the end", Count: true, Of: func(r *Run) (int64, bool) { lost, _ := r.effect.judge(); return lost * 1000, true }},
			{Name: "doubled", Unit: "packets", About: "of which an effect stands at more than one analyser", Count: true, Of: func(r *Run) (int64, bool) { _, n := r.effect.judge(); return n * 1000, true }},
			{Name: "given_up", Unit: "packets", About: "of which the emitter was told that they are not acknowledged", Count: true, Of: func(r *Run) (int64, bool) { return r.effect.gaveUp * 1000, true }},
			percentileOf("response_p50", "from cutting a packet to its acknowledgement, half of the packets", 50, func(r *Run) []int64 { return r.times.response }),
			percentileOf("response_p99", "the same, 99 of 100 packets", 99, func(r *Run) []int64 { return r.times.response }),
			{Name: "syncs", Unit: "a packet", About: "synced writes of analysers and distributors, by the effects", Of: func(r *Run) (int64, bool) {
				return divide(r.effect.syncs*1000, max(1, r.effect.made)), r.effect.made > 0
			}},
			{Name: "throughput", Unit: "packets/s", About: "acknowledged from 1 s to 6 s, by 5", Of: func(r *Run) (int64, bool) { return r.times.steady * 200, true }},
			{Name: "failed", Unit: "attempts", About: "attempts without a receipt in time, or refused", Count: true, Of: func(r *Run) (int64, bool) { return r.alarm.failed * 1000, true }},
		},
		Shown: []string{"lost", "doubled", "given_up", "response_p50", "response_p99", "syncs", "throughput", "failed"},
		Plot: []Panel{
			{Title: "Acknowledged and lost", X: "condition", Series: "acknowledged", Measure: "lost", Apart: true},
			{Title: "Response time, half of the packets", X: "condition", Series: "acknowledged", Measure: "response_p50", Log: true, Apart: true},
			{Title: "Response time, 99 of 100 packets", X: "condition", Series: "acknowledged", Measure: "response_p99", Log: true, Apart: true},
			{Title: "Synced writes", X: "condition", Series: "acknowledged", Measure: "syncs", Apart: true},
		},
		Limits: []string{
			"A distributor that loses its disk, with what it had acknowledged: a spool is as safe as the one disk below it.",
			"The highest load that each could do: all of them do all that is offered.",
			"Stores outside (bbolt, Redis): the simulation has the analyser's files only. What Redis keeps of what it acknowledges is a matter of its own settings; DESIGN says what each arrangement promises, and the tests of `system/store` kill and stall it.",
			"Several analysers over one store, which would take the doubled packets once: a store outside too.",
			"A disk whose lie lasts less than the run: what was written long ago is usually synced by the operating system in time. A process that dies without its machine loses nothing that was written.",
		},
	}
	s.Answer, s.Findings = s.acksAnswer, s.acksFindings
	return s
}

// ackFaults is what happens in a cell, and that it must fail where a promise is broken.
func ackFaults(levels []string) (set []string) {
	var plan []string
	if levels[0] == writtenAck {
		plan = append(plan, "at 1ms disk_lie a*")
	}
	switch levels[1] {
	case busy:
		set = append(set, "emitters.rate=750/s")
	case heavy:
		set = append(set, "emitters.rate=250/s", "analyser.cores=4", "analyser.service={packet: 2ms}")
	case powerCut:
		plan = append(plan, "at 2500ms for 1s crash a4")
	case blackout:
		plan = append(plan, "at 2500ms for 1s crash a*")
	case headless:
		plan = append(plan, "at 2500ms for 1s crash d1")
	case noReceipts:
		plan = append(plan, "at 2s for 1500ms cut a4 -> d1 acks")
	}
	if breaks(levels) {
		set = append(set, "check.expect=fail", "check.expect_fail=C2,C10")
	}
	return append(set, "faults="+strings.Join(plan, "\n"))
}

// breaks reports whether the promise of all analysers is broken in a cell.
func breaks(levels []string) bool {
	return levels[0] == writtenAck && (levels[1] == powerCut || levels[1] == blackout)
}
