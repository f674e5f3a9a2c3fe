// Command weir runs scenarios of weighted log distribution under faults in a
// deterministic simulation, judges the logs and shows what failed.
//
// It is thin: scenarios run in package scenarios, logs are judged by logcheck;
// here are the command line, files, terminals and exit codes. Nothing imports it.
// Wall-clock time is used for progress only; a run's time and randomness are the
// simulation's.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"weir/scenarios"
)

func main() {
	a := newApp()
	a.run = scenarios.Run
	os.Exit(a.main(os.Args[1:]))
}

// newApp is the command on the process's own streams, without a runner. It ends
// runs on the first interrupt and is ended by the second.
func newApp() *app {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	a := &app{ctx: ctx, prog: calledAs(os.Args[0]), in: os.Stdin, out: os.Stdout, errw: os.Stderr, getenv: os.Getenv, self: os.Executable}
	a.status = terminal(os.Stderr) && a.getenv("TERM") != "dumb"
	a.colour = terminal(os.Stdout) && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
	return a
}

// calledAs is the program's name as a shell in the same directory finds it again.
func calledAs(arg string) string {
	if strings.ContainsRune(arg, filepath.Separator) {
		return arg
	}
	return "weir"
}

// terminal says whether f is a character device, which is near enough.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
