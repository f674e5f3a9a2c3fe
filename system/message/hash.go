package message

import (
	"fmt"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// HashEntries returns the CRC-32C of a canonical encoding of the entries: each
// field with its length before it, so that no two different lists encode alike.
func HashEntries(entries []Entry) uint32 { return new(Hasher).hash(entries) }

// Hasher makes and verifies packets and keeps the room that this takes, a few KiB
// more than the largest text. The zero value is ready; it is not safe for
// concurrent use.
type Hasher struct {
	buf []byte // encoded and not hashed yet
	crc uint32 // of what was before
}

// hashAtOnce is how many bytes are encoded before they are hashed.
const hashAtOnce = 4 << 10

// NewPacket returns a packet with its hash and size.
func (h *Hasher) NewPacket(id ID, entries []Entry) *Packet {
	p := &Packet{ID: id, Entries: entries, Hash: h.hash(entries)}
	for i := range entries {
		p.Bytes += entries[i].Size()
	}
	return p
}

// Verify recomputes the hash of a packet and returns ErrHash if it is another.
func (h *Hasher) Verify(p *Packet) error {
	if got := h.hash(p.Open()); got != p.Hash {
		return fmt.Errorf("packet %s: %w: %08x, computed %08x", p.ID, ErrHash, p.Hash, got)
	}
	return nil
}

func (h *Hasher) hash(entries []Entry) uint32 {
	h.Reset()
	for i := range entries {
		e := &entries[i]
		addEntry(h, e.Time, e.Severity, e.Source, e.Text, len(e.Attrs))
		for _, a := range e.Attrs {
			addAttr(h, a.Key, a.Value)
		}
	}
	return h.Sum()
}

// Reset, Add, AddAttr and Sum hash entries that are not decoded: the hash is that of
// HashEntries.

// Reset begins a hash.
func (h *Hasher) Reset() { h.buf, h.crc = h.buf[:0], 0 }

// Add adds an entry; its attributes must follow.
func (h *Hasher) Add(time int64, severity Severity, source, text []byte, attrs int) {
	addEntry(h, time, severity, source, text, attrs)
}

// AddAttr adds an attribute of the newest entry.
func (h *Hasher) AddAttr(key, value []byte) { addAttr(h, key, value) }

// Sum is the hash of what was added.
func (h *Hasher) Sum() uint32 {
	h.flush()
	return h.crc
}

func (h *Hasher) flush() {
	h.crc = crc32.Update(h.crc, castagnoli, h.buf)
	h.buf = h.buf[:0]
}

func addEntry[T string | []byte](h *Hasher, time int64, severity Severity, source, text T, attrs int) {
	if len(h.buf) >= hashAtOnce {
		h.flush()
	}
	b := appendUint(h.buf, uint64(time))
	b = append(b, byte(severity))
	b = appendText(b, source)
	b = appendText(b, text)
	h.buf = appendUint(b, uint64(attrs))
}

func addAttr[T string | []byte](h *Hasher, key, value T) {
	if len(h.buf) >= hashAtOnce {
		h.flush()
	}
	h.buf = appendText(appendText(h.buf, key), value)
}

func appendText[T string | []byte](b []byte, s T) []byte {
	return append(appendUint(b, uint64(len(s))), s...)
}

func appendUint(b []byte, v uint64) []byte {
	return append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56))
}
