package wire

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"weir/system/message"
)

// countEntries counts the entries of an encoded Payload without looking into
// them.
func countEntries(payload []byte) (n int, err error) {
	r := reader{b: payload}
	for r.next() {
		if r.tag == tagEntries {
			n++
		}
	}
	if r.err != nil {
		return 0, fmt.Errorf("payload: %w", r.err)
	}
	return n, nil
}

// decodePayload returns the n entries of an encoded Payload. All their texts
// share one string, which is not that of the caller.
func decodePayload(payload []byte, n int) ([]message.Entry, error) {
	if n == 0 {
		return nil, nil
	}
	entries := make([]message.Entry, 0, n)
	r := reader{b: payload, s: string(payload)}
	for r.next() {
		if r.tag != tagEntries {
			continue
		}
		entries = append(entries, message.Entry{})
		if err := decodeEntry(r.inside(), &entries[len(entries)-1]); err != nil {
			return nil, fmt.Errorf("payload: entry %d: %w", len(entries)-1, err)
		}
	}
	return entries, r.err
}

func decodeEntry(r reader, e *message.Entry) error {
	if n := countAttrs(r); n > 0 {
		e.Attrs = make([]message.Attribute, 0, n)
	}
	var severity uint64
	for r.next() {
		switch r.tag {
		case tagTime:
			e.Time = int64(r.number)
		case tagSeverity:
			severity = r.number
		case tagSource:
			e.Source = r.text
		case tagBody:
			e.Text = r.text
		case tagAttrs:
			a, err := decodeAttr(r.inside())
			if err != nil {
				return fmt.Errorf("attribute %d: %w", len(e.Attrs), err)
			}
			e.Attrs = append(e.Attrs, a)
		}
	}
	if r.err != nil {
		return r.err
	}
	if severity > severityMax {
		return invalid("severity_number %d is not 0 to %d", severity, severityMax)
	}
	e.Severity = message.Severity(severity)
	return checkEntry(e)
}

// countAttrs counts the attributes of an entry, each of which has at least the
// three bytes of a key, so that room for them is in proportion to the payload.
func countAttrs(r reader) (n int) {
	for r.next() {
		if r.tag == tagAttrs && len(r.text) >= 3 {
			n++
		}
	}
	return n
}

func decodeAttr(r reader) (a message.Attribute, err error) {
	for r.next() {
		switch r.tag {
		case tagKey:
			a.Key = r.text
		case tagValue:
			a.Value = r.text
		}
	}
	if r.err == nil && a.Key == "" {
		r.err = invalid("the key is empty")
	}
	return a, r.err
}

// reader goes over the fields of one encoded message. Of s, the same bytes as a
// string, the texts are cut.
type reader struct {
	b []byte // what is left
	s string // what is left; empty if texts are not wanted

	tag    uint64 // of the field: number and wire type
	number uint64 // its value, if it is a number
	bytes  []byte // its value, if it is of the bytes type
	text   string // the same, cut from s
	err    error  // why the fields ended early
}

// next reads the next field. It returns false at the end and after an error.
func (r *reader) next() bool {
	if len(r.b) == 0 || r.err != nil {
		return false
	}
	num, typ, n := protowire.ConsumeTag(r.b)
	if n < 0 {
		return r.fail(n)
	}
	if num > protowire.MaxValidNumber {
		r.err = invalid("field number %d is more than %d", num, protowire.MaxValidNumber)
		return false
	}
	r.tag = protowire.EncodeTag(num, typ)
	r.skip(n)
	switch typ {
	case protowire.VarintType:
		r.number, n = protowire.ConsumeVarint(r.b)
	case protowire.Fixed64Type:
		r.number, n = protowire.ConsumeFixed64(r.b)
	case protowire.Fixed32Type:
		_, n = protowire.ConsumeFixed32(r.b)
	case protowire.BytesType:
		r.bytes, n = protowire.ConsumeBytes(r.b)
		if n >= 0 && r.s != "" {
			r.text = r.s[n-len(r.bytes) : n]
		}
	default: // nothing of weir's has groups, and they nest
		r.err = invalid("field %d has the wire type %d", num, typ)
		return false
	}
	if n < 0 {
		return r.fail(n)
	}
	r.skip(n)
	return true
}

func (r *reader) skip(n int) {
	r.b = r.b[n:]
	if r.s != "" {
		r.s = r.s[n:]
	}
}

func (r *reader) fail(code int) bool {
	r.err = invalid("%w", protowire.ParseError(code))
	return false
}

// inside returns a reader of the message that is the field's value.
func (r *reader) inside() reader { return reader{b: r.bytes, s: r.text} }
