package scenarios

import (
	"bytes"
	"fmt"
	"io"
)

// File is one file of a run directory, held in memory.
type File struct {
	Name string // below the run directory, with slashes
	Data Text
}

// Text is the content of a file in pieces, because a log in one piece would be
// copied over and over as it grows.
type Text [][]byte

// Bytes returns a copy in one piece.
func (t Text) Bytes() []byte { return bytes.Join(t, nil) }

// Len returns the size in bytes.
func (t Text) Len() (n int) {
	for _, piece := range t {
		n += len(piece)
	}
	return n
}

// Reader returns a reader of the whole content.
func (t Text) Reader() io.Reader {
	pieces := make([]io.Reader, len(t))
	for i, piece := range t {
		pieces[i] = bytes.NewReader(piece)
	}
	return io.MultiReader(pieces...)
}

// files is a run as the checker wants it, without a copy.
type files []File

// List implements logcheck.Source.
func (fs files) List() ([]string, error) {
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.Name
	}
	return names, nil
}

// Open implements logcheck.Source.
func (fs files) Open(name string) (io.ReadCloser, error) {
	for _, f := range fs {
		if f.Name == name {
			return io.NopCloser(f.Data.Reader()), nil
		}
	}
	return nil, fmt.Errorf("no file %q in the run", name)
}
