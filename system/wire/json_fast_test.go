package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
)

// jsonSubmits is the body of a submission.
type jsonSubmits struct {
	Packets []JSONPacket `json:"packets"`
}

// slowly reads a text by DecodeJSON, as each of the forms.
func slowly(kind string, b []byte) (all []node.Message, err error) {
	switch kind {
	case "submits":
		var w jsonSubmits
		if err := DecodeJSON(b, &w); err != nil {
			return nil, err
		}
		for i := range w.Packets {
			m, err := made(w.Packets[i].Unpack())
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
		if len(all) == 0 || len(all) > 3 {
			return nil, fmt.Errorf("%d packets", len(all))
		}
		return all, nil
	case "dispatch":
		var w JSONDispatch
		if err := DecodeJSON(b, &w); err != nil {
			return nil, err
		}
		m, err := made(w.Unpack())
		return []node.Message{m}, err
	}
	var w JSONReceipt
	if err := DecodeJSON(b, &w); err != nil {
		return nil, err
	}
	m, err := made(w.Unpack())
	return []node.Message{m}, err
}

// quickly reads it by hand.
func quickly(r *JSONReader, kind string, b []byte) (all []node.Message, ok bool) {
	switch kind {
	case "submits":
		got, ok := r.Submits(b, 3)
		for _, m := range got {
			all = append(all, m)
		}
		return all, ok
	case "dispatch":
		m, ok := r.Dispatch(b)
		return []node.Message{m}, ok
	}
	m, ok := r.Receipt(b)
	return []node.Message{m}, ok
}

func unsealedAll(all []node.Message) (open []node.Message) {
	for _, m := range all {
		open = append(open, unsealed(m))
	}
	return open
}

// encoded is a text of a kind with these messages.
func encoded(kind string, all []node.Message) (b []byte, err error) {
	switch kind {
	case "submits":
		var w jsonSubmits
		for _, m := range all {
			p, err := PackSubmitJSON(m.(*message.Submit))
			if err != nil {
				return nil, err
			}
			w.Packets = append(w.Packets, p)
		}
		return EncodeJSON(w)
	case "dispatch":
		w, err := PackDispatchJSON(all[0].(*message.Dispatch))
		if err != nil {
			return nil, err
		}
		return EncodeJSON(w)
	}
	w, err := PackReceiptJSON(all[0].(*message.Receipt))
	if err != nil {
		return nil, err
	}
	return EncodeJSON(w)
}

var jsonKinds = []struct {
	name string
	of   int // in genMessages
}{{"submits", 0}, {"dispatch", 2}, {"receipt", 3}}

// TestJSONByHand holds the hand-written JSON against encoding/json, in both directions:
// what weir sends is read by hand, but for receipts with a reason.
func TestJSONByHand(t *testing.T) {
	var r JSONReader
	for _, kind := range jsonKinds {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				all := []node.Message{genMessages[kind.of].Draw(t, "message")}
				if kind.name == "submits" {
					all = append(all, genMessages[kind.of].Draw(t, "second"))
				}
				if m, ok := all[0].(*message.Receipt); ok {
					m.Why = ""
				}
				theirs, err := encoded(kind.name, all)
				if err != nil {
					t.Fatal(err)
				}
				got, ok := quickly(&r, kind.name, theirs)
				if diff := cmp.Diff(all, unsealedAll(got)); !ok || diff != "" {
					t.Fatalf("%s is read by hand: %v, difference:\n%s", theirs, ok, diff)
				}
				for i, m := range got {
					ours := byHand(t, m)
					back, err := slowly(kind.name, ours)
					if diff := cmp.Diff(all[i:i+1], unsealedAll(back)); err != nil || diff != "" {
						t.Fatalf("%s is read by encoding/json: %v, difference:\n%s", ours, err, diff)
					}
				}
			})
		})
	}
}

