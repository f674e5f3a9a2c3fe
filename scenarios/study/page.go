package study

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// File is one file of a study's results.
type File struct {
	Name string
	Data []byte
}

// Files renders a table: NAME.json, NAME.csv, NAME.svg and NAME.md.
func (s *Study) Files(t *Table) []File {
	return []File{
		{s.Name + ".json", t.JSON()}, {s.Name + ".csv", s.CSV(t)},
		{s.Name + ".svg", s.SVG(t)}, {s.Name + ".md", s.page(t)},
	}
}

// page writes the page for people.
func (s *Study) page(t *Table) []byte {
	b := &bytes.Buffer{}
	fmt.Fprintf(b, "# %s\n\n<!-- Written by weir study %s: change scenarios/study/%s.go, not this page. -->\n", s.Title, s.Name, s.Name)
	fmt.Fprintf(b, "\n**Question.** %s\n\n## Answer\n", s.Question)
	for _, line := range s.Answer(t) {
		fmt.Fprintf(b, "* %s\n", line)
	}
	fmt.Fprintf(b, "\n![%s](%s.svg)\n\n## What was expected, and what was found\n| expected | by | right? | found |\n|---|---|---|---|\n", s.Title, s.Name)
	for _, f := range s.Findings(t) {
		fmt.Fprintf(b, "| %s | %s | **%s** | %s |\n", f.Expected, f.Source, f.Verdict, f.Found)
	}
	if s.Also != nil {
		b.WriteString("\n" + s.Also(t))
	}
	b.WriteString("\n## Method\n")
	for _, m := range s.Method {
		fmt.Fprintf(b, "%s\n\n", m)
	}
	s.writeFactors(b)
	s.writeMeasures(b)
	s.writeTable(b, t)
	b.WriteString("\n## What it does not show\n")
	for _, l := range s.Limits {
		fmt.Fprintf(b, "* %s\n", l)
	}
	first := s.Cells()[0]
	fmt.Fprintf(b, "\n## Again\n```\nweir study %s             all of it: %s; writes this page, its plot, %s.csv and %s.json\n", s.Name, counted(len(t.Cells)*s.Seeds, "run"), s.Name, s.Name)
	fmt.Fprintf(b, "weir study %s --check     the same, compared with these files byte for byte\n```\nOne run of it, the first cell's first seed:\n```\n%s\n```\n", s.Name, s.Command(first, 1))
	fmt.Fprintf(b, "The overrides of the other cells, and what each seed gave, are in [%s.json](%s.json).\n", s.Name, s.Name)
	return b.Bytes()
}

func (s *Study) writeFactors(b *bytes.Buffer) {
	b.WriteString("What was varied, every combination:\n")
	for _, f := range s.Factors {
		var names []string
		for _, l := range f.Levels {
			names = append(names, l.Name)
		}
		fmt.Fprintf(b, "* **%s**: %s (%s)\n", f.Name, strings.Join(names, ", "), f.About)
	}
}

func (s *Study) writeMeasures(b *bytes.Buffer) {
	b.WriteString("\nWhat was measured in each run:\n")
	for _, m := range s.Measures {
		fmt.Fprintf(b, "* **%s** (%s): %s\n", m.Name, m.Unit, m.About)
	}
	fmt.Fprintf(b, `
Figures are means over %s, with the interval at 95 %% in brackets: percentile
bootstrap of %d resamples from a fixed stream; for an event that no run saw, the exact upper
limit of a Poisson count (3.0 / runs). "Always" means the same value in every run, "clearly" that intervals do not touch. All
arithmetic is in integers, so every machine writes the same bytes. Every run was judged by
the checker as well, and got the verdict that its scenario expects.
`, counted(s.Seeds, "seed"), resamples)
}

func (s *Study) writeTable(b *bytes.Buffer, t *Table) {
	b.WriteString("\n## Figures\n|")
	for _, f := range s.Factors {
		fmt.Fprintf(b, " %s |", f.Name)
	}
	for _, name := range s.Shown {
		fmt.Fprintf(b, " %s (%s) |", name, s.Measures[s.measure(name)].Unit)
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(s.Factors)+len(s.Shown)) + "\n")
	for row, c := range t.Cells {
		fmt.Fprintf(b, "| %s |", strings.Join(c.Levels, " | "))
		for _, name := range s.Shown {
			fmt.Fprintf(b, " %s |", s.statAt(t, s.measure(name), row))
		}
		b.WriteByte('\n')
	}
}

// measure is the index of a measure.
func (s *Study) measure(name string) int {
	i := slices.IndexFunc(s.Measures, func(m Measure) bool { return m.Name == name })
	if i < 0 {
		panic("study " + s.Name + ": no measure " + name)
	}
	return i
}

// counted is a number of things.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}
