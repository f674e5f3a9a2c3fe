package logcheck

// counters judges H9: at an orderly end the system's own counters equal what its
// log says, and so do the metrics that were scraped.
type counters struct {
	Tally
	ctx   *Context
	files []*counted    // by File.Index
	books []*scrapeBook // by File.Index; nil: no scrape
}

// counted is what one incarnation did and what it says it did.
type counted struct {
	did  [counterCount]int64
	says [counterCount]int64
	at   [counterCount]place
	last uint64 // the newest effect number, to tell one written again
}

// The counters that can be recomputed.
const (
	cntEmitted = iota
	cntAcked
	cntRejected
	cntExpired
	cntSubmits
	cntAdmitted
	cntRefused
	cntPicks
	cntRetries
	cntDone
	cntGaveUp
	cntDead
	cntCommits
	cntDuplicates
	cntPoisoned
	counterCount
)

var counterNames = [counterCount]string{"emitted", "acked", "rejected", "expired", "submits", "admitted", "refused", "picks",
	"retries", "done", "gave_up", "dead", "commits", "duplicates", "poisoned"}

// counterOf is the counter that a kind of record is by itself.
var counterOf = [kindCount]int8{
	KindEmit: cntEmitted + 1, KindAdmit: cntAdmitted + 1, KindRefuse: cntRefused + 1, KindPick: cntPicks + 1,
	KindRetry: cntRetries + 1, KindDone: cntDone + 1, KindGaveUp: cntGaveUp + 1, KindDead: cntDead + 1,
	KindDup: cntDuplicates + 1, KindPoisoned: cntPoisoned + 1,
}

func newCounters(c *Context) *counters {
	rule := &counters{Tally: Tally{Name: "H9"}, ctx: c, files: make([]*counted, len(c.Files))}
	for _, s := range c.scrapes {
		if s.of != nil && !s.late {
			if rule.books == nil {
				rule.books = make([]*scrapeBook, len(c.Files))
			}
			rule.books[s.of.Index] = &scrapeBook{scrape: s, err: c.ClockError, counts: map[series]bounds{}}
		}
	}
	return rule
}

// Kinds asks for what is counted.
func (c *counters) Kinds() KindSet {
	set := Kinds(KindEmit, KindOutcome, KindSend, KindAdmit, KindRefuse, KindPick, KindRetry, KindDone, KindGaveUp, KindDead,
		KindCommit, KindDup, KindPoisoned, KindCounter)
	if c.books != nil {
		set |= measuredKinds()
	}
	return set
}

// Feed counts one record.
func (c *counters) Feed(r *Record) {
	if c.books != nil && c.books[r.File.Index] != nil {
		c.books[r.File.Index].feed(r)
	}
	f := c.files[r.File.Index]
	if f == nil {
		f = &counted{}
		c.files[r.File.Index] = f
	}
	switch r.Kind {
	case KindOutcome:
		switch string(r.Bytes(KeyOut)) {
		case "acked":
			f.did[cntAcked]++
		case "rejected":
			f.did[cntRejected]++
		case "expired":
			f.did[cntExpired]++
		}
	case KindSend:
		if r.Msg == MsgSubmit {
			f.did[cntSubmits]++
		}
	case KindCommit:
		if cs := r.Uint(KeyCS); cs > f.last {
			f.last = cs
			f.did[cntCommits]++
		}
	case KindCounter:
		f.tell(r)
	default:
		if i := counterOf[r.Kind]; i > 0 {
			f.did[i-1]++
		}
	}
}

// tell adds a counter; those of several actors of a node add up.
func (f *counted) tell(r *Record) {
	for i, name := range counterNames {
		if r.Is(KeyName, name) {
			f.says[i] += r.Int(KeyVal)
			f.at[i] = r.place()
		}
	}
}

// Finish compares.
func (c *counters) Finish(*End) Result {
	for _, f := range c.files {
		if f == nil {
			continue
		}
		for i, at := range f.at {
			if !at.set() {
				continue
			}
			c.Case()
			if f.says[i] != f.did[i] {
				c.Failf([]Ref{at.ref()}, "%s: counter %s says %d, the log has %d", at.file.Name, counterNames[i], f.says[i], f.did[i])
			}
		}
	}
	c.judgeScrapes()
	return c.Result()
}

// judgeScrapes compares what was scraped.
func (c *counters) judgeScrapes() {
	for _, bad := range c.ctx.badScrapes {
		c.Failf([]Ref{bad.at}, "%s:%d: %v", bad.at.file.Name, bad.at.Line, bad.err)
	}
	for _, s := range c.ctx.scrapes {
		if s.of == nil {
			c.Failf([]Ref{{file: s.file, Line: 1}}, "%s is of an incarnation that has no log", s.file.Name)
		}
	}
	for _, b := range c.books {
		if b != nil {
			b.judge(&c.Tally)
		}
	}
}

// harnessRules makes H3, H4, H5 and H9; the engine itself judges H2, H6 and H7.
func harnessRules(c *Context) []Rule {
	return []Rule{newCausality(c), newFaultBook(c), newPremises(c), newCounters(c)}
}
