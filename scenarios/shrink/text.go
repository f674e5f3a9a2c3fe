package shrink

import (
	"fmt"
	"slices"
	"strings"

	"weir/logcheck"
	"weir/scenarios"
)

// without runs the result without each of its actions.
func (s *search) without() []Without {
	var table []Without
	actions := s.best.Plan().Actions
	for i, a := range actions {
		c := s.best.Clone()
		setPlan(c, slices.Delete(slices.Clone(actions), i, i+1))
		w := Without{Action: a.String(), Then: "cannot be left out alone: another action needs it"}
		if next, err := scenarios.Parse(c.Name, c.Brief()); err == nil {
			w.Then = s.verdict(next)
		}
		table = append(table, w)
	}
	return table
}

// verdict says in a word how a run ends.
func (s *search) verdict(sc *scenarios.Scenario) string {
	failures, _, err := s.run(sc)
	if err != nil {
		return err.Error()
	}
	var ids []string
	for _, f := range failures {
		if f == s.target {
			return "fails all the same"
		}
		ids = append(ids, f.Property+" "+f.Status)
	}
	if len(ids) == 0 {
		return "passes"
	}
	return strings.Join(ids, ", ")
}

// suffix is what the name of a shrunk scenario ends with.
const suffix = "-shrunk"

// text is the scenario's file: what it shows, what each fault is needed for, and the
// short form.
func text(from *scenarios.Scenario, r *Result) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Shows: %s: %s\n", r.Failure.Property, line(r.Failure.Signature))
	fmt.Fprintf(&b, "# Shrunk from %s, seed %d, in %d runs: %s, before %s.\n", line(from.Name), r.Scenario.Seed, r.Runs, r.Last, r.First)
	if r.Stopped {
		fmt.Fprintf(&b, "# The search was ended early: there may be a smaller one.\n")
	}
	for _, w := range r.Without {
		fmt.Fprintf(&b, "# Without `%s`: %s.\n", line(w.Action), line(w.Then))
	}
	if len(r.Without) == 0 {
		fmt.Fprintf(&b, "# It needs no fault.\n")
	}
	named := r.Scenario.Clone()
	if len(named.Name)+len(suffix) <= 64 && !strings.HasSuffix(named.Name, suffix) {
		named.Name += suffix // so that its runs do not take the place of the original's
	}
	named.About = fmt.Sprintf("Shows %s: %s", r.Failure.Property, line(r.Failure.Signature))
	b.Write(named.Brief())
	return []byte(b.String())
}

// line is text that stays within a comment's line.
func line(s string) string { return logcheck.Sanitise(s) }

// String is the size in words.
func (z Size) String() string {
	return fmt.Sprintf("faults %d, nodes %d, packets %d, events %d", z.Actions, z.Nodes, z.Packets, z.Events)
}
