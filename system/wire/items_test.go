package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
	"weir/system/wire/weirv1"
)

// unsealed is the message with its packet's entries decoded.
func unsealed(m node.Message) node.Message {
	open := func(p *message.Packet) *message.Packet {
		return &message.Packet{ID: p.ID, Hash: p.Hash, Bytes: p.Bytes, Entries: p.Open()}
	}
	switch m := m.(type) {
	case *message.Submit:
		return &message.Submit{Packet: open(m.Packet), AckedBelow: m.AckedBelow}
	case *message.Dispatch:
		return &message.Dispatch{Packet: open(m.Packet), Attempt: m.Attempt, AckedBelow: m.AckedBelow}
	}
	return m
}

// stream is one kind of item, by hand and by the generated types.
type stream struct {
	name   string
	append func([]byte, Head, node.Message) ([]byte, error)
	read   func(*Reader, []byte) (Head, node.Message, error)
	frame  func() proto.Message
	first  func(proto.Message) (*weirv1.Head, node.Message, error) // of a frame's items
}

func made[M node.Message](m M, err error) (node.Message, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}

// streams are in the order of genMessages.
var streams = []stream{
	{"submission", func(b []byte, h Head, m node.Message) ([]byte, error) {
		return AppendSubmission(b, h, m.(*message.Submit))
	}, func(r *Reader, b []byte) (Head, node.Message, error) {
		h, m, err := r.Submission(b)
		return h, m, err
	}, func() proto.Message { return &weirv1.SubmitRequest{} }, func(f proto.Message) (*weirv1.Head, node.Message, error) {
		w := f.(*weirv1.SubmitRequest).Items[0]
		m, err := made(UnpackSubmit(w))
		return w.Head, m, err
	}},
	{"result", func(b []byte, h Head, m node.Message) ([]byte, error) {
		return AppendResult(b, h, m.(*message.Result))
	}, func(r *Reader, b []byte) (Head, node.Message, error) {
		h, m, _, err := r.Result(b)
		if err == nil && m == nil {
			err = errNoOutcome
		}
		return h, m, err
	}, func() proto.Message { return &weirv1.SubmitResponse{} }, func(f proto.Message) (*weirv1.Head, node.Message, error) {
		w := f.(*weirv1.SubmitResponse).Items[0]
		m, err := made(UnpackResult(w))
		return w.Head, m, err
	}},
	{"dispatch", func(b []byte, h Head, m node.Message) ([]byte, error) {
		return AppendDispatch(b, h, m.(*message.Dispatch))
	}, func(r *Reader, b []byte) (Head, node.Message, error) {
		h, m, err := r.Dispatch(b)
		return h, m, err
	}, func() proto.Message { return &weirv1.DispatchRequest{} }, func(f proto.Message) (*weirv1.Head, node.Message, error) {
		w := f.(*weirv1.DispatchRequest).Items[0]
		m, err := made(UnpackDispatch(w))
		return w.Head, m, err
	}},
	{"receipt", func(b []byte, h Head, m node.Message) ([]byte, error) {
		return AppendReceipt(b, h, m.(*message.Receipt))
	}, func(r *Reader, b []byte) (Head, node.Message, error) {
		h, m, _, err := r.Receipt(b)
		if err == nil && m == nil {
			err = errNoOutcome
		}
		return h, m, err
	}, func() proto.Message { return &weirv1.DispatchResponse{} }, func(f proto.Message) (*weirv1.Head, node.Message, error) {
		w := f.(*weirv1.DispatchResponse).Items[0]
		m, err := made(UnpackReceipt(w))
		return w.Head, m, err
	}},
}

// errNoOutcome stands for the word that an item is not handled, which Unpack refuses.
var errNoOutcome = errors.New("no outcome")

var genHead = rapid.Custom(func(t *rapid.T) Head {
	name := rapid.OneOf(genName, rapid.Just(""))
	return Head{
		Token: node.Token(genNum.Draw(t, "token")), Re: node.Token(genNum.Draw(t, "re")),
		From: name.Draw(t, "from"), To: name.Draw(t, "to"), ToInc: rapid.Uint32().Draw(t, "inc"),
	}
})

