package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

const soakLong = `Plays a scenario of the given length with real processes under random faults: kills,
orderly stops, pauses, cuts, holds, delays, connections that break or are refused, changes
of the table,
with a quarter of the time calm. At the end everything is healed and the logs are judged:
nothing that was acknowledged may be lost. The scenario is written to the run directory
first, so that it can be run again, there or in the simulation (--world sim).

` + exitHelp

// soakCommand is weir soak.
func (a *app) soakCommand() *cobra.Command {
	f := runFlags{jobs: 1, codec: "none", keep: 20}
	var length time.Duration
	c := &cobra.Command{
		Use:     "soak",
		Short:   "Real processes under random faults for a while, judged",
		Long:    soakLong,
		Example: "  weir soak --for 10m\n  weir soak --for 1m --seed 7 --input app.log",
		Args:    takes(0, 0),
		RunE:    func(*cobra.Command, []string) error { return a.soak(length, &f) },
	}
	fl := c.Flags()
	fl.DurationVar(&length, "for", 10*time.Minute, "how long faults go on, 10s to 10h")
	fl.StringVar(&f.seed, "seed", "random", "the seed: a number, or random")
	fl.StringVar(&f.world, "world", scenarios.WorldTCP, "where: tcp or sim")
	fl.StringVar(&f.node, "node", "", "the weir-node program; default: beside weir, or in PATH")
	fl.StringArrayVar(&f.inputs, "input", nil, "a log file for the emitters in place of the generators, repeatable")
	addTransportFlag(c, &f.transport)
	fl.StringVar(&f.output, "output", "text", "form of the result: text, json, junit or github")
	addDirFlag(c, &f.dir)
	return c
}

func (a *app) soak(length time.Duration, f *runFlags) error {
	seed, err := parseSeed(f.seed)
	if err != nil {
		return err
	}
	_, text, err := scenarios.Soak(seed, length)
	if err != nil {
		return err
	}
	f.seed = fmt.Sprint(seed) // what random became counts from here on
	if err := f.check(false); err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir, 0o777); err != nil {
		return usage("run directory: %w", err)
	}
	file := filepath.Join(f.dir, fmt.Sprintf("soak-%d.yaml", seed))
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		return internal("the scenario: %w", err)
	}
	fmt.Fprintf(a.errw, "weir: the scenario is in %s\n", clean(file))
	return a.runNamed([]string{file}, f)
}
