package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"weir/logcheck"
	"weir/scenarios/sweep"
)

// parseRequired reads what --require names.
func parseRequired(text string) ([]string, error) {
	switch text {
	case "":
		return nil, nil
	case "all":
		return (&sweep.Report{}).Never(), nil
	}
	all := (&sweep.Report{}).Never()
	var list []string
	for name := range strings.SplitSeq(text, ",") {
		i := slices.IndexFunc(all, func(full string) bool { _, short, _ := strings.Cut(full, " "); return short == name || full == name })
		if i < 0 {
			return nil, usage("--require: %q is no kind of fault, property or premise", name)
		}
		list = append(list, all[i])
	}
	return list, nil
}

// missing lists what is required and was never exercised.
func missing(r *sweep.Report, required []string) []string {
	never := r.Never()
	return slices.DeleteFunc(slices.Clone(required), func(name string) bool { return !slices.Contains(never, name) })
}

// codeOfReport is the exit code that a report asks for.
func codeOfReport(r *sweep.Report, required []string) int {
	code := exitOK
	if len(missing(r, required)) > 0 {
		code = exitInconclusive
	}
	for _, g := range r.Groups {
		switch {
		case g.Property == "panic" || g.Property == "error":
			return exitInternal
		case g.Status == logcheck.Fail.String():
			code = exitFailed
		case code == exitOK:
			code = exitInconclusive
		}
	}
	return code
}

// print writes the result of a sweep.
func (x *exploration) print(took time.Duration, required []string) error {
	if x.flags.output == "json" {
		return x.report.Write(x.app.out)
	}
	w := &writer{w: x.app.out}
	r := x.report
	w.printf("sweep of %s: %d runs, %d not as expected\n", r.What, r.Runs, r.Failed)
	seconds := max(took.Seconds(), 0.001)
	w.printf("  %.0f runs a minute in %d at once, %.2f M events/s, %v\n", float64(r.Runs)/seconds*60, x.flags.jobs, float64(r.Events)/seconds/1e6, took.Round(time.Millisecond))
	if x.enough {
		w.printf("  ended after %d failures\n", x.flags.maxFailures)
	}
	if x.partial.Load() {
		w.printf("  not every order was played: --orders-max %d\n", x.flags.ordersMax)
	}
	x.app.tellReport(w, r, x.flags.dir, required)
	return w.err
}

// tellReport writes the failures of a report and what it exercised.
func (a *app) tellReport(w *writer, r *sweep.Report, dir string, required []string) {
	for _, g := range r.Groups {
		a.tellGroup(w, g, dir)
	}
	w.printf("\nexercised\n")
	tellCounts(w, "faults", sweep.AllKinds(), r.Faults)
	seen, all := r.PairsOf(sweep.AllKinds())
	w.printf("  %-10s %d of %d\n", "pairs", seen, all)
	tellCounts(w, "properties", logcheck.PropertyIDs(), r.Properties)
	tellCounts(w, "premises", logcheck.PremiseNames(), r.Premises)
	if m := missing(r, required); len(m) > 0 {
		w.printf("%s  required, but never in %d runs: %s\n", a.paint("inconclusive", "VACUOUS"), r.Runs, strings.Join(m, ", "))
	}
	if ppm, ok := r.Bound(); ok {
		w.printf("0 failures in %d runs: with 95 %% confidence at most %d.%04d %% of such runs fail\n", r.Runs, ppm/10_000, ppm%10_000)
	}
}

func (a *app) tellGroup(w *writer, g *sweep.Group, dir string) {
	w.printf("\n%s %s  in %d runs; fastest: %s, seed %d, %d events\n", a.paint("fail", strings.ToUpper(g.Status)), clean(g.Property), g.Runs, clean(g.Fastest.Scenario), g.Fastest.Seed, g.Fastest.Events)
	w.printf("  %s\n", clean(g.Signature))
	prog := shellQuote(a.prog)
	line := fmt.Sprintf("%s run %s --seed %d", prog, shellQuote(g.Fastest.Scenario), g.Fastest.Seed)
	for _, set := range g.Fastest.Set {
		line += " --set " + shellQuote(set)
	}
	w.printf("  reproduce: %s\n", line)
	if g.Property == "panic" || g.Property == "error" {
		return // nothing was judged or kept
	}
	if sc, err := resolve(g.Fastest.Scenario, g.Fastest.Set); err == nil && dir != "" {
		kept := shellQuote(filepath.Join(dir, sc.Name, fmt.Sprint(g.Fastest.Seed)))
		if g.Status == logcheck.Fail.String() {
			w.printf("  minimise:  %s shrink %s\n", prog, kept)
		}
		w.printf("  view:      %s check %s\n", prog, kept)
	}
}

// tellCounts writes how often each name came, and which never did.
func tellCounts(w *writer, what string, names []string, counts map[string]int64) {
	var some, never []string
	for _, n := range names {
		if c := counts[n]; c > 0 {
			some = append(some, fmt.Sprintf("%s %d", n, c))
		} else {
			never = append(never, n)
		}
	}
	w.printf("  %-10s %s\n", what, strings.Join(some, ", "))
	if len(never) > 0 {
		w.printf("  %-10s never: %s\n", "", strings.Join(never, ", "))
	}
}
