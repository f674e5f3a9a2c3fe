package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"weir/logcheck"
	"weir/scenarios"
	"weir/scenarios/shrink"
)

const shrinkLong = `Makes of a run that failed a smaller one that fails with the same property in the same
way: fewer faults, shorter ones, fewer nodes, fewer packets, plainer settings. The run is
named by its directory or token. It is replayed first; if that gives another result, the
exit code is 3.

The result is an ordinary scenario with its seed in it, on standard output and in the
file shrunk.yaml in the run's directory (or where --out says). Its comment says what it
shows and what happens without each of its faults. It is deterministic: the same run gives
the same file. An interrupt ends the search with the smallest world so far.

` + exitHelp

// shrinkFlags are the flags of weir shrink.
type shrinkFlags struct {
	property string
	out      string
	runsMax  int
}

func (a *app) shrinkCommand() *cobra.Command {
	var f shrinkFlags
	c := &cobra.Command{
		Use:     "shrink TOKEN|DIR",
		Short:   "Find a smaller world that fails in the same way",
		Long:    shrinkLong,
		Example: "  weir shrink runs/latest\n  weir shrink runs/swarm-17/17 --property C2 --out c2.yaml",
		Args:    takes(1, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.shrink(args[0], &f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.property, "property", "", "which failed property to keep; default: the first")
	fl.StringVar(&f.out, "out", "", "the file for the result; default: shrunk.yaml in the run's directory, if that was named")
	fl.IntVar(&f.runsMax, "runs", 2000, "how many runs the search may make")
	return c
}

// shrinkEvery is how often progress is told.
const shrinkEvery = time.Second

func (a *app) shrink(arg string, f *shrinkFlags) error {
	if f.runsMax < 1 {
		return usage("--runs %d: want 1 or more", f.runsMax)
	}
	token, err := readToken(arg)
	if err != nil {
		return err
	}
	if token.World == scenarios.WorldTCP {
		return usage("a run of real processes cannot be repeated, and so not shrunk; its scenario may fail in the simulation too: weir run %s", token.Scenario)
	}
	sc, files, err := a.ofToken(token)
	if err != nil {
		return err
	}
	defer files.close()
	base := scenarios.Options{Seed: token.Seed, Inputs: files.list()}
	if err := a.sameAgain(arg, sc, token, base); err != nil {
		return err
	}
	told := time.Now()
	res, err := shrink.Shrink(sc, shrink.Options{
		Run: a.run, Base: base, Property: f.property, RunsMax: f.runsMax,
		Stop: func() bool { return a.ctx.Err() != nil },
		Progress: func(p shrink.Progress) {
			if time.Since(told) >= shrinkEvery {
				told = time.Now()
				fmt.Fprintf(a.errw, "weir: shrink: %d runs, %d faults, %d events left, trying %s\n", p.Runs, p.Actions, p.Events, p.Trying)
			}
		},
	})
	switch {
	case errors.Is(err, shrink.ErrNoFailure) && f.property != "":
		return usage("property %s does not fail in this run", f.property)
	case errors.Is(err, shrink.ErrNoFailure):
		return usage("%s: %w", arg, err)
	case err != nil:
		return internal("%w", err)
	}
	return a.tellShrunk(arg, f, res)
}

// ofToken reads the scenario and the inputs of a token.
func (a *app) ofToken(token scenarios.Token) (*scenarios.Scenario, *inputs, error) {
	sc, err := resolve(token.Scenario, token.Set)
	if err != nil {
		return nil, nil, err
	}
	if sc.Hash() != token.ScenarioHash {
		a.complain("the scenario %s has changed since: hash %.12s, now %.12s", token.Scenario, token.ScenarioHash, sc.Hash())
	}
	var names []string
	for _, in := range token.Inputs {
		names = append(names, in.Path)
	}
	files, err := a.openInputs(names)
	return sc, files, err
}

// sameAgain replays the run. If it is not the same, and neither the scenario nor the
// build can be why, it does not follow from its seed, and cannot be shrunk. arg may be the
// run's directory, which then tells where the two part.
func (a *app) sameAgain(arg string, sc *scenarios.Scenario, token scenarios.Token, base scenarios.Options) error {
	base.Build, base.Check = a.build(), true
	res, err := a.run(sc, base)
	if err != nil {
		return internal("%w", err)
	}
	if res.TraceHash == token.TraceHash && res.LogHash == token.LogHash {
		return nil
	}
	if sc.Hash() != token.ScenarioHash || token.Build != base.Build {
		a.complain("the run is another one than it was: trace 0x%x, now 0x%x", token.TraceHash, res.TraceHash)
		return nil
	}
	a.complain("flaky: the same scenario, seed and build give another run: trace 0x%x, now 0x%x", token.TraceHash, res.TraceHash)
	if err := a.partsAt(arg, res); err != nil {
		return err
	}
	return ended(exitNotRepeatable)
}

// partsAt shows the first record in which a run differs from the one in a directory: 1 is
// that one, 2 is res.
func (a *app) partsAt(dir string, res *scenarios.Result) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		a.complain("weir verify %s names the first difference", clean(res.Scenario))
		return nil
	}
	tmp, err := os.MkdirTemp("", "weir-shrink-*")
	if err != nil {
		return internal("shrink: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := res.Write(tmp); err != nil {
		return internal("shrink: %w", err)
	}
	diff, err := firstDifference(dir, tmp)
	if err != nil {
		return internal("shrink: %w", err)
	}
	w := &writer{w: a.errw}
	w.printf("%s%s", diff.text(), diff.around(dir, tmp))
	return written(w)
}

// tellShrunk writes the result.
func (a *app) tellShrunk(arg string, f *shrinkFlags, res *shrink.Result) error {
	out := f.out
	if info, err := os.Stat(arg); out == "" && err == nil && info.IsDir() {
		out = filepath.Join(arg, "shrunk.yaml")
	}
	if _, err := a.out.Write(res.Text); err != nil {
		return internal("cannot write the result: %w", err)
	}
	if out != "" {
		if err := os.WriteFile(out, res.Text, 0o666); err != nil {
			return internal("%s: %w", out, reason(err))
		}
		prog := shellQuote(a.prog)
		fmt.Fprintf(a.errw, "weir: %s in %s: %s, before %s; %d runs\n", res.Failure.Property, clean(out), res.Last, res.First, res.Runs)
		fmt.Fprintf(a.errw, "weir: reproduce: %s run %s\n", prog, shellQuote(logcheck.Sanitise(out)))
	}
	if a.ctx.Err() != nil {
		return interrupted()
	}
	return nil
}
