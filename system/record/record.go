// Package record writes a node's event log: one flat JSON object per line, in
// the form that logcheck/FORMAT.md states. It is the writer's half of that
// contract and shares no code with the reader's half.
//
// A Log is the growing log of one incarnation of one node. It is driven by the
// node's environment (the simulation's adapter or the real driver), which
// supplies the times and sequence numbers; actors get a *Line to append their
// own keys to. The package knows no clock, no file and no message; it may be
// imported by anything in system.
package record

import (
	"hash/crc32"
	"math"
	"strconv"
	"time"
)

// Version is the number of the log form that this package writes.
const Version = 1

// LineMax is the size in bytes that no line exceeds; longer string values are
// cut by the caller (see Line.Cut).
const LineMax = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header says whose log it is.
type Header struct {
	Node string // node name, [A-Za-z0-9._-]{1,64}
	Inc  uint32 // incarnation, from 1
	Role string // emitter, distributor, analyser, operator

	Build string // which program writes it; empty: not told
	OneIn uint32 // the log has the records of one packet in so many; 0 and 1: of all
}

// Stamp holds the environment's keys of a record.
type Stamp struct {
	Actor string        // the actor that the record is about
	Seq   uint64        // the actor's sequence number, 1, 2, 3 ...
	World time.Duration // world time since the run began
	Node  time.Duration // the node's own monotonic time
	Event uint64        // global event number, 0 outside the simulation
}

// Log accumulates the lines of one incarnation. The zero value is not usable:
// use NewLog. It is not safe for concurrent use.
type Log struct {
	buf   []byte // lines not yet taken by Flush
	crc   uint32 // of all bytes before buf[done:]
	done  int
	lines uint64
	line  Line
	times times
	open  bool // a line is being built
	ended bool
	part  bool
	oneIn uint32            // of a part: the packets whose lines are kept; 0: all
	mute  bool              // of a part: no line is kept
	out   bool              // the open line is not kept: nothing more is written of it
	left  bool              // the newest line was left out
	sink  func(line []byte) // sees every finished line; may be nil
}

// NewLog returns a log whose first line, the header, is already written at the
// given times. sink, if not nil, sees each finished line (without a copy: it
// must not keep the slice).
func NewLog(h Header, world, node time.Duration, event uint64, sink func(line []byte)) *Log {
	l := &Log{sink: sink}
	l.line.log = l
	ln := l.Begin("log", Stamp{Actor: "-", World: world, Node: node, Event: event})
	ln.Int("v", Version).Str("node", h.Node).Uint("inc", uint64(h.Inc)).Str("role", h.Role)
	if h.Build != "" {
		ln.Str("build", h.Build)
	}
	if h.OneIn > 1 {
		ln.Uint("one_in", uint64(h.OneIn))
	}
	ln.End()
	return l
}

// NewPart returns a log without a header: lines that are built on their own, to be
// taken into a Log whole. Its own checksum means nothing.
func NewPart() *Log {
	l := &Log{part: true}
	l.line.log = l
	return l
}

// NewSample returns a part in which the lines of one packet in oneIn stay, and none of
// the others': see InSample.
func NewSample(oneIn uint32) *Log {
	l := NewPart()
	l.oneIn = oneIn
	return l
}

// NewMute returns a part in which no line stays: writing one costs next to nothing.
func NewMute() *Log {
	l := NewPart()
	l.mute = true
	return l
}

// Left reports, once, whether the line that was ended last is left out, so that its
// sequence number is free.
func (l *Log) Left() bool {
	left := l.left
	l.left = false
	return left
}

// Take moves the finished lines of a part into the log, after its own.
func (l *Log) Take(part *Log) {
	if l.open || l.ended {
		panic("record: Take while a line is open, or after the end line")
	}
	l.buf = append(l.buf, part.Bytes()...)
	l.lines += part.lines
	part.Reset()
}

// Reset forgets the finished lines that Flush has not taken. Of a Log they stay
// counted and in the checksum: they are taken to be written; of a part they do not.
func (l *Log) Reset() {
	if l.part {
		l.lines = 0
	} else {
		l.CRC()
	}
	l.buf, l.done = l.Bytes()[:0], 0
}

// Begin starts a line of the given kind. The line must be ended before the next
// one begins.
func (l *Log) Begin(kind string, s Stamp) *Line {
	if l.open {
		panic("record: Begin " + kind + " while a line is open")
	}
	if l.ended {
		panic("record: Begin " + kind + " after the end line")
	}
	l.open = true
	ln := &l.line
	ln.start = len(l.buf)
	ln.kind = kind
	if l.mute {
		l.out = true
		return ln
	}
	b := append(l.buf, `{"k":"`...)
	b = append(b, kind...)
	b = append(b, `","a":"`...)
	b = append(b, s.Actor...)
	b = append(b, `","s":`...)
	b = appendUint(b, s.Seq)
	l.buf = append(b, l.times.of(&s)...)
	return ln
}

// times is the text of the times of the newest stamp: the records of one event
// share it.
type times struct {
	world, node time.Duration
	event       uint64
	text        []byte // empty at first
}

func (t *times) of(s *Stamp) []byte {
	if t.world == s.World && t.node == s.Node && t.event == s.Event && len(t.text) > 0 {
		return t.text
	}
	t.world, t.node, t.event = s.World, s.Node, s.Event
	b := append(t.text[:0], `,"t":`...)
	b = appendInt(b, int64(s.World))
	b = append(b, `,"m":`...)
	b = appendInt(b, int64(s.Node))
	b = append(b, `,"g":`...)
	t.text = appendUint(b, s.Event)
	return t.text
}

