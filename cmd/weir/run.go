package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

// runFlags are the flags of weir run.
type runFlags struct {
	seed      string
	seeds     string
	jobs      int
	set       []string
	inputs    []string
	codec     string
	world     string
	node      string
	transport string
	live      func(scenarios.Live) // weir up; nil elsewhere
	output    string
	dir       string
	keep      int
	noColor   bool
}

const runLong = `Runs scenarios and judges their logs. Without a name it runs the whole catalogue;
then the exit code is 0 when every scenario gets the verdict that it expects (one
is expected to fail). With names it tells each run's own verdict.

The seed is 1 unless told; it is printed before the run. A single run is kept in
the run directory, of several only those that did not pass.

Files given with --input take the place of the generators. What is appended to one
during the run is not read; if one shrinks, disappears or is rewritten during the
run, the emitter logs the read error and the run is inconclusive at best.

` + exitHelp

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [NAME|FILE ...]",
		Short: "Run scenarios and judge them; without a name the whole catalogue",
		Long:  runLong,
		Example: `  weir run
  weir run crash --seed 7
  weir run my.yaml --seeds 1..500 --jobs 8
  weir run crash --set distributors.workers=4 --set phases.warmup=5s
  weir run steady-deficit --input /var/log/syslog`,
		ValidArgsFunction: completeScenario,
		RunE:              func(_ *cobra.Command, args []string) error { return a.runNamed(args, &f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.seed, "seed", "", "the seed: a number, or random; default: the scenario's own, or 1")
	fl.StringVar(&f.seeds, "seeds", "", "a range of seeds, for example 1..100, in place of --seed")
	fl.IntVar(&f.jobs, "jobs", runtime.NumCPU(), "runs at once")
	addSetFlag(c, &f.set)
	fl.StringArrayVar(&f.inputs, "input", nil, "a log file for the emitters in place of the generators, repeatable; - for standard input")
	fl.StringVar(&f.codec, "codec", "none", "pass every message between nodes through a wire encoding: none, proto or json; the run is the same")
	fl.StringVar(&f.world, "world", "sim", "where the scenario is played: sim, or tcp for real processes over real sockets")
	fl.StringVar(&f.node, "node", "", "world tcp: the weir-node program; default: beside weir, or in PATH")
	addTransportFlag(c, &f.transport)
	fl.StringVar(&f.output, "output", "text", "form of the result: text, json, junit or github")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	addDirFlag(c, &f.dir)
	fl.IntVar(&f.keep, "keep", 20, "runs that passed to keep in the run directory; 0: all. Failures are always kept")
	fl.BoolVar(&f.noColor, "no-color", false, "no colours, as with NO_COLOR")
	return c
}

func addSetFlag(c *cobra.Command, set *[]string) {
	c.Flags().StringArrayVar(set, "set", nil, "override a field of the scenario, key=value, repeatable")
}

