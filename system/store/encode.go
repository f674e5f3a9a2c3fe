package store

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"

	"weir/system/message"
)

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendEffect appends the frame of an effect.
func appendEffect(b []byte, e *Effect) []byte {
	start := len(b)
	b = beginFrame(b, kindCommit, e.number)
	b = appendText(b, e.id.Source)
	b = binary.AppendUvarint(b, uint64(e.id.Inc))
	b = binary.AppendUvarint(b, e.id.Seq)
	b = binary.LittleEndian.AppendUint32(b, e.hash)
	b = binary.AppendUvarint(b, e.lo)
	b = binary.AppendUvarint(b, e.messages)
	b = binary.AppendUvarint(b, e.bytes)
	for _, v := range e.levels {
		b = binary.AppendUvarint(b, v)
	}
	b = binary.AppendUvarint(b, uint64(len(e.sources)))
	for _, s := range e.sources {
		b = binary.AppendUvarint(appendText(b, s.Name), s.Messages)
	}
	if e.results != nil {
		b = e.results.Append(b)
	}
	return endFrame(b, start)
}

// reader takes values from a body. After the first that is not there all are
// zero, and bad is set.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) uint32() uint32 {
	v := r.uint()
	r.bad = r.bad || v > math.MaxUint32
	return uint32(v)
}

func (r *reader) fixed32() uint32 {
	if len(r.b) < 4 {
		r.b, r.bad = nil, true
		return 0
	}
	v := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	return v
}

// text returns a string of its own memory.
func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.b)) || !utf8.Valid(r.b[:n]) {
		r.b, r.bad = nil, true
		return ""
	}
	s := strings.Clone(string(r.b[:n]))
	r.b = r.b[n:]
	return s
}

// count returns how many things of at least size bytes follow.
func (r *reader) count(size int) int {
	n := r.uint()
	if n > uint64(len(r.b)/size) {
		r.b, r.bad = nil, true
		return 0
	}
	return int(n)
}

// readEffect reads the body of a commit's frame. A sound frame whose body makes no
// sense was not written by this program: it is not taken.
func readEffect(f frame) (e Effect, ok bool) {
	r := &reader{b: f.body}
	e.number = f.number
	e.id = message.ID{Source: r.text(), Inc: r.uint32(), Seq: r.uint()}
	e.hash = r.fixed32()
	e.lo = r.uint()
	e.messages = r.uint()
	e.bytes = r.uint()
	for i := range e.levels {
		e.levels[i] = r.uint()
	}
	e.sources = make([]Named, r.count(2))
	for i := range e.sources {
		e.sources[i] = Named{Name: r.text(), Messages: r.uint()}
	}
	if len(r.b) > 0 && !r.bad {
		e.stored, r.b = r.b, nil
		r.bad = readResults(e.stored) == nil
	}
	return e, !r.bad && e.number > 0 && e.id.Seq > 0
}
