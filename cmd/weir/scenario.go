package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

func (a *app) scenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "scenario",
		Short: "List, show and check scenarios",
	}
	c.AddCommand(a.listCommand(), a.showCommand(), a.lintCommand(), a.schemaCommand())
	return c
}

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the scenarios that come with weir",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			w := &writer{w: a.out}
			for _, name := range scenarios.Names() {
				sc, err := scenarios.Load(name)
				if err != nil {
					return internal("%w", err)
				}
				w.printf("%-24s %s\n", name, firstSentence(sc.About))
			}
			return written(w)
		},
	}
}

// firstSentence is the beginning of a text up to its first full stop or colon that
// ends a word.
func firstSentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	for i := range len(s) {
		if (s[i] == '.' || s[i] == ':') && (i+1 == len(s) || s[i+1] == ' ') {
			return s[:i]
		}
	}
	return s
}

func (a *app) showCommand() *cobra.Command {
	var set []string
	var full bool
	c := &cobra.Command{
		Use:               "show NAME|FILE",
		Short:             "Show a scenario as it is written, or with --full every field",
		Args:              takes(1, 1),
		ValidArgsFunction: completeScenario,
		RunE: func(_ *cobra.Command, args []string) error {
			sc, err := resolve(args[0], set)
			if err != nil {
				return err
			}
			text, ok := scenarios.Source(args[0])
			if full || len(set) > 0 || !ok {
				text = sc.YAML()
			}
			w := &writer{w: a.out}
			w.printf("%s", cleanLines(string(text)))
			if full {
				w.printf("# hash %s\n", sc.Hash())
			}
			return written(w)
		},
	}
	c.Flags().BoolVar(&full, "full", false, "every field with its value, and the hash")
	addSetFlag(c, &set)
	return c
}

func (a *app) lintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE ...",
		Short: "Say what is wrong with scenario files",
		Args:  takes(1, -1),
		RunE: func(_ *cobra.Command, args []string) error {
			w := &writer{w: a.out}
			bad := 0
			for _, arg := range args {
				if _, err := resolve(arg, nil); err != nil {
					bad++
					a.complain("%v", err)
				} else {
					w.printf("%s: ok\n", clean(arg))
				}
			}
			switch {
			case bad == 1 && len(args) == 1: // all was said
				return ended(exitUsage)
			case bad > 0:
				return usage("%d of %d scenarios are not valid", bad, len(args))
			}
			return written(w)
		},
	}
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenarios, for editors",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			w := &writer{w: a.out}
			w.printf("%s", scenarios.Schema())
			return written(w)
		},
	}
}

// written makes an exit of a failed write.
func written(w *writer) error {
	if w.err != nil {
		return internal("cannot write the result: %w", fmt.Errorf("standard output: %w", w.err))
	}
	return nil
}
