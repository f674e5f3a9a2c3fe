package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"weir/system/digest"
)

// oneLine is text of unknown origin in one line of a terminal.
func oneLine(s string) string {
	if s == "" {
		return "-"
	}
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(shown(s))
}

// printReport prints the tables.
func printReport(out io.Writer, r *digest.Report, rows int) error {
	total := r.Total
	fmt.Fprintf(out, "%d messages in %d packets, %d of them errors", total.Messages(), r.Packets, total.Errors())
	if total.First != 0 {
		fmt.Fprintf(out, ", from %s to %s", moment(total.First), moment(total.Last))
	}
	fmt.Fprintln(out)
	for i, n := range total.Levels {
		if n > 0 {
			fmt.Fprintf(out, "  %-8s %d\n", digest.LevelName(i), n)
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	printTable(w, "emitter", &r.Emitters, rows)
	printTable(w, "source", &r.Sources, rows)
	printBursts(w, r, rows)
	if err := w.Flush(); err != nil {
		return err
	}
	return printTemplates(out, &r.Texts, rows)
}

// printTable prints the counts by name, the most messages first.
func printTable(w io.Writer, what string, t *digest.Table, rows int) {
	if len(t.Rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\tmessages\terrors\tper second\tfirst\tlast\n", what)
	list, left := cutRows(t.Rows, rows)
	for i := range list {
		c := &list[i].Counts
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", oneLine(list[i].Name), c.Messages(), c.Errors(), rate(c), moment(c.First), moment(c.Last))
	}
	if left.Messages() > 0 {
		fmt.Fprintf(w, "(%d more)\t%d\t%d\t\t\t\n", len(t.Rows)-len(list), left.Messages(), left.Errors())
	}
	if t.Rest.Messages() > 0 {
		fmt.Fprintf(w, "(not kept by name, of about %d)\t%d\t%d\t\t\t\n", t.Distinct, t.Rest.Messages(), t.Rest.Errors())
	}
}

// cutRows returns the first rows (0: all), and what the others count together.
func cutRows(all []digest.Row, rows int) (list []digest.Row, left digest.Counts) {
	if rows == 0 || len(all) <= rows {
		return all, left
	}
	for i := range all[rows:] {
		for level, n := range all[rows+i].Levels {
			left.Levels[level] += n
		}
	}
	return all[:rows], left
}

// printBursts prints where errors came in bursts, and what no bucket has.
func printBursts(w io.Writer, r *digest.Report, rows int) {
	if n := r.Untimed; n > 0 {
		fmt.Fprintf(w, "\n%d messages have no time: no rate and no burst counts them\n", n)
	}
	if n := r.Times.Rest.Messages(); n > 0 {
		fmt.Fprintf(w, "\n%d messages are older than the %d spans that are kept\n", n, len(r.Times.Rows))
	}
	if len(r.Bursts) == 0 {
		return
	}
	fmt.Fprintf(w, "\nburst of errors\tfor\terrors\tin the %v before, on average\n", digest.Width)
	list := r.Bursts
	if rows > 0 && len(list) > rows {
		list = list[len(list)-rows:]
		fmt.Fprintf(w, "(%d earlier)\t\t\t\n", len(r.Bursts)-rows)
	}
	for _, b := range list {
		fmt.Fprintf(w, "%s\t%v\t%d\t%d.%02d\n", moment(b.From), time.Duration(b.To-b.From), b.Errors, b.Before/b.Buckets, b.Before%b.Buckets*100/b.Buckets)
	}
}

// printTemplates prints the templates, one a line, because they are long.
func printTemplates(out io.Writer, t *digest.Table, rows int) error {
	if len(t.Rows) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%10s  %8s  template\n", "messages", "errors")
	list, left := cutRows(t.Rows, rows)
	for i := range list {
		fmt.Fprintf(out, "%10d  %8d  %s\n", list[i].Messages(), list[i].Errors(), oneLine(list[i].Name))
	}
	if left.Messages() > 0 {
		fmt.Fprintf(out, "%10d  %8d  (%d more)\n", left.Messages(), left.Errors(), len(t.Rows)-len(list))
	}
	if t.Rest.Messages() > 0 {
		fmt.Fprintf(out, "%10d  %8d  (not kept by name: there was room for some of about %d)\n", t.Rest.Messages(), t.Rest.Errors(), t.Distinct)
	}
	return nil
}

// moment is a time of a message, in UTC.
func moment(ns int64) string {
	if ns == 0 {
		return "-"
	}
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05Z")
}

// rate is messages per second between the first and the last.
func rate(c *digest.Counts) string {
	n := c.RateMilli()
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d.%03d", n/1000, n%1000)
}

// The form of a report for programs. Times are Unix nanoseconds, 0: none.
type (
	countsJSON struct {
		Messages uint64            `json:"messages"`
		Errors   uint64            `json:"errors"`
		Levels   map[string]uint64 `json:"levels"`
		FirstNS  int64             `json:"first_ns"`
		LastNS   int64             `json:"last_ns"`
		PerKS    uint64            `json:"per_1000_s"`
	}
	rowJSON struct {
		Name string `json:"name"`
		countsJSON
	}
	spanJSON struct {
		BeginNS int64 `json:"begin_ns"`
		countsJSON
	}
	tableJSON[R any] struct {
		Rows     []R        `json:"rows"`
		More     int        `json:"more"` // rows that are not shown
		Rest     countsJSON `json:"rest"`
		Distinct uint64     `json:"distinct"`
	}
	burstJSON struct {
		FromNS  int64  `json:"from_ns"`
		ToNS    int64  `json:"to_ns"`
		Errors  uint64 `json:"errors"`
		Before  uint64 `json:"errors_before"`
		Buckets uint64 `json:"buckets_before"`
	}
	reportJSON struct {
		Packets   uint64              `json:"packets"`
		Total     countsJSON          `json:"total"`
		Untimed   uint64              `json:"untimed"`
		Emitters  tableJSON[rowJSON]  `json:"emitters"`
		Sources   tableJSON[rowJSON]  `json:"sources"`
		BucketNS  int64               `json:"bucket_ns"`
		Buckets   tableJSON[spanJSON] `json:"buckets"`
		Bursts    []burstJSON         `json:"bursts"`
		Templates tableJSON[rowJSON]  `json:"templates"`
	}
)

func printReportJSON(out io.Writer, r *digest.Report, rows int) error {
	form := reportJSON{
		Packets: r.Packets, Total: countsOf(&r.Total), Untimed: r.Untimed, BucketNS: int64(digest.Width),
		Emitters: namedOf(&r.Emitters, rows), Sources: namedOf(&r.Sources, rows), Templates: namedOf(&r.Texts, rows),
		Buckets: rowsOf(&r.Times, 0, func(row *digest.Row) spanJSON { return spanJSON{row.Begin, countsOf(&row.Counts)} }),
		Bursts:  []burstJSON{},
	}
	for _, b := range r.Bursts {
		form.Bursts = append(form.Bursts, burstJSON{b.From, b.To, b.Errors, b.Before, b.Buckets})
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(form)
}

func countsOf(c *digest.Counts) countsJSON {
	out := countsJSON{c.Messages(), c.Errors(), map[string]uint64{}, c.First, c.Last, c.RateMilli()}
	for i, n := range c.Levels {
		if n > 0 {
			out.Levels[digest.LevelName(i)] = n
		}
	}
	return out
}

func namedOf(t *digest.Table, rows int) tableJSON[rowJSON] {
	return rowsOf(t, rows, func(row *digest.Row) rowJSON { return rowJSON{row.Name, countsOf(&row.Counts)} })
}

func rowsOf[R any](t *digest.Table, rows int, of func(*digest.Row) R) tableJSON[R] {
	list, _ := cutRows(t.Rows, rows)
	out := tableJSON[R]{Rows: []R{}, More: len(t.Rows) - len(list), Rest: countsOf(&t.Rest), Distinct: t.Distinct}
	for i := range list {
		out.Rows = append(out.Rows, of(&list[i]))
	}
	return out
}
