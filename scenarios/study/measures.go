package study

// What several studies measure.

var deviation = Measure{
	Name: "deviation", Unit: "messages",
	About: "the farthest that any analyser was from its share of what had been decided, at any decision, over all choosers together",
	Of:    func(r *Run) (int64, bool) { return milliParts(r.share.worst), r.share.decisions > 0 },
}

var detectMean = Measure{
	Name: "detect", Unit: "ms", About: "from the failure to the verdict of a worker, mean over workers that had not passed the analyser over already",
	Of: func(r *Run) (int64, bool) { return micros(mean(r.alarm.detect)) },
}

var detectWorst = Measure{
	Name: "detect_last", Unit: "ms", About: "the same, the last worker",
	Of: func(r *Run) (int64, bool) { return micros(most(r.alarm.detect)) },
}

var wasted = Measure{
	Name: "wasted", Unit: "attempts", About: "packets sent to the analyser while it was gone", Count: true,
	Of: func(r *Run) (int64, bool) { return r.alarm.wasted * 1000, true },
}

var probes = Measure{
	Name: "probes", Unit: "probes", About: "health probes sent in the run, with data probes",
	Of: func(r *Run) (int64, bool) { return r.alarm.probes * 1000, true },
}

// micros turns ns into thousandths of a millisecond.
func micros(ns int64, ok bool) (int64, bool) { return divide(ns, 1000), ok }

// percentileOf makes a measure of a percentile of some times, in milliseconds.
func percentileOf(name, about string, p int, list func(r *Run) []int64) Measure {
	return Measure{Name: name, Unit: "ms", About: about, Of: func(r *Run) (int64, bool) { return micros(percentile(list(r), p)) }}
}
