package logcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Verdict is the judgement of one run.
type Verdict struct {
	// Status is pass, fail or inconclusive.
	Status Status `json:"status"`
	// Records is how many well-formed records were judged.
	Records int64 `json:"records"`
	// EndTime is the largest world time, nanoseconds.
	EndTime int64 `json:"end_ns"`
	// Stopped is why the run ended, from the fault file.
	Stopped string `json:"stopped,omitempty"`
	// Missing lists required properties that were vacuous.
	Missing []string `json:"missing,omitempty"`
	// Results are the verdicts on the properties, in report order.
	Results []Result `json:"results"`
}

// Result returns the verdict on one property; false when it was not judged.
func (v *Verdict) Result(id string) (Result, bool) {
	for _, r := range v.Results {
		if r.ID == id {
			return r, true
		}
	}
	return Result{}, false
}

// Failed lists the properties that failed, in report order.
func (v *Verdict) Failed() []string {
	var ids []string
	for _, r := range v.Results {
		if r.Status == Fail {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// judge derives the run's status: a failed integrity property makes every other
// one that did not fail unknown.
func (v *Verdict) judge(run *Run) {
	broken := ""
	for i := range v.Results {
		if r := &v.Results[i]; slices.Contains(run.Ignore, r.ID) {
			*r = Result{ID: r.ID, Status: Vacuous, Detail: "ignored: run.json says that the faults break it"}
		}
	}
	for _, r := range v.Results {
		if r.Status == Fail && slices.Contains(integrityIDs, r.ID) {
			broken = r.ID
			break
		}
	}
	v.Status = Pass
	for i := range v.Results {
		r := &v.Results[i]
		if broken != "" && r.Status != Fail && !slices.Contains(integrityIDs, r.ID) {
			r.Status, r.Detail, r.Witness = Unknown, "the log itself failed "+broken, nil
		}
		if r.Status == Vacuous && slices.Contains(run.Require, r.ID) {
			v.Missing = append(v.Missing, r.ID)
		}
		switch {
		case r.Status == Fail:
			v.Status = Fail
		case v.Status == Pass && (r.Status == Unknown || len(v.Missing) > 0):
			v.Status = Inconclusive
		}
	}
	if v.Records == 0 && v.Status == Pass {
		v.Status = Inconclusive
	}
}

// WriteJSON writes the verdict as indented JSON, for verdict.json.
func (v *Verdict) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// WriteText writes the verdict for people: one line for each property that was
// judged, the failures with their witness. Nothing from the logs is written raw.
func (v *Verdict) WriteText(w io.Writer) error {
	p := printer{w: w}
	p.printf("%s: %d records, %s s of world time\n", v.Status, v.Records, decimal(v.EndTime, 9))
	for _, r := range v.Results {
		if r.Status == Vacuous {
			continue
		}
		p.printf("%-4s %-7s %d judged", r.ID, r.Status, r.Judged)
		if r.Failures > 0 {
			p.printf(", %d failed", r.Failures)
		}
		if r.Detail != "" {
			p.printf(": %s", Sanitise(r.Detail))
		}
		p.printf("\n")
		for _, x := range r.Witness {
			p.printf("       %s:%d: %s\n", Sanitise(x.File), x.Line, Sanitise(x.Text))
		}
	}
	if len(v.Missing) > 0 {
		p.printf("required, but never put to the test: %v\n", v.Missing)
	}
	return p.err
}

// printer remembers the first error of a row of writes.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
