package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weir/scenarios"
	"weir/scenarios/sweep"
)

// sweepFlags are the flags of weir sweep.
type sweepFlags struct {
	swarm       bool
	unlimited   bool
	seeds       string
	length      time.Duration
	jobs        int
	shard       string
	maxFailures int
	orders      int
	ordersMax   int
	set         []string
	require     string
	out         string
	output      string
	dir         string
	noColor     bool
}

const sweepLong = `Runs many seeds, each in a world of its own, and tells each distinct failure once, with
the seed that shows it fastest; those runs are kept in the run directory. With --swarm
each seed is a random world: topology, load, policy, detectors and faults, within what
the system promises to survive; with --unlimited beyond that, where only what must hold
even then is judged. With names each scenario runs with each seed, without any the
catalogue does.

It reports what was exercised: kinds of faults and pairs of them, properties that were
judged, premises that held. What --require names must be among it, or the exit code is 2:
names separated by commas, or all for everything that can be.

With --orders each seed of a small scenario is played in every order of events that
differs from the usual one at so many decisions at most, see the scenario's field schedule.

An interrupt ends it with what was found so far. With --out the report is written to a
file, which weir merge joins with those of other shards.

` + exitHelp

func (a *app) sweepCommand() *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:   "sweep [NAME|FILE ...]",
		Short: "Run many seeds and tell each distinct failure once",
		Long:  sweepLong,
		Example: `  weir sweep --swarm --seeds 1..10000
  weir sweep --swarm --for 10m --jobs 8
  weir sweep crash pause --seeds 1..500
  weir sweep --swarm --seeds 1..100000 --shard 3/10 --out shard3.json`,
		ValidArgsFunction: completeScenario,
		RunE:              func(_ *cobra.Command, args []string) error { return a.sweep(args, &f) },
	}
	fl := c.Flags()
	fl.BoolVar(&f.swarm, "swarm", false, "a random world for each seed")
	fl.BoolVar(&f.unlimited, "unlimited", false, "with --swarm: faults beyond what the system promises to survive")
	fl.StringVar(&f.seeds, "seeds", "", "a range of seeds, for example 1..1000; default: 1..1000, or with --for as many as there is time for")
	fl.DurationVar(&f.length, "for", 0, "how long, for example 10m; 0: until the seeds are done")
	fl.IntVar(&f.jobs, "jobs", runtime.NumCPU(), "worlds at once")
	fl.StringVar(&f.shard, "shard", "1/1", "only every n-th seed, beginning with the i-th: i/n")
	fl.IntVar(&f.maxFailures, "max-failures", 0, "end after so many runs that failed; 0: never")
	fl.IntVar(&f.orders, "orders", 0, "play every order of events that differs at no more than so many decisions; 0: the usual order")
	fl.IntVar(&f.ordersMax, "orders-max", 100_000, "orders of one seed at most")
	addSetFlag(c, &f.set)
	fl.StringVar(&f.require, "require", "", "what must have been exercised: names of fault kinds, properties and premises, or all")
	fl.StringVar(&f.out, "out", "", "write the report to this file, for weir merge")
	fl.StringVar(&f.output, "output", "text", "form of the result: text or json")
	addDirFlag(c, &f.dir)
	fl.BoolVar(&f.noColor, "no-color", false, "no colours, as with NO_COLOR")
	return c
}

// check holds the flags to their ranges.
func (f *sweepFlags) check(args []string) error {
	switch {
	case f.jobs < 1 || f.jobs > 1024:
		return usage("--jobs %d: want 1 to 1024", f.jobs)
	case f.swarm && len(args) > 0:
		return usage("--swarm makes its own worlds and takes no names")
	case f.unlimited && !f.swarm:
		return usage("--unlimited goes with --swarm")
	case f.orders < 0 || f.orders > 100 || f.ordersMax < 1:
		return usage("--orders %d, --orders-max %d: want 0 to 100, and 1 or more", f.orders, f.ordersMax)
	case f.maxFailures < 0:
		return usage("--max-failures %d: want 0 or more", f.maxFailures)
	case f.length < 0 || f.length > 1000*time.Hour:
		return usage("--for %v: want 0 to 1000h", f.length)
	case f.output != "text" && f.output != "json":
		return usage("--output %q: want text or json", f.output)
	case f.dir == "":
		return usage("--dir is empty")
	}
	return nil
}

// shard is every n-th seed, beginning with the i-th.
type shard struct{ i, n uint64 }

func (s shard) has(index uint64) bool { return index%s.n == s.i-1 }

func parseShard(text string) (shard, error) {
	left, right, ok := strings.Cut(text, "/")
	i, errI := strconv.ParseUint(left, 10, 32)
	n, errN := strconv.ParseUint(right, 10, 32)
	if !ok || errI != nil || errN != nil || i < 1 || i > n {
		return shard{}, usage("--shard %q: want i/n with i from 1 to n, for example 1/4", text)
	}
	return shard{i, n}, nil
}