// TestItemsAreThoseOfTheSchema holds the hand-written items against the generated types:
// what one encodes the other decodes to the same, and it is as long.
func TestItemsAreThoseOfTheSchema(t *testing.T) {
	for i, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			var r Reader
			rapid.Check(t, func(t *rapid.T) {
				h, m := genHead.Draw(t, "head"), genMessages[i].Draw(t, "message")
				ours, err := s.append([]byte("before"), h, m)
				if err != nil {
					t.Fatal(err)
				}
				ours = ours[len("before"):]
				f := s.frame()
				if err := decoding.Unmarshal(ours, f); err != nil {
					t.Fatal(err)
				}
				head, got, err := s.first(f)
				if err != nil {
					t.Fatal(err)
				}
				same(t, h, m, head, got)
				theirs, err := proto.Marshal(f)
				if err != nil || len(theirs) != len(ours) {
					t.Fatalf("%d bytes by the generated types, %d by hand (%v)", len(theirs), len(ours), err)
				}
				n := 0
				err = Each(theirs, func(item []byte) error {
					n++
					gotHead, got, err := s.read(&r, item)
					if err == nil && (gotHead != h || cmp.Diff(m, unsealed(got)) != "") {
						return fmt.Errorf("head %+v, %s", gotHead, cmp.Diff(m, unsealed(got)))
					}
					return err
				})
				if err != nil || n != 1 {
					t.Fatalf("%d items, error %v", n, err)
				}
			})
		})
	}
}

func same(t *rapid.T, h Head, m node.Message, head *weirv1.Head, got node.Message) {
	if back, err := UnpackHead(head); err != nil || back != h {
		t.Fatalf("%+v came back as %+v (%v)", h, back, err)
	}
	if diff := cmp.Diff(m, unsealed(got)); diff != "" {
		t.Fatalf("sent (-) and received (+):\n%s", diff)
	}
}

// TestSealedTravels holds that a sealed packet is passed on as it came, and that it is
// sealed only if nothing unknown travels with it.
func TestSealedTravels(t *testing.T) {
	var r Reader
	rapid.Check(t, func(t *rapid.T) {
		m := &message.Submit{Packet: genPacket.Draw(t, "packet")}
		item, err := AppendSubmission(nil, Head{}, m)
		if err != nil {
			t.Fatal(err)
		}
		var got *message.Submit
		if err := Each(item, func(b []byte) (err error) { _, got, err = r.Submission(b); return err }); err != nil {
			t.Fatal(err)
		}
		if (got.Packet.Sealed == nil) != (got.Packet.Count() == 0) || got.Packet.Count() != m.Packet.Count() {
			t.Fatalf("a packet of %d entries is sealed with %d: %v", m.Packet.Count(), got.Packet.Count(), got.Packet.Sealed)
		}
		again, err := AppendSubmission(nil, Head{}, got)
		if err != nil || string(again) != string(item) {
			t.Fatalf("came as %q, went as %q (%v)", item, again, err)
		}
	})
}

