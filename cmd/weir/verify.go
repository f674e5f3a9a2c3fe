package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

const verifyLong = `Runs each scenario twice with one seed, in two processes of their own and with
different numbers of processors, and compares the hashes of scheduler and logs. If
they differ, it names the first record that does and shows what is around it. Without a name it takes the
whole catalogue.

` + exitHelp

// verifyFlags are the flags of weir verify.
type verifyFlags struct {
	seed   string
	set    []string
	inputs []string
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:               "verify [NAME|FILE ...]",
		Short:             "Run twice in two processes and compare",
		Long:              verifyLong,
		ValidArgsFunction: completeScenario,
		RunE:              func(_ *cobra.Command, args []string) error { return a.verify(args, &f) },
	}
	c.Flags().StringVar(&f.seed, "seed", "", "the seed: a number, or random; default: the scenario's own, or 1")
	c.Flags().StringArrayVar(&f.inputs, "input", nil, "a log file for the emitters, repeatable")
	addSetFlag(c, &f.set)
	return c
}

// verify compares two runs of each scenario.
func (a *app) verify(args []string, f *verifyFlags) error {
	seeds, err := (&runFlags{seed: f.seed}).seedRange()
	if err != nil {
		return err
	}
	for _, in := range f.inputs {
		if in == "-" {
			return usage("input -: standard input cannot be read twice")
		}
	}
	if len(args) == 0 {
		args = scenarios.Names()
	}
	var all []named
	for _, arg := range args {
		sc, err := resolve(arg, f.set)
		if err != nil {
			return err
		}
		all = append(all, named{arg, sc})
	}
	fmt.Fprintf(a.errw, "weir: verify, %d scenarios, %s\n", len(args), seeds.describe(all))
	differ := 0
	for _, n := range all {
		same, err := a.verifyOne(n.arg, seeds.of(n.sc, 0), f)
		if err != nil {
			return err
		}
		if !same {
			differ++
		}
	}
	if differ > 0 {
		return ended(exitNotRepeatable)
	}
	return nil
}

// verifyProcs are the numbers of processors of the two processes: what depends on
// the runtime's own scheduling shows more easily when they differ.
var verifyProcs = [2]string{"1", "4"}

// verifyOne runs one scenario twice and prints the outcome.
func (a *app) verifyOne(arg string, seed uint64, f *verifyFlags) (same bool, err error) {
	tmp, err := os.MkdirTemp("", "weir-verify-*")
	if err != nil {
		return false, internal("verify: %w", err)
	}
	defer os.RemoveAll(tmp)
	var results [2]onceResult
	var dirs [2]string
	for i := range results {
		dirs[i] = filepath.Join(tmp, strconv.Itoa(i+1))
		if results[i], err = a.startOnce(arg, seed, f, dirs[i], verifyProcs[i]); err != nil {
			return false, err
		}
	}
	w := &writer{w: a.out}
	if results[0] == results[1] {
		w.printf("%s  seed %d  same: trace 0x%x, log 0x%x, %d events\n", clean(arg), seed, results[0].Trace, results[0].Log, results[0].Events)
		return true, written(w)
	}
	w.printf("%s  seed %d  %s: trace 0x%x and 0x%x, log 0x%x and 0x%x, %d and %d events\n", clean(arg), seed, a.paint("fail", "DIFFERENT"),
		results[0].Trace, results[1].Trace, results[0].Log, results[1].Log, results[0].Events, results[1].Events)
	diff, err := firstDifference(dirs[0], dirs[1])
	if err != nil {
		return false, internal("verify: %w", err)
	}
	w.printf("%s%s", diff.text(), diff.around(dirs[0], dirs[1]))
	return false, written(w)
}

// startOnce starts the other process and reads its result.
func (a *app) startOnce(arg string, seed uint64, f *verifyFlags, dir, procs string) (onceResult, error) {
	var r onceResult
	self, err := a.self()
	if err != nil {
		return r, internal("verify: %w", err)
	}
	args := []string{onceName, "--seed", strconv.FormatUint(seed, 10), "--dir", dir}
	for _, s := range f.set {
		args = append(args, "--set", s)
	}
	for _, in := range f.inputs {
		args = append(args, "--input", in)
	}
	cmd := exec.CommandContext(a.ctx, self, append(args, "--", arg)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+procs)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		code := exitInternal
		if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == exitUsage {
			code = exitUsage
		}
		if a.ctx.Err() != nil || cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == exitInterrupted {
			return r, interrupted()
		}
		said := strings.TrimPrefix(strings.TrimSpace(complaint.String()), "weir: ")
		if said == "" {
			said = err.Error() // killed
		}
		return r, &exit{code, fmt.Errorf("verify %s seed %d: %s", arg, seed, said)}
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return r, internal("verify %s: the other process said %.100q: %w", arg, out.Bytes(), err)
	}
	return r, nil
}
