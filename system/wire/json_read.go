package wire

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"weir/system/message"
)

// JSONReader reads the JSON forms that a stream of packets is made of by hand, because
// DecodeJSON would take most of a distributor's time. It takes what encoders write and
// leaves everything else, right or wrong, to DecodeJSON: where it says ok, that says the
// same. The packets of submissions are sealed. The zero value is ready; it is not safe
// for concurrent use. It keeps nothing of the text.
type JSONReader struct {
	scanner jsonScan
	hash    message.Hasher
	source  string // of the last packet, as those below: texts that come again
	from    string
	to      string
	payload []byte // of the packet that is read
	attrs   []jsonAttr
	entry   jsonEntry
	objects int
	entries int
	size    int // of the entries
}

type jsonAttr struct{ key, value []byte }

type jsonEntry struct {
	time         int64
	severity     uint64
	source, body []byte
}

// Submits reads {"packets": [...]} with at most that many.
func (r *JSONReader) Submits(b []byte, most int) (all []*message.Submit, ok bool) {
	s := r.begin(b)
	seen := uint(0)
	ok = s.object(func(key []byte) bool {
		return s.once(&seen, string(key) == "packets") && s.array(func() bool {
			m := &message.Submit{}
			all = append(all, m)
			return len(all) <= most && r.packet(&m.Packet, &m.AckedBelow)
		})
	})
	return all, ok && s.end() && len(all) > 0
}

// Dispatch reads {"packet": {...}, "attempt": N}.
func (r *JSONReader) Dispatch(b []byte) (m *message.Dispatch, ok bool) {
	s := r.begin(b)
	m = &message.Dispatch{}
	seen := uint(0)
	ok = s.object(func(key []byte) bool {
		switch string(key) {
		case "packet":
			return s.once(&seen, true) && r.packet(&m.Packet, &m.AckedBelow)
		case "attempt":
			n, ok := s.uint(1<<32 - 1)
			m.Attempt = uint32(n)
			return ok && seen&2 == 0 && s.mark(&seen, 2)
		}
		return false
	})
	if !ok || !s.end() || m.Packet == nil {
		return nil, false
	}
	p := m.Packet
	p.Entries, p.Sealed = p.Open(), nil
	return m, true
}

// Receipt reads an analyser's answer.
func (r *JSONReader) Receipt(b []byte) (m *message.Receipt, ok bool) {
	s := r.begin(b)
	m = &message.Receipt{}
	if !r.receipt(m) || !s.end() {
		return nil, false
	}
	return m, true
}

// receipt reads a JSONReceipt without a reason.
func (r *JSONReader) receipt(m *message.Receipt) bool {
	s := &r.scanner
	seen := uint(0)
	ok := s.object(func(key []byte) bool {
		switch string(key) {
		case "id":
			text, ok := s.text()
			return ok && seen&1 == 0 && s.mark(&seen, 1) && r.id(text, &m.ID)
		case "attempt":
			n, ok := s.uint(1<<32 - 1)
			m.Attempt = uint32(n)
			return ok && seen&2 == 0 && s.mark(&seen, 2)
		case "status":
			text, ok := s.text()
			known := false
			for st := range message.StUnavailable + 1 {
				if string(text) == st.String() {
					m.Status, known = st, true
				}
			}
			return ok && known && seen&4 == 0 && s.mark(&seen, 4)
		}
		return false
	})
	return ok && seen&5 == 5
}

func (r *JSONReader) begin(b []byte) *jsonScan {
	r.scanner = jsonScan{b: b, texts: r.scanner.texts[:0], bad: !utf8.Valid(b)}
	r.objects = 1
	return &r.scanner
}

// The keys of a packet and of an entry that were read, as bits.
const (
	sawID = 1 << iota
	sawLow
	sawCRC
	sawEntries
)

// packet reads a JSONPacket.
func (r *JSONReader) packet(to **message.Packet, low *uint64) bool {
	s := &r.scanner
	p := &message.Packet{}
	var crc []byte
	seen := uint(0)
	r.payload, r.entries, r.size = r.payload[:0], 0, 0
	r.hash.Reset()
	r.objects++
	ok := s.object(func(key []byte) bool {
		var bit uint
		var ok bool
		switch string(key) {
		case "id":
			var text []byte
			bit = sawID
			if text, ok = s.text(); ok {
				ok = r.id(text, &p.ID)
			}
		case "acked_below":
			bit = sawLow
			*low, ok = s.uint(1<<64 - 1)
		case "entries_crc32c":
			bit = sawCRC
			crc, ok = s.text()
		case "entries":
			bit = sawEntries
			ok = s.array(r.oneEntry)
		}
		return ok && seen&bit == 0 && s.mark(&seen, bit)
	})
	if !ok || seen&sawID == 0 || seen&sawEntries == 0 || r.size > MessageMax || len(r.payload) > MessageMax || r.objects > jsonObjects {
		return false
	}
	p.Hash, p.Bytes = r.hash.Sum(), r.size
	if r.entries > 0 {
		p.Sealed = &sealed{payload: bytes.Clone(r.payload), n: r.entries}
	}
	*to = p
	return len(crc) == 0 || isHex(crc, p.Hash)
}

