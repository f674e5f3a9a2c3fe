package digest

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// Report is what a digest says, for people and programs. Levels are in the order of
// LevelName; times are Unix nanoseconds, 0 where no message has one.
type Report struct {
	Packets  uint64
	Total    Counts
	Untimed  uint64 // messages without a time: they are in no bucket
	Emitters Table
	Sources  Table
	Times    Table // buckets of Width, the oldest first; Begin is set
	Texts    Table // templates
	Bursts   []Burst
}

// Table is a part of a report.
type Table struct {
	Rows []Row  // names and templates: the most messages first, then by name
	Rest Counts // of the keys that are not told, because there was no room for them
	// Distinct is how many keys there are, an estimate where there is a rest; 0 if it
	// cannot be told.
	Distinct uint64
}

// Row is the counts of one key.
type Row struct {
	Name  string
	Begin int64 // of a bucket
	Counts
}

// Report makes the report.
func (d *Digest) Report() *Report {
	r := &Report{Packets: d.packets, Total: d.Total(), Untimed: d.untimed.Messages()}
	r.Emitters = d.tables[byEmitter].report()
	r.Sources = d.tables[bySource].report()
	r.Texts = d.tables[byTemplate].report()
	lines := make([]Line, len(r.Texts.Rows))
	for i, row := range r.Texts.Rows {
		lines[i] = Line{row.Name, row.Counts}
	}
	r.Texts.Rows = r.Texts.Rows[:0]
	for _, l := range Refine(lines) {
		r.Texts.Rows = append(r.Texts.Rows, Row{Name: l.Template, Counts: l.Counts})
	}
	t := &d.tables[byTime]
	r.Times = Table{Rest: t.rest}
	for i := range slices.Backward(t.cells) {
		r.Times.Rows = append(r.Times.Rows, Row{Begin: begin(t.cells[i].order), Counts: t.cells[i].Counts})
	}
	if !t.full() {
		r.Times.Distinct = uint64(len(t.cells))
	}
	r.Bursts = Bursts(r.Times.Rows)
	return r
}

// begin is when a bucket begins; that of the first one of all is cut off.
func begin(order uint64) int64 {
	n := bucketOf(order)
	if least := bucket(-1 << 63); n <= least {
		return -1 << 63
	}
	return n * int64(Width)
}

// report tells a table of names.
func (t *table) report() Table {
	out := Table{Rest: t.rest, Distinct: t.distinct()}
	for i := range t.cells {
		out.Rows = append(out.Rows, Row{Name: t.cells[i].text, Counts: t.cells[i].Counts})
	}
	slices.SortFunc(out.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Messages(), a.Messages()), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// distinct estimates how many keys there are: hashes are spread evenly, so the k-th
// least of them lies at about k parts of all.
func (t *table) distinct() uint64 {
	k := uint64(len(t.cells))
	if !t.full() {
		return k
	}
	last := t.cells[k-1].order
	if k-1 >= last {
		return 0
	}
	n, _ := bits.Div64(k-1, 0, last)
	return n
}

// RateMilli is the messages in 1,000 s between the first and the last of them, 0 if
// they have no time or all the same.
func (c *Counts) RateMilli() uint64 {
	span := uint64(c.Last) - uint64(c.First)
	if span == 0 {
		return 0
	}
	hi, lo := bits.Mul64(c.Messages(), uint64(1000*time.Second))
	if hi >= span {
		return 0
	}
	q, _ := bits.Div64(hi, lo, span)
	return q
}

// The rule for bursts.
const (
	burstLeast  = 10 // errors in a bucket of a burst
	burstFactor = 4  // times as many as the mean of those before it
	burstBefore = 30 // so many buckets, 5 min
)

// Burst is a run of buckets with far more errors than before.
type Burst struct {
	From, To int64 // Unix nanoseconds: the begin of the first bucket, the end of the last
	Errors   uint64
	Before   uint64 // errors in the buckets before, at most burstBefore of them
	Buckets  uint64 // how many of those there are
}

// Bursts finds them in buckets that are in order of time. A bucket is one if it has at
// least 10 errors, and more than 4 times the mean of the 30 buckets before it, those
// without messages included; of what was before the first bucket nothing is known, so
// it is left out of the mean, and the first one is none. Buckets of bursts that follow
// one another are one burst.
func Bursts(rows []Row) []Burst {
	var out []Burst
	var sum uint64 // errors of rows[from:i]
	from := 0
	for i := range rows {
		at := bucket(rows[i].Begin)
		for bucket(rows[from].Begin) < at-burstBefore {
			sum -= rows[from].Errors()
			from++
		}
		n := min(uint64(at-bucket(rows[0].Begin)), burstBefore)
		e := rows[i].Errors()
		if n > 0 && e >= burstLeast && e*n > burstFactor*sum {
			end := rows[i].Begin + int64(Width)
			if k := len(out); k > 0 && out[k-1].To == rows[i].Begin {
				out[k-1].To = end
				out[k-1].Errors += e
			} else {
				out = append(out, Burst{From: rows[i].Begin, To: end, Errors: e, Before: sum, Buckets: n})
			}
		}
		sum += e
	}
	return out
}
