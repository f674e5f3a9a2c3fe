package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// takes wants so many arguments; most -1: any number from least on.
func takes(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		given := fmt.Sprintf("%d arguments", len(args))
		if len(args) == 1 {
			given = "1 argument"
		}
		return usage("%s given; usage: %s", given, c.UseLine())
	}
}

// group makes a command that only has others below it: without an argument it shows
// its help, with an unknown one it says which there are.
func group(c *cobra.Command) {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		c.SuggestionsMinimumDistance = 2
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			return usage("%q is no command of %s; did you mean %s?", args[0], c.CommandPath(), near[0])
		}
		var names []string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				names = append(names, sub.Name())
			}
		}
		return usage("%q is no command of %s: there are %s", args[0], c.CommandPath(), strings.Join(names, ", "))
	}
	if c.RunE == nil {
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
}

// flagError says what is wrong with a flag without the words of Go's parsers.
func flagError(c *cobra.Command, err error) error {
	var number *strconv.NumError
	if !errors.As(err, &number) {
		return usage("%w; %s --help lists the flags", err, c.CommandPath())
	}
	what, _, _ := strings.Cut(err.Error(), ": strconv.")
	if errors.Is(number.Err, strconv.ErrRange) {
		return usage("%s: out of range", what)
	}
	return usage("%s: want a whole number", what)
}
