package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"weir/system/distributor"
	"weir/system/driver"
	"weir/system/message"
)

// documentMax is how many bytes of a document are read: more than any distributor
// accepts, so that it is the one to refuse.
const documentMax = 128 << 10

// answerMax is how long an answer is awaited.
const answerMax = 10 * time.Second

// checkControl tries one control document.
func checkControl(args []string, in io.Reader, out, errw io.Writer) int {
	flags := newFlags("check-control", errw)
	table := flags.String("analysers", "", "the table to boot with: ID=WEIGHT,...")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	cfg, err := tableOf(*table)
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
	answer, log, err := deliver(cfg, doc)
	if err != nil {
		fmt.Fprintf(errw, "weir-node: %q\n", err)
		return exitInternal
	}
	if !answer.OK {
		fmt.Fprintf(out, "refused, version %d stays: %s\n", answer.Version, strconv.QuoteToASCII(answer.Why))
		return exitRefused
	}
	fmt.Fprintf(out, "accepted, version %d: %s\n", answer.Version, lastTable(log))
	return exitOK
}

// tableOf is a distributor's configuration with the given table.
func tableOf(table string) (distributor.Config, error) {
	cfg := distributor.Config{Workers: 1, Volatile: true}
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

// deliver boots a distributor, hands its supervisor a document and returns the
// answer and the log of the node.
func deliver(cfg distributor.Config, doc []byte) (*message.ControlOK, []byte, error) {
	link, log := &local{}, &bytes.Buffer{}
	n, err := driver.Start(driver.Config{Name: "d1", Role: "distributor", Incarnation: 1, Boot: distributor.Boot(cfg), Link: link, Log: log})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerMax)
	defer cancel()
	m, err := link.ask(ctx, distributor.Supervisor, &message.Control{Doc: doc})
	n.Kill()
	<-n.Done()
	answer, ok := m.(*message.ControlOK)
	if err == nil && !ok {
		err = fmt.Errorf("the answer is a %T", m)
	}
	return answer, log.Bytes(), err
}

// lastTable is the table of the last accepted configuration in a log.
func lastTable(log []byte) string {
	table := "(no table)"
	for line := range bytes.Lines(log) {
		if !bytes.HasPrefix(line, []byte(`{"k":"config",`)) {
			continue
		}
		var config struct {
			OK  bool   `json:"ok"`
			Set string `json:"set"`
		}
		if json.Unmarshal(line, &config) == nil && config.OK {
			table = config.Set
		}
	}
	return table
}
