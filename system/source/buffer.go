package source

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"sync"
)

// Buffer is a Store in memory: what it holds ends with the process.
type Buffer struct {
	max int64

	mu       sync.Mutex
	parts    []part // as they were appended
	base     int64  // offset of the first
	end      int64
	least    int64
	finished bool
}

type part struct {
	end  int64 // offset after it
	text []byte
}

var _ Store = (*Buffer)(nil)

// NewBuffer returns an empty buffer of at most limit bytes.
func NewBuffer(limit int64) *Buffer { return &Buffer{max: limit} }

// Append implements Store, as do the methods below. The position is of no use here.
func (m *Buffer) Append(payload, _ []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.end-m.base+int64(len(payload)) > m.max {
		return ErrFull
	}
	if len(payload) > 0 {
		m.end += int64(len(payload))
		m.parts = append(m.parts, part{m.end, bytes.Clone(payload)})
	}
	return nil
}

// Open reads from an offset on.
func (m *Buffer) Open(offset int64) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if offset < m.base || offset > m.end {
		return nil, fmt.Errorf("%w: the buffer holds %d to %d, not %d", ErrReleased, m.base, m.end, offset)
	}
	return &bufferReader{m, offset}, nil
}

// Release drops the parts that are released to their ends.
func (m *Buffer) Release(offset int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.least = max(m.least, min(offset, m.end))
	for len(m.parts) > 0 && m.parts[0].end <= m.least {
		m.base = m.parts[0].end
		m.parts[0] = part{}
		m.parts = m.parts[1:]
	}
}

// Finish says that nothing more comes.
func (m *Buffer) Finish() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished = true
}

// Level is what it holds.
func (m *Buffer) Level() (held, waiting int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.end - m.base, m.end - m.least
}

type bufferReader struct {
	m  *Buffer
	at int64
}

func (r *bufferReader) Read(b []byte) (int, error) {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if r.at < r.m.base {
		return 0, fmt.Errorf("%w: the buffer begins at %d, wanted is %d", ErrReleased, r.m.base, r.at)
	}
	parts := r.m.parts
	i := sort.Search(len(parts), func(i int) bool { return parts[i].end > r.at })
	if i < len(parts) {
		text := parts[i].text
		n := copy(b, text[int64(len(text))-(parts[i].end-r.at):])
		r.at += int64(n)
		return n, nil
	}
	if r.m.finished {
		return 0, io.EOF
	}
	return 0, ErrLater
}

func (r *bufferReader) Close() error { return nil }
