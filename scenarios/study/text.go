package study

import (
	"bytes"
	"fmt"
	"strings"
)

// number writes thousandths: three decimals below 1, two below 100, else one, without
// zeros at the end.
func number(milli int64) string {
	sign := ""
	if milli < 0 {
		sign, milli = "-", -milli
	}
	step, digits := int64(1), 3
	switch {
	case milli >= 100_000:
		step, digits = 100, 1
	case milli >= 1000:
		step, digits = 10, 2
	}
	v := divide(milli, step)
	scale := 1000 / step
	whole, rest := v/scale, v%scale
	if rest == 0 {
		return fmt.Sprintf("%s%d", sign, whole)
	}
	return strings.TrimRight(fmt.Sprintf("%s%d.%0*d", sign, whole, digits, rest), "0")
}

// String is the mean with its interval; a dash without values.
func (s Stat) String() string {
	if s.N == 0 {
		return "–"
	}
	if s.Low == s.High {
		return fmt.Sprintf("%s (always)", number(s.Mean))
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.Mean), number(s.Low), number(s.High))
}

// CSV writes the table with a line for each cell: the levels, then for each measure the
// mean, the interval's ends and the number of runs that have it.
func (s *Study) CSV(t *Table) []byte {
	var b bytes.Buffer
	head := append([]string{}, t.Factors...)
	for _, m := range s.Measures {
		head = append(head, m.Name, m.Name+"_low", m.Name+"_high", m.Name+"_runs")
	}
	writeLine(&b, head)
	for row, c := range t.Cells {
		line := append([]string{}, c.Levels...)
		for i := range s.Measures {
			v := s.statAt(t, i, row)
			if v.N == 0 {
				line = append(line, "", "", "", "0")
				continue
			}
			line = append(line, plain(v.Mean), plain(v.Low), plain(v.High), fmt.Sprint(v.N))
		}
		writeLine(&b, line)
	}
	return b.Bytes()
}

// plain writes thousandths with all three decimals.
func plain(milli int64) string {
	sign := ""
	if milli < 0 {
		sign, milli = "-", -milli
	}
	return fmt.Sprintf("%s%d.%03d", sign, milli/1000, milli%1000)
}

func writeLine(b *bytes.Buffer, fields []string) {
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.ContainsAny(f, ",\"\n") {
			f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
		b.WriteString(f)
	}
	b.WriteByte('\n')
}
