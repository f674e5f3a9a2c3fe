// Command weir-node is the product's own program: it carries the node logic of
// package system and nothing of the harness, and it compiles for wasip1.
//
// So far it says its version and tries a control document on a distributor's
// supervisor, booted in memory on one goroutine with a virtual clock. The real
// services (emit, distribute, analyse over a network) are not here yet. Nothing
// imports it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"weir/system/distributor"
)

const usageText = `usage:
  weir-node --version
  weir-node check-control --analysers ID=WEIGHT,... [FILE]

check-control boots a distributor with that table and hands it the control document
in FILE (standard input without one), for example
  {"op":"weight","id":"a1","weight":5}
It prints the answer and the table that is in force then.

exit codes: 0 accepted; 1 refused; 64 wrong usage; 70 internal error
`

// The exit codes, as in the command weir.
const (
	exitOK       = 0
	exitRefused  = 1
	exitUsage    = 64
	exitInternal = 70
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the command with its streams as arguments; it returns the exit code.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	switch {
	case len(args) == 1 && (args[0] == "--version" || args[0] == "version"):
		fmt.Fprintf(out, "weir-node %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return exitOK
	case len(args) == 1 && (args[0] == "--help" || args[0] == "help"):
		fmt.Fprint(out, usageText)
		return exitOK
	case len(args) > 0 && args[0] == "check-control":
		return checkControl(args[1:], in, out, errw)
	}
	fmt.Fprint(errw, usageText)
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

// documentMax is how many bytes of a document are read: more than any distributor
// accepts, so that it is the one to refuse.
const documentMax = 128 << 10

// checkControl tries one control document.
func checkControl(args []string, in io.Reader, out, errw io.Writer) int {
	flags := flag.NewFlagSet("check-control", flag.ContinueOnError)
	flags.SetOutput(errw)
	table := flags.String("analysers", "", "the table to boot with: ID=WEIGHT,...")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	cfg, err := config(*table)
	if err == nil && flags.NArg() > 1 {
		err = errors.New("more than one file")
	}
	var doc []byte
	if err == nil {
		doc, err = document(flags.Args(), in)
	}
	if err != nil {
		fmt.Fprintf(errw, "weir-node: %q\n", err)
		return exitUsage
	}
	answer, lines, err := deliver(cfg, doc)
	if err != nil {
		fmt.Fprintf(errw, "weir-node: %q\n", err)
		return exitInternal
	}
	if !answer.OK {
		fmt.Fprintf(out, "refused, version %d stays: %s\n", answer.Version, strconv.QuoteToASCII(answer.Why))
		return exitRefused
	}
	fmt.Fprintf(out, "accepted, version %d: %s\n", answer.Version, lastTable(lines))
	return exitOK
}

// config is a distributor's configuration with the given table.
func config(table string) (distributor.Config, error) {
	cfg := distributor.Config{Workers: 1}
	for item := range strings.SplitSeq(table, ",") {
		id, weight, ok := strings.Cut(item, "=")
		n, err := strconv.ParseUint(weight, 10, 32)
		if !ok || err != nil {
			return cfg, fmt.Errorf("--analysers: %q is not ID=WEIGHT", item)
		}
		cfg.Analysers = append(cfg.Analysers, distributor.Analyser{ID: id, Weight: uint32(n)})
	}
	return cfg, cfg.Validate()
}

// document reads the document from the file, or from in.
func document(args []string, in io.Reader) ([]byte, error) {
	if len(args) == 1 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, documentMax))
}
