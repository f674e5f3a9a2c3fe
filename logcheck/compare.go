package logcheck

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Difference is the first place at which two runs differ (H1).
type Difference struct {
	// File is the path of the file; Line counts from 1, 0 when only one run has it.
	File string `json:"file"`
	Line int    `json:"line"`
	// A and B are the two lines, at most 512 bytes, safe to print; empty where a run
	// has no such line or file.
	A string `json:"a"`
	B string `json:"b"`
	// T is the world time of the record, -1 when the lines are no records.
	T int64 `json:"t"`
}

// String returns the place and the two lines.
func (d *Difference) String() string {
	return fmt.Sprintf("%s:%d (t=%d)\n- %s\n+ %s", Sanitise(d.File), d.Line, d.T, d.A, d.B)
}

// Compare reports where two runs first differ, byte for byte; nil when they are
// equal. First in the order of world time, then of files: in a run that is not
// deterministic the earliest difference is the one that matters. Both runs are
// read once, one pair of files after the other.
func Compare(a, b Source) (*Difference, error) {
	namesA, err := sortedList(a)
	if err != nil {
		return nil, err
	}
	namesB, err := sortedList(b)
	if err != nil {
		return nil, err
	}
	var first *Difference
	for _, name := range union(namesA, namesB) {
		d, err := compareFile(a, b, name, slices.Contains(namesA, name), slices.Contains(namesB, name))
		if err != nil {
			return nil, err
		}
		if d != nil && (first == nil || d.T < first.T || first.T < 0) {
			first = d
		}
	}
	return first, nil
}

// CompareDirs is Compare for two run directories, run.json not included.
func CompareDirs(a, b string) (*Difference, error) { return Compare(DirSource(a), DirSource(b)) }

func sortedList(s Source) ([]string, error) {
	names, err := s.List()
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// union merges two sorted lists.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func compareFile(a, b Source, name string, inA, inB bool) (*Difference, error) {
	readA, closeA, err := openLines(a, name, inA)
	if err != nil {
		return nil, err
	}
	defer closeA()
	readB, closeB, err := openLines(b, name, inB)
	if err != nil {
		return nil, err
	}
	defer closeB()
	for line := 1; ; line++ {
		x, errX := readLine(readA)
		y, errY := readLine(readB)
		for _, err := range []error{errX, errY} {
			if err != nil && err != io.EOF {
				return nil, fmt.Errorf("logcheck: read %s: %w", name, err)
			}
		}
		if string(x) != string(y) || (errX == nil) != (errY == nil) {
			return difference(name, line, x, y), nil
		}
		if errX != nil {
			return nil, nil
		}
	}
}

func openLines(s Source, name string, there bool) (*bufio.Reader, func(), error) {
	if !there {
		return bufio.NewReader(eof{}), func() {}, nil
	}
	rc, err := s.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return bufio.NewReaderSize(rc, 64<<10), func() { rc.Close() }, nil
}

// eof is an empty file.
type eof struct{}

// Read reports the end.
func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// readLine returns the next line with its newline, or its first 64 KiB: a longer
// line is compared in pieces. A last line without a newline comes without an error.
func readLine(r *bufio.Reader) ([]byte, error) {
	b, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || err == io.EOF && len(b) > 0 {
		err = nil
	}
	return b, err
}

// difference describes the first line that differs.
func difference(name string, line int, x, y []byte) *Difference {
	d := &Difference{File: name, Line: line, T: -1,
		A: cut(Sanitise(trimNewline(x)), witnessMax), B: cut(Sanitise(trimNewline(y)), witnessMax)}
	r := &Record{names: NewNames()}
	for _, l := range [][]byte{x, y} {
		if len(l) == 0 {
			continue
		}
		if _, msg := scanLine(r, []byte(trimNewline(l)), name == faultsName); msg == "" && (d.T < 0 || r.T < d.T) {
			d.T = r.T
		}
	}
	return d
}

func trimNewline(b []byte) string {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	return string(b)
}
