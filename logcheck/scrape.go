package logcheck

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits of a scrape: FORMAT.md, section 1.
const (
	scrapeMax       = 4 << 20 // bytes of a file
	scrapeLineMax   = 8 << 10 // bytes of a line
	scrapeLabelsMax = 16      // labels of a series
	scrapeValueMax  = 1 << 53 // what a float64 still counts exactly
)

// scrape is what one incarnation said of itself to /metrics, of the series that are
// judged.
type scrape struct {
	file     *File // of the scrape itself
	of       *File // of the incarnation; nil: it has no log
	from, to int64 // world time: when it was asked, when it had answered
	late     bool  // it says that not all of it is new
	series   map[series]scraped
}

// series is a metric and the value of its label, empty if it has none.
type series struct{ metric, label string }

// scraped is a series' value and line.
type scraped struct {
	value int64
	line  int
}

// scrapeName finds the node and incarnation in metrics/NODE.INC.prom.
func scrapeName(path string) (node string, inc uint32, ok bool) {
	base, ok := strings.CutPrefix(path, "metrics/")
	base, ok2 := strings.CutSuffix(base, ".prom")
	dot := strings.LastIndexByte(base, '.')
	if !ok || !ok2 || dot < 0 || !validName([]byte(base[:dot])) {
		return "", 0, false
	}
	n, rest, ok := parseDecimal([]byte(base[dot+1:]))
	if !ok || len(rest) > 0 || n == 0 || n > 1<<32-1 {
		return "", 0, false
	}
	return base[:dot], uint32(n), true
}

// openScrapes reads the scrapes of a run.
func (e *engine) openScrapes(list []string) error {
	count := 0
	for _, name := range list {
		node, inc, ok := scrapeName(name)
		if !ok {
			continue
		}
		if count++; count > filesMax {
			return fmt.Errorf("logcheck: more than %d scrapes", filesMax)
		}
		text, err := e.readScrape(name)
		if err != nil {
			return err
		}
		s, line, err := parseScrape(text, node, inc)
		s.file = &File{Name: name}
		if err != nil {
			e.ctx.badScrapes = append(e.ctx.badScrapes, badScrape{Ref{file: s.file, Line: line}, err})
			continue
		}
		for _, f := range e.ctx.Files {
			if !f.Faults && e.ctx.Names.Name(f.Node) == node && f.Inc == inc {
				s.of = f
			}
		}
		e.ctx.scrapes = append(e.ctx.scrapes, s)
	}
	return nil
}

// badScrape is a scrape that cannot be read.
type badScrape struct {
	at  Ref
	err error
}

func (e *engine) readScrape(name string) ([]byte, error) {
	rc, err := e.src.Open(name)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	text, err := io.ReadAll(io.LimitReader(rc, scrapeMax+1))
	if err != nil {
		return nil, fmt.Errorf("logcheck: read %s: %w", Sanitise(name), err)
	}
	return text, nil
}

// parseScrape reads a scrape of that incarnation: the line that says when, then the
// text format of Prometheus. It tells the line of an error, from 1.
func parseScrape(text []byte, node string, inc uint32) (s *scrape, line int, err error) {
	s = &scrape{series: map[series]scraped{}}
	if len(text) > scrapeMax {
		return s, 1, fmt.Errorf("more than %d bytes", scrapeMax)
	}
	p := scrapeParser{scrape: s, node: node, inc: strconv.FormatUint(uint64(inc), 10)}
	for len(text) > 0 {
		line++
		one, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return s, line, errors.New("the last line is not whole")
		}
		if text = rest; len(one) > scrapeLineMax {
			return s, line, fmt.Errorf("a line of %d bytes, at most %d", len(one), scrapeLineMax)
		}
		if err := p.line(string(one), line); err != nil {
			return s, line, err
		}
	}
	if !p.said.when || !p.said.node || !p.said.inc || !p.said.late {
		return s, 1, errors.New("the time of the scrape, weir_build_info, weir_node_incarnation or weir_node_late_actors is missing")
	}
	return s, 0, nil
}

// scrapeParser reads lines.
type scrapeParser struct {
	*scrape
	node, inc string
	said      struct{ when, node, inc, late bool }
}

func (p *scrapeParser) line(text string, line int) error {
	if line == 1 {
		return p.when(text)
	}
	if text == "" || text[0] == '#' {
		return nil
	}
	m, err := parseSample(text)
	if err != nil {
		return err
	}
	switch m.name {
	case "weir_build_info":
		p.said.node = true
		if got := m.label("node"); got != p.node {
			return fmt.Errorf("this is what node %q says", Sanitise(got))
		}
	case "weir_node_incarnation":
		p.said.inc = true
		if m.value != p.inc {
			return fmt.Errorf("this is what incarnation %s says", Sanitise(m.value))
		}
	case "weir_node_late_actors":
		p.said.late, p.late = true, m.value != "0"
	}
	return p.keep(&m, line)
}

// keep notes a series that is judged.
func (p *scrapeParser) keep(m *promSample, line int) error {
	for i := range measures {
		if measures[i].metric != m.name {
			continue
		}
		key := series{metric: m.name}
		switch {
		case measures[i].label == "" && len(m.labels) == 0:
		case len(m.labels) == 1 && m.labels[0].name == measures[i].label:
			key.label = m.labels[0].value
		default:
			return fmt.Errorf("%s has other labels than %q", m.name, measures[i].label)
		}
		v, ok := promWhole(m.value)
		if !ok || v > scrapeValueMax {
			return fmt.Errorf("%s is %s: want a whole number from 0", m.name, Sanitise(m.value))
		}
		if _, twice := p.series[key]; twice {
			return fmt.Errorf("%s %q stands twice", m.name, Sanitise(key.label))
		}
		p.series[key] = scraped{v, line}
	}
	return nil
}

// when reads "# weir scrape from_ns=N to_ns=N".
func (p *scrapeParser) when(text string) error {
	rest, ok := strings.CutPrefix(text, "# weir scrape from_ns=")
	from, b, ok1 := parseDecimal([]byte(rest))
	to, end, ok2 := uint64(0), b, false
	if b, ok3 := bytes.CutPrefix(b, []byte(" to_ns=")); ok3 {
		to, end, ok2 = parseDecimal(b)
	}
	if !ok || !ok1 || !ok2 || len(end) > 0 || from > to || to > 1<<62 {
		return errors.New("the first line is not \"# weir scrape from_ns=N to_ns=N\", in this order")
	}
	p.said.when, p.from, p.to = true, int64(from), int64(to)
	return nil
}