// Close writes the end line, with the count and checksum of what came before.
// Nothing can be written afterwards.
func (l *Log) Close(world, node time.Duration, event uint64) {
	lines, crc := l.lines, l.CRC()
	ln := l.Begin("end", Stamp{Actor: "-", World: world, Node: node, Event: event})
	ln.Uint("n", lines).Hex32("crc", crc).End()
	l.ended = true
}

// Lines returns how many lines were finished.
func (l *Log) Lines() uint64 { return l.lines }

// CRC returns the CRC-32C of every byte written so far.
func (l *Log) CRC() uint32 {
	b := l.Bytes()
	l.crc = crc32.Update(l.crc, castagnoli, b[l.done:]) // much at once costs less than line by line
	l.done = len(b)
	return l.crc
}

// Pending returns the size in bytes of the finished lines that Flush has not taken.
func (l *Log) Pending() int { return len(l.Bytes()) }

// Bytes returns the finished lines that Flush has not taken. The slice is valid
// until the next call of any method.
func (l *Log) Bytes() []byte {
	if l.open {
		panic("record: Bytes while a line is open")
	}
	return l.buf
}

// Flush hands the finished lines to write and forgets them if it succeeds.
func (l *Log) Flush(write func([]byte) error) error {
	b := l.Bytes()
	if len(b) == 0 {
		return nil
	}
	l.CRC()
	if err := write(b); err != nil {
		return err
	}
	l.buf, l.done = l.buf[:0], 0
	return nil
}

// Line is a record being built. Its methods append one key each and return the
// line, so that calls chain; End finishes it. Keys are literals of this project
// and are not escaped.
type Line struct {
	log   *Log
	start int
	kind  string
}

// Kept reports whether the line will be in the log. What of it costs something need not
// be computed if not.
func (ln *Line) Kept() bool { return !ln.log.out }

// Kind returns the kind of the line that was begun last.
func (ln *Line) Kind() string { return ln.kind }

func (ln *Line) key(k string) []byte {
	if !ln.log.open {
		panic("record: key " + k + " outside a line")
	}
	b := append(ln.log.buf, ',', '"')
	b = append(b, k...)
	return append(b, '"', ':')
}

// Str appends a string value, escaped as FORMAT.md section 2 says.
func (ln *Line) Str(k, v string) *Line {
	if ln.log.out {
		return ln
	}
	b := append(ln.key(k), '"')
	b = appendEscaped(b, v)
	ln.log.buf = append(b, '"')
	return ln
}

// Cut appends at most max bytes of v (at a rune boundary where there is one).
func (ln *Line) Cut(k, v string, max int) *Line {
	if len(v) > max {
		for max > 0 && v[max]&0xC0 == 0x80 {
			max--
		}
		v = v[:max]
	}
	return ln.Str(k, v)
}

// Int appends a signed integer.
func (ln *Line) Int(k string, v int64) *Line {
	if ln.log.out {
		return ln
	}
	ln.log.buf = appendInt(ln.key(k), v)
	return ln
}

// Uint appends an unsigned integer.
func (ln *Line) Uint(k string, v uint64) *Line {
	if ln.log.out {
		return ln
	}
	ln.log.buf = appendUint(ln.key(k), v)
	return ln
}

// Dur appends a duration in nanoseconds.
func (ln *Line) Dur(k string, v time.Duration) *Line { return ln.Int(k, int64(v)) }

// Bool appends true or false.
func (ln *Line) Bool(k string, v bool) *Line {
	if ln.log.out {
		return ln
	}
	ln.log.buf = strconv.AppendBool(ln.key(k), v)
	return ln
}

const hexDigits = "0123456789abcdef"

// Hex32 appends v as a string of 8 hexadecimal digits.
func (ln *Line) Hex32(k string, v uint32) *Line { return ln.hex(k, uint64(v), 28) }

// Hex64 appends v as a string of 16 hexadecimal digits.
func (ln *Line) Hex64(k string, v uint64) *Line { return ln.hex(k, v, 60) }

func (ln *Line) hex(k string, v uint64, top int) *Line {
	if ln.log.out {
		return ln
	}
	b := append(ln.key(k), '"')
	for s := top; s >= 0; s -= 4 {
		b = append(b, hexDigits[v>>s&15])
	}
	ln.log.buf = append(b, '"')
	return ln
}

// Packet appends a packet id in its text form, source/inc/seq.
func (ln *Line) Packet(k, source string, inc uint32, seq uint64) *Line {
	if ln.log.out {
		return ln
	}
	b := append(ln.key(k), '"')
	from := len(b)
	b = appendEscaped(b, source)
	b = append(b, '/')
	b = appendUint(b, uint64(inc))
	b = append(b, '/')
	b = appendUint(b, seq)
	if ln.log.oneIn > 1 && !InSample(b[from:], ln.log.oneIn) {
		ln.log.out = true
	}
	ln.log.buf = append(b, '"')
	return ln
}

// End finishes the line.
func (ln *Line) End() {
	l := ln.log
	if !l.open {
		panic("record: End outside a line")
	}
	if l.out {
		l.buf, l.open, l.out, l.left = l.buf[:ln.start], false, false, true
		return
	}
	l.buf = append(l.buf, '}', '\n')
	line := l.buf[ln.start:]
	if len(line) > LineMax {
		panic("record: a " + ln.kind + " line of " + strconv.Itoa(len(line)) + " bytes exceeds " + strconv.Itoa(LineMax))
	}
	if l.lines == math.MaxUint64 {
		panic("record: line counter overflow")
	}
	l.lines++
	l.open = false
	if l.sink != nil {
		l.sink(line)
	}
}