func byHand(t *rapid.T, m node.Message) (b []byte) {
	var err error
	switch m := m.(type) {
	case *message.Submit:
		b, err = AppendSubmitsJSON(nil, m)
	case *message.Dispatch:
		b, err = AppendDispatchJSON(nil, m)
	case *message.Receipt:
		b, err = AppendReceiptJSON(nil, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestResultByHand is the same for results, which are only written by hand.
func TestResultByHand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := genMessages[1].Draw(t, "result").(*message.Result)
		b, err := AppendResultJSON(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		var w JSONResult
		if err := DecodeJSON(b, &w); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if got, err := w.Unpack(); err != nil || *got != *m {
			t.Fatalf("%+v came back as %+v (%v)", m, got, err)
		}
	})
}

const packetJSON = `{"id":"e1/1/7","entries":[{"body":"one"}]}`

// FuzzJSONByHand holds that the hand-written reader takes nothing that DecodeJSON
// refuses, and understands the same.
func FuzzJSONByHand(f *testing.F) {
	for _, s := range []string{
		`{"packets":[` + packetJSON + `]}`, `{"packet":` + packetJSON + `,"attempt":2}`,
		`{"packets":[{"id":"e1/1/7","acked_below":3,"entries_crc32c":"","entries":[{"time_unix_nano":-5,"severity_number":9,"source":"s","body":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","attributes":[{"key":"k","value":"v"},{"key":"l"}]}]}]}`,
		`{"id":"e1/0/1","attempt":1,"status":"committed"}`,
		`{"packets":[{"\u0069d":"e1/1/7","entries":[]}]}`, `{"packets":[{"id":"e1/1/7","id":"e1/1/8","entries":[]}]}`,
		`{"packets":[{"id":"e1/01/7","entries":[]}]}`, `{"packets":[{"id":"e1/1/7","entries":null}]}`, ` { "packets" : [ ` + packetJSON + ` , ` + packetJSON + ` ] } `,
		`{"packet":` + packetJSON + `,"attempt":1e1}`, `{"packet":` + packetJSON + `,"attempt":-0}`, `{"packets":[{"id":"e1/1/7","entries":[{"body":"\ud83d"}]}]}`,
		`{"packets":[{"id":"e1/1/7","entries":[{"time_unix_nano":-9223372036854775808}]}]}`, `{"packets":[{"id":"e1/1/7","entries":[{"time_unix_nano":9223372036854775808}]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r JSONReader
		for _, kind := range jsonKinds {
			got, ok := quickly(&r, kind.name, b)
			if !ok {
				continue
			}
			want, err := slowly(kind.name, b)
			if diff := cmp.Diff(unsealedAll(want), unsealedAll(got), cmpopts.EquateEmpty()); err != nil || diff != "" {
				t.Fatalf("%s: encoding/json (-): %v, by hand (+):\n%s", kind.name, err, diff)
			}
		}
	})
}

// BenchmarkJSONByHand is a packet of 10 messages of 150 bytes as a distributor passes it on.
func BenchmarkJSONByHand(b *testing.B) {
	entries := make([]message.Entry, 10)
	for i := range entries {
		entries[i] = message.Entry{Time: 1 << 60, Severity: message.Info, Source: "app.log", Text: strings.Repeat("x", 150)}
	}
	text, err := AppendSubmitsJSON(nil, &message.Submit{Packet: message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1 << 20}, entries)})
	if err != nil {
		b.Fatal(err)
	}
	var r JSONReader
	all, ok := r.Submits(text, 1)
	if !ok {
		b.Fatal("not read by hand")
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := r.Submits(text, 1); !ok {
				b.Fatal("not read by hand")
			}
		}
	})
	d := &message.Dispatch{Packet: all[0].Packet, Attempt: 1}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if text, err = AppendDispatchJSON(text[:0], d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestPlainText holds the look at eight bytes at once against one at each.
func TestPlainText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{' ', '!', '"', '#', 0x1f, '[', '\\', ']', 0x80, 0xff, 'a', 'b'}))).Draw(t, "text")
		want := 0
		for want < len(b) && b[want] >= ' ' && b[want] != '"' && b[want] != '\\' {
			want++
		}
		if got := plainText(b); got != want {
			t.Fatalf("%q: %d plain bytes, want %d", b, got, want)
		}
	})
}
