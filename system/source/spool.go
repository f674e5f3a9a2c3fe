package source

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Bounds of a spool's size in bytes.
const (
	SpoolMin     = 4 << 20
	SpoolDefault = 1 << 30
)

// segment is one file of a spool. Its name is the spool's id and the offset in the
// stream at which it begins. Its first frame has the position that holds there, so
// that the segments before it can go.
type segment struct {
	name string
	base int64
	size int64 // bytes of sound frames
}

// Spool is a Store on disk, in a folder of its own. What Append has taken is synced;
// readers see nothing else. A frame that a crash tore is dropped when it is opened: its
// source is read again from the position before it.
type Spool struct {
	dir  string
	max  int64 // bytes on disk
	roll int64 // a segment of that size is the last no more
	id   string
	sync func(*os.File) error // makes what was written durable

	lock *os.File // of the folder
	file *os.File // the last segment, for appending; nil: to be opened and repaired
	buf  []byte

	mu       sync.Mutex
	segments []segment // ascending; at least one
	end      int64     // of the stream
	least    int64     // released below it
	position []byte
	finished bool
}

var _ Store = (*Spool)(nil)

// OpenSpool opens the spool in a folder, or begins one, of at most so many bytes.
func OpenSpool(dir string, limit int64) (*Spool, error) {
	if limit < SpoolMin {
		return nil, fmt.Errorf("source: spool of %d bytes: want %d or more", limit, SpoolMin)
	}
	s := &Spool{dir: dir, max: limit, roll: min(limit/8, 8<<20), sync: (*os.File).Sync}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	var err error
	if s.lock, err = lockDir(dir); err != nil {
		return nil, fmt.Errorf("source: spool %w", err)
	}
	if err = s.begin(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// begin takes up what is in the folder, or begins a new spool.
func (s *Spool) begin() error {
	if err := s.recover(); err != nil {
		return err
	}
	if len(s.segments) > 0 {
		s.least = s.segments[0].base
		return nil
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return fmt.Errorf("source: spool id: %w", err)
	}
	s.id = hex.EncodeToString(id[:])
	if err := s.newSegment(); err != nil {
		return fmt.Errorf("source: begin spool: %w", err)
	}
	return nil
}

// ID is what the spool is known by; a new one has another.
func (s *Spool) ID() string { return s.id }

// Position is how far the source was read, as the last Append told; empty at first.
func (s *Spool) Position() []byte { return s.position }

// recover finds the segments and the end of the last sound frame.
func (s *Spool) recover() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	for _, e := range entries {
		id, rest, ok := strings.Cut(strings.TrimSuffix(e.Name(), ".seg"), "-")
		base, err := strconv.ParseInt(rest, 10, 64)
		if !ok || err != nil || base < 0 || !strings.HasSuffix(e.Name(), ".seg") {
			continue
		}
		if s.id != "" && s.id != id {
			return fmt.Errorf("source: %s: segments of the spools %.20q and %.20q: remove one of them", s.dir, s.id, id)
		}
		info, err := e.Info()
		if err != nil {
			return fmt.Errorf("source: %w", err)
		}
		s.id = id
		s.segments = append(s.segments, segment{e.Name(), base, info.Size()})
	}
	slices.SortFunc(s.segments, func(a, b segment) int { return int(min(max(a.base-b.base, -1), 1)) })
	for len(s.segments) > 0 {
		last := &s.segments[len(s.segments)-1]
		if err := s.scan(last); err != nil {
			return err
		}
		if last.size > 0 {
			return nil
		}
		// A crash left it before its first frame was whole: nothing has seen it.
		if err := os.Remove(filepath.Join(s.dir, last.name)); err != nil {
			return fmt.Errorf("source: %w", err)
		}
		s.segments = s.segments[:len(s.segments)-1]
	}
	s.id, s.end = "", 0
	return nil
}

// scan reads the last segment to the end of its last sound frame. Something unsound
// with a sound frame after it is no torn end.
func (s *Spool) scan(last *segment) error {
	b, err := os.ReadFile(filepath.Join(s.dir, last.name))
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	at := 0
	s.end = last.base
	for {
		f, size := readFrame(b[at:], s.id)
		if size == 0 || f.offset != s.end {
			break
		}
		s.end += int64(len(f.payload))
		s.position = slices.Clone(f.position)
		at += size
	}
	last.size = int64(at)
	for rest := b[min(at+1, len(b)):]; ; {
		i := bytes.Index(rest, []byte(frameMagic))
		if i < 0 {
			return nil
		}
		if _, size := readFrame(rest[i:], s.id); size > 0 {
			return fmt.Errorf("source: spool %s, segment %s is damaged at byte %d: what follows cannot be trusted; to give up what the spool holds, remove it",
				s.dir, last.name, at)
		}
		rest = rest[i+1:]
	}
}

// Append implements Store.
func (s *Spool) Append(payload, position []byte) error {
	if len(payload) > payloadMax || len(position) > positionMax {
		return fmt.Errorf("source: frame of %d and %d bytes: at most %d and %d", len(payload), len(position), payloadMax, positionMax)
	}
	need := int64(headSize + len(position) + len(payload))
	carry := int64(headSize + len(s.position)) // of a new segment's first frame
	if held, _ := s.Level(); held+carry+need > s.max {
		return ErrFull
	}
	if s.last().size >= s.roll {
		if err := s.newSegment(); err != nil {
			return fmt.Errorf("source: new segment: %w", err)
		}
	}
	if err := s.write(appendFrame(s.buf[:0], s.id, frame{s.end, position, payload})); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end += int64(len(payload))
	s.position = slices.Clone(position)
	s.segments[len(s.segments)-1].size += need
	return nil
}

// last is the segment that is written to.
func (s *Spool) last() segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments[len(s.segments)-1]
}

