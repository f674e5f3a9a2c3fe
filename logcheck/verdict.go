package logcheck

import "fmt"

// Status is the verdict on one property, or on a run.
type Status uint8

// The verdicts. Inconclusive is only the verdict of a whole run: nothing failed,
// but something that was required is unknown or vacuous.
const (
	Vacuous Status = iota
	Pass
	Fail
	Unknown
	Inconclusive
)

var statusText = [...]string{"vacuous", "pass", "fail", "unknown", "inconclusive"}

// String returns the verdict in lower case.
func (s Status) String() string { return statusText[s] }

// MarshalText writes the verdict's word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the verdict's word.
func (s *Status) UnmarshalText(b []byte) error {
	for i, t := range statusText {
		if t == string(b) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("logcheck: %q is no verdict", b)
}

// Ref is a place in the logs: one line of one file.
type Ref struct {
	file *File
	// File is the path below the run's directory; set when a Verdict is made.
	File string `json:"file"`
	// Line counts from 1.
	Line int `json:"line"`
	// Text is the record itself, cut to 512 bytes; set when a Verdict is made.
	Text string `json:"text,omitempty"`
}

// valid says that the reference names a record.
func (r Ref) valid() bool { return r.Line > 0 }

// Result is the verdict on one property.
type Result struct {
	// ID is the property's name in FORMAT.md, for example C2.
	ID string `json:"id"`
	// Status is pass, fail, vacuous or unknown.
	Status Status `json:"status"`
	// Detail says in one line what failed, or why the answer is unknown.
	Detail string `json:"detail,omitempty"`
	// Judged counts the cases that were judged: 0 makes a property vacuous.
	Judged int64 `json:"judged"`
	// Failures counts the cases that failed; Detail and Witness tell the first.
	Failures int64 `json:"failures,omitempty"`
	// Witness is the smallest set of records that shows the first failure.
	Witness []Ref `json:"witness,omitempty"`
}

// Tally collects the cases of one property; rules embed it. The zero value with
// an ID is ready.
type Tally struct {
	// Name is the property's ID.
	Name string
	// Judged counts the cases looked at.
	Judged int64

	failures int64
	detail   string
	witness  []Ref
	unknown  string
	note     string // told with a pass
}

// ID returns the property's name.
func (t *Tally) ID() string { return t.Name }

// Case counts one case judged.
func (t *Tally) Case() { t.Judged++ }

// Failed reports whether a case failed.
func (t *Tally) Failed() bool { return t.failures > 0 }

// Failf counts a failed case. The first one is kept with its witness: the records
// that show it, in the order given; invalid references are left out. The text is
// not formatted for later ones, so a flood of failures stays cheap.
func (t *Tally) Failf(witness []Ref, format string, args ...any) {
	t.failures++
	if t.failures > 1 {
		return
	}
	t.detail = fmt.Sprintf(format, args...)
	for _, w := range witness {
		if w.valid() {
			t.witness = append(t.witness, w)
		}
	}
}

// Unknownf notes that the log does not decide the property; the first reason is
// kept. A failure outranks it.
func (t *Tally) Unknownf(format string, args ...any) {
	if t.unknown == "" {
		t.unknown = fmt.Sprintf(format, args...)
	}
}

// Result makes the verdict: fail, else unknown, else vacuous when nothing was
// judged, else pass.
func (t *Tally) Result() Result {
	r := Result{ID: t.Name, Judged: t.Judged, Failures: t.failures, Detail: t.detail, Witness: t.witness}
	switch {
	case t.failures > 0:
		r.Status = Fail
	case t.unknown != "":
		r.Status, r.Detail = Unknown, t.unknown
	case t.Judged > 0:
		r.Status, r.Detail = Pass, t.note
	}
	return r
}
