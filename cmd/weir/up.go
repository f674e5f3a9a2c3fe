package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

const upLong = `Starts a scenario's nodes as real processes on this machine and shows how they stand:
rates, wanted and got shares, health. The scenario's fault plan acts; its phases do not
end anything. An interrupt stops the load, waits for what is under way, stops every node
in order and judges the logs; a second one ends weir at once.

` + exitHelp

// Intervals of the table.
const (
	tableOnTerminal = 500 * time.Millisecond
	tableElsewhere  = 5 * time.Second
)

// upCommand is weir up.
func (a *app) upCommand() *cobra.Command {
	f := runFlags{jobs: 1, codec: "none", keep: 20, world: scenarios.WorldTCP}
	c := &cobra.Command{
		Use:               "up NAME|FILE",
		Short:             "A cluster of real processes on this machine, until an interrupt",
		Long:              upLong,
		Example:           "  weir up steady-deficit\n  weir up my.yaml --set emitters.rate=500/s",
		Args:              takes(1, 1),
		ValidArgsFunction: completeScenario,
		RunE: func(_ *cobra.Command, args []string) error {
			f.set = append([]string{"emitters.for=10h"}, f.set...) // as long as nobody interrupts
			f.live = a.liveTable()
			return a.runNamed(args, &f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.seed, "seed", "1", "the seed: a number, or random")
	fl.StringVar(&f.node, "node", "", "the weir-node program; default: beside weir, or in PATH")
	fl.StringArrayVar(&f.inputs, "input", nil, "a log file for the emitters in place of the generators, repeatable")
	addTransportFlag(c, &f.transport)
	fl.StringVar(&f.output, "output", "text", "form of the result: text, json, junit or github")
	addSetFlag(c, &f.set)
	addDirFlag(c, &f.dir)
	return c
}

// liveTable returns what shows the cluster's state: on a terminal a table that is
// rewritten, elsewhere one every few seconds.
func (a *app) liveTable() func(scenarios.Live) {
	every, rows := tableElsewhere, 0
	if a.status {
		every = tableOnTerminal
	}
	var last scenarios.Live
	return func(l scenarios.Live) {
		if l.Elapsed-last.Elapsed < every {
			return
		}
		text := table(last, l)
		if a.status && rows > 0 {
			fmt.Fprintf(a.errw, "\x1b[%dA\x1b[J", rows)
		}
		rows = strings.Count(text, "\n")
		fmt.Fprint(a.errw, text)
		last = l
	}
}

// table is a cluster's state as text, with the rates since an earlier one.
func table(before, now scenarios.Live) string {
	seconds := (now.Elapsed - before.Elapsed).Seconds()
	var b strings.Builder
	fmt.Fprintf(&b, "%8s  %d packets emitted, %d acknowledged (%.0f/s)", now.Elapsed.Round(100*time.Millisecond), now.Emitted, now.Acked, float64(now.Acked-before.Acked)/seconds)
	if now.Pressed > 0 {
		fmt.Fprintf(&b, ", %d emitters held back", now.Pressed)
	}
	b.WriteString("\nanalyser          weight wanted %  got %  messages     /s  health\n")
	var weights, messages int64
	for _, n := range now.Analysers {
		if !n.Drain {
			weights += n.Weight
		}
		messages += n.Messages
	}
	for i, n := range now.Analysers {
		wanted, health, rate := 0.0, "up", float64(n.Messages)/seconds
		if !n.Drain {
			wanted = percent(n.Weight, weights)
		}
		if i < len(before.Analysers) {
			rate = float64(n.Messages-before.Analysers[i].Messages) / seconds
		}
		switch {
		case n.Down > 0:
			health = fmt.Sprintf("down at %d detectors", n.Down)
		case n.Drain:
			health = "drained"
		}
		fmt.Fprintf(&b, "%-16s %7d %8.2f %6.2f %9d %6.0f  %s\n", clean(n.ID), n.Weight, wanted, percent(n.Messages, messages), n.Messages, rate, health)
	}
	return b.String()
}

func percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
