package wire

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"weir/system/message"
	"weir/system/node"
)

// Reader decodes the items of frames by hand, straight into the plain values: frames of
// generated types would take a third of a distributor's time. The tests hold it against
// the generated types. It keeps the names that it saw last, because they repeat, and a
// Hasher. The zero value is ready; it is not safe for concurrent use. It keeps nothing
// of the bytes that it is given.
type Reader struct {
	hash   message.Hasher
	source string
	from   string
	to     string
}

// The tags of the items' fields: number and wire type.
const (
	tagItem = 1<<3 | uint64(protowire.BytesType) // every frame

	tagHead    = 1<<3 | uint64(protowire.BytesType) // every item
	tagPacket  = 2<<3 | uint64(protowire.BytesType) // Submission, Dispatch
	tagID      = 2<<3 | uint64(protowire.BytesType) // SubmitResult, Receipt
	tagSubLow  = 3<<3 | uint64(protowire.VarintType)
	tagAttempt = 3<<3 | uint64(protowire.VarintType) // Dispatch, Receipt
	tagDisLow  = 4<<3 | uint64(protowire.VarintType)

	tagOutcome  = 3<<3 | uint64(protowire.VarintType) // SubmitResult
	tagWhy      = 4<<3 | uint64(protowire.BytesType)
	tagDefinite = 5<<3 | uint64(protowire.VarintType)
	tagWait     = 6<<3 | uint64(protowire.VarintType)

	tagStatus = 4<<3 | uint64(protowire.VarintType) // Receipt
	tagReWhy  = 5<<3 | uint64(protowire.BytesType)

	tagToken = 1<<3 | uint64(protowire.VarintType) // Head
	tagRe    = 2<<3 | uint64(protowire.VarintType)
	tagFrom  = 3<<3 | uint64(protowire.BytesType)
	tagTo    = 4<<3 | uint64(protowire.BytesType)
	tagToInc = 5<<3 | uint64(protowire.VarintType)

	tagIDSource = 1<<3 | uint64(protowire.BytesType) // PacketId
	tagIDInc    = 2<<3 | uint64(protowire.VarintType)
	tagIDSeq    = 3<<3 | uint64(protowire.VarintType)

	tagPacketID = 1<<3 | uint64(protowire.BytesType) // Packet
	tagCount    = 2<<3 | uint64(protowire.VarintType)
	tagCRC      = 3<<3 | uint64(protowire.Fixed32Type)
	tagSize     = 4<<3 | uint64(protowire.VarintType)
	tagPayload  = 5<<3 | uint64(protowire.BytesType)
)

// rawPacket is a packet's fields as they came.
type rawPacket struct {
	id               []byte
	count, crc, size uint32
	payload          []byte
	there            bool
}

// Each calls f with every item of an encoded frame. Other fields are passed over.
func Each(frame []byte, f func(item []byte) error) error {
	all := fields{b: frame}
	for all.next() {
		if all.tag != tagItem {
			continue
		}
		if err := f(all.bytes); err != nil {
			return err
		}
	}
	return malformed("frame", &all)
}

// malformed is the error of fields that ended early, or nil.
func malformed(what string, f *fields) error {
	if f.bad {
		return invalid("%s: byte %d of %d is not as the schema has it", what, f.at, len(f.b))
	}
	return nil
}

// once reports a message or text that stands twice in another message: encoders never do
// that, and decoders would have to merge the two, or to check what does not count.
func once(what string, old []byte) error {
	if old != nil {
		return invalid("%s stands twice", what)
	}
	return nil
}

// Submission decodes an item of a SubmitRequest. Its packet is sealed.
func (r *Reader) Submission(item []byte) (h Head, m *message.Submit, err error) {
	m = &message.Submit{}
	p, h, err := r.request("submission", item, func(f *fields) {
		if f.tag == tagSubLow {
			m.AckedBelow = f.number
		}
	})
	var id message.ID
	if err == nil {
		id, err = r.id(p.id)
	}
	if err == nil {
		m.Packet, err = sealPacket(&r.hash, id, &p)
	}
	if err != nil {
		return h, nil, fmt.Errorf("submission: %w", err)
	}
	return h, m, nil
}

// Dispatch decodes an item of a DispatchRequest. Its packet has its entries.
func (r *Reader) Dispatch(item []byte) (h Head, m *message.Dispatch, err error) {
	m = &message.Dispatch{}
	p, h, err := r.request("dispatch", item, func(f *fields) {
		switch f.tag {
		case tagAttempt:
			m.Attempt = uint32(f.number)
		case tagDisLow:
			m.AckedBelow = f.number
		}
	})
	var id message.ID
	if err == nil {
		id, err = r.id(p.id)
	}
	if err == nil {
		m.Packet, err = decodePacket(&r.hash, id, &p)
	}
	if err != nil {
		return h, nil, fmt.Errorf("dispatch: %w", err)
	}
	return h, m, nil
}

// request reads what submissions and dispatches have in common.
func (r *Reader) request(what string, item []byte, other func(*fields)) (p rawPacket, h Head, err error) {
	var head []byte
	f := fields{b: item}
	for f.next() && err == nil {
		switch f.tag {
		case tagHead:
			err = once("head", head)
			head = f.bytes
		case tagPacket:
			if p.there {
				err = once("packet", item)
			} else {
				err = p.read(f.bytes)
			}
		default:
			other(&f)
		}
	}
	if err == nil {
		err = malformed(what, &f)
	}
	if err == nil && !p.there {
		err = invalid("packet is missing")
	}
	if err == nil {
		h, err = r.head(head)
	}
	return p, h, err
}

func (p *rawPacket) read(b []byte) error {
	p.there = true
	f := fields{b: b}
	for f.next() {
		switch f.tag {
		case tagPacketID:
			if err := once("packet.id", p.id); err != nil {
				return err
			}
			p.id = f.bytes
		case tagCount:
			p.count = uint32(f.number)
		case tagCRC:
			p.crc = uint32(f.number)
		case tagSize:
			p.size = uint32(f.number)
		case tagPayload:
			p.payload = f.bytes
		}
	}
	return malformed("packet", &f)
}

// head decodes a Head; none is the zero one.
func (r *Reader) head(b []byte) (h Head, err error) {
	var from, to []byte
	f := fields{b: b}
	for f.next() && err == nil {
		switch f.tag {
		case tagToken:
			h.Token = node.Token(f.number)
		case tagRe:
			h.Re = node.Token(f.number)
		case tagFrom:
			err = once("head.from", from)
			from = f.bytes
		case tagTo:
			err = once("head.to", to)
			to = f.bytes
		case tagToInc:
			h.ToInc = uint32(f.number)
		}
	}
	h.From, h.To = keep(&r.from, from), keep(&r.to, to)
	if err == nil {
		err = malformed("head", &f)
	}
	if err == nil {
		err = h.check()
	}
	return h, err
}

// id decodes a PacketId.
func (r *Reader) id(b []byte) (id message.ID, err error) {
	var source []byte
	f := fields{b: b}
	for f.next() && err == nil {
		switch f.tag {
		case tagIDSource:
			err = once("id.source", source)
			source = f.bytes
		case tagIDInc:
			id.Inc = uint32(f.number)
		case tagIDSeq:
			id.Seq = f.number
		}
	}
	id.Source = keep(&r.source, source)
	if err == nil {
		err = malformed("id", &f)
	}
	if err == nil {
		err = checkID(id)
	}
	return id, err
}

// keep returns a text as a string, the last one if it is the same.
func keep(last *string, text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if string(text) != *last {
		*last = string(text)
	}
	return *last
}
