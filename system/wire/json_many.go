package wire

import (
	"strconv"

	"weir/system/message"
	"weir/system/node"
)

// Several packets go to an analyser in one request as lines of JSON, and the outcome of
// each comes back as a line once there is one. What headers say of a single message is in
// its line.

// JSONItem is a message.Dispatch among others, with its Head.
type JSONItem struct {
	Token   uint64     `json:"token,omitempty"`
	From    string     `json:"from,omitempty"`
	To      string     `json:"to,omitempty"`
	ToInc   uint32     `json:"to_incarnation,omitempty"`
	Packet  JSONPacket `json:"packet"`
	Attempt uint32     `json:"attempt,omitempty"`
}

// Unpack returns what the form says.
func (w *JSONItem) Unpack() (Head, *message.Dispatch, error) {
	h := Head{Token: node.Token(w.Token), From: w.From, To: w.To, ToInc: w.ToInc}
	if err := h.check(); err != nil {
		return h, nil, err
	}
	d := JSONDispatch{Packet: w.Packet, Attempt: w.Attempt}
	m, err := d.Unpack()
	return h, m, err
}

// JSONOutcome is what became of one of several messages: the answer's Head and the
// answer, or why no actor handled it.
type JSONOutcome struct {
	Re      uint64       `json:"re"`
	Token   uint64       `json:"token,omitempty"`
	From    string       `json:"from,omitempty"`
	Receipt *JSONReceipt `json:"receipt,omitempty"`
	Refused string       `json:"refused,omitempty"` // full, no_actor, stopped, late
}

// Unpack returns what the form says: a receipt, or nil and why there is none.
func (w *JSONOutcome) Unpack() (h Head, m *message.Receipt, refused string, err error) {
	h = Head{Re: node.Token(w.Re), Token: node.Token(w.Token), From: w.From}
	if err := h.check(); err != nil {
		return h, nil, "", err
	}
	if h.Re == 0 || (w.Receipt == nil) != (w.Token == 0) || (w.Receipt == nil) == (w.Refused == "") {
		return h, nil, "", invalid("re %d, token %d: want an outcome of one message, which is a receipt with a token or a refusal without", w.Re, w.Token)
	}
	if w.Receipt == nil {
		return h, nil, w.Refused, checkText("refused", w.Refused, reasonMax)
	}
	m, err = w.Receipt.Unpack()
	return h, m, "", err
}

// AppendItemJSON appends a JSONItem.
func AppendItemJSON(b []byte, h Head, m *message.Dispatch) ([]byte, error) {
	if err := h.check(); err != nil {
		return b, err
	}
	b = appendHeadJSON(append(b, '{'), h)
	b, err := appendPacketJSON(append(b, `"packet":`...), m.Packet, m.AckedBelow)
	if m.Attempt != 0 {
		b = strconv.AppendUint(append(b, `,"attempt":`...), uint64(m.Attempt), 10)
	}
	return append(b, '}'), err
}

// AppendOutcomeJSON appends a JSONOutcome with a receipt.
func AppendOutcomeJSON(b []byte, h Head, m *message.Receipt) ([]byte, error) {
	if err := h.check(); err != nil {
		return b, err
	}
	b, err := AppendReceiptJSON(append(appendHeadJSON(append(b, '{'), h), `"receipt":`...), m)
	return append(b, '}'), err
}

// AppendRefusedJSON appends the JSONOutcome of a message that no actor handled.
func AppendRefusedJSON(b []byte, re node.Token, why string) []byte {
	b = appendHeadJSON(append(b, '{'), Head{Re: re})
	return append(appendTextJSON(append(b, `"refused":`...), why), '}')
}

// appendHeadJSON appends the fields that are not zero, each with a comma behind it.
func appendHeadJSON(b []byte, h Head) []byte {
	number := func(key string, n uint64) {
		if n != 0 {
			b = append(strconv.AppendUint(append(b, key...), n, 10), ',')
		}
	}
	name := func(key, s string) {
		if s != "" {
			b = append(append(append(b, key...), s...), `",`...) // needs no escape
		}
	}
	number(`"re":`, uint64(h.Re))
	number(`"token":`, uint64(h.Token))
	name(`"from":"`, h.From)
	name(`"to":"`, h.To)
	number(`"to_incarnation":`, uint64(h.ToInc))
	return b
}

// The keys of a Head that were read, as bits beside those of what it is the head of.
const (
	sawRe = 1 << (8 + iota)
	sawToken
	sawFrom
	sawTo
	sawToInc
)

// head reads the value of a key of a Head; bit is 0 if it is none.
func (r *JSONReader) head(key []byte, h *Head) (bit uint, ok bool) {
	s := &r.scanner
	var n uint64
	switch string(key) {
	case "re":
		n, ok = s.uint(1<<64 - 1)
		h.Re, bit = node.Token(n), sawRe
	case "token":
		n, ok = s.uint(1<<64 - 1)
		h.Token, bit = node.Token(n), sawToken
	case "from":
		h.From, ok = r.name(&r.from)
		bit = sawFrom
	case "to":
		h.To, ok = r.name(&r.to)
		bit = sawTo
	case "to_incarnation":
		n, ok = s.uint(1<<32 - 1)
		h.ToInc, bit = uint32(n), sawToInc
	}
	return bit, ok
}

// name reads an actor's name.
func (r *JSONReader) name(last *string) (string, bool) {
	text, ok := r.scanner.text()
	if !ok || len(text) == 0 {
		return "", ok
	}
	name := keep(last, text)
	return name, node.ValidName(name)
}

// Item reads a JSONItem.
func (r *JSONReader) Item(b []byte) (h Head, m *message.Dispatch, ok bool) {
	s := r.begin(b)
	m = &message.Dispatch{}
	seen := uint(0)
	ok = s.object(func(key []byte) bool {
		var bit uint
		var ok bool
		switch string(key) {
		case "packet":
			bit, ok = 1, r.packet(&m.Packet, &m.AckedBelow)
		case "attempt":
			var n uint64
			n, ok = s.uint(1<<32 - 1)
			bit, m.Attempt = 2, uint32(n)
		case "re":
			return false
		default:
			bit, ok = r.head(key, &h)
		}
		return ok && seen&bit == 0 && s.mark(&seen, bit)
	})
	if !ok || !s.end() || m.Packet == nil {
		return Head{}, nil, false
	}
	m.Packet.Entries, m.Packet.Sealed = m.Packet.Open(), nil
	return h, m, true
}

// Outcome reads a JSONOutcome with a receipt.
func (r *JSONReader) Outcome(b []byte) (h Head, m *message.Receipt, ok bool) {
	s := r.begin(b)
	seen := uint(0)
	ok = s.object(func(key []byte) bool {
		var bit uint
		var ok bool
		switch string(key) {
		case "receipt":
			m = &message.Receipt{}
			bit, ok = 1, r.receipt(m)
		case "to", "to_incarnation":
			return false
		default:
			bit, ok = r.head(key, &h)
		}
		return ok && seen&bit == 0 && s.mark(&seen, bit)
	})
	if !ok || !s.end() || m == nil || h.Re == 0 || h.Token == 0 {
		return Head{}, nil, false
	}
	return h, m, true
}