// isHex reports whether a text is a number in eight hexadecimal digits.
func isHex(text []byte, n uint32) bool {
	if len(text) != 8 {
		return false
	}
	for i, c := range text {
		if c != "0123456789abcdef"[n>>(28-4*i)&15] {
			return false
		}
	}
	return true
}

// oneEntry reads a JSONEntry and appends it to the payload.
func (r *JSONReader) oneEntry() bool {
	s, e := &r.scanner, &r.entry
	*e, r.attrs = jsonEntry{}, r.attrs[:0]
	r.objects++
	seen := uint(0)
	ok := s.object(func(key []byte) bool {
		var bit uint
		var ok bool
		switch string(key) {
		case "time_unix_nano":
			bit = 1
			e.time, ok = s.int()
		case "severity_number":
			bit = 2
			e.severity, ok = s.uint(severityMax)
		case "source":
			bit = 4
			e.source, ok = s.text()
		case "body":
			bit = 8
			e.body, ok = s.text()
		case "attributes":
			bit = 16
			ok = s.array(r.oneAttr)
		}
		return ok && seen&bit == 0 && s.mark(&seen, bit)
	})
	if !ok {
		return false
	}
	r.entries++
	r.add()
	return len(r.payload) <= MessageMax
}

func (r *JSONReader) oneAttr() bool {
	s := &r.scanner
	var a jsonAttr
	r.objects++
	seen := uint(0)
	ok := s.object(func(key []byte) bool {
		var bit uint
		var ok bool
		switch string(key) {
		case "key":
			bit = 1
			a.key, ok = s.text()
		case "value":
			bit = 2
			a.value, ok = s.text()
		}
		return ok && seen&bit == 0 && s.mark(&seen, bit)
	})
	r.attrs = append(r.attrs, a)
	return ok && len(a.key) > 0 && r.objects <= jsonObjects
}

// add appends the entry that was read to the payload, the hash and the size.
func (r *JSONReader) add() {
	e := &r.entry
	n := textSize(e.source) + textSize(e.body)
	if e.time != 0 {
		n += 9
	}
	if e.severity != 0 {
		n += 2
	}
	r.size += entryMin + len(e.source) + len(e.body)
	r.hash.Add(e.time, message.Severity(e.severity), e.source, e.body, len(r.attrs))
	for _, a := range r.attrs {
		n += 1 + protowire.SizeBytes(textSize(a.key)+textSize(a.value))
		r.size += len(a.key) + len(a.value)
		r.hash.AddAttr(a.key, a.value)
	}
	b := protowire.AppendVarint(append(r.payload, byte(tagEntries)), uint64(n))
	if e.time != 0 {
		b = protowire.AppendFixed64(append(b, byte(tagTime)), uint64(e.time))
	}
	b = appendNumber(b, tagSeverity, e.severity)
	b = appendText(b, tagSource, e.source)
	b = appendText(b, tagBody, e.body)
	for _, a := range r.attrs {
		b = protowire.AppendVarint(append(b, byte(tagAttrs)), uint64(textSize(a.key)+textSize(a.value)))
		b = appendText(b, tagKey, a.key)
		b = appendText(b, tagValue, a.value)
	}
	r.payload = b
}

// id reads a packet's id in the one form that is its own.
func (r *JSONReader) id(text []byte, id *message.ID) bool {
	source, rest, ok1 := bytes.Cut(text, []byte{'/'})
	inc, seq, ok2 := bytes.Cut(rest, []byte{'/'})
	if !ok1 || !ok2 {
		return false
	}
	n, err1 := strconv.ParseUint(string(inc), 10, 32)
	m, err2 := strconv.ParseUint(string(seq), 10, 64)
	*id = message.ID{Source: keep(&r.source, source), Inc: uint32(n), Seq: m}
	return err1 == nil && err2 == nil && plain(inc) && plain(seq) && checkID(*id) == nil
}

// plain reports whether a number has no sign and no zero before it.
func plain(n []byte) bool { return len(n) > 0 && n[0] != '+' && (n[0] != '0' || len(n) == 1) }
