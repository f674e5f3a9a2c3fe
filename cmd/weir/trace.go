package main

import (
	"bufio"
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"weir/logcheck"
	"weir/logcheck/trace"
)

// traceFlags say which records of a run to show, in words.
type traceFlags struct {
	all    bool
	from   string
	until  string
	nodes  []string
	packet string
	stopAt string // replay only
}

func addTraceFlags(c *cobra.Command, f *traceFlags) {
	fl := c.Flags()
	fl.BoolVar(&f.all, "trace", false, "show what happened, a line for each record, instead of judging")
	fl.StringVar(&f.packet, "packet", "", "show the life of this packet over all nodes, source/incarnation/sequence")
	fl.StringArrayVar(&f.nodes, "node", nil, "show only this node and the faults on it, repeatable")
	fl.StringVar(&f.from, "from", "", "show what happened from then on: a time (12.5s) or the number of an event (7687)")
	fl.StringVar(&f.until, "until", "", "show what happened until then, a time or an event")
}

// given refuses a flag that was given without a value: it would be as if it were not.
func (f *traceFlags) given(c *cobra.Command) error {
	for _, name := range []string{"packet", "from", "until", "stop-at"} {
		if fl := c.Flags().Lookup(name); fl != nil && fl.Changed && fl.Value.String() == "" {
			return usage("--%s is empty", name)
		}
	}
	return nil
}

// wanted says that records are to be shown.
func (f *traceFlags) wanted() bool {
	return f.all || f.from != "" || f.until != "" || f.packet != "" || len(f.nodes) > 0 || f.stopAt != ""
}

// filter reads the flags for a run with these nodes and, if events, event numbers.
func (f *traceFlags) filter(nodes []string, events bool) (trace.Filter, error) {
	filter := trace.Filter{Nodes: f.nodes, Packet: f.packet}
	for _, b := range []struct {
		name, text string
		to         *trace.Bound
	}{{"--from", f.from, &filter.From}, {"--until", f.until, &filter.Until}} {
		if b.text == "" {
			continue
		}
		var err error
		if *b.to, err = trace.ParseBound(b.text); err != nil {
			return filter, usage("%s: %w", b.name, err)
		}
	}
	if err := filter.Validate(nodes, events); err != nil {
		return filter, usage("%w", err)
	}
	return filter, nil
}

// tracePrinter writes a trace.
type tracePrinter struct {
	out  *bufio.Writer
	json bool
	*trace.Tracer
}

// jsonLine is a line of a trace as JSON.
type jsonLine struct {
	Time   int64           `json:"t_ns"`
	Event  uint64          `json:"event,omitempty"`
	Where  string          `json:"where"`
	Text   string          `json:"text"`
	File   string          `json:"file,omitempty"`
	Line   int             `json:"line,omitempty"`
	Record json.RawMessage `json:"record,omitempty"`
}

func (a *app) tracePrinter(f trace.Filter, output string) *tracePrinter {
	p := &tracePrinter{out: bufio.NewWriterSize(a.out, 1<<16), json: output == "json"}
	p.Tracer = trace.New(f, p.line)
	return p
}

func (p *tracePrinter) line(l trace.Line) error {
	if !p.json {
		_, err := p.out.WriteString(l.String() + "\n")
		return err
	}
	line := jsonLine{Time: int64(l.T), Event: l.Event, Where: l.Where, Text: l.Text, File: l.File, Line: l.Number}
	if l.Record != nil { // it has no raw control characters: the form forbids them
		line.Record = json.RawMessage(l.Record)
	}
	data, err := json.Marshal(line)
	if err == nil {
		_, err = p.out.Write(append(data, '\n'))
	}
	return err
}

// end writes the packet's summary and what is left; the error says that the packet is
// unknown or that the output failed.
func (p *tracePrinter) end(f trace.Filter) error {
	summary := p.Summary()
	if summary != "" && !p.json {
		_, _ = p.out.WriteString(summary + "\n") // Flush tells
	}
	if err := p.out.Flush(); err != nil {
		return internal("cannot write the result: %w", err)
	}
	if f.Packet != "" && summary == "" {
		return usage("packet %s: no record of the run%s names it", f.Packet, within(f))
	}
	return nil
}

// within says where a filter looked, if not everywhere.
func within(f trace.Filter) string {
	if f.Until.Given {
		return " until then"
	}
	return ""
}

// traceDir shows the stored records of a run.
func (a *app) traceDir(dir string, f *traceFlags, output string) error {
	run, err := logcheck.ReadRun(filepath.Join(dir, "run.json"))
	if err != nil {
		return usage("%s: %w", dir, err)
	}
	var nodes []string
	for _, n := range run.Nodes {
		nodes = append(nodes, n.Name)
	}
	filter, err := f.filter(nodes, run.World == "sim")
	if err != nil {
		return err
	}
	p := a.tracePrinter(filter, output)
	bad, err := logcheck.Walk(logcheck.DirSource(dir), run, func(r *logcheck.Record) bool {
		return a.ctx.Err() == nil && p.Record(r)
	})
	if err != nil {
		return usage("%s: %w", dir, err)
	}
	if bad > 0 {
		a.complain("%d lines are not in the form of FORMAT.md and left out; weir check %s names them", bad, shellQuote(dir))
	}
	if err := p.end(filter); err != nil {
		return err
	}
	if a.ctx.Err() != nil {
		return interrupted()
	}
	return nil
}

// packetOf is the first packet that a witness names; empty for none.
func packetOf(witness []logcheck.Ref) string {
	for _, ref := range witness {
		_, rest, found := strings.Cut(ref.Text, `"id":"`)
		id, _, whole := strings.Cut(rest, `"`)
		if found && whole && logcheck.ValidPacketID(id) && !strings.HasPrefix(id, "probe/") {
			return id
		}
	}
	return ""
}
