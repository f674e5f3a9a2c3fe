// Command weir-node is the product's own program: emitters, distributors and
// analysers as real services over gRPC and HTTP. It carries the node logic of package system
// and nothing of the harness, and it compiles for wasip1. Nothing imports it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

const usageText = `usage:
  weir-node distribute --name NAME --listen ADDR --analyser ID=WEIGHT@ADDR ... [flags]
  weir-node analyse    --name NAME --listen ADDR [flags]
  weir-node emit       --name NAME --to NAME@ADDR ... --input FILE ... [flags]
                       (or --follow FILE, --input -, --syslog-udp ADDR, --syslog-tcp ADDR)
  weir-node operate    --name NAME --config FILE
  weir-node state NAME@ADDR [--output text|json] [--control-token-file FILE] [--config FILE]
  weir-node report DIR|NAME@http://HOST:PORT ... [--output text|json] [--rows N]
                   [--admin-token-file FILE] [--config FILE]
  weir-node check-control --analysers ID=WEIGHT,... [FILE]
  weir-node version [--output text|json]

Each of the first four is one node, which runs until SIGTERM or an interrupt, then ends
in order; a second signal ends it at once. An emitter ends by itself once every
packet of its inputs has its outcome, unless it follows a file or takes syslog. --config FILE takes all of it, and every other
setting, from a YAML file; flags win over it.

flags:
  --config FILE    the node's configuration; README.md has one, and every field
                   is named in it as in the role's Config (go doc)
  --data DIR       the node's durable files: an analyser's store, a distributor's table
                   and dead letters, an emitter's journal. Required.
  --log DIR        where the event log is written, for the checker. Default: none
  --event-log MODE full, sampled (one packet in 100) or off; event_log in the file also
                   has the sample and sizes
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
  --log-level debug|info|warn|error, --log-format text|json
                   what is told on standard error. Default: info, text
  --follow FILE    emit: read a log file as it grows, over rotation and truncation; may
                   be given several times. FILE need not be there yet
  --input -        emit: read standard input to its end
  --syslog-udp ADDR, --syslog-tcp ADDR
                   emit: take syslog messages (RFC 5424 and 3164). An ADDR without a host
                   is of the loopback
  --spool-max BYTES
                   what each of those may keep on disk, in the data folder, until it is
                   acknowledged; 4 MiB or more. Default: 1 GiB. Files and connections
                   then wait, datagrams are dropped and counted
  --spool-memory   keep what waits of standard input and syslog in memory (64 MiB each
                   unless --spool-max says otherwise): it ends with the process
  --http-listen ADDR, --http-control ADDR
                   the same as --listen and --control, as JSON over HTTP (curl).
                   Nodes that speak HTTP are named as http://HOST:PORT; with tls as
                   https://HOST:PORT.

SIGHUP reads the configuration again: the log level, a distributor's table of analysers
(analysers, drained) and the addresses of new peers take effect; what else changed is
named in a warning. A table that was changed at run time is kept in --data and wins over
the configuration at the next start, until a SIGHUP.

operate delivers control documents to other nodes, as often as it takes: lines of the
form NODE ACTOR DOCUMENT on standard input, ACTOR being sup for a distributor.

state asks a distributor at its control address (HOST:PORT, or http://HOST:PORT) for its
table of analysers and what its workers make of it. --config is an operator's, for
certificates; with its peers NAME is enough.

report tells what the messages that analysers committed add up to: by level, emitter,
source and template, bursts of errors, rates. Each analyser is its --data folder (it may
run meanwhile) or its admin address; several are added up. A packet that two of them
committed, because the receipt of the first was lost, counts twice.

check-control boots a distributor with that table and hands it the control document
in FILE (standard input without one), for example {"op":"weight","id":"a1","weight":5}
It prints the answer and the table that is in force then.

SIGTERM or an interrupt: health says not ready and not serving, new packets are refused
with a time to retry, those in progress finish or, after the role's drain_max, are given
back; after stop_within (30 s) the node ends at once, as at a second signal.

exit codes: 0 ended in order, or accepted, or told; 1 refused (check-control), or packets without
acknowledgement (emit); 64 wrong usage or configuration; 70 internal error; 130 ended
at once, by a second signal or because stop_within has passed
`

// The exit codes, as in the command weir.
const (
	exitOK          = 0
	exitRefused     = 1
	exitUsage       = 64
	exitInternal    = 70
	exitInterrupted = 130
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "distribute" {
		go adjustProcs() // here, because it is the whole process's
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the command with its streams as arguments; it returns the exit code.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(errw, usageText)
		return exitUsage
	}
	switch args[0] {
	case "--version", "version":
		return showVersion(args[1:], out, errw)
	case "--help", "-h", "help":
		fmt.Fprint(out, usageText)
		return exitOK
	case "report":
		return showReport(args[1:], out, errw)
	case "state":
		return showState(args[1:], out, errw)
	case "check-control":
		return checkControl(args[1:], in, out, errw)
	case "distribute", "analyse", "emit", "operate":
		return serve(args[0], args[1:], in, errw)
	}
	fmt.Fprintf(errw, "weir-node: no command %q\n%s", args[0], usageText)
	return exitUsage
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
