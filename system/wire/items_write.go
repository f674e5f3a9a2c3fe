package wire

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"weir/system/message"
)

// The functions below append an item to an encoded frame: what Reader decodes. A sealed
// packet's payload is copied as it came.

// AppendSubmission appends an item of a SubmitRequest.
func AppendSubmission(b []byte, h Head, m *message.Submit) ([]byte, error) {
	p, err := measurePacket(m.Packet)
	if err == nil {
		err = h.check()
	}
	if err != nil {
		return b, fmt.Errorf("submission: %w", err)
	}
	n := headSize(h) + 1 + protowire.SizeBytes(p.size) + numberSize(m.AckedBelow)
	b = beginItem(b, n)
	b = appendHead(b, h)
	b = p.append(b)
	return appendNumber(b, tagSubLow, m.AckedBelow), nil
}

// AppendDispatch appends an item of a DispatchRequest.
func AppendDispatch(b []byte, h Head, m *message.Dispatch) ([]byte, error) {
	p, err := measurePacket(m.Packet)
	if err == nil {
		err = h.check()
	}
	if err != nil {
		return b, fmt.Errorf("dispatch: %w", err)
	}
	n := headSize(h) + 1 + protowire.SizeBytes(p.size) + numberSize(uint64(m.Attempt)) + numberSize(m.AckedBelow)
	b = beginItem(b, n)
	b = appendHead(b, h)
	b = p.append(b)
	b = appendNumber(b, tagAttempt, uint64(m.Attempt))
	return appendNumber(b, tagDisLow, m.AckedBelow), nil
}

// AppendResult appends an item of a SubmitResponse.
func AppendResult(b []byte, h Head, m *message.Result) ([]byte, error) {
	err := checkID(m.ID)
	if err == nil {
		err = checkResult(m)
	}
	if err == nil {
		err = h.check()
	}
	if err != nil {
		return b, fmt.Errorf("submit result: %w", err)
	}
	definite := uint64(0)
	if m.Definite {
		definite = 1
	}
	n := headSize(h) + 1 + protowire.SizeBytes(idSize(m.ID)) + numberSize(uint64(m.Out)+1) + textSize(m.Why) + numberSize(definite) + numberSize(uint64(m.Wait))
	b = beginItem(b, n)
	b = appendHead(b, h)
	b = appendID(b, tagID, m.ID)
	b = appendNumber(b, tagOutcome, uint64(m.Out)+1)
	b = appendText(b, tagWhy, m.Why)
	b = appendNumber(b, tagDefinite, definite)
	return appendNumber(b, tagWait, uint64(m.Wait)), nil
}

// AppendReceipt appends an item of a DispatchResponse.
func AppendReceipt(b []byte, h Head, m *message.Receipt) ([]byte, error) {
	err := checkReceipt(m)
	if err == nil {
		err = h.check()
	}
	if err != nil {
		return b, fmt.Errorf("receipt: %w", err)
	}
	n := headSize(h) + 1 + protowire.SizeBytes(idSize(m.ID)) + numberSize(uint64(m.Attempt)) + numberSize(uint64(m.Status)+1) + textSize(m.Why)
	b = beginItem(b, n)
	b = appendHead(b, h)
	b = appendID(b, tagID, m.ID)
	b = appendNumber(b, tagAttempt, uint64(m.Attempt))
	b = appendNumber(b, tagStatus, uint64(m.Status)+1)
	return appendText(b, tagReWhy, m.Why), nil
}

// AppendUnhandledSubmission appends the word that nobody handles a submission; it may be
// sent again after wait.
func AppendUnhandledSubmission(b []byte, h Head, why string, wait time.Duration) ([]byte, error) {
	n := headSize(h) + textSize(why) + numberSize(uint64(wait))
	b = appendText(appendHead(beginItem(b, n), h), tagWhy, why)
	return appendNumber(b, tagWait, uint64(wait)), h.check()
}

