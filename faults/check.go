package faults

import (
	"errors"
	"fmt"
	"time"
)

const textArgMax = 256 // bytes of a file name or of a matched value

// Check says everything that is wrong with the plan as such, whatever the world: limits, ranges, fields that a
// verb does not take. A plan that passes has a text form that parses back to it. A plan from [Parse] passes.
func (p Plan) Check() error {
	var bad []error
	if len(p.Actions) > ActionsMax {
		bad = append(bad, fmt.Errorf("faults: %d actions, at most %d", len(p.Actions), ActionsMax))
	}
	size := 0
	for i, a := range p.Actions {
		if err := a.check(); err != nil {
			bad = append(bad, fmt.Errorf("faults: action %d (%s): %w", i+1, a, err))
		}
		size += len(a.String()) + 1
	}
	if size > TextMax {
		bad = append(bad, fmt.Errorf("faults: the text form has %d bytes, at most %d", size, TextMax))
	}
	return errors.Join(bad...)
}

// check looks at the ranges first and then reads the action's own text back: what does not come back equal is a
// field that its verb does not take or a value that cannot be written.
func (a Action) check() error {
	if _, known := byVerb[a.Do]; !known {
		return fmt.Errorf("no such verb %q", string(a.Do))
	}
	if err := a.checkRanges(); err != nil {
		return err
	}
	back, some, err := parseLine(a.String(), 1)
	if err != nil {
		return err
	}
	if !some || !back.Equal(a) {
		return errors.New("a field is set that this verb or trigger does not take, or one that it takes is out of form")
	}
	return nil
}

// checkRanges holds the rules that the grammar does not, and reports all that are broken.
func (a Action) checkRanges() error {
	info := byVerb[a.Do]
	bad := a.When.checkRanges()
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			bad = append(bad, fmt.Errorf(format, args...))
		}
	}
	refuse(a.For < 0 || a.For > DurationMax, "for %v is not in 0s..%s", a.For, formatTime(DurationMax))
	refuse(a.For > 0 && info.EndedBy == "", "%s has no end, so it takes no for", a.Do)
	refuse(info.takesClasses() && (a.Targets.Classes == 0 || a.Targets.Classes > AllClasses),
		"the class set %#x is empty or unknown", uint8(a.Targets.Classes))
	refuse(info.Form == FormLinks && a.Targets.From == a.Targets.To && a.Targets.From.IsName(),
		"%s is linked to itself", a.Targets.From)
	refuse(a.Do == Kill && a.Targets.Actor == "", "kill takes one actor: NODES/ACTOR; a whole node is crashed")
	refuse(a.Do == OneWay && !a.Targets.Both, "one_way chooses among both directions: write <->")
	for _, arg := range info.Args {
		bad = append(bad, a.Args.checkRange(arg, a)...)
	}
	return errors.Join(bad...)
}

func (t Trigger) checkRanges() (bad []error) {
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			bad = append(bad, fmt.Errorf(format, args...))
		}
	}
	refuse(t.At < 0 || t.At > DurationMax, "at %v is not in 0s..%s", t.At, formatTime(DurationMax))
	refuse(t.After < 0 || t.After > DurationMax, "after %v is not in 0s..%s", t.After, formatTime(DurationMax))
	refuse(t.IsState() && (t.Count < 1 || t.Count > CountMax), "the count %d is not in 1..%d", t.Count, CountMax)
	refuse(len(t.Match) > MatchMax, "%d fields to match, at most %d", len(t.Match), MatchMax)
	for i, m := range t.Match {
		refuse(len(m.Value) > textArgMax, "the value of %s has %d bytes, at most %d", m.Key, len(m.Value), textArgMax)
		for _, other := range t.Match[:i] {
			refuse(other.Key == m.Key, "the field %s is named twice", m.Key)
		}
	}
	return bad
}

func (x Args) checkRange(arg Arg, a Action) (bad []error) {
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			bad = append(bad, fmt.Errorf(format, args...))
		}
	}
	switch arg {
	case ArgPercent:
		low := 0
		if a.Do == Slow {
			low = 101
		}
		refuse(x.Percent < low || x.Percent > PercentMax || x.Percent == 100,
			"%s %d%% is not in %d%%..%d%% without 100%%", a.Do, x.Percent, low, PercentMax)
	case ArgOver:
		refuse(x.Over <= 0 || x.Over > DurationMax, "over %v is not in 1ns..%s", x.Over, formatTime(DurationMax))
		refuse(a.For > 0 && a.For <= x.Over, "for %v must be longer than over %v, to leave time for the release", a.For, x.Over)
	case ArgShift:
		refuse(x.Shift == 0 || absolute(x.Shift) > DurationMax, "the shift %v is 0 or over %s", x.Shift, formatTime(DurationMax))
	case ArgDrift:
		refuse(x.DriftPPM == 0 || x.DriftPPM < -DriftMax || x.DriftPPM > DriftMax,
			"the drift %d ppm is 0 or over %d", x.DriftPPM, DriftMax)
	case ArgRot:
		refuse(x.File == "" || len(x.File) > textArgMax, "a file name has 1 to %d bytes", textArgMax)
		refuse(x.Offset < -1, "the offset %d is below 0", x.Offset)
	case ArgDocument:
		refuse(x.Document == "" || len(x.Document) > DocumentMax, "a document has 1 to %d bytes, not %d", DocumentMax, len(x.Document))
	}
	return bad
}

func absolute(d time.Duration) time.Duration {
	if d < 0 {
		return -d
	}
	return d
}
