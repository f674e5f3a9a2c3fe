package spool

import (
	"encoding/binary"
	"errors"
	"time"

	"weir/system/message"
	"weir/system/store"
)

// Kinds of frames.
const (
	kindPacket byte = 'q' // a packet that was taken in
	kindOver   byte = 'x' // numbers of packets that are over
)

// admission is what a frame of kindPacket says beside its number.
type admission struct {
	prev   uint64 // the number before it that was not given up
	base   uint64 // the number before the first of its file
	stamp  time.Duration
	lo     uint64 // of its source, as far as it was known
	packet *message.Packet
}

// appendPacket appends a frame of kindPacket.
func appendPacket(b []byte, number uint64, a *admission) []byte {
	start := len(b)
	b = store.BeginFrame(b, kindPacket, number)
	p := a.packet
	for _, v := range [...]uint64{a.prev, a.base, uint64(a.stamp), a.lo, uint64(p.ID.Inc), p.ID.Seq, uint64(p.Hash)} {
		b = binary.AppendUvarint(b, v)
	}
	b = appendText(b, p.ID.Source)
	entries := p.Open()
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for i := range entries {
		e := &entries[i]
		b = binary.AppendVarint(b, e.Time)
		b = append(b, byte(e.Severity))
		b = appendText(appendText(b, e.Source), e.Text)
		b = binary.AppendUvarint(b, uint64(len(e.Attrs)))
		for _, at := range e.Attrs {
			b = appendText(appendText(b, at.Key), at.Value)
		}
	}
	return store.EndFrame(b, start)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendOver appends a frame of kindOver; number is the newest packet's. Each packet is
// told by four times its number, and how it ended.
func appendOver(b []byte, number uint64, over []mark) []byte {
	start := len(b)
	b = store.BeginFrame(b, kindOver, number)
	for _, m := range over {
		b = binary.AppendUvarint(b, m.number<<2|uint64(m.how))
	}
	return store.EndFrame(b, start)
}

var errForm = errors.New("spool: a sound frame does not hold what it should")

// fields reads a frame's body.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) uint() uint64 {
	v, n := binary.Uvarint(f.b)
	if n <= 0 {
		f.bad, f.b = true, nil
		return 0
	}
	f.b = f.b[n:]
	return v
}

func (f *fields) int() int64 {
	v, n := binary.Varint(f.b)
	if n <= 0 {
		f.bad, f.b = true, nil
		return 0
	}
	f.b = f.b[n:]
	return v
}

func (f *fields) text() string {
	n := f.uint()
	if n > uint64(len(f.b)) {
		f.bad, f.b = true, nil
		return ""
	}
	s := string(f.b[:n])
	f.b = f.b[n:]
	return s
}

// readPacket reads the body of a frame of kindPacket. The packet has no entries if all is
// false.
func readPacket(body []byte, h *message.Hasher, all bool) (a admission, err error) {
	f := fields{b: body}
	a.prev, a.base, a.stamp, a.lo = f.uint(), f.uint(), time.Duration(f.uint()), f.uint()
	id := message.ID{Inc: uint32(f.uint()), Seq: f.uint()}
	hash := uint32(f.uint())
	id.Source = f.text()
	count := f.uint()
	if f.bad || count > uint64(len(f.b)) {
		return a, errForm
	}
	if !all {
		a.packet = &message.Packet{ID: id, Hash: hash, Bytes: len(f.b)}
		return a, nil
	}
	entries := make([]message.Entry, count)
	for i := range entries {
		readEntry(&f, &entries[i])
	}
	if f.bad || len(f.b) > 0 {
		return a, errForm
	}
	if a.packet = h.NewPacket(id, entries); a.packet.Hash != hash {
		return a, errForm
	}
	return a, nil
}

func readEntry(f *fields, e *message.Entry) {
	e.Time = f.int()
	if len(f.b) == 0 {
		f.bad = true
		return
	}
	e.Severity, f.b = message.Severity(f.b[0]), f.b[1:]
	e.Source, e.Text = f.text(), f.text()
	n := f.uint()
	if n > uint64(len(f.b)) {
		f.bad = true
		return
	}
	for range n {
		e.Attrs = append(e.Attrs, message.Attribute{Key: f.text(), Value: f.text()})
	}
}
