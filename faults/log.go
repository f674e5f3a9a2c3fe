package faults

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
)

// LogNode is the name under which the fault log stands for a node: its node key, its actor and its role.
const LogNode = "faults"

// logVersion is the version of FORMAT.md that Log writes.
const logVersion = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Log writes faults.jsonl: what the injector and the world did, as lines of logcheck/FORMAT.md, sections 2 and 6.
// It is the checker's ground truth, so it is written by the side that acts, never by the system. A Log never
// fails: it appends to a buffer in memory, which the caller owns and may hand on at any time.
type Log struct {
	buf   *bytes.Buffer
	seq   uint64 // records of the actor "faults" so far
	lines uint64
	crc   uint32 // CRC-32C of all bytes so far
	done  bool
}

// Stamp says when a record was written.
type Stamp struct {
	At    time.Duration // world time, since the run began
	Event uint64        // global event number; 0 outside the simulation
}

// Sent names a message by its sender, as the log does.
type Sent struct {
	Node        string // sender
	Incarnation uint32 // sender's
	Token       uint64 // unique in that incarnation
	To          string // receiving node
}

// NewLog starts a log at the end of buf with its header line.
func NewLog(buf *bytes.Buffer) *Log {
	l := &Log{buf: buf}
	b := l.open("log", "-", 0, Stamp{})
	b = appendInt(b, "v", logVersion)
	b = appendText(b, "node", LogNode)
	b = appendInt(b, "inc", 1)
	l.close(appendText(b, "role", LogNode))
	return l
}

// Phase notes that a phase begins: warmup, faults, heal, settle, or end when the run is over.
func (l *Log) Phase(at Stamp, name string) {
	l.close(appendText(l.record("phase", at), "name", name))
}

// Fault notes an act that took effect; on a link, one record for each class unless it is all of them. incarnation
// is that of the node, for crash, stop and restart; 0 leaves it out.
func (l *Log) Fault(at Stamp, act Act, incarnation uint32) {
	assert(byVerb[act.Do].Flat, "the fault log holds flat acts, not %s", act.Do)
	value := act.Value()
	for _, class := range act.logClasses() {
		b := appendTarget(l.record("fault", at), act, class)
		if value != "" {
			b = appendText(b, "val", value)
		}
		if incarnation != 0 {
			b = appendInt(b, "inc", uint64(incarnation))
		}
		l.close(b)
	}
}

// NoEffect notes an act that could not change anything, such as the crash of a node that is down.
func (l *Log) NoEffect(at Stamp, act Act) {
	for _, class := range act.logClasses() {
		l.close(appendTarget(l.record("noeffect", at), act, class))
	}
}

// Lost notes that this copy of a message will never be handled; why is cut, loss, corrupt, reset, down, crash or queue.
func (l *Log) Lost(at Stamp, m Sent, why string) {
	b := appendSent(l.record("lost", at), m)
	l.close(appendText(b, "why", why))
}

// Dup notes that the world made this many extra copies of a message.
func (l *Log) Dup(at Stamp, m Sent, copies int) {
	assert(copies > 0, "a duplicate without extra copies")
	b := appendSent(l.record("dup", at), m)
	l.close(appendInt(b, "n", uint64(copies)))
}

// Stopped notes why the run ended: quiescent, settled, halted, or the limit's name.
func (l *Log) Stopped(at Stamp, why string) {
	l.close(appendText(l.record("stopped", at), "why", why))
}

// Close writes the end line with the number of lines and the checksum of all bytes before it. Nothing may follow.
func (l *Log) Close(at Stamp) {
	lines, crc := l.lines, l.crc
	b := appendInt(l.open("end", "-", 0, at), "n", lines)
	l.close(appendText(b, "crc", fmt.Sprintf("%08x", crc)))
	l.done = true
}

// Lines is how many lines were written.
func (l *Log) Lines() uint64 { return l.lines }

// record begins a line of the actor "faults" with its next sequence number.
func (l *Log) record(kind string, at Stamp) []byte {
	l.seq++
	return l.open(kind, LogNode, l.seq, at)
}

// open begins a line in the buffer's own spare room, so that a line in steady state allocates nothing.
func (l *Log) open(kind, actor string, seq uint64, at Stamp) []byte {
	assert(!l.done, "a record after the end of the fault log") // no arguments: they would allocate
	assert(at.At >= 0, "a record from before the run began")
	b := append(l.buf.AvailableBuffer(), `{"k":`...)
	b = appendString(b, kind)
	b = appendText(b, "a", actor)
	b = appendInt(b, "s", seq)
	b = appendInt(b, "t", uint64(at.At))
	b = appendInt(b, "m", uint64(at.At)) // the injector's clock is the world's
	return appendInt(b, "g", at.Event)
}

func (l *Log) close(b []byte) {
	b = append(b, '}', '\n')
	l.crc = crc32.Update(l.crc, castagnoli, b)
	l.lines++
	l.buf.Write(b)
}

func appendSent(b []byte, m Sent) []byte {
	b = appendText(b, "fr", m.Node)
	b = appendInt(b, "fi", uint64(m.Incarnation))
	b = appendInt(b, "tok", m.Token)
	return appendText(b, "to", m.To)
}

// appendTarget writes the verb and what it is aimed at; class is empty for what is no link.
func appendTarget(b []byte, act Act, class string) []byte {
	b = appendText(b, "do", string(act.Do))
	if act.IsLink() {
		b = appendText(b, "from", act.From)
		b = appendText(b, "to", act.To)
		return appendText(b, "cls", class)
	}
	b = appendText(b, "n", act.Node)
	if act.Actor != "" {
		b = appendText(b, "act", act.Actor)
	}
	return b
}

// noClass stands for the single record of an act that is not aimed at a link.
var noClass = []string{""}

// allClasses is the one name of the full set; shared, so that the common case allocates nothing.
var allClasses = []string{"all"}

func (a Act) logClasses() []string {
	if !a.IsLink() {
		return noClass
	}
	names := a.Classes.logNames()
	assert(len(names) > 0, "an act on a link has no class")
	return names
}

func appendText(b []byte, key, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return appendString(b, value)
}

func appendInt(b []byte, key string, value uint64) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return strconv.AppendUint(b, value, 10)
}
