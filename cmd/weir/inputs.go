package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"weir/scenarios"
)

// errInputChanged says that a file is not what it was when the run began.
var errInputChanged = errors.New("changed during the run")

// inputFile is one --input. Its content is what the file held when weir looked at
// it first: what is appended later is not read, and a file that becomes shorter or
// disappears ends in a read error, which the emitter logs.
type inputFile struct {
	arg     string // as given
	name    string // the source of its messages
	path    string // the file that is read
	spooled bool   // path is a temporary copy
	size    int64
	lines   int64
	mtime   time.Time
	sum     string
}

// inputs prepares the files given with --input: it reads each once for its hash.
// Call close when done.
type inputs struct{ files []*inputFile }

// openInputs looks at every input.
func (a *app) openInputs(args []string) (*inputs, error) {
	in := &inputs{}
	stdin := 0
	for _, arg := range args {
		f := &inputFile{arg: arg, path: arg, name: inputName(arg)}
		if arg == "-" {
			if stdin++; stdin > 1 {
				in.close()
				return nil, usage("input -: standard input can be read only once")
			}
			if err := f.spool(a.ctx, a.in, spoolMax); err != nil {
				in.close()
				return nil, err
			}
		}
		f.name = in.unused(f.name)
		in.files = append(in.files, f)
		if err := f.look(a.ctx); err != nil {
			in.close()
			var e *exit
			if errors.As(err, &e) {
				return nil, err
			}
			return nil, usage("input %s: %w", arg, reason(err))
		}
	}
	return in, nil
}

// unused makes a name differ from those of the inputs before it: each is accounted
// for under its own, also when a file is given twice.
func (in *inputs) unused(name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(in.files, func(f *inputFile) bool { return f.name == name })
	}
	unique := name
	for n := 2; taken(unique); n++ {
		unique = fmt.Sprintf("%s#%d", name, n)
	}
	return unique
}

// inputName is the source of a file's messages: its path, the end of it if it is
// long.
func inputName(arg string) string {
	const most = 200
	if arg == "-" {
		return "stdin"
	}
	return arg[max(0, len(arg)-most):]
}

// reason strips an error of the paths that the message names already.
func reason(err error) error {
	var p *os.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// look notes the file's size, lines and hash.
func (f *inputFile) look(ctx context.Context) error {
	info, err := os.Stat(f.path) // before it is opened: opening a pipe would wait for its writer
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("is a directory")
	case !info.Mode().IsRegular():
		return errors.New("is no regular file; use - for a stream")
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return err
	}
	if info.Size() == 0 {
		n, err := patiently(ctx, func() (int, error) { return file.Read(make([]byte, 1)) })
		switch {
		case n > 0: // as the files that a kernel makes up
			return errors.New("does not tell its size; use - for a stream")
		case err != nil && err != io.EOF:
			return err
		}
	}
	h := sha256.New()
	count := &lineCounter{}
	if _, err := io.Copy(io.MultiWriter(h, count), io.LimitReader(&patient{ctx, file}, info.Size())); err != nil {
		return err
	}
	f.size, f.mtime, f.sum = info.Size(), info.ModTime(), hex.EncodeToString(h.Sum(nil))
	f.lines = count.lines + 1 // the last one may have no end
	return nil
}

// patient ends reading when the context does.
type patient struct {
	ctx context.Context
	r   io.Reader
}

// Read reads unless interrupted.
func (p *patient) Read(b []byte) (int, error) {
	if p.ctx.Err() != nil {
		return 0, interrupted()
	}
	return p.r.Read(b)
}

// lineCounter counts line feeds.
type lineCounter struct{ lines int64 }

// Write counts.
func (c *lineCounter) Write(p []byte) (int, error) {
	c.lines += int64(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// open opens the file at an offset for the emitter.
func (f *inputFile) open(offset int64) (io.ReadCloser, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInputChanged, reason(err))
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		file.Close()
		return nil, err
	}
	return &bounded{file: file, left: max(f.size-offset, 0)}, nil
}

// bounded reads exactly so many bytes; an earlier end is an error.
type bounded struct {
	file *os.File
	left int64
}

// Read reads up to the size that the file had.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.file.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF {
		err = fmt.Errorf("%w: it is shorter now, %d bytes are missing", errInputChanged, b.left)
	}
	return n, err
}

// Close closes the file.
func (b *bounded) Close() error { return b.file.Close() }

// list is the inputs in the runner's form.
func (in *inputs) list() []scenarios.Input {
	var list []scenarios.Input
	for _, f := range in.files {
		list = append(list, scenarios.Input{Name: f.name, Path: f.path, Open: f.open, SHA256: f.sum, Lines: f.lines})
	}
	return list
}

// tokens is the inputs as a token names them.
func (in *inputs) tokens() []scenarios.TokenInput {
	var list []scenarios.TokenInput
	for _, f := range in.files {
		list = append(list, scenarios.TokenInput{Path: f.arg, SHA256: f.sum})
	}
	return list
}

// changed lists the inputs that are not what they were, with what happened.
func (in *inputs) changed() []string {
	var list []string
	for _, f := range in.files {
		info, err := os.Stat(f.path)
		switch {
		case err != nil:
			list = append(list, fmt.Sprintf("input %s %v: %v", f.arg, errInputChanged, reason(err)))
		case info.Size() < f.size:
			list = append(list, fmt.Sprintf("input %s %v: it had %d bytes and has %d", f.arg, errInputChanged, f.size, info.Size()))
		case !info.ModTime().Equal(f.mtime) && info.Size() == f.size:
			list = append(list, fmt.Sprintf("input %s %v: it was written to", f.arg, errInputChanged))
		}
	}
	return list
}

// close removes temporary copies.
func (in *inputs) close() {
	for _, f := range in.files {
		f.remove()
	}
}

func (f *inputFile) remove() {
	if f.spooled {
		_ = os.Remove(f.path) // a temporary file that cannot be removed harms nobody
	}
}
