package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"weir/logcheck"
)

const checkLong = `Judges the logs in a run directory: run.json, logs/*.jsonl and faults.jsonl in the
form that logcheck/FORMAT.md fixes, whoever wrote them. After the verdict comes what
the run did with its traffic: shares wanted and got, faults found, waits.

With --trace, --packet, --node, --from or --until it does not judge but shows the
records in words, in the order of the run: all of them, those of a node or a span, or
one packet's whole life: cut, submitted, admitted, picked, sent, received, committed,
synced, answered, with retries, duplicates, what was lost and why, and the faults on the
nodes that had to do with it.

` + exitHelp

func (a *app) checkCommand() *cobra.Command {
	var output string
	var show traceFlags
	c := &cobra.Command{
		Use:     "check DIR",
		Short:   "Judge a directory of logs",
		Long:    checkLong,
		Example: "  weir check runs/latest\n  weir check runs/latest --packet e1/1/448\n  weir check runs/latest --node a2 --from 8.5s --until 9s",
		Args:    takes(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := show.given(c); err != nil {
				return err
			}
			return a.check(args[0], output, &show)
		},
	}
	addTraceFlags(c, &show)
	c.Flags().StringVar(&output, "output", "text", "form of the result: text or json")
	return c
}

// checked is the result of a check as JSON.
type checked struct {
	*logcheck.Verdict
	Report *logcheck.Report `json:"report"`
}

// check judges one directory, or shows its records.
func (a *app) check(dir, output string, show *traceFlags) error {
	if output != "text" && output != "json" {
		return usage("--output %q: want text or json", output)
	}
	report := &logcheck.Report{}
	if _, err := os.Stat(filepath.Join(dir, "run.json")); err != nil {
		return usage("%s is no run directory: run.json: %w", dir, reason(err))
	}
	if show.wanted() {
		return a.traceDir(dir, show, output)
	}
	v, err := patiently(a.ctx, func() (*logcheck.Verdict, error) {
		v, err := logcheck.CheckDir(dir, logcheck.Options{Report: report})
		if err != nil {
			err = usage("%s: %w", dir, err)
		}
		return v, err
	})
	if err != nil {
		return err
	}
	w := &writer{w: a.out}
	if output == "json" {
		data, err := cleanJSON(checked{v, report})
		if err != nil {
			return internal("cannot write the result: %w", err)
		}
		w.printf("%s", data)
	} else if w.err = v.WriteText(a.out); w.err == nil {
		w.printf("\n%s", report.Text())
	}
	if w.err != nil {
		return written(w)
	}
	return ended(codeOfStatus(v.Status))
}

// codeOfStatus is the exit code of a verdict by itself.
func codeOfStatus(s logcheck.Status) int {
	switch s {
	case logcheck.Pass:
		return exitOK
	case logcheck.Fail:
		return exitFailed
	case logcheck.Inconclusive:
		return exitInconclusive
	}
	panic(fmt.Sprintf("a run's verdict is %v", s))
}
