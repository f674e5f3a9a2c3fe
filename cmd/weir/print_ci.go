package main

import (
	"encoding/xml"
	"fmt"
	"strings"

	"weir/logcheck"
)

// junitPrinter writes a JUnit report: a test case for each run.
type junitPrinter struct {
	app   *app
	cases []junitCase
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string     `xml:"classname,attr"`
	Name    string     `xml:"name,attr"`
	Failure *junitText `xml:"failure"`
	Error   *junitText `xml:"error"`
	Skipped *junitText `xml:"skipped"`
	Out     string     `xml:"system-out,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (p *junitPrinter) begin() error { return nil }

// run takes one run. A run that got the verdict it expects is a passed test.
func (p *junitPrinter) run(o *outcome) error {
	c := junitCase{Class: "weir." + o.sc.Name, Name: fmt.Sprintf("seed=%d", o.seed), Out: clean(o.token.String())}
	text := &junitText{Message: clean(o.headline()), Text: cleanLines(strings.Join(o.surprises, "\n"))}
	switch {
	case o.problem() != "":
		text.Message, text.Text = "internal error", cleanLines(o.problem())
		c.Error = text
	case o.expected():
	case o.status() == logcheck.Inconclusive:
		c.Skipped = text
	default:
		c.Failure = text
	}
	p.cases = append(p.cases, c)
	return nil
}

// headline says in one line what is wrong with a run.
func (o *outcome) headline() string {
	if o.problem() != "" {
		line, _, _ := strings.Cut(o.problem(), "\n")
		return line
	}
	if o.verdict != nil {
		for _, r := range o.verdict.Results {
			if r.Status == logcheck.Fail {
				return r.ID + ": " + r.Detail
			}
		}
	}
	if len(o.surprises) > 0 {
		return o.surprises[0]
	}
	return o.word()
}

// end writes the report.
func (p *junitPrinter) end(*summary) error {
	suite := junitSuite{Name: "weir", Tests: len(p.cases), Cases: p.cases}
	for _, c := range p.cases {
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.app.out, "%s%s\n", xml.Header, data)
	return err
}

// githubPrinter writes the text form and workflow commands that mark failures. The
// service shows ten of a kind for a step, so there are never more.
type githubPrinter struct{ *textPrinter }

const annotationsMax = 10

// end marks one failure of each kind.
func (p *githubPrinter) end(all *summary) error {
	if err := p.textPrinter.end(all); err != nil {
		return err
	}
	w := &writer{w: p.app.out}
	seen := map[string]bool{}
	for _, o := range all.notPassed {
		kind := o.sc.Name + " " + strings.Join(failedIDs(o), " ")
		if p.sweep.codeOf(o) == exitOK || seen[kind] || len(seen) >= annotationsMax {
			continue
		}
		seen[kind] = true
		w.printf("::error title=%s::%s\n", workflowEscape("weir "+o.sc.Name+" seed "+fmt.Sprint(o.seed), true),
			workflowEscape(clean(o.headline())+"\nreproduce: "+p.sweep.command(o), false))
	}
	return w.err
}

func failedIDs(o *outcome) []string {
	if o.verdict == nil {
		return nil
	}
	return o.verdict.Failed()
}

// workflowEscape writes text for a workflow command.
func workflowEscape(s string, property bool) string {
	pairs := []string{"%", "%25", "\r", "%0D", "\n", "%0A"}
	if property {
		pairs = append(pairs, ":", "%3A", ",", "%2C")
	}
	return strings.NewReplacer(pairs...).Replace(s)
}
