package main

import (
	"path/filepath"
	"slices"
	"strings"

	"weir/logcheck"
	"weir/logcheck/trace"
)

// How many records are shown before the first difference and from it on.
const (
	aroundBefore = 5
	aroundAfter  = 5
)

// around shows the records of both runs before and after the first difference, of all
// nodes, in the order of the run. Empty if a run's header cannot be read.
func (d *difference) around(dir1, dir2 string) string {
	if d.file == "" {
		return ""
	}
	before, one := d.side(dir1)
	_, two := d.side(dir2)
	var b strings.Builder
	for _, part := range []struct {
		title string
		lines []string
	}{{"before it, in both", before}, {"then in 1", one}, {"then in 2", two}} {
		if len(part.lines) == 0 {
			part.lines = []string{"(nothing)"}
		}
		b.WriteString("  " + part.title + ":\n")
		for _, l := range part.lines {
			b.WriteString("    " + clean(l) + "\n")
		}
	}
	return b.String()
}

// side tells the records of one run around the difference.
func (d *difference) side(dir string) (before, after []string) {
	run, err := logcheck.ReadRun(filepath.Join(dir, "run.json"))
	if err != nil {
		return nil, nil
	}
	reached := false
	t := trace.New(trace.Filter{}, func(l trace.Line) error {
		// A run that has no such line differs where its time has passed.
		reached = reached || l.File == d.file && l.Number >= d.line || int64(l.T) > d.at
		if reached {
			after = append(after, l.String())
			return nil
		}
		if len(before) == aroundBefore {
			before = slices.Delete(before, 0, 1)
		}
		before = append(before, l.String())
		return nil
	})
	_, err = logcheck.Walk(logcheck.DirSource(dir), run, func(r *logcheck.Record) bool {
		return t.Record(r) && len(after) < aroundAfter
	})
	if err != nil {
		return nil, []string{err.Error()}
	}
	return before, after
}
