package logcheck

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
)

// Limits of the input: what is beyond is refused, not read.
const (
	lineMax   = 1 << 20
	headerMax = 4 << 20
	filesMax  = 4096
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// reader yields the well-formed records of one file in order and judges the
// file's own form as it goes: H6 for lines, H2 for its frame, H7 for a torn end.
type reader struct {
	file *File
	src  io.Reader // nil when the whole file is in buf
	buf  []byte
	pos  int // start of the next line
	end  int // end of what was read into buf
	eof  bool
	rec  Record
	j    *formJudge

	crc    uint32 // of all bytes before crcPos
	crcPos int
	line   int
	skip   bool // inside a line that is too long
}

// formJudge collects what is wrong with the form of the files.
type formJudge struct {
	h2, h6, h7 Tally
}

// next parses the next well-formed record into rd.rec and reports false at the
// end of the file. The error is one of reading, never of the form.
func (rd *reader) next() (bool, error) {
	for {
		line, ok, err := rd.nextLine()
		if !ok || err != nil {
			return false, err
		}
		rd.line++
		rd.j.h6.Judged++
		at := Ref{file: rd.file, Line: rd.line}
		if len(line) > lineMax {
			rd.j.h6.Failf([]Ref{at}, "%s:%d: line longer than %d bytes", rd.file.Name, rd.line, lineMax)
			continue
		}
		r := &rd.rec
		if col, msg := scanLine(r, line, rd.file.Faults); msg != "" {
			e := ParseError{File: rd.file.Name, Line: rd.line, Col: col, Msg: msg}
			rd.j.h6.Failf([]Ref{at}, "%s", e.Error())
			continue
		}
		r.Line = rd.line
		rd.file.records++
		rd.file.lastT = max(rd.file.lastT, r.T)
		rd.frame(r, at)
		return true, nil
	}
}

// nextLine returns the next line without its newline; ok is false at the end. A
// line that is too long is returned cut to one byte more than allowed.
func (rd *reader) nextLine() (line []byte, ok bool, err error) {
	from := rd.pos
	for {
		if i := bytes.IndexByte(rd.buf[from:rd.end], '\n'); i >= 0 {
			line = rd.buf[rd.pos : from+i]
			rd.pos = from + i + 1
			if rd.skip {
				rd.skip = false
				from = rd.pos
				continue
			}
			return line, true, nil
		}
		if rd.eof {
			return nil, false, rd.tail()
		}
		if rd.end-rd.pos > lineMax && !rd.skip {
			rd.skip = true // the rest of the line is dropped as it comes
			line = rd.buf[rd.pos:rd.end]
			rd.sum(rd.end)
			rd.pos = rd.end
			return line, true, nil
		}
		if rd.skip {
			rd.pos = rd.end
		}
		if err := rd.fill(); err != nil {
			return nil, false, err
		}
		from = rd.pos
	}
}

// tail judges what follows the last newline.
func (rd *reader) tail() error {
	if rd.end > rd.pos || rd.skip {
		rd.file.torn = true
		rd.pos, rd.skip = rd.end, false
	}
	rd.file.lines = rd.line
	return nil
}

// fill reads more into buf, which grows only for a line longer than it.
func (rd *reader) fill() error {
	rd.sum(rd.pos)
	copy(rd.buf, rd.buf[rd.pos:rd.end])
	rd.end -= rd.pos
	rd.pos, rd.crcPos = 0, 0
	if rd.end == len(rd.buf) {
		rd.buf = append(rd.buf, make([]byte, max(len(rd.buf), 4096))...)
	}
	n, err := io.ReadAtLeast(rd.src, rd.buf[rd.end:], 1)
	rd.end += n
	switch err {
	case nil:
		return nil
	case io.EOF, io.ErrUnexpectedEOF:
		rd.eof = true
		return nil
	}
	return fmt.Errorf("logcheck: read %s: %w", rd.file.Name, err)
}

// sum brings the checksum up to the byte before pos.
func (rd *reader) sum(pos int) {
	if pos > rd.crcPos {
		rd.crc = crc32.Update(rd.crc, castagnoli, rd.buf[rd.crcPos:pos])
		rd.crcPos = pos
	}
}

// frame judges the `log` and `end` lines.
func (rd *reader) frame(r *Record, at Ref) {
	f := rd.file
	switch {
	case f.Ended:
		rd.j.h2.Failf([]Ref{{file: f, Line: f.endLine}, at}, "a record after the end line of %s", f.Name)
	case rd.line == 1 && r.Kind != KindLog:
		rd.j.h2.Failf([]Ref{at}, "%s does not begin with a log line", f.Name)
	case rd.line > 1 && r.Kind == KindLog:
		rd.j.h2.Failf([]Ref{at}, "a second log line in %s", f.Name)
	}
	own := r.Kind == KindLog || r.Kind == KindEnd
	if a := r.Bytes(KeyA); own != (string(a) == "-") || f.Faults && !own && string(a) != "faults" {
		rd.j.h6.Failf([]Ref{at}, "%s:%d: a %s of actor %q", f.Name, rd.line, r.Kind, a)
	}
	switch r.Kind {
	case KindLog:
		rd.checkLog(r, at)
	case KindEnd:
		rd.checkEnd(r, at)
	}
}

func (rd *reader) checkLog(r *Record, at Ref) {
	f := rd.file
	role, ok := parseRole(r.Bytes(KeyRole))
	switch {
	case r.Uint(KeyV) != 1:
		rd.j.h6.Failf([]Ref{at}, "version %d of the form is not known", r.Uint(KeyV))
	case !ok || (role == RoleFaults) != f.Faults:
		rd.j.h6.Failf([]Ref{at}, "role %q in %s", r.Bytes(KeyRole), f.Name)
	case r.Sym(KeyNode) != f.Node || r.Uint(KeyInc) != uint64(f.Inc):
		rd.j.h2.Failf([]Ref{at}, "%s holds the log of %s, incarnation %d", f.Name, r.Bytes(KeyNode), r.Uint(KeyInc))
	}
	f.oneIn = r.Uint(KeyOneIn)
	f.hasLog, f.Role = f.hasLog || rd.line == 1, role
}

func (rd *reader) checkEnd(r *Record, at Ref) {
	f := rd.file
	start := rd.pos - len(r.line) - 1
	rd.sum(start)
	f.Ended, f.endLine = true, rd.line
	if r.T < f.lastT {
		rd.j.h2.Failf([]Ref{at}, "the end line of %s is older than the file", f.Name)
	}
	f.endOK = true
	if want := uint64(rd.line - 1); r.Uint(KeyN) != want {
		f.endOK = false
		rd.j.h2.Failf([]Ref{at}, "the end line of %s counts %d lines, there are %d", f.Name, r.Uint(KeyN), want)
	}
	if got := fmt.Sprintf("%08x", rd.crc); string(r.Bytes(KeyCRC)) != got {
		f.endOK = false
		rd.j.h2.Failf([]Ref{at}, "the end line of %s says crc %s, the bytes give %s", f.Name, r.Bytes(KeyCRC), got)
	}
}
