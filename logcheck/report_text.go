package logcheck

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON returns the report, indented, with a newline at its end.
func (r *Report) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("logcheck: report: %w", err)
	}
	return append(b, '\n'), nil
}

// Text renders the report for a terminal: aligned tables, every name sanitised.
func (r *Report) Text() string {
	var b strings.Builder
	if r.OneIn > 1 {
		fmt.Fprintf(&b, "of a sample of one packet in %d: decisions that are not in it make deviations look larger than they were\n", r.OneIn)
	}
	for i := range r.Distributors {
		r.Distributors[i].text(&b)
	}
	r.analysersText(&b)
	r.faultsText(&b)
	r.emittersText(&b)
	t := &r.Totals
	fmt.Fprintf(&b, "emitted %d  acked %d  rejected %d  expired %d  decisions %d (%d retries)\n", t.Emitted, t.Acked, t.Rejected, t.Expired, t.Decisions, t.Retries)
	fmt.Fprintf(&b, "committed %d packets, %d of them unique with %d messages; %d duplicates suppressed\n", t.Committed, t.Unique, t.UniqueMessages, t.Duplicates)
	return b.String()
}

func (d *DistributorReport) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s, policy %s: shares wanted and decided\n", Sanitise(d.Node), Sanitise(d.Policy))
	t := table{{"epoch", "analyser", "wanted %", "messages %", "packets %", "wanted", "messages", "packets"}}
	for k := range d.Epochs {
		e := &d.Epochs[k]
		packets := int64(0)
		for i := range e.Shares {
			packets += e.Shares[i].Packets
		}
		for i := range e.Shares {
			s := &e.Shares[i]
			name := ""
			if i == 0 {
				name = strconv.Itoa(k + 1)
			}
			t = append(t, []string{name, s.Analyser, decimal(s.WantedPPM, 4), percent(s.Messages, e.Messages), percent(s.Packets, packets),
				decimal(s.WantedMilli, 3), count(s.Messages), count(s.Packets)})
		}
	}
	t.write(b)
	if d.Other > 0 {
		fmt.Fprintf(b, "%d more decisions under other shares\n", d.Other)
	}
	if len(d.Worst) == 0 {
		return
	}
	unit := "messages"
	if d.Policy == "smooth" || d.Policy == "original" {
		unit = "packets"
	}
	fmt.Fprintf(b, "%s: largest deviations of a chooser from its shares, in %s, and their bounds\n", Sanitise(d.Node), unit)
	t = table{{"analyser", "most starved", "bound", "most overfed", "bound"}}
	for _, w := range d.Worst {
		t = append(t, []string{w.Analyser, decimal(w.StarvedMilli, 3), decimal(w.StarvedBound, 3), decimal(w.OverfedMilli, 3), decimal(w.OverfedBound, 3)})
	}
	t.write(b)
}

func (r *Report) analysersText(b *strings.Builder) {
	t := table{{"analyser", "decided messages", "delivered", "committed", "committed packets", "duplicates"}}
	for i := range r.Analysers {
		a := &r.Analysers[i]
		t = append(t, []string{a.Node, count(a.DecidedMessages), count(a.DeliveredMessages), count(a.CommittedMessages), count(a.CommittedPackets), count(a.Duplicates)})
	}
	t.write(b)
}

func (r *Report) faultsText(b *strings.Builder) {
	t := table{{"fault", "analyser", "at s", "found down by", "first s", "last s", "up again by", "first s", "last s"}}
	for i := range r.Faults {
		f := &r.Faults[i]
		t = append(t, []string{f.Do, f.Target, seconds(f.At), count(f.Detect.Count), f.Detect.text(f.Detect.Min), f.Detect.text(f.Detect.Max),
			count(f.Recover.Count), f.Recover.text(f.Recover.Min), f.Recover.text(f.Recover.Max)})
	}
	t.write(b)
}

func (r *Report) emittersText(b *strings.Builder) {
	t := table{{"emitter", "emitted", "acked", "longest without ack s", "from s"}}
	for _, e := range r.Emitters {
		t = append(t, []string{e.Node, count(e.Emitted), count(e.Acked), seconds(e.Worst), seconds(e.WorstAt)})
	}
	t.write(b)
}

// table is rows of cells; the first row is the heading. A table with nothing but a
// heading is not written.
type table [][]string

func (t table) write(b *strings.Builder) {
	if len(t) < 2 {
		return
	}
	width := make([]int, len(t[0]))
	for _, row := range t {
		for i := range row {
			row[i] = Sanitise(row[i])
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range t {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if _, err := strconv.ParseFloat(cell, 64); err == nil || i > 1 {
				line += "  " + pad + cell
			} else {
				line += "  " + cell + pad
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func count(v int64) string { return strconv.FormatInt(v, 10) }

// text writes one of the spans, if there is any.
func (t *TimesReport) text(v int64) string {
	if t.Count == 0 {
		return "-"
	}
	return seconds(v)
}

// percent writes part / all with four decimals.
func percent(part, all int64) string {
	if all == 0 {
		return "-"
	}
	hi, lo := bits.Mul64(uint64(part), 1_000_000)
	q, _ := bits.Div64(hi, lo, uint64(all))
	return decimal(int64(q), 4)
}

// decimal writes v / 10^places.
func decimal(v int64, places int) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	s := strconv.FormatInt(v, 10)
	for len(s) <= places {
		s = "0" + s
	}
	return sign + s[:len(s)-places] + "." + s[len(s)-places:]
}

// seconds writes nanoseconds as seconds with three decimals.
func seconds(ns int64) string { return decimal(ns/1e6, 3) }
