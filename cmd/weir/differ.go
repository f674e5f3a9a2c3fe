package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// difference is the earliest place where two run directories differ.
type difference struct {
	file string // empty: the files are equal
	line int    // from 1
	one  string // the line in the first directory; empty: it has none
	two  string
	at   int64 // world time of the earlier of the two records, ns
	g    int64 // the lower of their event numbers
}

// text tells it.
func (d *difference) text() string {
	if d.file == "" {
		return "  the files are equal: only the scheduler's order differs\n"
	}
	show := func(line string) string {
		if line == "" {
			return "(nothing)"
		}
		const most = 400
		return clean(line[:min(most, len(line))])
	}
	return fmt.Sprintf("  first difference: %s:%d at %.6fs\n    1: %s\n    2: %s\n", clean(d.file), d.line, float64(d.at)/1e9, show(d.one), show(d.two))
}

// firstDifference compares all files of two directories and returns the difference
// whose record comes first in time.
func firstDifference(dir1, dir2 string) (*difference, error) {
	names, err := filesOf(dir1, dir2)
	if err != nil {
		return nil, err
	}
	best := &difference{at: math.MaxInt64, g: math.MaxInt64}
	for _, name := range names {
		d, err := compareFiles(dir1, dir2, name)
		if err != nil {
			return nil, err
		}
		if d != nil && (d.at < best.at || d.at == best.at && d.g < best.g) {
			best = d
		}
	}
	return best, nil
}

// filesOf lists the log files of either directory.
func filesOf(dirs ...string) ([]string, error) {
	var names []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".jsonl" {
				return err
			}
			name, err := filepath.Rel(dir, path)
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	return names, nil
}

// compareFiles finds the first line in which two files differ; a file that is not
// there is an empty one.
func compareFiles(dir1, dir2, name string) (*difference, error) {
	one, err := openLines(filepath.Join(dir1, name))
	if err != nil {
		return nil, err
	}
	defer one.close()
	two, err := openLines(filepath.Join(dir2, name))
	if err != nil {
		return nil, err
	}
	defer two.close()
	for number := 1; ; number++ {
		a, err1 := one.next()
		b, err2 := two.next()
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if a == b && a == "" {
			return nil, nil
		}
		if a != b {
			return &difference{file: filepath.ToSlash(name), line: number, one: a, two: b, at: min(numberOf(a, "t"), numberOf(b, "t")), g: min(numberOf(a, "g"), numberOf(b, "g"))}, nil
		}
	}
}

// numberOf is the world time or event number of a record; a line without one counts as
// the last.
func numberOf(line, key string) int64 {
	if n, ok := intField(line, key); ok {
		return n
	}
	return math.MaxInt64 - 1
}

// lines reads a file line by line.
type lines struct {
	file *os.File
	r    *bufio.Reader
}

func openLines(path string) (*lines, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &lines{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &lines{f, bufio.NewReaderSize(f, 1<<16)}, nil
}

// next returns the next line without its end, or "" after the last.
func (l *lines) next() (string, error) {
	if l.r == nil {
		return "", nil
	}
	line, err := l.r.ReadString('\n')
	if err == io.EOF {
		return line, nil
	}
	if err != nil {
		return "", err
	}
	return line[:len(line)-1], nil
}

func (l *lines) close() {
	if l.file != nil {
		l.file.Close()
	}
}
