package sweep

import (
	"weir/logcheck"
	"weir/scenarios"
)

// What a plain check of shares would need and allow.
const (
	naiveMessages = 1000   // of a run, or it is left out
	naivePPM      = 50_000 // how far a share may be from the weight's: five points
)

// naive judges a run by what test suites commonly check: that each analyser's share of
// all messages is within five points of its weight's. It is here for comparison only:
// it says nothing of a run with faults (judged is false), in which a sound system is off.
func naive(sc *scenarios.Scenario, res *scenarios.Result, kinds []string) (judged, off bool) {
	got, all, weights := map[string]int64{}, int64(0), int64(0)
	for _, a := range res.Report.Analysers {
		got[a.Node] = a.CommittedMessages
		all += a.CommittedMessages
	}
	for _, a := range sc.AnalyserList() {
		if !a.Spare {
			weights += a.Weight
		}
	}
	if len(kinds) > 0 || all < naiveMessages || weights == 0 || res.Verdict.Status == logcheck.Inconclusive {
		return false, false
	}
	for _, a := range sc.AnalyserList() {
		if a.Spare {
			continue
		}
		want, has := a.Weight*1_000_000/weights, got[a.ID]*1_000_000/all
		off = off || want-has > naivePPM || has-want > naivePPM
	}
	return true, off
}
