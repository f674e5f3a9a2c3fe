package wire

import (
	"fmt"
	"strconv"

	"weir/system/message"
)

// The functions below append JSON forms by hand: what EncodeJSON would write, but for
// characters that need no escape.

// AppendSubmitsJSON appends {"packets": [...]} with one packet.
func AppendSubmitsJSON(b []byte, m *message.Submit) ([]byte, error) {
	b, err := appendPacketJSON(append(b, `{"packets":[`...), m.Packet, m.AckedBelow)
	return append(b, `]}`...), err
}

// AppendDispatchJSON appends a JSONDispatch.
func AppendDispatchJSON(b []byte, m *message.Dispatch) ([]byte, error) {
	b, err := appendPacketJSON(append(b, `{"packet":`...), m.Packet, m.AckedBelow)
	if m.Attempt != 0 {
		b = strconv.AppendUint(append(b, `,"attempt":`...), uint64(m.Attempt), 10)
	}
	return append(b, '}'), err
}

// AppendReceiptJSON appends a JSONReceipt.
func AppendReceiptJSON(b []byte, m *message.Receipt) ([]byte, error) {
	if err := checkReceipt(m); err != nil {
		return b, fmt.Errorf("receipt: %w", err)
	}
	b = appendIDJSON(append(b, '{'), m.ID)
	if m.Attempt != 0 {
		b = strconv.AppendUint(append(b, `,"attempt":`...), uint64(m.Attempt), 10)
	}
	b = appendTextJSON(append(b, `,"status":`...), m.Status.String())
	if m.Why != "" {
		b = appendTextJSON(append(b, `,"why":`...), m.Why)
	}
	return append(b, '}'), nil
}

// AppendResultJSON appends a JSONResult.
func AppendResultJSON(b []byte, m *message.Result) ([]byte, error) {
	err := checkID(m.ID)
	if err == nil {
		err = checkResult(m)
	}
	if err != nil {
		return b, fmt.Errorf("result: %w", err)
	}
	b = appendIDJSON(append(b, '{'), m.ID)
	b = appendTextJSON(append(b, `,"outcome":`...), m.Out.String())
	if m.Why != "" {
		b = appendTextJSON(append(b, `,"why":`...), m.Why)
	}
	if m.Definite {
		b = append(b, `,"definite":true`...)
	}
	if m.Wait != 0 {
		b = strconv.AppendUint(append(b, `,"wait_nano":`...), uint64(m.Wait), 10)
	}
	return append(b, '}'), nil
}

func appendIDJSON(b []byte, id message.ID) []byte {
	b = append(append(append(b, `"id":"`...), id.Source...), '/')
	b = append(strconv.AppendUint(b, uint64(id.Inc), 10), '/')
	return append(strconv.AppendUint(b, id.Seq, 10), '"')
}

// appendPacketJSON appends a JSONPacket.
func appendPacketJSON(b []byte, p *message.Packet, low uint64) ([]byte, error) {
	if p == nil {
		return b, invalid("packet is missing")
	}
	if err := checkID(p.ID); err != nil {
		return b, err
	}
	if p.Bytes < 0 || p.Bytes > MessageMax {
		return b, tooLarge("entries", p.Bytes, MessageMax)
	}
	payload, err := payloadOf(p)
	if err != nil {
		return b, err
	}
	b = appendIDJSON(append(b, '{'), p.ID)
	if low != 0 {
		b = strconv.AppendUint(append(b, `,"acked_below":`...), low, 10)
	}
	b = append(b, `,"entries_crc32c":"`...)
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[p.Hash>>shift&15])
	}
	b = append(b, `","entries":[`...)
	objects := 3 + p.Count() // with those around the packet
	f := fields{b: payload}
	for first := true; f.next(); first = false {
		if !first {
			b = append(b, ',')
		}
		var attrs int
		b, attrs = appendEntryJSON(b, f.bytes)
		objects += attrs
	}
	if objects > jsonObjects {
		return b, fmt.Errorf("packet %s: %w", p.ID, tooLarge("number of its objects", objects, jsonObjects))
	}
	return append(b, `]}`...), nil
}

const hexDigits = "0123456789abcdef"

// appendEntryJSON appends the JSONEntry of an encoded Entry, and returns how many
// attributes it has.
func appendEntryJSON(b, entry []byte) (_ []byte, attrs int) {
	b = append(b, '{')
	start := len(b)
	key := func(name string) {
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(b, name...)
	}
	f := fields{b: entry}
	for f.next() {
		switch f.tag {
		case tagTime:
			key(`"time_unix_nano":`)
			b = strconv.AppendInt(b, int64(f.number), 10)
		case tagSeverity:
			key(`"severity_number":`)
			b = strconv.AppendUint(b, f.number, 10)
		case tagSource:
			key(`"source":`)
			b = appendTextJSON(b, f.bytes)
		case tagBody:
			key(`"body":`)
			b = appendTextJSON(b, f.bytes)
		case tagAttrs:
			attrs++
		}
	}
	if attrs > 0 {
		key(`"attributes":[`)
		b = appendAttrsJSON(b, entry)
		b = append(b, ']')
	}
	return append(b, '}'), attrs
}

func appendAttrsJSON(b, entry []byte) []byte {
	f := fields{b: entry}
	first := true
	for f.next() {
		if f.tag != tagAttrs {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		key, value, _ := attr(f.bytes) // it was checked, or encoded here
		b = appendTextJSON(append(b, `{"key":`...), key)
		if len(value) > 0 {
			b = appendTextJSON(append(b, `,"value":`...), value)
		}
		b = append(b, '}')
	}
	return b
}

// appendTextJSON appends a string; the text is UTF-8.
func appendTextJSON[T string | []byte](b []byte, s T) []byte { return appendBytesJSON(b, []byte(s)) }

func appendBytesJSON(b, s []byte) []byte {
	b = append(b, '"')
	for {
		n := plainText(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return append(b, '"')
		}
		switch c := s[n]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		s = s[n+1:]
	}
}
