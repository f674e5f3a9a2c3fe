package logcheck

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A log may be in pieces: NODE.INC.jsonl, NODE.INC+2.jsonl, NODE.INC+3.jsonl and so on
// are one file, in this order. NODE.deleted says that older ones of that node were
// deleted.

// piecesMax is how many files of pieces are read.
const piecesMax = 1 << 16

// deletedSuffix ends the name of the file that tells of deleted pieces.
const deletedSuffix = ".deleted"

// pieced is the logs of a directory by the names of their first pieces.
type pieced struct {
	names   []string         // first pieces, in the order found
	numbers map[string][]int // what there is of each, ascending
	deleted []string         // files that tell of deletions
}

// piecesOf groups the names of files in logs/.
func piecesOf(files []string) *pieced {
	p := &pieced{numbers: map[string][]int{}}
	for _, f := range files {
		if strings.HasSuffix(f, deletedSuffix) {
			p.deleted = append(p.deleted, f)
			continue
		}
		first, number := f, 1
		base, _ := strings.CutSuffix(f, ".jsonl")
		if stem, digits, ok := strings.Cut(base, "+"); ok {
			if n, err := strconv.ParseUint(digits, 10, 31); err == nil && n > 1 && strconv.FormatUint(n, 10) == digits {
				first, number = stem+".jsonl", int(n)
			}
		}
		if p.numbers[first] == nil {
			p.names = append(p.names, first)
		}
		p.numbers[first] = append(p.numbers[first], number)
	}
	for _, name := range p.names {
		slices.Sort(p.numbers[name])
	}
	slices.Sort(p.deleted)
	return p
}

// pieceName is the name of a piece of the log whose first piece has that name.
func pieceName(first string, number int) string {
	if number == 1 {
		return first
	}
	return strings.TrimSuffix(first, ".jsonl") + "+" + strconv.Itoa(number) + ".jsonl"
}

// missing says what is known to be missing; empty: nothing.
func (p *pieced) missing() string {
	if len(p.deleted) > 0 {
		return "old pieces were deleted, says " + Sanitise(p.deleted[0])
	}
	for _, name := range p.names {
		for i, n := range p.numbers[name] {
			if n != i+1 {
				return fmt.Sprintf("there is no %s, but a later piece", Sanitise(pieceName(name, i+1)))
			}
		}
	}
	return ""
}

// pieceReader reads pieces one after another, one open at a time.
type pieceReader struct {
	names []string
	open  func(name string) (io.ReadCloser, error)
	now   io.ReadCloser
}

// Read implements io.Reader.
func (r *pieceReader) Read(b []byte) (int, error) {
	for {
		if r.now == nil {
			if len(r.names) == 0 {
				return 0, io.EOF
			}
			f, err := r.open(r.names[0])
			if err != nil {
				return 0, err
			}
			r.now, r.names = f, r.names[1:]
		}
		n, err := r.now.Read(b)
		if err == io.EOF {
			err = r.now.Close()
			r.now = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close implements io.Closer.
func (r *pieceReader) Close() error {
	r.names = nil
	if r.now == nil {
		return nil
	}
	return r.now.Close()
}
