package trace

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"weir/logcheck"
)

// Line is one transition in words.
type Line struct {
	T     time.Duration // world time
	Event uint64        // global event number; 0 outside the simulation
	Where string        // node/actor; node.incarnation/actor after the first; faults
	Text  string        // what happened, safe to print
	// File, Number and Record are the record: its line in its file, from 1. The text is
	// valid only during the call. Empty for what left no record.
	File   string
	Number int
	Record []byte
}

// String is the line for people, without a newline.
func (l Line) String() string {
	event := ""
	if l.Event > 0 {
		event = "#" + strconv.FormatUint(l.Event, 10)
	}
	us := l.T.Microseconds()
	return fmt.Sprintf("%4d.%06ds %-8s %-14s %s", us/1e6, us%1e6, event, l.Where, l.Text)
}

// Tracer tells the records that a filter lets through. All records of the run must be
// given to it, in order: what it tells of a lost message rests on the send before it.
type Tracer struct {
	filter Filter
	tell   func(Line) error
	err    error
	told   int64
	mail   mail
	life   life
}

// New makes a tracer that hands its lines to tell. The first error of tell ends it.
func New(f Filter, tell func(Line) error) *Tracer {
	return &Tracer{filter: f, tell: tell, mail: mail{only: f.Packet}, life: life{id: f.Packet}}
}

// Told is how many lines were told.
func (t *Tracer) Told() int64 { return t.told }

// Err is the error that ended it.
func (t *Tracer) Err() error { return t.err }

// Record takes the next record and reports whether more are wanted.
func (t *Tracer) Record(r *logcheck.Record) bool {
	if t.err != nil || t.filter.Until.after(time.Duration(r.T), r.G) {
		return false
	}
	about := t.mail.about(r)
	if t.filter.Packet != "" && !t.life.take(r, about) {
		return true
	}
	if t.filter.From.before(time.Duration(r.T), r.G) || !t.ofNodes(r) {
		return true
	}
	for _, text := range t.life.news {
		t.say(Line{T: time.Duration(r.T), Event: r.G, Where: faultsNode, Text: logcheck.Sanitise(text)})
	}
	t.say(Line{
		T: time.Duration(r.T), Event: r.G, Where: where(r), File: r.File.Name, Number: r.Line, Record: r.Raw(),
		Text: logcheck.Sanitise(sentence(r, about) + t.life.again()),
	})
	return t.err == nil
}

// Event takes what an actor did without leaving a record, and reports whether more is
// wanted. It is no part of a packet's life.
func (t *Tracer) Event(l Line, node string) bool {
	if t.err != nil || t.filter.Until.after(l.T, l.Event) {
		return false
	}
	if t.filter.Packet != "" || len(t.filter.Nodes) > 0 && !slices.Contains(t.filter.Nodes, node) {
		return true
	}
	if !t.filter.From.before(l.T, l.Event) {
		l.Text = logcheck.Sanitise(l.Text)
		t.say(l)
	}
	return t.err == nil
}

// Summary is the life of the filter's packet in one line; empty without one, or if no
// record named it.
func (t *Tracer) Summary() string { return logcheck.Sanitise(t.life.summary()) }

func (t *Tracer) say(l Line) {
	if t.err == nil {
		t.told++
		t.err = t.tell(l)
	}
}

// where names the actor of a record as a person would.
func where(r *logcheck.Record) string {
	if r.File.Faults {
		return faultsNode
	}
	name := Node(r.NodeName(), r.File.Inc)
	if a := r.Str(logcheck.KeyA); a != "-" {
		name += "/" + a
	}
	return name
}

// Node names an incarnation of a node: its name alone for the first.
func Node(name string, inc uint32) string {
	if inc > 1 {
		name += "." + strconv.FormatUint(uint64(inc), 10)
	}
	return name
}

// ofNodes reports whether the record is of one of the filter's nodes, or a fault on one.
func (t *Tracer) ofNodes(r *logcheck.Record) bool {
	if len(t.filter.Nodes) == 0 || slices.Contains(t.filter.Nodes, r.NodeName()) {
		return true
	}
	if !r.File.Faults {
		return false
	}
	for _, k := range [...]logcheck.Key{logcheck.KeyN, logcheck.KeyFrom, logcheck.KeyTo, logcheck.KeyFr} {
		for _, n := range t.filter.Nodes {
			if r.Is(k, n) {
				return true
			}
		}
	}
	return false
}
