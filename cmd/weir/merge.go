package main

import (
	"os"

	"github.com/spf13/cobra"

	"weir/scenarios/sweep"
)

const mergeLong = `Joins the reports that weir sweep --out wrote for the shards of one sweep, and tells the
whole. The result does not depend on the order of the files. A file that is no report, or
that was written by another build, ends the command.

` + exitHelp

func (a *app) mergeCommand() *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:     "merge FILE ...",
		Short:   "Join the reports of a sweep's shards",
		Long:    mergeLong,
		Example: "  weir merge shard*.json",
		Args:    takes(1, 10_000),
		RunE:    func(_ *cobra.Command, args []string) error { return a.merge(args, &f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.require, "require", "", "what must have been exercised, as in weir sweep")
	fl.StringVar(&f.out, "out", "", "write the joined report to this file")
	fl.StringVar(&f.output, "output", "text", "form of the result: text or json")
	fl.BoolVar(&f.noColor, "no-color", false, "no colours, as with NO_COLOR")
	return c
}

func (a *app) merge(files []string, f *sweepFlags) error {
	if f.output != "text" && f.output != "json" {
		return usage("--output %q: want text or json", f.output)
	}
	required, err := parseRequired(f.require)
	if err != nil {
		return err
	}
	if f.noColor {
		a.colour = false
	}
	whole := &sweep.Report{Version: sweep.Version}
	for i, name := range files {
		r, err := readReport(name)
		if err != nil {
			return err
		}
		if i == 0 {
			whole.Build, whole.What = r.Build, r.What
		}
		if r.Build != whole.Build || r.What != whole.What {
			return usage("%s: %s by build %s, but %s is %s by build %s: shards of one sweep have both alike", name, r.What, r.Build, files[0], whole.What, whole.Build)
		}
		whole.Merge(r)
	}
	if err := writeReport(whole, f.out); err != nil {
		return err
	}
	if err := a.printMerged(whole, f, required); err != nil {
		return internal("cannot write the result: %w", err)
	}
	return ended(codeOfReport(whole, required))
}

func readReport(name string) (*sweep.Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, usage("%s: %w", name, reason(err))
	}
	defer file.Close()
	r, err := sweep.Read(file)
	if err != nil {
		return nil, usage("%s: %w", name, err)
	}
	return r, nil
}

func (a *app) printMerged(r *sweep.Report, f *sweepFlags, required []string) error {
	if f.output == "json" {
		return r.Write(a.out)
	}
	w := &writer{w: a.out}
	w.printf("sweep of %s: %d runs, %d not as expected\n", clean(r.What), r.Runs, r.Failed)
	a.tellReport(w, r, "", required)
	return w.err
}