// AppendUnhandledDispatch appends the word that nobody handles a dispatch.
func AppendUnhandledDispatch(b []byte, h Head, why string) ([]byte, error) {
	n := headSize(h) + textSize(why)
	return appendText(appendHead(beginItem(b, n), h), tagReWhy, why), h.check()
}

// packetSize is a packet ready to be appended.
type packetSize struct {
	p       *message.Packet
	payload []byte
	size    int // of the encoded packet
}

func measurePacket(p *message.Packet) (s packetSize, err error) {
	if p == nil {
		return s, invalid("packet is missing")
	}
	if err := checkID(p.ID); err != nil {
		return s, err
	}
	if p.Bytes < 0 || p.Bytes > MessageMax {
		return s, tooLarge("entries_bytes", p.Bytes, MessageMax)
	}
	s.p = p
	if s.payload, err = payloadOf(p); err != nil {
		return s, err
	}
	s.size = 1 + protowire.SizeBytes(idSize(p.ID)) + numberSize(uint64(p.Count())) + numberSize(uint64(p.Bytes))
	if p.Hash != 0 {
		s.size += 5
	}
	if len(s.payload) > 0 {
		s.size += 1 + protowire.SizeBytes(len(s.payload))
	}
	return s, nil
}

// payloadOf is a packet's payload, encoded if it is not sealed.
func payloadOf(p *message.Packet) ([]byte, error) {
	if s, ok := p.Sealed.(*sealed); ok {
		return s.payload, nil
	}
	payload, err := encodePayload(p.Open())
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", p.ID, err)
	}
	return payload, nil
}

// append appends the packet as the field of that name of submissions and dispatches.
func (s *packetSize) append(b []byte) []byte {
	b = protowire.AppendVarint(append(b, byte(tagPacket)), uint64(s.size))
	b = appendID(b, tagPacketID, s.p.ID)
	b = appendNumber(b, tagCount, uint64(s.p.Count()))
	if s.p.Hash != 0 {
		b = protowire.AppendFixed32(append(b, byte(tagCRC)), s.p.Hash)
	}
	b = appendNumber(b, tagSize, uint64(s.p.Bytes))
	if len(s.payload) > 0 {
		b = protowire.AppendBytes(append(b, byte(tagPayload)), s.payload)
	}
	return b
}

func beginItem(b []byte, n int) []byte {
	return protowire.AppendVarint(append(b, byte(tagItem)), uint64(n))
}

// headSize is the length of what appendHead appends.
func headSize(h Head) int {
	if h == (Head{}) {
		return 0
	}
	return 1 + protowire.SizeBytes(h.fields())
}

func (h *Head) fields() int {
	return numberSize(uint64(h.Token)) + numberSize(uint64(h.Re)) + textSize(h.From) + textSize(h.To) + numberSize(uint64(h.ToInc))
}

func appendHead(b []byte, h Head) []byte {
	if h == (Head{}) {
		return b
	}
	b = protowire.AppendVarint(append(b, byte(tagHead)), uint64(h.fields()))
	b = appendNumber(b, tagToken, uint64(h.Token))
	b = appendNumber(b, tagRe, uint64(h.Re))
	b = appendText(b, tagFrom, h.From)
	b = appendText(b, tagTo, h.To)
	return appendNumber(b, tagToInc, uint64(h.ToInc))
}

func idSize(id message.ID) int {
	return textSize(id.Source) + numberSize(uint64(id.Inc)) + numberSize(id.Seq)
}

func appendID(b []byte, tag uint64, id message.ID) []byte {
	b = protowire.AppendVarint(append(b, byte(tag)), uint64(idSize(id)))
	b = appendText(b, tagIDSource, id.Source)
	b = appendNumber(b, tagIDInc, uint64(id.Inc))
	return appendNumber(b, tagIDSeq, id.Seq)
}

// numberSize is the length of what appendNumber appends: 0 is left out.
func numberSize(v uint64) int {
	if v == 0 {
		return 0
	}
	return 1 + protowire.SizeVarint(v)
}

func appendNumber(b []byte, tag, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(append(b, byte(tag)), v)
}
