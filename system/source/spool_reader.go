package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// spoolReader reads a spool's stream from an offset on, a frame at a time.
type spoolReader struct {
	s    *Spool
	at   int64 // offset in the stream of the byte that comes next
	file *os.File
	name string // of the segment that file is
	next int64  // where the next frame is in it
	buf  []byte
	rest []byte // of the frame's payload
}

// Read implements io.Reader.
func (r *spoolReader) Read(b []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.frame(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	r.at += int64(n)
	return n, nil
}

// frame reads the frame that has the byte at r.at.
func (r *spoolReader) frame() error {
	r.s.mu.Lock()
	end, finished := r.s.end, r.s.finished
	seg := r.s.segments[0]
	for _, next := range r.s.segments {
		if next.base <= r.at {
			seg = next
		}
	}
	r.s.mu.Unlock()
	switch {
	case r.at == end && finished:
		return io.EOF
	case r.at == end:
		return ErrLater
	case seg.base > r.at:
		return fmt.Errorf("%w: spool %s holds nothing before %d, wanted is %d", ErrReleased, r.s.dir, seg.base, r.at)
	}
	if r.name != seg.name {
		if err := r.open(seg); err != nil {
			return err
		}
	}
	f, size, err := r.load(seg)
	if err != nil {
		return fmt.Errorf("source: spool %s, segment %s is damaged at byte %d (offset %d of its stream): %w", r.s.dir, seg.name, r.next, r.at, err)
	}
	r.next += int64(size)
	if skip := r.at - f.offset; skip < int64(len(f.payload)) {
		r.rest = f.payload[skip:]
	}
	return nil
}

func (r *spoolReader) open(seg segment) error {
	r.Close()
	f, err := os.Open(filepath.Join(r.s.dir, seg.name))
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	r.file, r.name, r.next = f, seg.name, 0
	return nil
}

// load reads the next frame of the segment. Of one before r.at it needs the head only.
func (r *spoolReader) load(seg segment) (f frame, size int, err error) {
	var head [headSize]byte
	if _, err := r.file.ReadAt(head[:], r.next); err != nil {
		return f, 0, err
	}
	if size = frameSize(head[:]); size == 0 || r.next+int64(size) > seg.size {
		return f, 0, errNoFrame
	}
	if offset, payload := headSpan(head[:]); offset >= 0 && offset <= r.at-payload {
		return frame{offset: offset}, size, nil
	}
	if cap(r.buf) < size {
		r.buf = make([]byte, max(size, 64<<10))
	}
	if _, err := r.file.ReadAt(r.buf[:size], r.next); err != nil {
		return f, 0, err
	}
	var sound int
	if f, sound = readFrame(r.buf[:size], r.s.id); sound == 0 || f.offset > r.at {
		return f, 0, errNoFrame
	}
	return f, size, nil
}

var errNoFrame = errors.New("no sound frame")

// Close implements io.Closer.
func (r *spoolReader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file, r.name, r.rest = nil, "", nil
	return err
}