// write writes a frame to the last segment and syncs it. After a failure the file's
// cache cannot be trusted: it is opened again and cut to what was synced before.
func (s *Spool) write(b []byte) error {
	s.buf = b
	last := s.last()
	if s.file == nil {
		f, err := os.OpenFile(filepath.Join(s.dir, last.name), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Truncate(last.size), s.sync(f)); err != nil {
			f.Close()
			return err
		}
		s.file = f
	}
	_, err := s.file.WriteAt(b, last.size)
	if err == nil {
		err = s.sync(s.file)
	}
	if err != nil {
		_ = s.file.Truncate(last.size) // tried again when it is opened
		s.file.Close()
		s.file = nil
	}
	return err
}

// newSegment begins a segment at the stream's end.
func (s *Spool) newSegment() (err error) {
	seg := segment{name: fmt.Sprintf("%s-%020d.seg", s.id, s.end), base: s.end}
	path := filepath.Join(s.dir, seg.name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	head := appendFrame(nil, s.id, frame{s.end, s.position, nil})
	if _, err = f.Write(head); err == nil {
		err = errors.Join(s.sync(f), syncDir(s.dir))
	}
	if err != nil {
		f.Close()
		return errors.Join(err, os.Remove(path))
	}
	if s.file != nil {
		s.file.Close()
	}
	s.file = f
	seg.size = int64(len(head))
	s.mu.Lock()
	s.segments = append(s.segments, seg)
	s.mu.Unlock()
	s.Release(0)
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Release implements Store. It removes the segments that are released to their ends.
func (s *Spool) Release(offset int64) {
	s.mu.Lock()
	s.least = max(s.least, min(offset, s.end))
	n := 0
	for n+1 < len(s.segments) && s.segments[n+1].base <= s.least {
		n++
	}
	gone := slices.Clone(s.segments[:n])
	s.segments = slices.Delete(s.segments, 0, n)
	s.mu.Unlock()
	for _, seg := range gone {
		// One that stays is found at the next start, and released again.
		if err := os.Remove(filepath.Join(s.dir, seg.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue
		}
	}
}

// Finish implements Store.
func (s *Spool) Finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
}

// Level implements Store.
func (s *Spool) Level() (held, waiting int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.segments {
		held += seg.size
	}
	return held, s.end - s.least
}

// Close closes the spool's files. Nobody appends any more.
func (s *Spool) Close() error {
	err := s.lock.Close()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	return err
}

// Open implements Store.
func (s *Spool) Open(offset int64) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if offset < s.segments[0].base || offset > s.end {
		return nil, fmt.Errorf("%w: spool %s holds %d to %d, not %d", ErrReleased, s.dir, s.segments[0].base, s.end, offset)
	}
	return &spoolReader{s: s, at: offset}, nil
}
