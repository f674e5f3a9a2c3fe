package main

import (
	"fmt"

	"weir/logcheck"
)

// printer writes outcomes in one form. run is called in the order of runs.
type printer interface {
	begin() error
	run(o *outcome) error
	end(all *summary) error
}

// outputs are the forms of --output.
var outputs = []string{"text", "json", "junit", "github"}

// printer makes the printer for --output.
func (s *batch) printer() printer {
	t := &textPrinter{app: s.app, sweep: s}
	switch s.flags.output {
	case "json":
		return &jsonPrinter{app: s.app}
	case "junit":
		return &junitPrinter{app: s.app}
	case "github":
		return &githubPrinter{textPrinter: t}
	}
	return t
}

// figures are what a row tells of a run.
type figures struct {
	packets, messages, retries, duplicates int64
	// deviation is the largest of all choosers and sides and bound is its bound, in
	// thousandths of a message (smooth and original: of a packet); 0 and 0 if no
	// bound was judged.
	deviation, bound int64
	detect, recover  int64 // the longest times, ns; 0 without an outage
	wait             int64 // the longest wait of an emitter, ns
}

// figuresOf reads a report; all zero without one.
func figuresOf(r *logcheck.Report) figures {
	var f figures
	if r == nil {
		return f
	}
	f.packets, f.messages = r.Totals.Emitted, r.Totals.UniqueMessages
	f.retries, f.duplicates = r.Totals.Retries, r.Totals.Duplicates
	for _, d := range r.Distributors {
		for _, w := range d.Worst {
			f.side(w.StarvedMilli, w.StarvedBound)
			f.side(w.OverfedMilli, w.OverfedBound)
		}
	}
	for _, x := range r.Faults {
		f.detect, f.recover = max(f.detect, x.Detect.Max), max(f.recover, x.Recover.Max)
	}
	for _, e := range r.Emitters {
		f.wait = max(f.wait, e.Worst)
	}
	return f
}

// side takes one side of a deviation if it is the largest so far.
func (f *figures) side(deviation, bound int64) {
	if bound > 0 && (f.bound == 0 || deviation > f.deviation) {
		f.deviation, f.bound = deviation, bound
	}
}

// share is the worst deviation and its bound in words.
func (f figures) share() string {
	if f.bound == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f/%.2f", float64(f.deviation)/1000, float64(f.bound)/1000)
}

// seconds writes nanoseconds as seconds; a dash for none.
func seconds(ns int64) string {
	if ns == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fs", float64(ns)/1e9)
}

// word is the verdict in a word.
func (o *outcome) word() string {
	switch {
	case o.panicked != "":
		return "panic"
	case o.err != nil:
		return "error"
	}
	return o.status().String()
}

// paint colours a verdict's word if the output may have colours.
func (a *app) paint(word, text string) string {
	codes := map[string]string{"pass": "32", "fail": "31", "panic": "31", "error": "31", "inconclusive": "33"}
	if !a.colour || codes[word] == "" {
		return text
	}
	return "\x1b[" + codes[word] + "m" + text + "\x1b[0m"
}
