package faults

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a plan.
const (
	TextMax     = 64 << 10 // bytes of the text form
	ActionsMax  = 4096     // actions of a plan
	MatchMax    = 8        // field matches of one trigger
	CountMax    = 1_000_000_000
	DocumentMax = 16 << 10 // bytes of one raw document
	WeightMax   = 1_000_000_000
	PercentMax  = 100_000 // of slow and load
	DriftMax    = 500_000 // parts per million, either way
	BitsMax     = 1024    // bits that one rot flips
	offsetMax   = int64(1) << 50
	rateMax     = int64(1e12)
)

// Plan is a list of actions. Their order matters only among actions of the same instant.
type Plan struct {
	Actions []Action
}

// Action is one line of a plan.
type Action struct {
	When    Trigger       // when it begins
	For     time.Duration // after this it ends by its paired verb; 0: it stays
	Do      Verb          // what happens
	Targets Targets       // to whom
	Args    Args          // how
}

// Trigger says when an action begins: at a time (Kind empty), or at a record of the system's own log.
type Trigger struct {
	At    time.Duration // since the run began; timed triggers only
	Nodes Pattern       // state triggers: whose records count
	Actor string        // only this actor's; empty: any
	Kind  string        // kind of record; empty: a timed trigger
	Count int           // which record; at least 1
	Match []FieldMatch  // fields that the record must have; at most MatchMax
	After time.Duration // wait after that record
	Every bool          // fires at every Count-th record, at most FiringsMax times; else once
}

// FieldMatch asks that a record's field has exactly this value (integers in decimal, booleans as true or false).
type FieldMatch struct {
	Key   string
	Value string
}

// IsState says whether the trigger waits for a record.
func (t Trigger) IsState() bool { return t.Kind != "" }

// Targets says what an action is aimed at. Which fields count depends on the verb's form; the others are zero.
type Targets struct {
	Nodes   Pattern  // node, actor and configuration verbs; the centre of isolate and bridge
	Actor   string   // pause and resume of one actor of each node
	From    Pattern  // links: the sending side
	To      Pattern  // links: the receiving side
	Both    bool     // links: both directions
	Among   Pattern  // shapes: the group; empty: all nodes
	Classes ClassSet // link and shape verbs: which traffic, never empty
}

// Args holds the arguments of all verbs; those that a verb does not take are zero.
type Args struct {
	Silent   bool          // crash: no reset reaches the peers
	Percent  int           // slow (over 100), load (at least 0): whole percent of the usual
	Impair   Impairment    // impair
	Over     time.Duration // swizzle: links are held within this time
	Shift    time.Duration // skew, jump: of the wall clock, not 0
	DriftPPM int64         // drift: parts per million, not 0
	File     string        // disk_rot: which file
	Bits     int           // disk_rot: how many bits flip
	Offset   int64         // disk_rot: from which byte; -1: seeded
	Document string        // configure: raw bytes
	ID       string        // weight, add, remove, drain, undrain, misconfigure: analyser
	Weight   int64         // weight, add
	Wrong    Wrong         // misconfigure
}

// Wrong is a kind of misconfiguration.
type Wrong string

// The misconfigurations.
const (
	WrongNegative  Wrong = "negative"  // a weight below zero
	WrongNaN       Wrong = "nan"       // a weight that is not a number, and so not JSON either
	WrongDuplicate Wrong = "duplicate" // adding an analyser that is there
	WrongZero      Wrong = "zero"      // a weight of zero
	WrongStale     Wrong = "stale"     // a weight for a version that is not in force, as of an operator who missed a restart
	WrongGarbage   Wrong = "garbage"   // seeded rubbish
)

var wrongs = []Wrong{WrongNegative, WrongNaN, WrongDuplicate, WrongZero, WrongStale, WrongGarbage}

// Impairment is what a link does to messages. Shares are parts per million of the messages.
type Impairment struct {
	Delay        time.Duration // added to each message
	Jitter       time.Duration // a random further delay up to this
	LossPPM      int64
	DuplicatePPM int64
	ReorderPPM   int64         // this share is delayed by ReorderDelay more, so that others pass it
	ReorderDelay time.Duration // set exactly if ReorderPPM is
	CorruptPPM   int64         // detected: the message is lost and the connection resets
	Rate         int64         // bytes a second; 0: as the link is
}

// String is the text form of what it does, in fixed order: "delay 20ms loss 5%".
func (m Impairment) String() string {
	var w words
	w.time("delay", m.Delay)
	w.time("jitter", m.Jitter)
	w.share("loss", m.LossPPM)
	w.share("duplicate", m.DuplicatePPM)
	w.share("reorder", m.ReorderPPM)
	w.time("by", m.ReorderDelay)
	w.share("corrupt", m.CorruptPPM)
	if m.Rate != 0 {
		w.add("rate", formatRate(m.Rate))
	}
	return w.String()
}

// Equal compares two actions field by field.
func (a Action) Equal(b Action) bool {
	x, y := a.When, b.When
	sameMatch := slices.Equal(x.Match, y.Match)
	return sameMatch && x.At == y.At && x.Nodes == y.Nodes && x.Actor == y.Actor && x.Kind == y.Kind &&
		x.Count == y.Count && x.After == y.After && x.Every == y.Every &&
		a.For == b.For && a.Do == b.Do && a.Targets == b.Targets && a.Args == b.Args
}

// Equal compares two plans.
func (p Plan) Equal(q Plan) bool { return slices.EqualFunc(p.Actions, q.Actions, Action.Equal) }

// StreamName is the name of the random stream for the given firing (0, 1, ...) of action i. It is made of the
// action's own text and its rank among equal ones, so that removing another action (as a shrinker does) or adding
// one moves no draw of this action. O(actions).
func (p Plan) StreamName(i, firing int) string {
	assert(i >= 0 && i < len(p.Actions), "no action %d of %d", i, len(p.Actions))
	rank := 0
	for j := range i {
		if p.Actions[i].Equal(p.Actions[j]) {
			rank++
		}
	}
	return "fault " + strconv.Itoa(rank) + "." + strconv.Itoa(firing) + " " + p.Actions[i].String()
}

// words collects the words of a line.
type words []string

func (w *words) add(list ...string) { *w = append(*w, list...) }

func (w *words) time(name string, d time.Duration) {
	if d != 0 {
		w.add(name, formatTime(d))
	}
}

func (w *words) share(name string, ppm int64) {
	if ppm != 0 {
		w.add(name, formatShare(ppm))
	}
}

// String joins the words by single spaces.
func (w words) String() string { return strings.Join(w, " ") }
