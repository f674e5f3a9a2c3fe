package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/wire/weirv1"
)

// byTypes is what the generated types make of an encoded payload.
func byTypes(payload []byte) ([]message.Entry, error) {
	var w weirv1.Payload
	if err := decoding.Unmarshal(payload, &w); err != nil {
		return nil, err
	}
	var entries []message.Entry
	for _, e := range w.GetEntries() {
		to := message.Entry{Time: e.GetTimeUnixNano(), Severity: message.Severity(e.GetSeverityNumber()), Source: e.GetSource(), Text: e.GetBody()}
		for _, a := range e.GetAttributes() {
			to.Attrs = append(to.Attrs, message.Attribute{Key: a.GetKey(), Value: a.GetValue()})
		}
		entries = append(entries, to)
	}
	return entries, nil
}

// toTypes is the payload as generated types.
func toTypes(entries []message.Entry) *weirv1.Payload {
	w := &weirv1.Payload{}
	for _, e := range entries {
		to := &weirv1.Entry{TimeUnixNano: e.Time, SeverityNumber: weirv1.SeverityNumber(e.Severity), Source: e.Source, Body: e.Text}
		for _, a := range e.Attrs {
			to.Attributes = append(to.Attributes, &weirv1.Attribute{Key: a.Key, Value: a.Value})
		}
		w.Entries = append(w.Entries, to)
	}
	return w
}

func decodeAll(payload []byte) ([]message.Entry, error) {
	n, err := countEntries(payload)
	if err != nil {
		return nil, err
	}
	return decodePayload(payload, n)
}

// TestPayloadIsThatOfTheSchema holds the hand-written encoding against the types
// generated from the schema, in both directions.
func TestPayloadIsThatOfTheSchema(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := genEntries.Draw(t, "entries")
		ours, err := encodePayload(entries)
		if err != nil {
			t.Fatal(err)
		}
		got, err := byTypes(ours)
		if diff := cmp.Diff(entries, got); err != nil || diff != "" {
			t.Fatalf("encoded by hand, decoded by the generated types: %v\n%s", err, diff)
		}
		theirs, err := proto.Marshal(toTypes(entries))
		if err != nil {
			t.Fatal(err)
		}
		got, err = decodeAll(theirs)
		if diff := cmp.Diff(entries, got); err != nil || diff != "" {
			t.Fatalf("encoded by the generated types, decoded by hand: %v\n%s", err, diff)
		}
	})
}

// FuzzPayload holds that the hand-written decoder takes nothing that the
// generated types refuse, and understands the same by what it takes.
func FuzzPayload(f *testing.F) {
	for seed := range 5 {
		b, err := encodePayload(genEntries.Example(seed))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\x0a\x02\x10\x09\x0a\x05\x22\x01a\x10\x01")) // fields out of order
	f.Add([]byte("\x0a\x06\x22\x01a\x22\x01b"))                // a field twice: the last counts
	f.Add([]byte("\x12\x01x\x0a\x04\x3a\x02zz"))               // unknown fields
	f.Add([]byte("\x0a\x02\x08\x01"))                          // a known field of another type
	f.Add([]byte("\x0a\x06\x10\x89\x80\x80\x80\x10"))          // an enum beyond 32 bits
	f.Add([]byte("\x80\x85\xc8\xba\x300"))                     // a field number out of range
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := decodeAll(b)
		if err != nil {
			return
		}
		theirs, err := byTypes(b)
		if diff := cmp.Diff(theirs, ours); err != nil || diff != "" {
			t.Fatalf("generated types (-): %v, by hand (+):\n%s", err, diff)
		}
	})
}

// BenchmarkDispatch is a packet of 10 messages of 150 bytes through the codec.
func BenchmarkDispatch(b *testing.B) {
	entries := make([]message.Entry, 10)
	for i := range entries {
		entries[i] = message.Entry{Time: 1 << 60, Severity: message.Info, Source: "app.log", Text: string(make([]byte, 150))}
	}
	m := &message.Dispatch{Packet: message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, entries), Attempt: 1}
	var c Codec
	wire, err := c.Encode(nil, m)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			wire, _ = c.Encode(wire[:0], m)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Decode(wire); err != nil {
				b.Fatal(err)
			}
		}
	})
}
