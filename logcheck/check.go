package logcheck

import "io"

// Rule judges one property in one pass over the merged order of records.
type Rule interface {
	// ID is the property's name, for example C2.
	ID() string
	// Kinds says which records Feed wants; it is asked once.
	Kinds() KindSet
	// Feed gets each record of those kinds in the run's order. The record is valid
	// only during the call. Truth and the packet's shared state already include it.
	Feed(r *Record)
	// Finish is called once after the last record and gives the verdict. It is not
	// told of failed integrity: the engine turns such answers into unknown.
	Finish(end *End) Result
}

// NewRule makes a rule for one check.
type NewRule func(c *Context) Rule

// Context is what the rules of one check share; read-only for rules.
type Context struct {
	// Run is the header.
	Run *Run
	// Names interns names.
	Names *Names
	// Truth is the ground truth so far, from the fault file.
	Truth *Truth
	// Files are all files of the run, in order, the fault file last.
	Files []*File
	// ClockError is Run.ClockError in nanoseconds.
	ClockError int64

	report *Report // of Options

	scrapes    []*scrape
	badScrapes []badScrape

	actors  *actorTable
	flights *flights
	ledger  *ledger
}

// WhoOf returns the dense number of an actor of a file, as in Record.Who.
func (c *Context) WhoOf(f *File, actor Sym) int { return c.actors.who(f, actor) }

// FileOf returns the file of an actor's dense number.
func (c *Context) FileOf(who int) *File { return c.actors.list[who].file }

// End describes the end of the run.
type End struct {
	// Time is the largest world time of any record, nanoseconds.
	Time int64
	// Why is the `why` of the fault file's `stopped` record; empty without one.
	Why string
	// Settled says that the run ended by itself (quiescent, settled).
	Settled bool
	// LivenessDue says that a missing event may be held against the system: the run
	// ended by itself, or the whole of settle_max passed since the last heal.
	LivenessDue bool
}

// Options steers a check. The zero value judges every property.
type Options struct {
	// Only lists the properties to judge; empty: all. Integrity (H2-H4, H6, H7) is
	// always judged.
	Only []string
	// Custom adds rules after those of FORMAT.md.
	Custom []NewRule
	// Report, when not nil, is filled with what the run did with its traffic.
	Report *Report
	// NoTexts leaves the text of witnesses out of the verdict.
	NoTexts bool
}

// Source gives the engine the files of one run, without run.json.
type Source interface {
	// List returns the paths of the files, with slashes, below the run's directory:
	// logs/NODE.INC.jsonl, metrics/NODE.INC.prom and faults.jsonl; others are ignored. In any order.
	List() ([]string, error)
	// Open opens one of them. It may be called again for the text of a witness.
	Open(name string) (io.ReadCloser, error)
}
