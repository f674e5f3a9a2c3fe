package logcheck

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Walk passes the well-formed records of a run to see, in the run's order, until see
// returns false. It judges nothing: Record.Pkt and Record.Sent are nil. malformed is how
// many lines it left out. Memory does not grow with the logs.
func Walk(src Source, run *Run, see func(*Record) bool) (malformed int64, err error) {
	if err := run.Validate(); err != nil {
		return 0, fmt.Errorf("logcheck: run.json: %w", err)
	}
	e := &engine{src: src}
	defer e.close()
	readers, err := e.open(run)
	if err != nil {
		return 0, err
	}
	m, err := newMerger(readers, e.ctx.ClockError)
	if err != nil {
		return 0, err
	}
	for r := m.top(); r != nil && see(r); r = m.top() {
		if err := m.pop(); err != nil {
			return 0, err
		}
	}
	return e.form.h6.failures, nil
}

// Lines parses records one by one, as they are written, from any number of files.
type Lines struct {
	names *Names
	files map[string]*File
	rec   Record
}

// NewLines returns a parser that has seen no file yet.
func NewLines() *Lines {
	l := &Lines{names: NewNames(), files: map[string]*File{}}
	l.rec.names = l.names
	return l
}

// Parse reads the next line of a file, which is named as in a run's directory. The record
// is valid until the next call; Pkt and Sent are nil.
func (l *Lines) Parse(file string, line []byte) (*Record, error) {
	f := l.files[file]
	if f == nil {
		f = &File{Index: len(l.files), Name: file, Faults: file == faultsName, Inc: 1}
		l.files[file] = f
		base := strings.TrimSuffix(path.Base(file), ".jsonl")
		if dot := strings.LastIndexByte(base, '.'); dot >= 0 && !f.Faults {
			inc, err := strconv.ParseUint(base[dot+1:], 10, 32)
			if err != nil {
				return nil, fmt.Errorf("logcheck: file name %q is not node.incarnation.jsonl", Sanitise(file))
			}
			base, f.Inc = base[:dot], uint32(inc)
		}
		f.Node = l.names.InternString(base)
	}
	f.lines++
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if col, msg := scanLine(&l.rec, line, f.Faults); msg != "" {
		return nil, &ParseError{File: file, Line: f.lines, Col: col, Msg: msg}
	}
	l.rec.File, l.rec.Line = f, f.lines
	return &l.rec, nil
}

// ValidPacketID reports whether s has the form of a packet id, source/incarnation/sequence.
func ValidPacketID(s string) bool {
	_, err := parseID([]byte(s), NewNames())
	return err == nil
}

// NodeName is the name of the node whose file holds the record.
func (r *Record) NodeName() string { return r.names.Name(r.File.Node) }

// Raw is the record's line without its newline. Valid only as long as the record.
func (r *Record) Raw() []byte { return r.line }