// seedRange is the seeds of the sweep.
func (f *sweepFlags) seedRange() (seedRange, error) {
	switch {
	case f.seeds != "":
		return parseSeeds(f.seeds)
	case f.length > 0:
		return seedRange{first: 1, last: seedsMax}, nil
	}
	return seedRange{first: 1, last: 1000}, nil
}

// sweep runs the command.
func (a *app) sweep(args []string, f *sweepFlags) error {
	if err := f.check(args); err != nil {
		return err
	}
	x := &exploration{app: a, flags: f, started: time.Now()}
	var err error
	if x.seeds, err = f.seedRange(); err != nil {
		return err
	}
	if x.shard, err = parseShard(f.shard); err != nil {
		return err
	}
	required, err := parseRequired(f.require)
	if err != nil {
		return err
	}
	if f.noColor {
		a.colour = false
	}
	if err := x.prepare(args); err != nil {
		return err
	}
	store, err := openStore(f.dir, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.errw, "weir: sweep of %s, build %s\n", x.report.What, clean(x.report.Build))
	// Worlds are made and thrown away: a collector that comes less often costs memory that
	// is there, and saves a tenth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	x.progress = startProgress(a, x.total(), false)
	x.explore()
	x.progress.stop()
	return x.finish(store, required)
}

// prepare reads the scenarios and begins the report.
func (x *exploration) prepare(args []string) error {
	what := "random worlds"
	if x.flags.unlimited {
		what = "unlimited random worlds"
	}
	if !x.flags.swarm {
		if len(args) == 0 {
			args = scenarios.Names()
		}
		for _, arg := range args {
			sc, err := resolve(arg, x.flags.set)
			if err != nil {
				return err
			}
			x.fixed = append(x.fixed, named{arg, sc})
		}
		what = fmt.Sprintf("%d scenarios", len(args))
		if len(args) == 1 {
			what = x.fixed[0].sc.Name
		}
	}
	if x.flags.length == 0 {
		what += fmt.Sprintf(", seeds %d..%d", x.seeds.first, x.seeds.last)
	}
	x.report = &sweep.Report{Version: sweep.Version, Build: x.app.build(), What: what}
	return nil
}

// total is the number of runs; 0: as many as there is time for.
func (x *exploration) total() uint64 {
	if x.flags.length > 0 {
		return 0
	}
	n := x.seeds.count() / x.shard.n
	if x.seeds.count()%x.shard.n >= x.shard.i {
		n++
	}
	return n * uint64(len(x.scenarios()))
}

// finish keeps the runs that show something, writes the report and says how it ended.
func (x *exploration) finish(store *store, required []string) error {
	took := time.Since(x.started)
	x.keep(store)
	if err := writeReport(x.report, x.flags.out); err != nil {
		return err
	}
	if err := x.print(took, required); err != nil {
		return internal("cannot write the result: %w", err)
	}
	switch {
	case x.app.ctx.Err() != nil:
		return ended(exitInterrupted)
	case x.report.Runs == 0:
		x.app.complain("no run was made")
		return ended(exitInconclusive)
	}
	return ended(codeOfReport(x.report, required))
}

// writeReport writes a report to the file that --out names, if it does.
func writeReport(r *sweep.Report, out string) error {
	if out == "" {
		return nil
	}
	return writeWhole(out, r.Write)
}

// writeWhole writes a file below --out by way of a name beside it, so that a full disk or
// an interrupt leaves no half of one.
func writeWhole(out string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(out), temporaryPrefix+"*")
	if err != nil {
		return internal("--out %s: %w", out, reason(err))
	}
	err = write(f)
	if errMode := f.Chmod(0o644); err == nil {
		err = errMode
	}
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	if err == nil {
		err = os.Rename(f.Name(), out)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return internal("--out %s: %w", out, reason(err))
	}
	return nil
}

// keep makes the fastest run of each group again and stores it, also after an interrupt:
// while sweeping, the logs of a run are thrown away as soon as they are judged.
func (x *exploration) keep(store *store) {
	a := *x.app
	a.ctx = context.WithoutCancel(a.ctx)
	for _, g := range x.report.Groups {
		sc, err := resolve(g.Fastest.Scenario, g.Fastest.Set)
		if err != nil {
			continue // it could not be made in the first place: the group says so
		}
		f := &runFlags{seed: fmt.Sprint(g.Fastest.Seed), set: g.Fastest.Set}
		s := &batch{app: &a, flags: f, scenarios: []named{{g.Fastest.Scenario, sc}}, store: store, build: x.report.Build,
			seeds: seedRange{first: g.Fastest.Seed, last: g.Fastest.Seed}, inputs: &inputs{}, progress: &progress{}}
		if o := s.one(s.scenarios[0], g.Fastest.Seed); o.saveErr != nil {
			x.app.complain("%s, seed %d: not kept: %v", g.Fastest.Scenario, g.Fastest.Seed, o.saveErr)
		}
	}
}
