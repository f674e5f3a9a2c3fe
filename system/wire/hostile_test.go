package wire

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"weir/system/message"
	"weir/system/node"
	"weir/system/wire/weirv1"
)

// hostileInput is an encoding that must be refused.
type hostileInput struct {
	name string
	wire []byte
	err  error  // what it must be
	says string // what its text must contain
}

// enveloped is the encoding of an envelope that holds w.
func enveloped(num protowire.Number, w proto.Message) []byte {
	inner, err := proto.Marshal(w)
	if err != nil {
		panic(err)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), inner)
}

// The numbers of the envelope's fields.
const (
	numSubmission, numResult, numDispatch, numReceipt, numProbe = 1, 2, 3, 4, 5
	numApply, numApplied                                        = 7, 8
)

// packetWith is the encoding of a submission whose packet is right but for what
// change does to it.
func packetWith(change func(*weirv1.Packet)) []byte {
	w, err := PackPacket(message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 7}, []message.Entry{
		{Text: "one", Attrs: []message.Attribute{{Key: "k", Value: "v"}}}, {Text: "two"},
	}))
	if err != nil {
		panic(err)
	}
	change(w)
	return enveloped(numSubmission, &weirv1.Submission{Packet: w})
}

// payloadWith is a packet whose payload is what the generated types encode.
func payloadWith(entries ...*weirv1.Entry) []byte {
	return packetWith(func(w *weirv1.Packet) {
		var err error
		if w.Payload, err = proto.Marshal(&weirv1.Payload{Entries: entries}); err != nil {
			panic(err)
		}
		w.Count, w.EntriesBytes = uint32(len(entries)), 1000
	})
}

// rawPayload is a packet with this payload and count.
func rawPayload(payload string, count uint32) []byte {
	return packetWith(func(w *weirv1.Packet) { w.Payload, w.Count = []byte(payload), count })
}

func resultWith(change func(*weirv1.SubmitResult)) []byte {
	w := &weirv1.SubmitResult{Id: &weirv1.PacketId{Source: "e1", Sequence: 1}, Outcome: weirv1.Outcome_OUTCOME_COMMITTED}
	change(w)
	return enveloped(numResult, w)
}

func receiptWith(change func(*weirv1.Receipt)) []byte {
	w := &weirv1.Receipt{Id: &weirv1.PacketId{Source: "e1", Sequence: 1}, Status: weirv1.Status_STATUS_COMMITTED}
	change(w)
	return enveloped(numReceipt, w)
}

// damaged is an encoding in which a text was overwritten.
func damaged(b []byte, old, with string) []byte {
	if !bytes.Contains(b, []byte(old)) {
		panic("nothing to damage")
	}
	return bytes.Replace(b, []byte(old), []byte(with), 1)
}

