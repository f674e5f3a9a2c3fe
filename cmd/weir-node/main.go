// Command weir-node is the product's own program: emitters, distributors and
// analysers as real services over gRPC and HTTP. It carries the node logic of package system
// and nothing of the harness, and it compiles for wasip1. Nothing imports it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

const usageText = `usage:
  weir-node distribute --name NAME --listen ADDR --analyser ID=WEIGHT@ADDR ... [flags]
  weir-node analyse    --name NAME --listen ADDR [flags]
  weir-node emit       --name NAME --to NAME@ADDR ... --input FILE ... [flags]
  weir-node operate    --name NAME --config FILE
  weir-node check-control --analysers ID=WEIGHT,... [FILE]
  weir-node --version

Each of the first four is one node, which runs until SIGTERM or an interrupt, then ends
in order; a second signal ends it at once. An emitter ends by itself once every
packet of its inputs has its outcome. --config FILE takes all of it, and every other
setting, from a YAML file; flags win over it.

flags:
  --config FILE    the node's configuration; README.md has one, and every field
                   is named in it as in the role's Config (go doc)
  --data DIR       the node's durable files: an analyser's store, a distributor's table
                   and dead letters, an emitter's journal. Required.
  --log DIR        where the event log is written, for the checker. Default: none
  --control ADDR   distribute, emit: where control documents are taken. Default:
                   nowhere. Other than a loopback address only with certificates
                   (tls: {cert, key, ca} in the file) or a token, which crosses no
                   network without tls unless the file says token_in_clear: true
  --control-token-file FILE
                   the token, 16 bytes or more, that a control document must carry;
                   operate: that its documents carry
  --admin ADDR     where /metrics, /healthz, /readyz and /debug/pprof are served: a loopback
                   address. Default: nowhere. With tls, of which metrics and profiles are
                   an operator's, ADDR may be any
  --admin-token-file FILE
                   metrics and profiles ask for the bearer token in FILE; the rule for ADDR
                   is that of --control
  --http-listen ADDR, --http-control ADDR
                   the same as --listen and --control, as JSON over HTTP (curl).
                   Nodes that speak HTTP are named as http://HOST:PORT; with tls as
                   https://HOST:PORT.

operate delivers control documents to other nodes, as often as it takes: lines of the
form NODE ACTOR DOCUMENT on standard input, ACTOR being sup for a distributor.

check-control boots a distributor with that table and hands it the control document
in FILE (standard input without one), for example {"op":"weight","id":"a1","weight":5}
It prints the answer and the table that is in force then.

exit codes: 0 ended in order, or accepted; 1 refused (check-control), or packets without
acknowledgement (emit); 64 wrong usage or configuration; 70 internal error; 130 ended
at once by a second signal
`

// The exit codes, as in the command weir.
const (
	exitOK          = 0
	exitRefused     = 1
	exitUsage       = 64
	exitInternal    = 70
	exitInterrupted = 130
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the command with its streams as arguments; it returns the exit code.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(errw, usageText)
		return exitUsage
	}
	switch args[0] {
	case "--version", "version":
		fmt.Fprintf(out, "weir-node %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return exitOK
	case "--help", "-h", "help":
		fmt.Fprint(out, usageText)
		return exitOK
	case "check-control":
		return checkControl(args[1:], in, out, errw)
	case "distribute", "analyse", "emit", "operate":
		return serve(args[0], args[1:], in, errw)
	}
	fmt.Fprintf(errw, "weir-node: no command %q\n%s", args[0], usageText)
	return exitUsage
}

// version is the module's version, or its commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }
func (l *list) Set(v string) error {
	*l = append(*l, v)
	return nil
}

// newFlags returns a set of flags that complains to errw without its own usage text.
func newFlags(name string, errw io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("weir-node "+name, flag.ContinueOnError)
	f.SetOutput(errw)
	f.Usage = func() { fmt.Fprint(errw, "see weir-node --help\n") }
	return f
}
