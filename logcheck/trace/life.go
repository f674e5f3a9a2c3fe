package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/logcheck"
)

// life follows one packet.
type life struct {
	id      string
	nodes   []string // that had to do with it, in order
	first   int64    // world time of its first record, ns
	seen    bool
	cut     bool // its emit record was seen: first is when it was cut
	ended   int64
	outcome string // empty: none yet
	submits int
	newSend bool // the present record is a submit
	picks   uint64
	commits []string // nodes, once for each commit
	dups    int
	lost    []string // why, once for each lost message
	copies  uint64   // extra copies that the world made
	faults  inForce
	news    []string // faults in force that the present record brings up
}

// take notes a record and reports whether it is part of the packet's life: it names the
// packet, or a message or a write of it, or it is a fault on a node that has to do with it.
func (l *life) take(r *logcheck.Record, about letter) bool {
	l.newSend, l.news = false, nil
	if r.Kind == logcheck.KindFault {
		l.faults.note(r)
	}
	if about.packet != l.id {
		return l.seen && l.fate(r)
	}
	if !l.seen {
		l.seen, l.first = true, r.T
	}
	if r.File.Faults {
		l.meet(about.to)
	} else {
		l.meet(r.NodeName())
	}
	l.count(r)
	return true
}

// count adds a record of the packet to the summary.
func (l *life) count(r *logcheck.Record) {
	switch r.Kind {
	case logcheck.KindEmit:
		l.cut = true
	case logcheck.KindOutcome:
		l.outcome, l.ended = r.Str(logcheck.KeyOut), r.T
	case logcheck.KindSend:
		l.meet(r.Str(logcheck.KeyTo))
		if r.Msg == logcheck.MsgSubmit {
			l.submits++
			l.newSend = true
		}
	case logcheck.KindPick:
		l.picks++
	case logcheck.KindCommit:
		l.commits = append(l.commits, r.NodeName())
	case logcheck.KindDup:
		l.dups++
	case logcheck.KindLost, logcheck.KindDrop:
		l.lost = append(l.lost, r.Str(logcheck.KeyWhy))
	case logcheck.KindWorldDup:
		l.copies += r.Uint(logcheck.KeyN)
	}
}

func (l *life) meet(node string) {
	if node != "" && !slices.Contains(l.nodes, node) {
		l.news = append(l.news, l.faults.met(node, l.nodes)...)
		l.nodes = append(l.nodes, node)
	}
}

// fate reports whether a record that does not name the packet bears on it: until its
// outcome a fault on one of its nodes or between two of them, afterwards what may undo a
// commit (a node that fails after it, or its disk, and what the store had when it was back).
func (l *life) fate(r *logcheck.Record) bool {
	open := l.outcome == ""
	switch r.Kind {
	case logcheck.KindRecover:
		return slices.Contains(l.commits, r.NodeName())
	case logcheck.KindFault:
		if r.Has(logcheck.KeyFrom) {
			return open && slices.Contains(l.nodes, r.Str(logcheck.KeyFrom)) && slices.Contains(l.nodes, r.Str(logcheck.KeyTo))
		}
		n, verb := r.Str(logcheck.KeyN), r.Str(logcheck.KeyDo)
		lasting := verb == "crash" || verb == "restart" || verb == "stop" || strings.HasPrefix(verb, "disk_")
		return open && slices.Contains(l.nodes, n) || lasting && slices.Contains(l.commits, n)
	}
	return false
}

// again marks the second submit of a packet and those after it.
func (l *life) again() string {
	if !l.newSend || l.submits < 2 {
		return ""
	}
	return fmt.Sprintf(" (submit number %d)", l.submits)
}

// summary tells the whole life in one line.
func (l *life) summary() string {
	if !l.seen {
		return ""
	}
	begin := "first named at "
	if l.cut {
		begin = "cut at "
	}
	parts := []string{begin + at(l.first)}
	if l.outcome == "" {
		parts = append(parts, "no outcome")
	} else {
		parts = append(parts, fmt.Sprintf("%s at %s (%v later)", l.outcome, at(l.ended), time.Duration(l.ended-l.first).Round(time.Microsecond)))
	}
	if l.submits > 1 {
		parts = append(parts, fmt.Sprintf("submitted %d times", l.submits))
	}
	if l.picks > 0 {
		parts = append(parts, plural(l.picks, "attempt"))
	}
	if len(l.commits) == 0 {
		parts = append(parts, "never committed")
	} else {
		parts = append(parts, "committed by "+strings.Join(l.commits, ", "))
	}
	if l.dups > 0 {
		parts = append(parts, plural(uint64(l.dups), "duplicate")+" suppressed")
	}
	if len(l.lost) > 0 {
		parts = append(parts, plural(uint64(len(l.lost)), "message")+" lost: "+strings.Join(slices.Compact(slices.Clone(l.lost)), ", "))
	}
	if l.copies > 0 {
		parts = append(parts, plural(l.copies, "extra copy"))
	}
	return l.id + ": " + strings.Join(parts, "; ")
}

// at writes a world time.
func at(ns int64) string {
	us := ns / 1000
	return fmt.Sprintf("%d.%06ds", us/1e6, us%1e6)
}

// plural counts things.
func plural(n uint64, thing string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(thing, "y"):
		thing = strings.TrimSuffix(thing, "y") + "ies"
	default:
		thing += "s"
	}
	return strconv.FormatUint(n, 10) + " " + thing
}