func hostile() []hostileInput {
	const notUTF8 = "a\xffb"
	return []hostileInput{
		{"nothing", nil, ErrInvalid, "no message"},
		{"noise", []byte("GET / HTTP/1.1\r\n\r\n"), ErrInvalid, "envelope"},
		{"truncated", resultWith(func(*weirv1.SubmitResult) {})[:4], ErrInvalid, "envelope"},
		{"unknown message", []byte("\xfa\x06\x00"), ErrInvalid, "no message"},
		{"too long", make([]byte, MessageMax+1), node.ErrTooLarge, "4194305 bytes"},
		{"nested groups", []byte(strings.Repeat("\x7b", 1000)), ErrInvalid, "envelope"},
		{"a head", enveloped(numProbe, &weirv1.Probe{Head: &weirv1.Head{Token: 1}}), ErrInvalid, "head"},

		{"no packet", enveloped(numSubmission, &weirv1.Submission{}), ErrInvalid, "packet is missing"},
		{"no packet in a dispatch", enveloped(numDispatch, &weirv1.Dispatch{}), ErrInvalid, "packet is missing"},
		{"no id", packetWith(func(w *weirv1.Packet) { w.Id = nil }), ErrInvalid, `id.source ""`},
		{"a path as source", packetWith(func(w *weirv1.Packet) { w.Id.Source = "../../etc/passwd" }), ErrInvalid, `id.source "../../etc/passwd"`},
		{"a long source", packetWith(func(w *weirv1.Packet) { w.Id.Source = strings.Repeat("x", 65) }), ErrInvalid, "id.source"},
		{"escapes in source", packetWith(func(w *weirv1.Packet) { w.Id.Source = "\x1b[31m\u202e" }), ErrInvalid, `"\x1b[31m\u202e"`},
		{"sequence 0", packetWith(func(w *weirv1.Packet) { w.Id.Sequence = 0 }), ErrInvalid, "id.sequence 0"},

		{"fewer entries than told", packetWith(func(w *weirv1.Packet) { w.Count = 3 }), ErrInvalid, "count 3, but the payload has 2"},
		{"more entries than told", packetWith(func(w *weirv1.Packet) { w.Count = 1 }), ErrInvalid, "count 1, but the payload has 2"},
		{"a huge count", packetWith(func(w *weirv1.Packet) { w.Count = 1<<32 - 1 }), ErrInvalid, "count 4294967295"},
		{"wrong size", packetWith(func(w *weirv1.Packet) { w.EntriesBytes++ }), ErrInvalid, "entries_bytes 41, but they have 40"},
		{"size too small", packetWith(func(w *weirv1.Packet) { w.EntriesBytes = 31 }), ErrInvalid, "entries_bytes 31 is too few for 2"},
		{"size too large", packetWith(func(w *weirv1.Packet) { w.EntriesBytes = MessageMax + 1 }), node.ErrTooLarge, "entries_bytes of 4194305"},
		{"wrong hash", packetWith(func(w *weirv1.Packet) { w.EntriesCrc32C ^= 1 }), message.ErrHash, "packet e1/1/7"},
		{"damaged text", damaged(packetWith(func(*weirv1.Packet) {}), "two", "twp"), message.ErrHash, "packet e1/1/7"},
		{"empty packet with a size", packetWith(func(w *weirv1.Packet) { w.Payload, w.Count = nil, 0 }), ErrInvalid, "entries_bytes 40, but they have 0"},

		{"severity", payloadWith(&weirv1.Entry{Body: "x"}, &weirv1.Entry{SeverityNumber: 25}), ErrInvalid, "entry 1: invalid message: severity_number 25"},
		{"negative severity", payloadWith(&weirv1.Entry{SeverityNumber: -1}), ErrInvalid, "severity_number 18446744073709551615"},
		{"empty key", payloadWith(&weirv1.Entry{Attributes: []*weirv1.Attribute{{Key: "a"}, {Value: "b"}}}), ErrInvalid, "entry 0: attribute 1: invalid message: the key is empty"},
		{"body not UTF-8", rawPayload("\x0a\x05\x22\x03"+notUTF8, 1), ErrInvalid, `body "a\xffb" is not UTF-8`},
		{"source not UTF-8", rawPayload("\x0a\x05\x1a\x03"+notUTF8, 1), ErrInvalid, `source "a\xffb" is not UTF-8`},
		{"key not UTF-8", rawPayload("\x0a\x07\x2a\x05\x0a\x03"+notUTF8, 1), ErrInvalid, `key "a\xffb" is not UTF-8`},
		{"value not UTF-8", rawPayload("\x0a\x0a\x2a\x08\x0a\x01k\x12\x03"+notUTF8, 1), ErrInvalid, `value "a\xffb" is not UTF-8`},
		{"payload of noise", rawPayload("\xff\xff\xff", 1), ErrInvalid, "payload"},
		{"entry longer than the payload", rawPayload("\x0a\x7f\x22", 1), ErrInvalid, "payload"},
		{"body longer than its entry", rawPayload("\x0a\x03\x22\x7fx", 1), ErrInvalid, "entry 0"},
		{"key longer than its attribute", rawPayload("\x0a\x05\x2a\x03\x0a\x7fx", 1), ErrInvalid, "attribute 0"},
		{"field number 0", rawPayload("\x02\x00", 0), ErrInvalid, "payload"},
		{"field number out of range", rawPayload("\x80\x85\xc8\xba\x300", 0), ErrInvalid, "field number 1625964624"},
		{"an endless number", rawPayload("\x0a\x0c\x10"+strings.Repeat("\xff", 11), 1), ErrInvalid, "entry 0"},
		{"groups in the payload", rawPayload(strings.Repeat("\x7b", 1000), 0), ErrInvalid, "field 15 has the wire type 3"},
		{"groups in an entry", rawPayload("\x0a\x02\x7b\x7c", 1), ErrInvalid, "entry 0: invalid message: field 15"},

		{"outcome missing", resultWith(func(w *weirv1.SubmitResult) { w.Outcome = 0 }), ErrInvalid, "outcome 0 "},
		{"outcome unknown", resultWith(func(w *weirv1.SubmitResult) { w.Outcome = 6 }), ErrInvalid, "outcome 6 "},
		{"outcome that wraps", resultWith(func(w *weirv1.SubmitResult) { w.Outcome = 257 }), ErrInvalid, "outcome 257 "},
		{"outcome negative", resultWith(func(w *weirv1.SubmitResult) { w.Outcome = -1 << 31 }), ErrInvalid, "outcome -2147483648 "},
		{"wait of years", resultWith(func(w *weirv1.SubmitResult) { w.WaitNano = 1 << 62 }), ErrInvalid, "wait_nano 4611686018427387904"},
		{"wait that wraps", resultWith(func(w *weirv1.SubmitResult) { w.WaitNano = 1<<64 - 1 }), ErrInvalid, "wait_nano 18446744073709551615"},
		{"long reason", resultWith(func(w *weirv1.SubmitResult) { w.Why = strings.Repeat("x", 1025) }), node.ErrTooLarge, "why of 1025 bytes"},
		{"reason not UTF-8", damaged(resultWith(func(w *weirv1.SubmitResult) { w.Why = "abc" }), "abc", notUTF8), ErrInvalid, "invalid UTF-8"},
		{"result without id", resultWith(func(w *weirv1.SubmitResult) { w.Id = nil }), ErrInvalid, "id.source"},

		{"status missing", receiptWith(func(w *weirv1.Receipt) { w.Status = 0 }), ErrInvalid, "status 0 "},
		{"status unknown", receiptWith(func(w *weirv1.Receipt) { w.Status = 6 }), ErrInvalid, "status 6 "},
		{"status that wraps", receiptWith(func(w *weirv1.Receipt) { w.Status = 258 }), ErrInvalid, "status 258 "},
		{"receipt's long reason", receiptWith(func(w *weirv1.Receipt) { w.Why = strings.Repeat("x", 1025) }), node.ErrTooLarge, "why of 1025 bytes"},
		{"receipt without id", receiptWith(func(w *weirv1.Receipt) { w.Id = nil }), ErrInvalid, "id.source"},

		{"long document", enveloped(numApply, &weirv1.ApplyRequest{Document: make([]byte, documentMax+1)}), node.ErrTooLarge, "document of 65537"},
		{"long refusal", enveloped(numApplied, &weirv1.ApplyResponse{Why: strings.Repeat("x", refusalMax+1)}), node.ErrTooLarge, "why of 65537"},
	}
}

