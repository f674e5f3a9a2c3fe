package study

import (
	"fmt"
	"slices"
	"strings"
)

// Panel is one diagram of a plot: a measure over a factor, a line for each level of
// another.
type Panel struct {
	Title string
	// X is the factor along the axis, or XName the name of one made of the measures Over,
	// which stand at the places Over names in order.
	X     string
	XName string
	Over  []string
	Ticks []string // the names of Over's or Given's places
	// Series is the factor with a line for each level; Measure is what is drawn.
	Series  string
	Measure string
	// Given are lines that are not of the table, with the unit of what they show and the
	// legend's name.
	Given        []line
	Unit, Legend string
	// Fix gives the level of each other factor; Skip are levels of X that are left out.
	Fix  map[string]string
	Skip []string
	// Log makes the axis logarithmic; 0 is drawn at its foot.
	Log bool
	// Apart leaves out the lines between points: the places have no order.
	Apart bool
}

// Sizes of a plot, in pixels.
const (
	panelWide, panelHigh  = 800, 320
	marginLeft, marginTop = 76, 44
	marginBelow           = 70
	plotWide, plotHigh    = 520, panelHigh - marginTop - marginBelow
)

// The lines' colours (Okabe and Ito's, told apart by colour-blind people too), dashes and
// marks.
var (
	colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00"}
	dashes  = []string{"none", "6 3", "2 2", "8 3 2 3", "none", "4 4"}
)

// line is one series of points.
type line struct {
	name   string
	points []Stat
}

