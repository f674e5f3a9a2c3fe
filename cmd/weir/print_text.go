package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"weir/logcheck"
	"weir/scenarios"
)

// textPrinter writes for people: one run in some lines, several as a table, then
// what did not pass.
type textPrinter struct {
	app   *app
	sweep *batch
}

const rowFormat = "%-24s %10s %8s %9s %6s %14s %8s %8s %6s  %s %s\n"

// begin writes the head of the table.
func (p *textPrinter) begin() error {
	if p.sweep.single() {
		return nil
	}
	_, err := fmt.Fprintf(p.app.out, rowFormat, "scenario", "seed", "packets", "messages", "faults", "share/bound", "detect", "recover", "dups", "verdict     ", "expected")
	return err
}

// run writes one run.
func (p *textPrinter) run(o *outcome) error {
	if p.sweep.single() {
		return p.block(o)
	}
	f := figuresOf(o.report)
	word := p.app.paint(o.word(), fmt.Sprintf("%-12s", o.word()))
	_, err := fmt.Fprintf(p.app.out, rowFormat, clean(o.sc.Name), fmt.Sprint(o.seed), fmt.Sprint(f.packets), fmt.Sprint(f.messages),
		fmt.Sprint(o.faults), f.share(), seconds(f.detect), seconds(f.recover), fmt.Sprint(f.duplicates), word, p.expectation(o))
	return err
}

// expectation says what was expected, and marks it when it did not come.
func (p *textPrinter) expectation(o *outcome) string {
	if o.expected() {
		return o.sc.Check.Expect
	}
	return p.app.paint("fail", o.sc.Check.Expect+" (!)")
}

// block writes a single run at length.
func (p *textPrinter) block(o *outcome) error {
	if o.verdict == nil {
		return nil // told at the end
	}
	f := figuresOf(o.report)
	w := &writer{w: p.app.out}
	w.printf("%s  seed %d  %s\n", clean(o.sc.Name), o.seed, p.app.paint(o.word(), o.word()))
	took := fmt.Sprintf("%v of virtual time, %d events", o.virtual.Round(time.Millisecond), o.events)
	if o.token.World == scenarios.WorldTCP {
		took = fmt.Sprintf("%v of real time", o.virtual.Round(time.Millisecond))
	}
	w.printf("  %d packets, %d messages, %d faults, %s, ended: %s\n", f.packets, f.messages, o.faults, took, clean(o.stop))
	w.printf("  share      worst deviation/bound %s\n", f.share())
	w.printf("  faults     noticed within %s, recovery within %s, longest wait of an emitter %s\n", seconds(f.detect), seconds(f.recover), seconds(f.wait))
	w.printf("  traffic    %d retries, %d duplicates suppressed\n", f.retries, f.duplicates)
	for _, r := range o.verdict.Results {
		if r.ID == "C16" && r.Status != logcheck.Vacuous {
			w.printf("  inputs     %s: %s\n", r.Status, clean(r.Detail))
		}
	}
	w.printf("  properties %s\n", tally(o.verdict))
	for _, n := range o.notes {
		w.printf("  note       %s\n", clean(n))
	}
	if o.dir != "" && o.saveErr == nil {
		w.printf("  kept in    %s\n", clean(o.dir))
		w.printf("  report     %s check %s\n", shellQuote(p.app.prog), shellQuote(o.dir))
	}
	if o.token.World == "" { // what ran for real cannot be repeated
		w.printf("  token      %s\n", clean(o.token.String()))
	}
	return w.err
}

// tally counts the verdicts on the properties.
func tally(v *logcheck.Verdict) string {
	count := map[logcheck.Status]int{}
	for _, r := range v.Results {
		count[r.Status]++
	}
	var parts []string
	for _, s := range []logcheck.Status{logcheck.Pass, logcheck.Fail, logcheck.Unknown, logcheck.Vacuous} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	return strings.Join(parts, ", ")
}

// end writes what did not pass and a last line.
func (p *textPrinter) end(all *summary) error {
	w := &writer{w: p.app.out}
	for _, o := range all.notPassed {
		p.sweep.tell(w, o)
	}
	if p.sweep.single() {
		return w.err
	}
	verdict := "all as expected"
	if all.surprising > 0 {
		verdict = fmt.Sprintf("%d not as expected", all.surprising)
	}
	if all.runs < p.sweep.total() {
		verdict += fmt.Sprintf("; interrupted, %d were not run", p.sweep.total()-all.runs)
	}
	w.printf("%d of %d runs: %s\n", all.runs, p.sweep.total(), verdict)
	return w.err
}

// writer remembers the first error of a row of writes.
type writer struct {
	w   io.Writer
	err error
}

func (w *writer) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}
