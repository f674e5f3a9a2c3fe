//go:build linux

// Command weir-bench measures weir's distributor beside nginx and HAProxy: the same
// packets, the same weights, the same analysers with the same durability, over loopback.
// ./run.sh bench-peers builds and starts it. Nothing imports it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

const usageText = `usage: weir-bench --node PROGRAM [flags]

Starts three analysers (weir-node analyse, weights 5, 3, 2), then one distributor or
proxy after the other before them, sends packets and measures: committed messages a
second, latency from when a packet was to be sent to its acknowledgement, CPU time and
memory of the proxy's processes alone, and how exactly the share of messages is kept
after an analyser was killed and came back. An interrupt prints what is measured so far.

flags:
  --node PROGRAM   the weir-node to measure. Required.
  --only LIST      systems, comma-separated: nginx, haproxy, weir-http, weir-http-grpc,
                   weir-grpc, weir-http-log, weir-grpc-log. Default: all
  --for DURATION   how long each cell is measured, 100ms to 1m. Default: 3s
  --rounds N       how often each load level is measured, the systems by turns; the round with
                   the median p99 counts. 1 to 99. Default: 3
  --dir DIR        where the analysers' files are: it decides what a sync costs.
                   Default: a temporary folder
  --json FILE      where the figures are written as JSON. Default: not at all
  --profile DIR    also take CPU and allocation profiles of weir's distributor there

exit codes: 0 measured; 64 wrong usage; 70 a program does not start or answer;
130 interrupted
`

// The exit codes, as in weir-node.
const (
	exitOK          = 0
	exitUsage       = 64
	exitInternal    = 70
	exitInterrupted = 130
)

func main() {
	// Children get a signal when the thread that started them ends: this one does not.
	runtime.LockOSThread()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	node    string
	only    string
	span    time.Duration
	rounds  int
	dir     string
	json    string
	profile string

	away, settle time.Duration // see fail.go
}

func parse(args []string, errw io.Writer) (o options, err error) {
	o.away, o.settle = away, settle
	f := flag.NewFlagSet("weir-bench", flag.ContinueOnError)
	f.SetOutput(errw)
	f.Usage = func() { fmt.Fprint(errw, usageText) }
	f.StringVar(&o.node, "node", "", "")
	f.StringVar(&o.only, "only", "", "")
	f.DurationVar(&o.span, "for", 3*time.Second, "")
	f.IntVar(&o.rounds, "rounds", 3, "")
	f.StringVar(&o.dir, "dir", "", "")
	f.StringVar(&o.json, "json", "", "")
	f.StringVar(&o.profile, "profile", "", "")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		err = fmt.Errorf("%.80q: only flags are expected", f.Arg(0))
	case o.node == "":
		err = errors.New("no program to measure: --node PROGRAM")
	case o.span < 100*time.Millisecond || o.span > time.Minute:
		err = fmt.Errorf("--for %v: want 100ms to 1m", o.span)
	case o.rounds < 1 || o.rounds > 99:
		err = fmt.Errorf("--rounds %d: want 1 to 99", o.rounds)
	}
	return o, err
}

// run is the command with its streams as arguments; it returns the exit code.
func run(args []string, out, errw io.Writer) int {
	o, err := parse(args, errw)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	var all []system
	if err == nil {
		all, err = pick(o.only)
	}
	if err != nil {
		fmt.Fprintf(errw, "weir-bench: %v\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := &report{Machine: machine(), Span: o.span.String()}
	if r.Sync, err = syncTime(o.dir); err != nil {
		fmt.Fprintf(errw, "weir-bench: --dir: %v\n", err)
		return exitUsage
	}
	err = measureAll(ctx, &o, all, r, errw)
	r.print(out)
	if o.json != "" {
		text, _ := json.MarshalIndent(r, "", " ") // numbers and texts only
		err = errors.Join(err, os.WriteFile(o.json, append(text, '\n'), 0o644))
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(errw, "weir-bench: interrupted; the figures above are those measured until then")
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(errw, "weir-bench: %v\n", err)
		return exitInternal
	}
	return exitOK
}
