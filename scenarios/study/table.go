package study

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Table is the results of a study: for each cell and measure the values of its runs.
type Table struct {
	Study    string   `json:"study"`
	Scenario string   `json:"scenario"`
	Set      []string `json:"set"`
	Seeds    int      `json:"seeds"`
	Factors  []string `json:"factors"`
	Measures []string `json:"measures"` // name (unit); values are thousandths of it
	Cells    []Row    `json:"cells"`
}

// Row is the results of one cell.
type Row struct {
	Levels []string `json:"levels"`
	Set    []string `json:"set"`
	// Values has a list for each measure: a value for each seed from 1 on, in thousandths
	// of the unit; null if that run has none.
	Values [][]*int64 `json:"values"`
}

// NewTable is the study's table without values.
func (s *Study) NewTable() *Table {
	t := &Table{Study: s.Name, Scenario: s.Base, Set: s.Set, Seeds: s.Seeds}
	for _, f := range s.Factors {
		t.Factors = append(t.Factors, f.Name)
	}
	for _, m := range s.Measures {
		t.Measures = append(t.Measures, fmt.Sprintf("%s (%s)", m.Name, m.Unit))
	}
	for _, c := range s.Cells() {
		row := Row{Levels: c.Levels, Set: c.Set, Values: make([][]*int64, len(s.Measures))}
		for i := range row.Values {
			row.Values[i] = make([]*int64, s.Seeds)
		}
		t.Cells = append(t.Cells, row)
	}
	return t
}

// Put puts the measures of a run into the table.
func (t *Table) Put(cell, seed int, values []*int64) {
	for i, v := range values {
		t.Cells[cell].Values[i][seed-1] = v
	}
}

// Stat is a measure in a cell.
type Stat struct {
	// Mean is over N runs, Low to High its interval at 95 %; thousandths.
	Mean, Low, High int64
	N               int
}

// stat is a measure of the cell with these levels; "" for any level is not allowed.
func (s *Study) stat(t *Table, measure string, levels ...string) Stat {
	i := slices.IndexFunc(s.Measures, func(m Measure) bool { return m.Name == measure })
	row := slices.IndexFunc(t.Cells, func(r Row) bool { return slices.Equal(r.Levels, levels) })
	if i < 0 || row < 0 {
		panic(fmt.Sprintf("study %s: no measure %s in cell %q", s.Name, measure, levels))
	}
	return s.statAt(t, i, row)
}

func (s *Study) statAt(t *Table, measure, row int) Stat {
	var values []int64
	for _, v := range t.Cells[row].Values[measure] {
		if v != nil {
			values = append(values, *v)
		}
	}
	m := s.Measures[measure]
	return statOf(values, m.Count, fmt.Sprint(s.Name, m.Name, t.Cells[row].Levels))
}

// JSON writes the table, a line for each cell.
func (t *Table) JSON() []byte {
	var b bytes.Buffer
	head := *t
	head.Cells = nil
	text := encode(head)
	b.Write(text[:len(text)-len("null}")])
	b.WriteByte('[')
	for i, c := range t.Cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(encode(c))
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("study: " + err.Error()) // strings and numbers always can be
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// tableMax bounds a stored table, in bytes.
const tableMax = 1 << 20

// ReadTable reads a table of the study as JSON writes it. One that is not of this study
// as it is now is an error.
func (s *Study) ReadTable(r io.Reader) (*Table, error) {
	text, err := io.ReadAll(io.LimitReader(r, tableMax+1))
	if err != nil {
		return nil, fmt.Errorf("table of study %s: %w", s.Name, err)
	}
	if len(text) > tableMax {
		return nil, fmt.Errorf("table of study %s: more than %d bytes", s.Name, tableMax)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	t := &Table{}
	if err := d.Decode(t); err != nil {
		return nil, fmt.Errorf("table of study %s: %w", s.Name, err)
	}
	want := s.NewTable()
	for i := range want.Cells {
		if i < len(t.Cells) && len(t.Cells[i].Values) == len(s.Measures) && even(t.Cells[i].Values, s.Seeds) {
			want.Cells[i].Values = t.Cells[i].Values
		}
	}
	if !bytes.Equal(want.JSON(), text) {
		return nil, fmt.Errorf("table of study %s: it is not of the study as it is now: make it again", s.Name)
	}
	return t, nil
}

func even(lists [][]*int64, n int) bool {
	return !slices.ContainsFunc(lists, func(l []*int64) bool { return len(l) != n })
}
