package main

import (
	"fmt"
	"strings"

	"weir/logcheck"
	"weir/scenarios"
)

// tell writes what did not pass in a run, with the lines to paste.
func (s *batch) tell(w *writer, o *outcome) {
	w.printf("\n")
	switch {
	case o.panicked != "":
		w.printf("%s internal error  scenario=%s  seed=%d\n%s\n", s.app.paint("panic", "PANIC"), clean(o.sc.Name), o.seed, cleanLines(o.panicked))
	case o.err != nil:
		w.printf("%s  scenario=%s  seed=%d\n  %s\n", s.app.paint("error", "ERROR"), clean(o.sc.Name), o.seed, cleanLines(o.err.Error()))
	case o.verdict != nil:
		s.tellVerdict(w, o)
	}
	if o.saveErr != nil {
		w.printf("  not kept: %s\n", clean(o.saveErr.Error()))
	}
	w.printf("  reproduce: %s\n", s.command(o))
	prog := shellQuote(s.app.prog)
	switch {
	case s.flags.world == scenarios.WorldTCP && o.dir != "" && o.saveErr == nil:
		w.printf("  view:      %s check %s\n", prog, shellQuote(o.dir))
		s.tellPacket(w, o)
	case o.saveErr != nil && o.verdict != nil:
		w.printf("  replay:    %s replay %s\n", prog, shellQuote(o.token.String()))
	case o.dir != "" && o.saveErr == nil:
		if o.status() == logcheck.Fail {
			w.printf("  minimise:  %s shrink %s\n", prog, shellQuote(o.dir))
		}
		w.printf("  replay:    %s replay %s\n", prog, shellQuote(o.dir))
		w.printf("  view:      %s check %s\n", prog, shellQuote(o.dir))
		s.tellPacket(w, o)
	}
}

// tellPacket writes the line that shows the life of the first packet that a failure's
// witness names, if one does.
func (s *batch) tellPacket(w *writer, o *outcome) {
	if o.verdict == nil {
		return
	}
	for _, r := range o.verdict.Results {
		if id := packetOf(r.Witness); r.Status == logcheck.Fail && id != "" {
			w.printf("  packet:    %s check %s --packet %s\n", shellQuote(s.app.prog), shellQuote(o.dir), id)
			return
		}
	}
}

// tellVerdict writes the properties that failed with their witness, or why the run
// is inconclusive.
func (s *batch) tellVerdict(w *writer, o *outcome) {
	for _, r := range o.verdict.Results {
		switch r.Status {
		case logcheck.Fail:
			s.tellProperty(w, o, r, "FAIL")
		case logcheck.Unknown:
			s.tellProperty(w, o, r, "UNKNOWN")
		}
	}
	if len(o.verdict.Missing) > 0 {
		w.printf("%s  scenario=%s  seed=%d\n  required, but never put to the test: %s\n",
			s.app.paint("inconclusive", "VACUOUS"), clean(o.sc.Name), o.seed, strings.Join(o.verdict.Missing, " "))
	}
	switch {
	case o.expected() && o.status() == logcheck.Fail:
		w.printf("  as expected: the scenario is there to fail\n")
	case o.sc.Check.Expect == "fail" && !o.expected():
		w.printf("  %s\n", clean(strings.Join(o.surprises, "; ")))
	}
}

func (s *batch) tellProperty(w *writer, o *outcome, r logcheck.Result, word string) {
	at := ""
	if t, ok := lastTime(r.Witness); ok {
		at = fmt.Sprintf("  t=%.3fs", float64(t)/1e9)
	}
	w.printf("%s %s  scenario=%s  seed=%d%s\n", s.app.paint(strings.ToLower(word), word), r.ID, clean(o.sc.Name), o.seed, at)
	if r.Detail != "" {
		w.printf("  %s\n", clean(r.Detail))
	}
	for _, ref := range r.Witness {
		w.printf("  %s:%d: %s\n", clean(ref.File), ref.Line, clean(ref.Text))
	}
}

// lastTime is the world time of a witness's last record, ns.
func lastTime(witness []logcheck.Ref) (int64, bool) {
	for i := len(witness) - 1; i >= 0; i-- {
		if t, ok := intField(witness[i].Text, "t"); ok {
			return t, true
		}
	}
	return 0, false
}

// intField reads an integer of a flat JSON line.
func intField(line, key string) (n int64, ok bool) {
	_, rest, found := strings.Cut(line, `"`+key+`":`)
	for i := 0; found && i < len(rest) && rest[i] >= '0' && rest[i] <= '9' && i < 18; i++ {
		n, ok = n*10+int64(rest[i]-'0'), true
	}
	return n, ok
}

// command is the command line that repeats a run.
func (s *batch) command(o *outcome) string {
	f := s.flags
	args := []string{shellQuote(s.app.prog), "run", shellQuote(o.arg), "--seed", fmt.Sprint(o.seed)}
	for _, set := range f.set {
		args = append(args, "--set", shellQuote(set))
	}
	for _, in := range f.inputs {
		args = append(args, "--input", shellQuote(in))
	}
	if f.codec != "" && f.codec != "none" {
		args = append(args, "--codec", f.codec)
	}
	if f.world == scenarios.WorldTCP {
		args = append(args, "--world", f.world)
	}
	if f.transport != "" && f.transport != "grpc" {
		args = append(args, "--transport", f.transport)
	}
	return strings.Join(args, " ")
}