func TestHostileInputs(t *testing.T) {
	for _, h := range hostile() {
		t.Run(h.name, func(t *testing.T) {
			m, err := Codec{}.Decode(h.wire)
			if m != nil || !errors.Is(err, h.err) || !strings.Contains(err.Error(), h.says) {
				t.Errorf("decoded %+v, error %v; want %v with %q", m, err, h.err, h.says)
			}
		})
	}
}

// TestHelpersAreSound holds that the hostile packets are refused for what was
// done to them and for nothing else.
func TestHelpersAreSound(t *testing.T) {
	for name, b := range map[string][]byte{
		"packet":  packetWith(func(*weirv1.Packet) {}),
		"result":  resultWith(func(*weirv1.SubmitResult) {}),
		"receipt": receiptWith(func(*weirv1.Receipt) {}),
	} {
		if _, err := (Codec{}).Decode(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnknownFieldsAreDropped holds that a newer peer is understood.
func TestUnknownFieldsAreDropped(t *testing.T) {
	b := enveloped(numProbe, &weirv1.Probe{Number: 3})
	b = append(b, "\xa2\x06\x03new"...) // field 100 of the envelope
	m, err := Codec{}.Decode(b)
	if p, ok := m.(*message.Probe); err != nil || !ok || p.Number != 3 {
		t.Fatalf("decoded %+v (%v)", m, err)
	}
	b = rawPayload("\x0a\x0b\x22\x03one\x2a\x06\x0a\x01k\x12\x01v\x0a\x0b\xa2\x06\x03new\x22\x03two", 2)
	b = damaged(b, "\x0a\x0b\x22\x03one\x2a\x06", "\x0a\x0d\x22\x03one\x2a\x06") // its true length
	if m, err = (Codec{}).Decode(b); err != nil {
		t.Fatal(err)
	}
	if got := m.(*message.Submit).Packet.Open()[1].Text; got != "two" {
		t.Fatalf("text %q", got)
	}
}

// TestEncodeRefuses holds that what could not be decoded is not sent.
func TestEncodeRefuses(t *testing.T) {
	id := message.ID{Source: "e1", Inc: 1, Seq: 1}
	submit := func(e ...message.Entry) node.Message { return &message.Submit{Packet: message.NewPacket(id, e)} }
	for _, c := range []struct {
		m    node.Message
		err  error
		says string
	}{
		{&message.Submit{}, ErrInvalid, "packet is missing"},
		{&message.Dispatch{}, ErrInvalid, "packet is missing"},
		{&message.Submit{Packet: message.NewPacket(message.ID{Source: "a b", Seq: 1}, nil)}, ErrInvalid, `"a b"`},
		{submit(message.Entry{Severity: 25}), ErrInvalid, "severity_number 25"},
		{submit(message.Entry{Text: "ok"}, message.Entry{Text: "\xff"}), ErrInvalid, `entry 1: invalid message: body "\xff"`},
		{submit(message.Entry{Source: "\xff"}), ErrInvalid, `source "\xff"`},
		{submit(message.Entry{Attrs: []message.Attribute{{Value: "x"}}}), ErrInvalid, "key is empty"},
		{submit(message.Entry{Attrs: []message.Attribute{{Key: "\xff"}}}), ErrInvalid, `key "\xff"`},
		{submit(message.Entry{Attrs: []message.Attribute{{Key: "k", Value: "\xff"}}}), ErrInvalid, `value "\xff"`},
		{submit(message.Entry{Text: strings.Repeat("x", MessageMax)}), node.ErrTooLarge, "entries_bytes of 4194320"},
		{submit(message.Entry{Text: strings.Repeat("x", MessageMax-16)}), node.ErrTooLarge, "submit of"},
		{&message.Submit{Packet: &message.Packet{ID: id, Bytes: -1}}, node.ErrTooLarge, "entries_bytes of -1"},
		{&message.Result{ID: message.ID{Source: "e1"}}, ErrInvalid, "sequence 0"},
		{&message.Result{ID: id, Out: 5}, ErrInvalid, "outcome 5"},
		{&message.Result{ID: id, Wait: -1}, ErrInvalid, "wait -1ns"},
		{&message.Result{ID: id, Wait: waitMax + 1}, ErrInvalid, "wait 24h0m0.000000001s"},
		{&message.Result{ID: id, Why: "\xff"}, ErrInvalid, "why"},
		{&message.Receipt{ID: id, Status: 5}, ErrInvalid, "status 5"},
		{&message.Receipt{ID: id, Why: strings.Repeat("x", 1025)}, node.ErrTooLarge, "why of 1025"},
		{&message.Control{Doc: make([]byte, documentMax+1)}, node.ErrTooLarge, "document of 65537"},
		{&message.ControlOK{Why: strings.Repeat("x", refusalMax+1)}, node.ErrTooLarge, "why of 65537"},
		{nil, ErrInvalid, "no encoding"},
	} {
		if b, err := (Codec{}).Encode(nil, c.m); b != nil || !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.80v: %d bytes, error %v; want %v with %q", c.m, len(b), err, c.err, c.says)
		}
	}
}

func TestHeadRefuses(t *testing.T) {
	for _, w := range []*weirv1.Head{{From: "a b"}, {To: "../x"}, {From: strings.Repeat("x", 65)}} {
		if h, err := UnpackHead(w); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v: %+v, error %v", w, h, err)
		}
	}
	if _, err := PackHead(Head{To: "\xff"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

// TestMemoryIsBoundedByLength holds that the longest packets of the smallest
// parts, true or false, take no more than a small multiple of their length.
func TestMemoryIsBoundedByLength(t *testing.T) {
	const length = 2 << 20
	for name, b := range map[string][]byte{
		"empty entries": packetWith(func(w *weirv1.Packet) {
			w.Count = MessageMax / entryMin
			w.EntriesBytes = MessageMax
			w.Payload = bytes.Repeat([]byte("\x0a\x00"), MessageMax/entryMin)
		}),
		"more entries than fit": rawPayload(strings.Repeat("\x0a\x00", length/2), length/2),
		"small attributes":      payloadOfOne(strings.Repeat("\x2a\x03\x0a\x01k", length/5)),
		"empty attributes":      payloadOfOne(strings.Repeat("\x2a\x00", length/2)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Codec{}.Decode(b)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: decoded", name)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s: %d bytes took %d bytes of memory (%v)", name, len(b), took, err)
		} else {
			t.Logf("%s: %d bytes took %d bytes of memory (%v)", name, len(b), took, err)
		}
	}
}

// payloadOfOne is a packet of one entry with this content.
func payloadOfOne(entry string) []byte {
	return rawPayload(string(protowire.AppendString([]byte("\x0a"), entry)), 1)
}
