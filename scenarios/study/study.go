package study

import (
	"fmt"
	"slices"
	"strings"

	"weir/logcheck"
	"weir/scenarios"
)

// Study is a question and the runs that answer it.
type Study struct {
	// Name is a word, Title a line for its page.
	Name, Title string
	// Question is a paragraph in Markdown, Method a list of them.
	Question string
	Method   []string
	// Base is the scenario of the catalogue that all runs change, and Set how.
	Base string
	Set  []string
	// Factors are what is varied; there is a cell for each combination of their levels.
	Factors []Factor
	// Each gives the further overrides of a combination of levels; nil: there are none.
	Each func(levels []string) []string
	// Seeds is how many runs a cell has, with seeds 1, 2 and so on.
	Seeds int
	// Measures are what is taken from each run.
	Measures []Measure
	// Shown are the measures in the page's table; the files have all.
	Shown []string
	// Plot are the panels of the plot.
	Plot []Panel
	// Answer is what the table says, in a few sentences.
	Answer func(t *Table) []string
	// Findings hold what was expected against the table.
	Findings func(t *Table) []Finding
	// Also is a further part of the page, in Markdown; nil: there is none.
	Also func(t *Table) string
	// Limits says what the study does not show.
	Limits []string
}

// Factor is one thing that is varied.
type Factor struct {
	Name, About string
	Levels      []Level
}

// Level is a value of a factor: its name and the overrides that make it.
type Level struct {
	Name string
	Set  []string
}

// Measure is one number of a run, in thousandths of its unit.
type Measure struct {
	Name, Unit, About string
	// Count says that it counts rare events: the interval of none is not nothing.
	Count bool
	// Of gives the number; false if the run has none.
	Of func(r *Run) (milli int64, ok bool)
}

// Finding holds an expectation against what was measured.
type Finding struct {
	// Expected is the expectation, Source who has it.
	Expected, Source string
	// Verdict is right, wrong or in part; Found is why, with figures.
	Verdict, Found string
}

// The verdicts on an expectation.
const (
	right  = "right"
	wrong  = "wrong"
	inPart = "in part"
)

// verdict is right or wrong.
func verdict(holds bool) string {
	if holds {
		return right
	}
	return wrong
}

// All lists the studies.
func All() []*Study {
	return []*Study{policy(), detector(), state(), workers(), scaling(), gossiping(), acks()}
}

// Named is the study of a name; nil if there is none.
func Named(name string) *Study {
	for _, s := range All() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Cell is one combination of levels.
type Cell struct {
	// Levels has a level's name for each factor.
	Levels []string
	// Set are the levels' overrides.
	Set []string
}

// Cells lists all combinations, the last factor varying fastest.
func (s *Study) Cells() []Cell {
	cells := []Cell{{}}
	for _, f := range s.Factors {
		var next []Cell
		for _, c := range cells {
			for _, l := range f.Levels {
				next = append(next, Cell{
					Levels: append(slices.Clone(c.Levels), l.Name),
					Set:    append(slices.Clone(c.Set), l.Set...),
				})
			}
		}
		cells = next
	}
	for i := range cells {
		if s.Each != nil {
			cells[i].Set = append(cells[i].Set, s.Each(cells[i].Levels)...)
		}
	}
	return cells
}

// Scenario is what a cell's runs play.
func (s *Study) Scenario(c Cell) (*scenarios.Scenario, error) {
	sc, err := scenarios.Load(s.Base, slices.Concat(s.Set, c.Set)...)
	if err != nil {
		return nil, fmt.Errorf("study %s, %s: %w", s.Name, strings.Join(c.Levels, " "), err)
	}
	return sc, nil
}

// Run is a judged run with what was watched.
type Run struct {
	*watch
	Report *logcheck.Report
}

// Options are those for a run of the study with a seed; the watcher that they carry is
// to be given to Measure with the result.
func (s *Study) Options(seed uint64) (scenarios.Options, *Watcher) {
	w := &Watcher{}
	return scenarios.Options{Seed: seed, Check: true, Rules: []logcheck.NewRule{w.rule}}, w
}

// Measure takes the measures of a run, in the order of Measures; none is nil. A run that
// did not go as its scenario expects is an error: nothing is learned from it.
func (s *Study) Measure(sc *scenarios.Scenario, res *scenarios.Result, w *Watcher) ([]*int64, error) {
	if odd := scenarios.Surprises(sc, res); len(odd) > 0 {
		return nil, fmt.Errorf("study %s, seed %d: %s", s.Name, res.Seed, strings.Join(odd, "; "))
	}
	r := &Run{w.watch, res.Report}
	values := make([]*int64, len(s.Measures))
	for i, m := range s.Measures {
		if v, ok := m.Of(r); ok {
			values[i] = &v
		}
	}
	return values, nil
}

// Command is the line that plays one run of a cell.
func (s *Study) Command(c Cell, seed int) string {
	line := fmt.Sprintf("weir run %s --seed %d", s.Base, seed)
	for _, set := range slices.Concat(s.Set, c.Set) {
		line += " --set '" + set + "'"
	}
	return line
}
