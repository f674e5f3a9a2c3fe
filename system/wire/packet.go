package wire

import (
	"fmt"

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
	payload, err := encodePayload(p.Entries)
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", p.ID, err)
	}
	return &weirv1.Packet{
		Id: id, Count: uint32(len(p.Entries)), EntriesCrc32C: p.Hash, EntriesBytes: uint32(p.Bytes), Payload: payload,
	}, nil
}

// UnpackPacket returns the packet that a wire form holds, if all that it says of
// its payload is true.
func UnpackPacket(w *weirv1.Packet) (*message.Packet, error) {
	if w == nil {
		return nil, invalid("packet is missing")
	}
	id, err := unpackID(w.GetId())
	if err != nil {
		return nil, err
	}
	entries, err := checkedEntries(w)
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", id, err)
	}
	p := message.NewPacket(id, entries)
	if uint32(p.Bytes) != w.GetEntriesBytes() {
		return nil, fmt.Errorf("packet %s: %w", id, invalid("entries_bytes %d, but they have %d", w.GetEntriesBytes(), p.Bytes))
	}
	p.Hash = w.GetEntriesCrc32C()
	return p, p.Verify()
}

// checkedEntries decodes the payload. Each limit is held before anything that it
// bounds is allocated: no entry counts for less than entryMin in entries_bytes.
func checkedEntries(w *weirv1.Packet) ([]message.Entry, error) {
	size, payload := w.GetEntriesBytes(), w.GetPayload()
	if size > MessageMax {
		return nil, tooLarge("entries_bytes", int(size), MessageMax)
	}
	if len(payload) > MessageMax {
		return nil, tooLarge("payload", len(payload), MessageMax)
	}
	n, err := countEntries(payload)
	if err != nil {
		return nil, err
	}
	if uint64(n) != uint64(w.GetCount()) {
		return nil, invalid("count %d, but the payload has %d entries", w.GetCount(), n)
	}
	if n > int(size)/entryMin {
		return nil, invalid("entries_bytes %d is too few for %d entries", size, n)
	}
	return decodePayload(payload, n)
}