// rawItem is a submission of one entry with this payload.
func rawItem(t *testing.T, payload string) []byte {
	t.Helper()
	entries := []message.Entry{{Text: "one"}}
	p := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 7}, entries)
	b, err := proto.Marshal(&weirv1.Submission{Packet: &weirv1.Packet{
		Id: &weirv1.PacketId{Source: "e1", Incarnation: 1, Sequence: 7}, Count: 1, EntriesCrc32C: p.Hash, EntriesBytes: uint32(p.Bytes), Payload: []byte(payload),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is not in its shortest form is decoded, so that no more is kept, or sent on, than
// the packet says that it has.
func TestPaddingIsNotSealed(t *testing.T) {
	var r Reader
	for name, c := range map[string]struct {
		payload string
		sealed  bool
	}{
		"shortest":         {"\x0a\x05\x22\x03one", true},
		"unknown field":    {"\x0a\x05\x22\x03one\x12\x03abc", false},
		"unknown in entry": {"\x0a\x08\x22\x03one\x3a\x01x", false},
		"a field twice":    {"\x0a\x0a\x22\x03two\x22\x03one", false},
		"a zero":           {"\x0a\x07\x22\x03one\x10\x00", false},
		"a long length":    {"\x0a\x85\x00\x22\x03one", false},
		"a long number":    {"\x0a\x06\x22\x83\x00one", false},
	} {
		_, m, err := r.Submission(rawItem(t, c.payload))
		if err != nil || (m.Packet.Sealed != nil) != c.sealed || m.Packet.Open()[0].Text != "one" {
			t.Errorf("%s: %+v (%v), want sealed %v", name, m, err, c.sealed)
		}
	}
}

// TestHostileItems holds that the hand-written decoder refuses what the other one does,
// with the same words.
func TestHostileItems(t *testing.T) {
	kinds := map[byte]int{numSubmission: 0, numResult: 1, numDispatch: 2, numReceipt: 3}
	for _, h := range hostile() {
		var f fields
		f.b = h.wire
		if len(h.wire) == 0 || !f.next() || f.tag&7 != 2 {
			continue
		}
		kind, ok := kinds[byte(f.tag>>3)]
		if !ok || strings.Contains(h.name, "missing") {
			continue
		}
		_, m, err := streams[kind].read(&Reader{}, f.bytes)
		says := strings.Replace(h.says, "invalid UTF-8", "not UTF-8", 1)
		if !errors.Is(err, h.err) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: decoded %+v, error %v; want %v with %q", h.name, m, err, h.err, says)
		}
	}
	twice := append(rawItem(t, "\x0a\x05\x22\x03one"), rawItem(t, "\x0a\x05\x22\x03one")...)
	if _, m, err := new(Reader).Submission(twice); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "packet stands twice") {
		t.Errorf("a packet twice: %+v, error %v", m, err)
	}
}

// FuzzItems holds that the hand-written decoder takes nothing that the generated types
// refuse, and understands the same by what it takes.
func FuzzItems(f *testing.F) {
	for i, s := range streams {
		for seed := range 3 {
			b, err := s.append(nil, genHead.Example(seed), genMessages[i].Example(seed))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Add([]byte("\x0a\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reader
		_ = Each(b, func(item []byte) error {
			for _, s := range streams {
				h, m, err := s.read(&r, item)
				if err != nil {
					continue
				}
				frame := s.frame()
				if err := decoding.Unmarshal(append(beginItem(nil, len(item)), item...), frame); err != nil {
					t.Fatalf("%s: %+v is refused by the generated types: %v", s.name, m, err)
				}
				head, theirs, err := s.first(frame)
				if err != nil {
					t.Fatalf("%s: %+v is refused by the types: %v", s.name, m, err)
				}
				back, err := UnpackHead(head)
				if diff := cmp.Diff(unsealed(theirs), unsealed(m), cmpopts.EquateEmpty()); err != nil || back != h || diff != "" {
					t.Fatalf("%s: head %+v and %+v (%v), generated types (-), by hand (+):\n%s", s.name, back, h, err, diff)
				}
			}
			return nil
		})
	})
}

// BenchmarkItems is a packet of 10 messages of 150 bytes as a distributor passes it on.
func BenchmarkItems(b *testing.B) {
	entries := make([]message.Entry, 10)
	for i := range entries {
		entries[i] = message.Entry{Time: 1 << 60, Severity: message.Info, Source: "app.log", Text: strings.Repeat("x", 150)}
	}
	h := Head{Token: 1 << 20, From: "emit", To: "in", ToInc: 1}
	frame, err := AppendSubmission(nil, h, &message.Submit{Packet: message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1 << 20}, entries)})
	if err != nil {
		b.Fatal(err)
	}
	item := frame[3:]
	var r Reader
	_, m, err := r.Submission(item)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := r.Submission(item); err != nil {
				b.Fatal(err)
			}
		}
	})
	d := &message.Dispatch{Packet: m.Packet, Attempt: 1}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if frame, err = AppendDispatch(frame[:0], h, d); err != nil {
				b.Fatal(err)
			}
		}
	})
}