func addTransportFlag(c *cobra.Command, transport *string) {
	c.Flags().StringVar(transport, "transport", "grpc", "world tcp: how the nodes talk: grpc, http or mixed")
	_ = c.RegisterFlagCompletionFunc("transport", cobra.FixedCompletions(scenarios.Transports(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

func addDirFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "dir", "runs", "the run directory")
}

// completeScenario offers the catalogue's names to the shell.
func completeScenario(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return scenarios.Names(), cobra.ShellCompDirectiveDefault
}

// check holds the flags to their ranges.
func (f *runFlags) check(seedGiven bool) error {
	switch {
	case f.jobs < 1 || f.jobs > 1024:
		return usage("--jobs %d: want 1 to 1024", f.jobs)
	case f.keep < 0:
		return usage("--keep %d: want 0 or more", f.keep)
	case f.seeds != "" && seedGiven:
		return usage("--seed and --seeds exclude each other")
	case f.dir == "":
		return usage("--dir is empty")
	}
	if _, err := scenarios.CodecNamed(f.codec); err != nil {
		return usage("--%v", err)
	}
	if f.world != "" && f.world != scenarios.WorldSim && f.world != scenarios.WorldTCP {
		return usage("--world %q: want sim or tcp", f.world)
	}
	if err := scenarios.CheckTransport(f.transport); err != nil {
		return usage("--%v", err)
	}
	if f.transport != "" && f.transport != "grpc" && f.world != scenarios.WorldTCP {
		return usage("--transport %s: only real nodes have a transport: --world tcp", f.transport)
	}
	for _, o := range outputs {
		if o == f.output {
			return nil
		}
	}
	return usage("--output %q: want one of %v", f.output, outputs)
}

// seedRange is what --seed or --seeds say; without both, one seed that is the
// scenario's own.
func (f *runFlags) seedRange() (seedRange, error) {
	switch {
	case f.seeds != "":
		return parseSeeds(f.seeds)
	case f.seed == "":
		return seedRange{own: true}, nil
	}
	seed, err := parseSeed(f.seed)
	return seedRange{first: seed, last: seed}, err
}

// runNamed runs what the arguments name.
func (a *app) runNamed(args []string, f *runFlags) error {
	if err := f.check(f.seed != ""); err != nil {
		return err
	}
	seeds, err := f.seedRange()
	if err != nil {
		return err
	}
	if f.noColor {
		a.colour = false
	}
	s := &batch{app: a, flags: f, seeds: seeds, catalogue: len(args) == 0}
	if f.world == scenarios.WorldTCP {
		program, err := nodeProgram(f.node)
		if err != nil {
			return err
		}
		s.tcp = &scenarios.TCP{Program: program, Transport: f.transport, Live: f.live}
		f.jobs = 1 // two runs at once would disturb each other's times
	}
	if s.catalogue {
		args = scenarios.Names()
	}
	if err := s.prepare(args); err != nil {
		return err
	}
	defer s.inputs.close()
	return s.play()
}

// nodeProgram finds weir-node: where the flag says, beside this program, or in PATH.
func nodeProgram(flag string) (string, error) {
	if flag != "" {
		if _, err := os.Stat(flag); err != nil {
			return "", usage("--node: %w", err)
		}
		return flag, nil
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), "weir-node")
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath("weir-node")
	if err != nil {
		return "", usage("--world tcp needs the program weir-node: go build ./cmd/weir-node, then put it beside weir or name it with --node")
	}
	return path, nil
}

// prepare reads the scenarios and looks at the inputs and the run directory.
func (s *batch) prepare(args []string) (err error) {
	for _, arg := range args {
		sc, err := resolve(arg, s.flags.set)
		if err != nil {
			return err
		}
		if len(s.flags.inputs) > 0 && !sc.Inputs {
			if s.catalogue {
				continue
			}
			return usage("scenario %s does not take inputs (its field inputs is false)", sc.Name)
		}
		s.scenarios = append(s.scenarios, named{arg, sc})
	}
	for i, n := range s.scenarios {
		for _, m := range s.scenarios[:i] {
			if n.sc.Name == m.sc.Name {
				return usage("the scenario %s is named twice: runs of both would share a directory", n.sc.Name)
			}
		}
	}
	if s.store, err = openStore(s.flags.dir, s.flags.keep); err != nil {
		return err
	}
	s.build = s.app.build()
	s.inputs, err = s.app.openInputs(s.flags.inputs)
	return err
}

// single says that there is only one run.
func (s *batch) single() bool { return len(s.scenarios) == 1 && s.seeds.count() == 1 }

// announce prints the seeds before anything runs.
func (s *batch) announce() {
	what := fmt.Sprintf("%d scenarios", len(s.scenarios))
	if len(s.scenarios) == 1 {
		what = s.scenarios[0].sc.Name
	}
	fmt.Fprintf(s.app.errw, "weir: %s, %s, build %s\n", clean(what), s.seeds.describe(s.scenarios), clean(s.build))
}
