package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Times of a follower.
const (
	pollEvery  = 100 * time.Millisecond
	graceAfter = time.Second // a rotated file must be quiet that long before it is left
)

// readSize is how much of a file is read at once, in bytes; at first less, because most
// files grow slowly.
const (
	readSize  = 256 << 10
	readFirst = 16 << 10
)

// follower reads a file as it grows, over rotations and truncations, into a store.
//
// After a rename it reads the renamed file to its end, until that was quiet for a
// second and the new file has something, then the files between, oldest first, then
// the new one. When a file became shorter, or has other bytes before the place that was
// reached, it looks for a copy among the rotated files (copytruncate) and reads the copy
// from that place on first. What neither the file nor a rotated one in its folder holds
// any more is lost, and told.
type follower struct {
	*sink
	path  string
	grace time.Duration

	file    *os.File // nil: none is open
	at      position // in file; when none is open, where reading ended
	known   bool     // at is somewhere
	rotated bool     // the path names another file now
	inPlace bool     // the open file is a copy of what the path had before it was truncated
	grown   time.Time
	buf     []byte
	told    string // the last complaint about the path
}

// newFollower follows the file at a path into a spool, from where the spool ends.
func newFollower(path string, spool *Spool, to *sink) (*follower, error) {
	f := &follower{sink: to, path: path, grace: graceAfter, buf: make([]byte, tailMax+readFirst)}
	var err error
	if f.at, f.known, err = decodePosition(spool.Position()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// run follows until ctx is done.
func (f *follower) run(ctx context.Context) {
	defer f.shut()
	for ctx.Err() == nil {
		if f.step(ctx) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollEvery):
		}
	}
}

func (f *follower) shut() {
	if f.file != nil {
		f.file.Close() // it was only read
		f.file = nil
	}
}

// step does the next thing and reports whether there may be more to do at once.
func (f *follower) step(ctx context.Context) bool {
	if f.file == nil && !f.find(ctx) {
		return false
	}
	if f.missed(ctx) {
		return true
	}
	n, err := f.read(ctx)
	switch {
	case ctx.Err() != nil:
		return false
	case errors.Is(err, errOther):
		return f.truncated(ctx)
	case err != nil:
		f.complain("cannot read", err)
		return false
	case n > 0:
		f.grown = time.Now()
		if n < len(f.buf)-tailMax {
			return false
		}
		f.buf = make([]byte, min(2*len(f.buf), tailMax+readSize)) // it is written faster
		return true
	}
	return f.ended(ctx)
}

// errOther says that a file does not have the bytes before the position.
var errOther = errors.New("source: not the bytes that were read")

// read reads on in the open file and puts it into the store. It reads the remembered
// bytes again in the same call, so that a truncation cannot come between.
func (f *follower) read(ctx context.Context) (n int, err error) {
	tail := int(f.at.tail)
	n, err = f.file.ReadAt(f.buf[:len(f.buf)-tailMax+tail], f.at.offset-int64(tail))
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if n < tail || hashOf(f.buf[:tail]) != f.at.hash && tail > 0 {
		return 0, errOther
	}
	text := f.buf[tail:n]
	if len(text) == 0 {
		return 0, f.shorter()
	}
	next := f.at
	if info, err := f.file.Stat(); err == nil {
		next.mtime = info.ModTime().UnixNano()
		f.counts.behind.Store(max(0, info.Size()-f.at.offset-int64(len(text))))
	}
	next.advance(f.buf[:n], len(text))
	if f.at.hole {
		text = skipHole(text)
		next.hole = len(text) == 0
		next.part = next.part && !next.hole
	}
	if err := f.put(ctx, text, next.encode()); err != nil {
		return 0, err
	}
	f.at = next
	return n - tail, nil
}

// shorter says errOther of a file that ends before the position.
func (f *follower) shorter() error {
	info, err := f.file.Stat()
	if err == nil && info.Size() < f.at.offset {
		err = errOther
	}
	return err
}

// skipHole drops leading zero bytes: a writer that goes on at its old offset after a
// truncation leaves them, and nobody ever wrote them.
func skipHole(b []byte) []byte {
	for i, c := range b {
		if c != 0 {
			return b[i:]
		}
	}
	return nil
}

// ended handles the end of the open file: for now, or for good if it was rotated.
func (f *follower) ended(ctx context.Context) bool {
	mine, err := f.file.Stat()
	if err != nil {
		f.complain("cannot look at", err)
		return false
	}
	there, err := os.Stat(f.path)
	switch {
	case err == nil && os.SameFile(mine, there):
		f.rotated = false
		f.told = ""
		return false
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		f.complain("cannot look at", err)
		return false
	case !f.rotated: // read once more: it may have grown before it was renamed
		f.rotated, f.grown = true, time.Now()
		return true
	}
	if err == nil {
		f.counts.behind.Store(there.Size())
	}
	next, isLast := f.successor(mine)
	if isLast && (err != nil || there.Size() == 0 || time.Since(f.grown) < f.grace) {
		return false // whoever writes may not have gone over to the new one yet
	}
	return f.change(ctx, next, "rotated")
}

// successor is the file to read after the open one; last if it is the followed path.
func (f *follower) successor(mine fs.FileInfo) (path string, last bool) {
	all, err := rotatedOf(f.real())
	if err != nil {
		f.complain("cannot list the folder of", err)
		return f.path, true
	}
	for i := range all {
		if os.SameFile(all[i].info, mine) {
			all = all[i+1:]
			if len(all) > 0 {
				return all[0].path, false
			}
			return f.path, true
		}
	}
	// It was removed or compressed: what changed after its last change comes next.
	return f.changedSince(all)
}

// real is the path with links resolved: rotated files lie beside the file itself.
func (f *follower) real() string {
	if p, err := filepath.EvalSymlinks(f.path); err == nil {
		return p
	}
	return f.path
}

// change goes over to the beginning of another file. A line that the old one left
// without an end ends here.
func (f *follower) change(ctx context.Context, path, why string) bool {
	file, info, err := openRegular(path)
	if err != nil {
		f.complain("cannot open", err)
		return false
	}
	next := position{inode: inodeOf(info), mtime: info.ModTime().UnixNano(), before: f.at.inode}
	next.hole = path == f.path && (why == "truncated" || f.inPlace)
	if err := f.put(ctx, f.lineEnd(), next.encode()); err != nil {
		file.Close()
		return false
	}
	f.log.Info("goes on in another file", "why", why, "file", path, "read", f.at.offset)
	f.open(file, next)
	return true
}

// lineEnd ends the line that was begun, if there is one.
func (f *follower) lineEnd() []byte {
	if f.at.part {
		return []byte{'\n'}
	}
	return nil
}

func (f *follower) open(file *os.File, at position) {
	f.shut()
	f.file, f.at, f.known, f.rotated, f.inPlace, f.told = file, at, true, false, false, ""
	f.grown = time.Now()
}

// complain tells once why nothing can be read.
func (f *follower) complain(what string, err error) {
	if text := what + err.Error(); text != f.told {
		f.told = text
		f.log.Warn(what+" the file; waiting for it", "err", err)
	}
}

// openRegular opens a file for reading; it does not wait for the writer of a pipe.
func openRegular(path string) (*os.File, fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}
