package digest

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// form is the version of the encoding below.
const form = 1

// Append appends the digest in its stored form. Equal digests give equal bytes.
func (d *Digest) Append(b []byte) []byte {
	b = append(b, form)
	b = binary.AppendUvarint(b, d.packets)
	base := d.Total().First
	b = binary.AppendVarint(b, base)
	b = d.untimed.append(b, base)
	for i := range d.tables {
		t := &d.tables[i]
		b = binary.AppendUvarint(b, uint64(len(t.cells))<<1|flag(t.full()))
		for j := range t.cells {
			c := &t.cells[j]
			if i == byTime {
				b = binary.LittleEndian.AppendUint64(b, c.order)
			} else {
				b = append(binary.AppendUvarint(b, uint64(len(c.text))), c.text...)
			}
			b = c.Counts.append(b, base)
		}
		if t.full() {
			b = t.rest.append(b, base)
			b = binary.LittleEndian.AppendUint64(b, t.restSum)
		}
	}
	return b
}

func flag(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// timed marks counts with a first and a last time.
const timed = 1 << Levels

// append appends which levels there are, their counts, and the times as distances.
func (c *Counts) append(b []byte, base int64) []byte {
	at := len(b)
	b = append(b, 0)
	for i, n := range c.Levels {
		if n > 0 {
			b[at] |= 1 << i
			b = binary.AppendUvarint(b, n)
		}
	}
	if c.First != 0 {
		b[at] |= timed
		b = binary.AppendUvarint(b, uint64(c.First)-uint64(base))
		b = binary.AppendUvarint(b, uint64(c.Last)-uint64(c.First))
	}
	return b
}

// ErrForm says that bytes are no stored digest.
var ErrForm = errors.New("digest: not a stored digest")

// Read makes d what b holds. Tables that were full keep their bound, if it is below d's.
// On an error, which wraps ErrForm, d is empty.
func (d *Digest) Read(b []byte) error {
	r := &reader{b: b}
	r.bad = r.byte() != form
	d.packets = r.uint()
	base := r.int()
	d.untimed = r.counts(base)
	for i := range d.tables {
		d.tables[i].read(r, base, i == byTime)
	}
	if r.bad || len(r.b) > 0 {
		d.packets, d.untimed = 0, Counts{}
		for i := range d.tables {
			d.tables[i].reset()
		}
		return ErrForm
	}
	return nil
}

// cellLeast is the size in bytes of the smallest cell: a key and counts.
const cellLeast = 3

func (t *table) read(r *reader, base int64, byNumber bool) {
	t.reset()
	head := r.uint()
	n, full := head>>1, head&1 == 1
	if n > uint64(len(r.b)/cellLeast) || n > limitMost || full && n == 0 {
		r.bad, r.b = true, nil
		return
	}
	if full {
		t.rest = Counts{}
	}
	for i := range n {
		c := cell{}
		if byNumber {
			c.order = r.fixed()
		} else {
			c.text = r.text()
			c.order = hashOf(c.text)
		}
		c.Counts = r.counts(base)
		if c.Messages() == 0 || i > 0 && t.cells[i-1].compare(c.order, c.text) >= 0 {
			r.bad, r.b = true, nil
			return
		}
		t.cells = append(t.cells, c)
	}
	max := t.max
	if full {
		t.rest, t.restSum = r.counts(base), r.fixed()
		r.bad = r.bad || !t.full()
		t.max = int(n)
	}
	t.limit(max)
}

// reader takes values from stored bytes. After the first that is not there all are
// zero, and bad is set.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n <= 0 || n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.take(n)
	if r.bad {
		return 0
	}
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	r.take(n)
	if r.bad {
		return 0
	}
	return v
}

func (r *reader) fixed() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// text returns a string of its own memory.
func (r *reader) text() string {
	n := r.uint()
	if n == 0 || n > nameMax {
		r.bad = r.bad || n > 0
		return ""
	}
	b := r.take(int(n))
	if !utf8.Valid(b) {
		r.bad = true
	}
	return string(b)
}

func (r *reader) counts(base int64) (c Counts) {
	has := r.byte()
	for i := range c.Levels {
		if has>>i&1 == 1 {
			c.Levels[i] = r.uint()
			r.bad = r.bad || c.Levels[i] == 0
		}
	}
	if has&timed != 0 {
		c.First = int64(uint64(base) + r.uint())
		c.Last = int64(uint64(c.First) + r.uint())
		r.bad = r.bad || c.First == 0 || c.Last < c.First
	}
	return c
}