// SVG draws the plot.
func (s *Study) SVG(t *Table) []byte {
	var b strings.Builder
	high := panelHigh*len(s.Plot) + 8
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d" font-family="sans-serif" font-size="12" fill="#000000">`+"\n", panelWide, high, panelWide, high)
	fmt.Fprintf(&b, "<title id=\"t\">%s</title>\n<desc id=\"d\">%s. Bars are intervals at 95 %%; the figures are in %s.csv.</desc>\n", escape(s.Title), escape(s.describe()), s.Name)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", panelWide, high)
	for i, p := range s.Plot {
		fmt.Fprintf(&b, `<g transform="translate(0 %d)">`+"\n", i*panelHigh)
		s.draw(&b, t, p)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (s *Study) describe() string {
	var titles []string
	for _, p := range s.Plot {
		titles = append(titles, p.Title)
	}
	return strings.Join(titles, "; ")
}

// draw draws one panel.
func (s *Study) draw(b *strings.Builder, t *Table, p Panel) {
	ticks, lines := s.lines(t, p)
	ax := axisFor(lines, p.Log)
	unit, legendName := p.Unit, p.Legend
	if p.Given == nil {
		unit, legendName = s.Measures[s.measure(p.measures()[0])].Unit, p.Series
	}
	fmt.Fprintf(b, `<text x="%d" y="22" font-size="14" font-weight="bold">%s</text>`+"\n", marginLeft, escape(p.Title))
	for _, v := range ax.ticks {
		y := ax.y(v)
		fmt.Fprintf(b, `<path d="M%d %sh%d" stroke="#dddddd"/><text x="%d" y="%s" text-anchor="end">%s</text>`+"\n",
			marginLeft, tenth(y), plotWide, marginLeft-6, tenth(y+40), number(v))
	}
	fmt.Fprintf(b, `<path d="M%d %dv%dh%d" fill="none" stroke="#000000"/>`+"\n", marginLeft, marginTop, plotHigh, plotWide)
	for i, name := range ticks {
		for at, part := range wrapped(name) {
			fmt.Fprintf(b, `<text x="%s" y="%d" font-size="11" text-anchor="middle">%s</text>`+"\n", tenth(xAt(i, len(ticks))), marginTop+plotHigh+18+14*at, escape(part))
		}
	}
	xName := p.X + p.XName
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" font-style="italic">%s</text>`+"\n", marginLeft+plotWide/2, marginTop+plotHigh+54, escape(xName))
	fmt.Fprintf(b, `<text transform="translate(18 %d) rotate(-90)" text-anchor="middle" font-style="italic">%s</text>`+"\n", marginTop+plotHigh/2, escape(unit))
	fmt.Fprintf(b, `<text x="%d" y="%d" font-style="italic">%s</text>`+"\n", marginLeft+plotWide+18, marginTop+14, escape(legendName))
	for i, l := range lines {
		drawLine(b, ax, i, len(lines), l, p.Apart)
		legend(b, i, l.name)
	}
}

// xAt is the place of a tick, in tenths.
func xAt(i, n int) int64 { return int64(marginLeft*10 + (2*i+1)*plotWide*10/(2*n)) }

// drawLine draws a series, moved a little aside so that the bars of others stay visible.
func drawLine(b *strings.Builder, ax axis, at, of int, l line, apart bool) {
	colour := colours[at%len(colours)]
	path, step := "", "M"
	var marks strings.Builder
	for i, v := range l.points {
		if v.N == 0 {
			step = "M"
			continue
		}
		x := xAt(i, len(l.points)) + int64(2*at-of+1)*20
		path += step + tenth(x) + " " + tenth(ax.y(v.Mean))
		if !apart {
			step = "L"
		}
		fmt.Fprintf(&marks, `<path d="M%s %sV%s" stroke="%s" stroke-width="2"/>`, tenth(x), tenth(ax.y(v.Low)), tenth(ax.y(v.High)), colour)
		marks.WriteString(mark(at, x, ax.y(v.Mean)))
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5" stroke-dasharray="%s"/>%s`+"\n", path, colour, dashes[at%len(dashes)], marks.String())
}

// wrapped breaks a tick's name into lines of some 12 letters.
func wrapped(name string) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(name) {
		last := &lines[len(lines)-1]
		if *last != "" && len(*last)+1+len(word) > 12 {
			lines = append(lines, word)
			continue
		}
		*last = strings.TrimSpace(*last + " " + word)
	}
	return lines
}

// mark is a point's sign: discs and squares in turn.
func mark(at int, x, y int64) string {
	colour := colours[at%len(colours)]
	if at%2 == 0 {
		return fmt.Sprintf(`<circle cx="%s" cy="%s" r="3.5" fill="%s"/>`, tenth(x), tenth(y), colour)
	}
	return fmt.Sprintf(`<rect x="%s" y="%s" width="7" height="7" fill="%s"/>`, tenth(x-35), tenth(y-35), colour)
}

func legend(b *strings.Builder, at int, name string) {
	x, y := int64(marginLeft+plotWide+18)*10, int64(marginTop+30+20*at)*10
	fmt.Fprintf(b, `<path d="M%s %sh26" stroke="%s" stroke-width="1.5" stroke-dasharray="%s"/>%s<text x="%s" y="%s">%s</text>`+"\n",
		tenth(x), tenth(y), colours[at%len(colours)], dashes[at%len(dashes)], mark(at, x+130, y), tenth(x+340), tenth(y+40), escape(name))
}

// measures are those that a panel draws.
func (p Panel) measures() []string {
	if len(p.Over) > 0 {
		return p.Over
	}
	return []string{p.Measure}
}

// lines are the names along the axis and the series.
func (s *Study) lines(t *Table, p Panel) (ticks []string, lines []line) {
	if p.Given != nil {
		return p.Ticks, p.Given
	}
	ticks = p.Ticks
	if p.X != "" {
		for _, l := range s.factor(p.X).Levels {
			if !slices.Contains(p.Skip, l.Name) {
				ticks = append(ticks, l.Name)
			}
		}
	}
	for _, l := range s.factor(p.Series).Levels {
		one := line{name: l.Name}
		for i, tick := range ticks {
			measure := p.Measure
			if len(p.Over) > 0 {
				measure = p.Over[i]
			}
			one.points = append(one.points, s.stat(t, measure, s.levels(p, l.Name, tick)...))
		}
		lines = append(lines, one)
	}
	return ticks, lines
}

// levels is the cell of a series at a place of the axis.
func (s *Study) levels(p Panel, series, x string) []string {
	var levels []string
	for _, f := range s.Factors {
		switch f.Name {
		case p.Series:
			levels = append(levels, series)
		case p.X:
			levels = append(levels, x)
		default:
			levels = append(levels, p.Fix[f.Name])
		}
	}
	return levels
}

func (s *Study) factor(name string) Factor {
	i := slices.IndexFunc(s.Factors, func(f Factor) bool { return f.Name == name })
	if i < 0 {
		panic("study " + s.Name + ": no factor " + name)
	}
	return s.Factors[i]
}

// tenth writes tenths of a pixel.
func tenth(v int64) string {
	if v%10 == 0 {
		return fmt.Sprint(v / 10)
	}
	return fmt.Sprintf("%d.%d", v/10, v%10)
}

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

func escape(text string) string { return escapes.Replace(text) }
