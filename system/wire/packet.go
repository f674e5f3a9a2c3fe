package wire

import (
	"weir/system/message"
	"weir/system/wire/weirv1"
)

// entryMin is the size in bytes of the smallest entry, as Entry.Size counts.
const entryMin = 16

// PackPacket returns the packet's wire form. Its hash and size are taken as they
// are.
func PackPacket(p *message.Packet) (*weirv1.Packet, error) {
	if p == nil {
		return nil, invalid("packet is missing")
	}
	id, err := packID(p.ID)
	if err != nil {
		return nil, err
	}
	if p.Bytes < 0 || p.Bytes > MessageMax {
		return nil, tooLarge("entries_bytes", p.Bytes, MessageMax)
	}
	payload, err := payloadOf(p)
	if err != nil {
		return nil, err
	}
	return &weirv1.Packet{
		Id: id, Count: uint32(p.Count()), EntriesCrc32C: p.Hash, EntriesBytes: uint32(p.Bytes), Payload: payload,
	}, nil
}

// UnpackPacket returns the packet that a wire form holds, if all that it says of
// its payload is true.
func UnpackPacket(w *weirv1.Packet) (*message.Packet, error) {
	id, raw, err := ofTypes(w)
	if err != nil {
		return nil, err
	}
	return decodePacket(new(message.Hasher), id, raw)
}

// ofTypes is a generated packet as hand-written code takes it.
func ofTypes(w *weirv1.Packet) (message.ID, *rawPacket, error) {
	if w == nil {
		return message.ID{}, nil, invalid("packet is missing")
	}
	id, err := unpackID(w.GetId())
	return id, &rawPacket{count: w.GetCount(), crc: w.GetEntriesCrc32C(), size: w.GetEntriesBytes(), payload: w.GetPayload()}, err
}

// checkedEntries decodes the payload. Each limit is held before anything that it
// bounds is allocated: no entry counts for less than entryMin in entries_bytes.
func checkedEntries(w *rawPacket) ([]message.Entry, error) {
	if w.size > MessageMax {
		return nil, tooLarge("entries_bytes", int(w.size), MessageMax)
	}
	if len(w.payload) > MessageMax {
		return nil, tooLarge("payload", len(w.payload), MessageMax)
	}
	n, err := countEntries(w.payload)
	if err != nil {
		return nil, err
	}
	if uint64(n) != uint64(w.count) {
		return nil, invalid("count %d, but the payload has %d entries", w.count, n)
	}
	if n > int(w.size)/entryMin {
		return nil, invalid("entries_bytes %d is too few for %d entries", w.size, n)
	}
	return decodePayload(w.payload, n)
}
