package main

import (
	"bytes"
	"slices"

	"weir/logcheck"
)

// summary adds up a sweep.
type summary struct {
	sweep      *batch
	runs       uint64
	surprising uint64     // runs without the verdict that was expected
	notPassed  []*outcome // shown in full, the first few
	raised     int        // an exit code that something beside the runs asks for
	worst      int        // the gravest exit code of the runs
}

// shownMax is how many failures are told in full.
const shownMax = 10

// add counts an outcome. Only outcomes that need to be told are kept.
func (all *summary) add(o *outcome) {
	all.runs++
	if !o.expected() {
		all.surprising++
	}
	all.worst = graver(all.worst, all.sweep.codeOf(o))
	if all.sweep.then != nil {
		all.raise(all.sweep.then(o))
	}
	plain := o.status() == logcheck.Pass && o.expected() && o.saveErr == nil
	if !plain && len(all.notPassed) < shownMax {
		all.notPassed = append(all.notPassed, o)
	}
}

// raise makes the exit code at least as grave.
func (all *summary) raise(code int) { all.raised = graver(all.raised, code) }

// code is the exit code of the whole.
func (all *summary) code(interrupted bool) int {
	if interrupted {
		return exitInterrupted
	}
	return graver(all.worst, all.raised)
}

// codeOf is the exit code that one run asks for. In the catalogue as a whole an
// expected failure is well; alone it is a failure like any other.
func (s *batch) codeOf(o *outcome) int {
	switch {
	case o.panicked != "", o.err != nil:
		return exitInternal
	case o.status() == logcheck.Inconclusive, o.verdict == nil:
		return exitInconclusive
	case s.catalogue && o.expected():
		return saved(o)
	case o.status() == logcheck.Fail, !o.expected():
		return exitFailed
	}
	return saved(o)
}

func saved(o *outcome) int {
	if o.saveErr != nil {
		return exitInternal
	}
	return exitOK
}

// gravity orders the exit codes of runs, the gravest last.
var gravity = []int{exitOK, exitInconclusive, exitFailed, exitNotRepeatable, exitInternal}

// graver picks the exit code that tells more.
func graver(a, b int) int {
	if slices.Index(gravity, b) > slices.Index(gravity, a) {
		return b
	}
	return a
}

// countFaults counts the acts in a fault log.
func countFaults(log []byte) int { return bytes.Count(log, []byte(`{"k":"fault",`)) }
