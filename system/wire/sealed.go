package wire

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"weir/system/message"
)

// sealed is an encoded Payload that was checked: what a distributor passes on.
type sealed struct {
	payload []byte
	n       int // entries
}

// Count implements message.Sealed.
func (s *sealed) Count() int { return s.n }

// Open implements message.Sealed.
func (s *sealed) Open() []message.Entry {
	entries, err := decodePayload(s.payload, s.n)
	if err != nil {
		panic("wire: a payload that was checked does not decode: " + err.Error())
	}
	return entries
}

// sealPacket checks everything that a packet says of its payload, and all of the
// payload, without decoding it: analysers would refuse it, and a distributor that passed
// it on would pay for that with its own stream. It keeps a copy of the payload, whose
// length its entries account for. What is wrong or not in its shortest form is decoded,
// which drops unknown fields and tells the error.
func sealPacket(h *message.Hasher, id message.ID, w *rawPacket) (*message.Packet, error) {
	s := scan{hash: h}
	if uint64(w.size) > MessageMax || len(w.payload) > MessageMax || !s.payload(w.payload) ||
		s.n != int(w.count) || s.size != int(w.size) || s.shortest != len(w.payload) || h.Sum() != w.crc {
		return decodePacket(h, id, w)
	}
	p := &message.Packet{ID: id, Hash: w.crc, Bytes: s.size}
	if s.n > 0 {
		p.Sealed = &sealed{payload: bytes.Clone(w.payload), n: s.n}
	}
	return p, nil
}

// scan goes over a payload and says whether it is one that decodes.
type scan struct {
	hash     *message.Hasher
	n        int
	size     int // of the entries, as message.Packet counts
	shortest int // length of the shortest encoding of the same
}

func (s *scan) payload(b []byte) bool {
	s.hash.Reset()
	f := fields{b: b}
	for f.next() {
		if f.tag != tagEntries || !s.entry(f.bytes) {
			return false // also a field that is not known
		}
		s.shortest += 1 + protowire.SizeBytes(len(f.bytes))
	}
	return !f.bad
}

func (s *scan) entry(b []byte) bool {
	var time, severity uint64
	var source, body []byte
	attrs := 0
	f := fields{b: b}
	for f.next() {
		switch f.tag {
		case tagTime:
			time = f.number
		case tagSeverity:
			severity = f.number
		case tagSource:
			source = f.bytes
		case tagBody:
			body = f.bytes
		case tagAttrs:
			attrs++
		default:
			return false
		}
	}
	if f.bad || severity > severityMax || !utf8.Valid(source) || !utf8.Valid(body) {
		return false
	}
	length := textSize(source) + textSize(body)
	if time != 0 {
		length += 9
	}
	if severity != 0 {
		length += 2
	}
	s.n++
	s.size += entryMin + len(source) + len(body)
	s.hash.Add(int64(time), message.Severity(severity), source, body, attrs)
	if attrs > 0 {
		n, ok := s.attrs(b)
		if !ok {
			return false
		}
		length += n
	}
	return length == len(b)
}

// attrs goes over the attributes of an entry whose fields were gone over, and returns
// the length of their shortest encoding.
func (s *scan) attrs(b []byte) (length int, ok bool) {
	f := fields{b: b}
	for f.next() {
		if f.tag != tagAttrs {
			continue
		}
		key, value, ok := attr(f.bytes)
		if !ok || len(key) == 0 || !utf8.Valid(key) || !utf8.Valid(value) {
			return 0, false
		}
		s.size += len(key) + len(value)
		length += 1 + protowire.SizeBytes(textSize(key)+textSize(value))
		s.hash.AddAttr(key, value)
	}
	return length, true
}

// attr goes over an encoded Attribute that has nothing else.
func attr(b []byte) (key, value []byte, ok bool) {
	f := fields{b: b}
	for f.next() {
		switch f.tag {
		case tagKey:
			key = f.bytes
		case tagValue:
			value = f.bytes
		default:
			return nil, nil, false
		}
	}
	return key, value, !f.bad
}

// decodePacket is the packet with its entries, or what is wrong with it.
func decodePacket(h *message.Hasher, id message.ID, w *rawPacket) (*message.Packet, error) {
	entries, err := checkedEntries(w)
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", id, err)
	}
	p := h.NewPacket(id, entries)
	if uint32(p.Bytes) != w.size {
		return nil, fmt.Errorf("packet %s: %w", id, invalid("entries_bytes %d, but they have %d", w.size, p.Bytes))
	}
	if p.Hash != w.crc {
		return nil, fmt.Errorf("packet %s: %w: %08x, computed %08x", id, message.ErrHash, w.crc, p.Hash)
	}
	return p, nil
}
