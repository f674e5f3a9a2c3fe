package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

// app is the command with all that it touches, so that tests can put other things
// in their place.
type app struct {
	ctx    context.Context
	in     io.Reader
	out    io.Writer // results
	errw   io.Writer // progress and complaints
	getenv func(string) string
	prog   string                 // how the command was called, for lines to paste
	self   func() (string, error) // the program to start for verify
	run    func(*scenarios.Scenario, scenarios.Options) (*scenarios.Result, error)
	status bool // errw is a terminal: one status line
	colour bool // out may be coloured
}

// The exit codes. They are part of the interface and do not change.
const (
	exitOK            = 0
	exitFailed        = 1
	exitInconclusive  = 2
	exitNotRepeatable = 3
	exitUsage         = 64
	exitInternal      = 70
	exitInterrupted   = 130
)

// exitHelp explains them.
const exitHelp = `Exit codes:
  0    ok
  1    a property failed (without names: a scenario's verdict was not the expected one)
  2    inconclusive: nothing failed, but something required was not put to the test
  3    not deterministic: two runs of one seed differ
  64   wrong usage or an invalid scenario, token or input
  70   internal error
  130  interrupted; what was done is kept`

// exit is an error that says how the command ends. Its message may be empty when
// all was said.
type exit struct {
	code int
	err  error
}

// Error is the message.
func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// Unwrap gives the cause.
func (e *exit) Unwrap() error { return e.err }

// usage makes an error of wrong usage.
func usage(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

// internal makes an error that is not the user's.
func internal(format string, args ...any) error {
	return &exit{exitInternal, fmt.Errorf(format, args...)}
}

// ended is how the command ends without a further message.
func ended(code int) error {
	if code == exitOK {
		return nil
	}
	return &exit{code, nil}
}

// interrupted is how the command ends after a signal.
func interrupted() error { return &exit{exitInterrupted, errors.New("interrupted")} }

// patiently waits for work that cannot be told to end, but not longer than until an
// interrupt: then the work is left to the end of the process.
func patiently[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type done struct {
		result T
		err    error
	}
	var none T
	if ctx.Err() != nil {
		return none, interrupted()
	}
	ch := make(chan done, 1)
	go func() {
		result, err := work()
		ch <- done{result, err}
	}()
	select {
	case d := <-ch:
		return d.result, d.err
	case <-ctx.Done():
		return none, interrupted()
	}
}

// main runs the command line and returns the exit code.
func (a *app) main(args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			a.complain("internal error: %v", p)
			code = exitInternal
		}
	}()
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(a.ctx)
	code = codeOf(err)
	if err != nil && err.Error() != "" {
		a.complain("%v", err)
	}
	return code
}

// codeOf maps an error to its exit code. What has none of its own comes from the
// command line's own rules (unknown flags and the like).
func codeOf(err error) int {
	var e *exit
	var invalid *scenarios.InvalidError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	case errors.As(err, &invalid):
		return exitUsage
	}
	return exitUsage
}

// complain writes a message for people, line by line free of control characters.
func (a *app) complain(format string, args ...any) {
	fmt.Fprintf(a.errw, "weir: %s\n", cleanLines(fmt.Sprintf(format, args...)))
}

// root is the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "Weighted log distribution under simulated faults, judged from the logs",
		Long: `weir runs a distributed log pipeline (emitters, distributors, analysers) in a
deterministic simulation, breaks it as a scenario says, and judges what the nodes
logged. One seed always gives the same run.

` + exitHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(flagError)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errw)
	root.AddCommand(a.runCommand(), a.checkCommand(), a.verifyCommand(), a.replayCommand(), a.shrinkCommand(), a.sweepCommand(), a.mergeCommand(), a.soakCommand(), a.upCommand(), a.studyCommand(), a.scenarioCommand(), a.versionCommand(), a.onceCommand())
	var version bool
	root.Flags().BoolVar(&version, "version", false, "say which build this is")
	root.RunE = func(c *cobra.Command, _ []string) error {
		if version {
			return a.version()
		}
		return c.Help()
	}
	root.InitDefaultCompletionCmd()
	for _, c := range append(root.Commands(), root) {
		if c.HasSubCommands() {
			group(c)
		}
	}
	return root
}
