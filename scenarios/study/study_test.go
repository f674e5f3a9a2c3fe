package study

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weir/scenarios"
)

// pages is where the studies' files are.
var pages = filepath.Join("..", "..", "docs", "studies")

func stored(t *testing.T, s *Study) *Table {
	t.Helper()
	f, err := os.Open(filepath.Join(pages, s.Name+".json"))
	if err != nil {
		t.Fatalf("%v: make it with: weir study %s", err, s.Name)
	}
	defer f.Close()
	table, err := s.ReadTable(f)
	if err != nil {
		t.Fatalf("%v: weir study %s", err, s.Name)
	}
	return table
}

// The pages, plots and CSV files are what the stored figures give; WEIR_UPDATE=1 writes
// them again.
func TestPages(t *testing.T) {
	for _, s := range All() {
		for _, f := range s.Files(stored(t, s)) {
			path := filepath.Join(pages, f.Name)
			if len(f.Data) > 100_000 {
				t.Errorf("%s: %d bytes, at most 100000", f.Name, len(f.Data))
			}
			if os.Getenv("WEIR_UPDATE") != "" {
				if err := os.WriteFile(path, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, f.Data) {
				t.Errorf("%s is not what %s.json gives (%v): weir study %s", f.Name, s.Name, err, s.Name)
			}
		}
	}
}

// play makes one run of a cell.
func play(t *testing.T, s *Study, c Cell, seed int) ([]*int64, *Watcher, *scenarios.Result) {
	t.Helper()
	sc, err := s.Scenario(c)
	if err != nil {
		t.Fatal(err)
	}
	opt, w := s.Options(uint64(seed))
	res, err := scenarios.Run(sc, opt)
	if err != nil {
		t.Fatal(err)
	}
	values, err := s.Measure(sc, res, w)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.Command(c, seed))
	}
	return values, w, res
}

// Some of the stored figures, measured again, are the same: the pages do not rot.
func TestRunsAgain(t *testing.T) {
	for _, s := range All() {
		table, cells := stored(t, s), s.Cells()
		for i, seed := range map[int]int{0: 1, len(cells) / 2: 2, len(cells) - 3: s.Seeds} {
			values, _, _ := play(t, s, cells[i], seed)
			for m, v := range values {
				was := table.Cells[i].Values[m][seed-1]
				if (v == nil) != (was == nil) || v != nil && *v != *was {
					t.Errorf("%s, %q, seed %d: %s is not what the page says: weir study %s", s.Name, cells[i].Levels, seed, s.Measures[m].Name, s.Name)
				}
			}
		}
	}
}

// Every cell is a valid scenario, and differs from all others.
func TestCells(t *testing.T) {
	for _, s := range All() {
		seen := map[string][]string{}
		for _, c := range s.Cells() {
			sc, err := s.Scenario(c)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := seen[sc.Hash()]; ok {
				t.Errorf("%s: %q and %q are one scenario", s.Name, other, c.Levels)
			}
			seen[sc.Hash()] = c.Levels
		}
		if Named(s.Name) == nil {
			t.Errorf("%s is not found by its name", s.Name)
		}
	}
}

// A run that fails is no result.
func TestFailedRun(t *testing.T) {
	s := policy()
	s.Base, s.Set = "canary", []string{"check.expect=pass", "check.expect_fail=[]"}
	sc, err := s.Scenario(Cell{})
	if err != nil {
		t.Fatal(err)
	}
	opt, w := s.Options(1)
	res, err := scenarios.Run(sc, opt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Measure(sc, res, w); err == nil || !strings.Contains(err.Error(), "C2 fail") {
		t.Errorf("error %v, want C2 fail", err)
	}
	if _, err := s.Scenario(Cell{Set: []string{"nonsense=1"}}); err == nil {
		t.Error("an override of no field is taken")
	}
}

// Plots are well-formed, name what they show and hold no number that is not finite.
func TestPlots(t *testing.T) {
	for _, s := range All() {
		svg := s.SVG(stored(t, s))
		titles := 0
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			if e, ok := token.(xml.StartElement); ok && slices.Contains([]string{"title", "desc"}, e.Name.Local) {
				titles++
			}
		}
		if titles != 2 {
			t.Errorf("%s: %d of title and desc", s.Name, titles)
		}
		for _, p := range s.Plot {
			if !bytes.Contains(svg, []byte(escape(p.Title))) {
				t.Errorf("%s: no panel %q", s.Name, p.Title)
			}
		}
	}
	if got := escape(`<a href="x">&'`); got != "&lt;a href=&#34;x&#34;&gt;&amp;&#39;" {
		t.Error(got)
	}
}

// A table that is not of the study is refused, and says why.
func TestReadTable(t *testing.T) {
	s := policy()
	good := string(stored(t, s).JSON())
	for _, c := range []struct{ text, want string }{
		{"", "EOF"},
		{strings.Replace(good, `"seeds":10`, `"seeds":11`, 1), "make it again"},
		{strings.Replace(good, `"deficit"`, `"deficits"`, 1), "make it again"},
		{strings.Replace(good, `"study"`, `"extra":1,"study"`, 1), "extra"},
		{good + " ", "make it again"},
		{strings.Repeat(" ", tableMax+1), "more than"},
	} {
		if _, err := s.ReadTable(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func FuzzReadTable(f *testing.F) {
	s := workers()
	f.Add(string(s.NewTable().JSON()))
	f.Add(`{"study":"workers","cells":[{"values":[[null,1]]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		table, err := s.ReadTable(strings.NewReader(text))
		if err == nil && string(table.JSON()) != text {
			t.Error("read and written it is another text")
		}
	})
}

// The verdicts on what was expected, as the answers' words have them: where one is
// another now, read the study's answer again before this is changed.
func TestVerdicts(t *testing.T) {
	want := map[string]string{
		"policy":   "wrong, right, right, in part",
		"detector": "wrong, wrong, right, wrong, right, in part",
		"state":    "right, in part, wrong, right, right, wrong",
		"workers":  "in part, right, wrong",
		"scale":    "in part, wrong, right, right",
		"acks":     "right, right, right, in part, right",
		"gossip":   "right, right, right, right, right",
	}
	for _, s := range All() {
		var got []string
		for _, f := range s.Findings(stored(t, s)) {
			got = append(got, f.Verdict)
		}
		if list := strings.Join(got, ", "); list != want[s.Name] {
			t.Errorf("%s: %s; it was %s", s.Name, list, want[s.Name])
		}
	}
}
