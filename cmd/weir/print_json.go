package main

import (
	"weir/logcheck"
)

// jsonPrinter writes one JSON document at the end.
type jsonPrinter struct {
	app  *app
	runs []jsonRun
}

// jsonDocument is the result of weir run --output json. Format counts up when a
// field changes its meaning or goes.
type jsonDocument struct {
	Format      int       `json:"format"`
	Build       string    `json:"build"`
	Runs        []jsonRun `json:"runs"`
	Planned     uint64    `json:"planned"`
	Unexpected  uint64    `json:"unexpected"`
	Interrupted bool      `json:"interrupted"`
	ExitCode    int       `json:"exit_code"`
}

// jsonRun is one run.
type jsonRun struct {
	Scenario  string            `json:"scenario"`
	Seed      uint64            `json:"seed"`
	Verdict   string            `json:"verdict"`
	Expect    string            `json:"expect"`
	Expected  bool              `json:"expected"`
	Surprises []string          `json:"surprises,omitempty"`
	Stop      string            `json:"stop,omitempty"`
	Events    uint64            `json:"events"`
	Virtual   int64             `json:"virtual_ns"`
	Faults    int               `json:"faults"`
	Token     string            `json:"token,omitempty"`
	Dir       string            `json:"dir,omitempty"`
	Error     string            `json:"error,omitempty"`
	Notes     []string          `json:"notes,omitempty"`
	Missing   []string          `json:"missing,omitempty"`
	Results   []logcheck.Result `json:"results,omitempty"`
	Report    *logcheck.Report  `json:"report,omitempty"`
}

func (p *jsonPrinter) begin() error { return nil }

// run takes one run. Of a run that passed only the verdicts' words matter, so that
// the document of a long sweep stays small.
func (p *jsonPrinter) run(o *outcome) error {
	r := jsonRun{
		Scenario: o.sc.Name, Seed: o.seed, Verdict: o.word(), Expect: o.sc.Check.Expect, Expected: o.expected(), Surprises: o.surprises,
		Stop: o.stop, Events: o.events, Virtual: int64(o.virtual), Faults: o.faults, Dir: o.dir, Error: o.problem(), Notes: o.notes, Report: o.report,
	}
	if o.verdict != nil {
		r.Token, r.Missing, r.Results = o.token.String(), o.verdict.Missing, o.verdict.Results
	}
	p.runs = append(p.runs, r)
	return nil
}

// problem is what went wrong beside the verdict.
func (o *outcome) problem() string {
	switch {
	case o.panicked != "":
		return "panic: " + o.panicked
	case o.err != nil:
		return o.err.Error()
	case o.saveErr != nil:
		return "not kept: " + o.saveErr.Error()
	}
	return ""
}

// end writes the document.
func (p *jsonPrinter) end(all *summary) error {
	interrupted := p.app.ctx.Err() != nil
	data, err := cleanJSON(jsonDocument{
		Format: 1, Build: all.sweep.build, Runs: p.runs, Planned: all.sweep.total(), Unexpected: all.surprising,
		Interrupted: interrupted, ExitCode: all.code(interrupted),
	})
	if err != nil {
		return err
	}
	_, err = p.app.out.Write(data)
	return err
}
