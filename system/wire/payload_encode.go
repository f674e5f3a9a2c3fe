package wire

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"weir/system/message"
)

// The payload is encoded and decoded by hand, straight from and to the entries:
// it is most of what travels, and trees of generated types would double its
// allocations. The tests hold it against the generated types.

// The tags of the payload's fields: number and wire type.
const (
	tagEntries = 1<<3 | uint64(protowire.BytesType) // Payload

	tagTime     = 1<<3 | uint64(protowire.Fixed64Type) // Entry
	tagSeverity = 2<<3 | uint64(protowire.VarintType)
	tagSource   = 3<<3 | uint64(protowire.BytesType)
	tagBody     = 4<<3 | uint64(protowire.BytesType)
	tagAttrs    = 5<<3 | uint64(protowire.BytesType)

	tagKey   = 1<<3 | uint64(protowire.BytesType) // Attribute
	tagValue = 2<<3 | uint64(protowire.BytesType)
)

// encodePayload returns the encoding of a Payload with these entries.
func encodePayload(entries []message.Entry) ([]byte, error) {
	size := 0
	for i := range entries {
		if err := checkEntry(&entries[i]); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		size += 1 + protowire.SizeBytes(entrySize(&entries[i]))
	}
	if size > MessageMax {
		return nil, tooLarge("payload", size, MessageMax)
	}
	if size == 0 {
		return nil, nil
	}
	b := make([]byte, 0, size)
	for i := range entries {
		b = protowire.AppendVarint(b, tagEntries)
		b = protowire.AppendVarint(b, uint64(entrySize(&entries[i])))
		b = appendEntry(b, &entries[i])
	}
	return b, nil
}

// checkEntry reports the first field of an entry that may not travel.
func checkEntry(e *message.Entry) error {
	switch {
	case e.Severity > severityMax:
		return invalid("severity_number %d is not 0 to %d", uint8(e.Severity), severityMax)
	case !utf8.ValidString(e.Source):
		return invalid("source %s is not UTF-8", quote(e.Source))
	case !utf8.ValidString(e.Text):
		return invalid("body %s is not UTF-8", quote(e.Text))
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		switch {
		case a.Key == "":
			return invalid("attribute %d: the key is empty", i)
		case !utf8.ValidString(a.Key):
			return invalid("attribute %d: key %s is not UTF-8", i, quote(a.Key))
		case !utf8.ValidString(a.Value):
			return invalid("attribute %d: value %s is not UTF-8", i, quote(a.Value))
		}
	}
	return nil
}

// entrySize is the length in bytes of what appendEntry appends.
func entrySize(e *message.Entry) int {
	n := textSize(e.Source) + textSize(e.Text)
	if e.Time != 0 {
		n += 9
	}
	if e.Severity != 0 {
		n += 2
	}
	for i := range e.Attrs {
		n += 1 + protowire.SizeBytes(attrSize(&e.Attrs[i]))
	}
	return n
}

func attrSize(a *message.Attribute) int { return textSize(a.Key) + textSize(a.Value) }

func textSize[T string | []byte](s T) int {
	if len(s) == 0 {
		return 0
	}
	return 1 + protowire.SizeBytes(len(s))
}

func appendEntry(b []byte, e *message.Entry) []byte {
	if e.Time != 0 {
		b = protowire.AppendVarint(b, tagTime)
		b = protowire.AppendFixed64(b, uint64(e.Time))
	}
	if e.Severity != 0 {
		b = protowire.AppendVarint(b, tagSeverity)
		b = protowire.AppendVarint(b, uint64(e.Severity))
	}
	b = appendText(b, tagSource, e.Source)
	b = appendText(b, tagBody, e.Text)
	for i := range e.Attrs {
		a := &e.Attrs[i]
		b = protowire.AppendVarint(b, tagAttrs)
		b = protowire.AppendVarint(b, uint64(attrSize(a)))
		b = appendText(b, tagKey, a.Key)
		b = appendText(b, tagValue, a.Value)
	}
	return b
}

// appendText appends a text field, or nothing if it is empty.
func appendText[T string | []byte](b []byte, tag uint64, s T) []byte {
	if len(s) == 0 {
		return b
	}
	b = protowire.AppendVarint(protowire.AppendVarint(b, tag), uint64(len(s)))
	return append(b, s...)
}
