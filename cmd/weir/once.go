package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

// onceName is the hidden command that verify starts.
const onceName = "run-once"

// onceResult is what it prints: one JSON line.
type onceResult struct {
	Trace  uint64 `json:"trace"`
	Log    uint64 `json:"log"`
	Events uint64 `json:"events"`
}

// onceCommand makes one run, unjudged, and writes its files: the other process of
// verify.
func (a *app) onceCommand() *cobra.Command {
	var seed uint64
	var set, in []string
	var dir string
	c := &cobra.Command{
		Use:    onceName + " NAME|FILE",
		Hidden: true,
		Args:   takes(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			sc, err := resolve(args[0], set)
			if err != nil {
				return err
			}
			files, err := a.openInputs(in)
			if err != nil {
				return err
			}
			defer files.close()
			res, err := a.run(sc, scenarios.Options{
				Seed: seed, Inputs: files.list(), Build: "verify",
				Interrupted: func() bool { return a.ctx.Err() != nil },
			})
			if err != nil {
				return internal("%w", err)
			}
			if res.Stop == scenarios.StopInterrupted {
				return interrupted() // half a run is not to be compared
			}
			if err := res.Write(dir); err != nil {
				return internal("%w", err)
			}
			line, err := json.Marshal(onceResult{res.TraceHash, res.LogHash, res.Events})
			if err != nil {
				return internal("%w", err)
			}
			_, err = fmt.Fprintf(a.out, "%s\n", line)
			return err
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "")
	c.Flags().StringArrayVar(&in, "input", nil, "")
	addSetFlag(c, &set)
	addDirFlag(c, &dir)
	return c
}
