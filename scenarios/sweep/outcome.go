package sweep

import (
	"fmt"
	"slices"
	"strings"

	"weir/logcheck"
	"weir/scenarios"
)

// Run names one run so that it can be made again.
type Run struct {
	// Scenario is how the command line names it: a catalogue name, a file or a random
	// world; Set are its overrides.
	Scenario string   `json:"scenario"`
	Set      []string `json:"set,omitempty"`
	Seed     uint64   `json:"seed"`
	// Events is how many scheduler events it took: the measure of how fast it shows
	// something.
	Events uint64 `json:"events"`
}

// before orders runs: the faster one, then by seed and name, so that the order in which
// they are found does not matter.
func (r Run) before(o Run) bool {
	switch {
	case r.Events != o.Events:
		return r.Events < o.Events
	case r.Seed != o.Seed:
		return r.Seed < o.Seed
	}
	return r.Scenario < o.Scenario
}

// Failure is one thing that was wrong in a run.
type Failure struct {
	// Property is its id, or panic, error, unexpected.
	Property string `json:"property"`
	// Status is fail, or why the run shows nothing: unknown, missing.
	Status string `json:"status"`
	// Signature is the detail without what differs from run to run: names, ids and
	// numbers.
	Signature string `json:"signature"`
}

// Outcome is one run in the terms of a sweep.
type Outcome struct {
	Run      Run
	Failures []Failure // none: it went as its scenario expects
	Judged   []string  // properties that were not vacuous
	Faults   []string  // kinds of faults that acted, see Kinds
	Held     []string  // premises that held
	Plain    bool      // a plain check of shares says something of this run, see naive
	Off      bool      // and that a share is off by more than five points
}

// OutcomeOf reads a judged run.
func OutcomeOf(run Run, sc *scenarios.Scenario, res *scenarios.Result) Outcome {
	run.Events = res.Events
	o := Outcome{Run: run, Faults: Kinds(res.Faults)}
	o.Plain, o.Off = naive(sc, res, o.Faults)
	for _, r := range res.Verdict.Results {
		if r.Status != logcheck.Vacuous {
			o.Judged = append(o.Judged, r.ID)
		}
	}
	for name, n := range res.Report.Premises {
		if n > 0 {
			o.Held = append(o.Held, name)
		}
	}
	slices.Sort(o.Held)
	if len(scenarios.Surprises(sc, res)) > 0 {
		o.Failures = FailuresOf(res.Verdict)
		if sc.Check.Expect == "fail" {
			o.Failures = append(o.Failures, Failure{"unexpected", "fail", "expected to fail: " + strings.Join(sc.Check.ExpectFail, " ")})
		}
	}
	return o
}

// FailuresOf lists what was wrong by a verdict: the properties that failed; if none
// did, those that were unknown or missing.
func FailuresOf(v *logcheck.Verdict) []Failure {
	var failed, rest []Failure
	for _, r := range v.Results {
		f := Failure{r.ID, r.Status.String(), Signature(r.Detail)}
		switch r.Status {
		case logcheck.Fail:
			failed = append(failed, f)
		case logcheck.Unknown:
			rest = append(rest, f)
		}
	}
	if len(failed) > 0 {
		return failed
	}
	for _, id := range v.Missing {
		rest = append(rest, Failure{id, "missing", "required, but never put to the test"})
	}
	return rest
}

// Broken is the outcome of a run that could not be made or judged: err, or the text of a
// panic with its stack.
func Broken(run Run, err error, panicked string) Outcome {
	f := Failure{Property: "panic", Status: "fail", Signature: panicSignature(panicked)}
	if err != nil {
		f = Failure{"error", "fail", Signature(err.Error())}
	}
	return Outcome{Run: run, Failures: []Failure{f}}
}

// signatureMax bounds a signature, in bytes.
const signatureMax = 200

// Signature makes one text of all details that say the same about different packets,
// nodes and times: each word with a digit in it becomes #, but for a property's id.
func Signature(detail string) string {
	var words []string
	for _, w := range strings.Fields(detail) {
		core := strings.Trim(w, "(),:;.'\"")
		if strings.ContainsAny(core, "0123456789") && !slices.Contains(logcheck.PropertyIDs(), core) {
			w = strings.Replace(w, core, "#", 1)
		}
		words = append(words, w)
	}
	return clip(strings.Join(words, " "))
}

func clip(s string) string {
	if len(s) > signatureMax {
		s = strings.ToValidUTF8(s[:signatureMax], "")
	}
	return s
}

// panicSignature is what a panic said, and the first function of weir's own that it
// came through.
func panicSignature(text string) string {
	said, stack, _ := strings.Cut(text, "\n")
	_, stack, _ = strings.Cut(stack, "\npanic(") // what was above it is the recovery
	for line := range strings.Lines(stack) {
		if name, ok := strings.CutPrefix(line, "weir/"); ok {
			name, _, _ = strings.Cut(name, "({")
			name, _, _ = strings.Cut(name, "(0x")
			return clip(fmt.Sprintf("%s in %s", Signature(said), strings.TrimSpace(name)))
		}
	}
	return Signature(said)
}
