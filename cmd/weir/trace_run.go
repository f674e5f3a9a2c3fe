package main

import (
	"fmt"
	"reflect"

	"weir/logcheck"
	"weir/logcheck/trace"
	"weir/scenarios"
)

// traceRun replays a run and shows what happens in it.
func (a *app) traceRun(arg string, token scenarios.Token, output string, f *traceFlags) error {
	if output != "text" && output != "json" {
		return usage("--output %q: with records to show, want text or json", output)
	}
	sc, files, err := a.ofToken(token)
	if err != nil {
		return err
	}
	defer files.close()
	filter, err := f.filter(sc.NodeNames(), true)
	if err != nil {
		return err
	}
	t := &runTrace{app: a, arg: arg, filter: filter, lines: logcheck.NewLines(), p: a.tracePrinter(filter, output)}
	if f.stopAt != "" {
		b, err := trace.ParseBound(f.stopAt)
		if err != nil || b.Event == 0 {
			return usage("--stop-at %q: want the number of an event, as 7613", f.stopAt)
		}
		if f.until != "" {
			return usage("--until and --stop-at exclude each other")
		}
		t.stopAt = b.Event
	}
	// With --stop-at alone only the stop is shown.
	t.quiet = t.stopAt > 0 && !f.all && f.from == "" && f.until == "" && f.packet == "" && len(f.nodes) == 0
	build := a.build()
	fmt.Fprintf(a.errw, "weir: %s, seed %d, build %s\n", clean(sc.Name), token.Seed, clean(build))
	return t.play(sc, token, scenarios.Options{
		Seed: token.Seed, Inputs: files.list(), Build: build,
		Trace:       &scenarios.Trace{Record: t.record, Handled: t.handled, StopAt: t.stopAt, Stopped: t.stopped},
		Interrupted: func() bool { return a.ctx.Err() != nil },
	}, files)
}

// runTrace is a trace of a run under way.
type runTrace struct {
	app    *app
	arg    string // the run, as it was named
	filter trace.Filter
	lines  *logcheck.Lines
	p      *tracePrinter
	stopAt uint64
	quiet  bool
	halted bool // it stopped there
	bad    error
}

func (t *runTrace) play(sc *scenarios.Scenario, token scenarios.Token, opt scenarios.Options, files *inputs) error {
	a := t.app
	defer t.p.out.Flush() // what led to a panic
	res, err := a.run(sc, opt)
	if err == nil {
		err = t.bad
	}
	if err != nil {
		return internal("%w", err)
	}
	if err := t.p.end(t.filter); err != nil {
		return err
	}
	switch {
	case a.ctx.Err() != nil:
		return interrupted()
	case t.stopAt > 0 && !t.halted:
		return t.missed(res)
	case res.Stop == scenarios.StopEnough:
		return nil
	}
	now := token
	now.ScenarioHash, now.Inputs, now.Build = sc.Hash(), files.tokens(), opt.Build
	now.TraceHash, now.LogHash = res.TraceHash, res.LogHash
	return ended(a.compareTokens(token, now, a.firstDifferenceTo(t.arg, token, res)))
}

// missed says why the run did not stop at an event.
func (t *runTrace) missed(res *scenarios.Result) error {
	if res.Stop != scenarios.StopEnough {
		return usage("--stop-at %d: the run has %d events", t.stopAt, res.Events)
	}
	return usage("--stop-at %d: no actor handles this event (the network, a disk or the fault plan does); the next one that an actor handles is %d", t.stopAt, res.Events)
}

// record takes a line of a log.
func (t *runTrace) record(file string, line []byte) bool {
	if t.quiet {
		return true
	}
	r, err := t.lines.Parse(file, line)
	if err != nil {
		t.bad = err
		return false
	}
	return t.p.Record(r)
}

// handled takes an event that left no record.
func (t *runTrace) handled(h scenarios.Handled) bool {
	return t.quiet || t.p.Event(trace.Line{
		T: h.At, Event: h.Event, Where: trace.Node(h.Node, h.Inc) + "/" + h.Actor, Text: "handles " + h.What,
	}, h.Node)
}

// stopped shows the state at the event of --stop-at.
func (t *runTrace) stopped(h scenarios.Handled) {
	t.halted = true
	l := trace.Line{
		T: h.At, Event: h.Event, Where: trace.Node(h.Node, h.Inc) + "/" + h.Actor,
		Text: "is about to handle " + clean(h.What),
	}
	_ = t.p.line(l) // Flush tells
	if t.p.json {
		return
	}
	if h.Msg != nil {
		_, _ = t.p.out.WriteString("the message:\n" + dump(h.Msg))
	}
	_, _ = t.p.out.WriteString("the actor's state before it:\n" + dump(h.State))
	prog := shellQuote(t.app.prog)
	fmt.Fprintf(t.app.errw, "weir: to stop there under a debugger: dlv exec %s -- replay %s --stop-at %d\n", prog, shellQuote(t.arg), t.stopAt)
	fmt.Fprintf(t.app.errw, "weir: then: break weir/scenarios.debugStop; continue; break %s; continue\n", receiver(h.State))
}

// receiver names the method that handles an actor's events, as a debugger does.
func receiver(actor any) string {
	typ := reflect.TypeOf(actor)
	if typ.Kind() == reflect.Pointer {
		return fmt.Sprintf("%s.(*%s).Receive", typ.Elem().PkgPath(), typ.Elem().Name())
	}
	return fmt.Sprintf("%s.%s.Receive", typ.PkgPath(), typ.Name())
}
