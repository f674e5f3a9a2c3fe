package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
)

// many is what a line of one of several holds, of either kind.
type many struct {
	h       Head
	m       node.Message
	refused string
}

// manySlowly reads a line by DecodeJSON.
func manySlowly(kind string, b []byte) (x many, err error) {
	if kind == "item" {
		var w JSONItem
		if err := DecodeJSON(b, &w); err != nil {
			return x, err
		}
		var m *message.Dispatch
		x.h, m, err = w.Unpack()
		x.m = m
		return x, err
	}
	var w JSONOutcome
	if err := DecodeJSON(b, &w); err != nil {
		return x, err
	}
	var m *message.Receipt
	if x.h, m, x.refused, err = w.Unpack(); m != nil {
		x.m = m
	}
	return x, err
}

// manyQuickly reads it by hand.
func manyQuickly(r *JSONReader, kind string, b []byte) (x many, ok bool) {
	if kind == "item" {
		h, m, ok := r.Item(b)
		return many{h: h, m: m}, ok
	}
	h, m, ok := r.Outcome(b)
	return many{h: h, m: m}, ok
}

// TestManyByHand holds that what is written by hand is what encoding/json writes, and that
// both readers read it back, heads too.
func TestManyByHand(t *testing.T) {
	var r JSONReader
	rapid.Check(t, func(t *rapid.T) {
		h := genHead.Draw(t, "head")
		kind, want := "item", many{m: genMessages[2].Draw(t, "dispatch")}
		var b, theirs []byte
		var err, err2 error
		if rapid.Bool().Draw(t, "outcome") {
			h.Re, h.Token, h.To, h.ToInc = max(h.Re, 1), max(h.Token, 1), "", 0
			kind, want.m = "outcome", genMessages[3].Draw(t, "receipt")
			m := want.m.(*message.Receipt)
			m.Why = ""
			b, err = AppendOutcomeJSON(nil, h, m)
			receipt, _ := PackReceiptJSON(m)
			theirs, err2 = EncodeJSON(JSONOutcome{Re: uint64(h.Re), Token: uint64(h.Token), From: h.From, Receipt: &receipt})
		} else {
			h.Re = 0
			m := want.m.(*message.Dispatch)
			b, err = AppendItemJSON(nil, h, m)
			d, _ := PackDispatchJSON(m)
			theirs, err2 = EncodeJSON(JSONItem{Token: uint64(h.Token), From: h.From, To: h.To, ToInc: h.ToInc, Packet: d.Packet, Attempt: d.Attempt})
		}
		if want.h = h; err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for _, text := range [][]byte{b, theirs} {
			quick, ok := manyQuickly(&r, kind, text)
			slow, err := manySlowly(kind, text)
			for _, got := range []many{quick, slow} {
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(many{})); !ok || err != nil || diff != "" {
					t.Fatalf("%s is read: %v, %v, difference:\n%s", text, ok, err, diff)
				}
			}
		}
	})
}

var hostileMany = []struct{ kind, text, says string }{
	{"item", `{"packet":` + packetJSON + `,"re":1}`, `unknown field "re"`},
	{"item", `{"from":"a b","packet":` + packetJSON + `}`, `head.from "a b" is no actor's name`},
	{"item", `{"to":"../x","packet":` + packetJSON + `}`, `head.to "../x"`},
	{"item", `{"token":-1,"packet":` + packetJSON + `}`, "token: number -1 is not an integer from 0"},
	{"item", `{"to_incarnation":4294967296,"packet":` + packetJSON + `}`, "to_incarnation: number 4294967296"},
	{"item", `{"token":1,"token":2,"packet":` + packetJSON + `}`, `"token"`},
	{"item", `{"token":1}`, `id "" is not`},
	{"item", `{"packet":` + packetJSON + `}{}`, "after top-level value"},
	{"outcome", `{"re":0,"token":1,"receipt":{"id":"e1/1/1","status":"busy"}}`, "re 0, token 1: want"},
	{"outcome", `{"re":1,"receipt":{"id":"e1/1/1","status":"busy"}}`, "re 1, token 0: want"},
	{"outcome", `{"re":1,"token":1}`, "re 1, token 1: want"},
	{"outcome", `{"re":1}`, "re 1, token 0: want"},
	{"outcome", `{"re":1,"token":1,"receipt":{"id":"e1/1/1","status":"busy"},"refused":"full"}`, "want"},
	{"outcome", `{"re":1,"token":1,"refused":"full"}`, "want"},
	{"outcome", `{"re":1,"token":1,"receipt":{"id":"e1/1/1"}}`, `status "" is none`},
	{"outcome", `{"re":1,"refused":"` + strings.Repeat("x", reasonMax+1) + `"}`, "refused of 1025 bytes"},
	{"outcome", `{"re":1,"to":"a","refused":"full"}`, `unknown field "to"`},
	{"outcome", `{"re":1,"from":"-\u0000","token":1,"receipt":{"id":"e1/1/1","status":"busy"}}`, "head.from"},
}

// TestHostileMany holds that each hostile line is refused for its own reason, and that no
// hand-written reader takes it.
func TestHostileMany(t *testing.T) {
	var r JSONReader
	for _, h := range hostileMany {
		if _, ok := manyQuickly(&r, h.kind, []byte(h.text)); ok {
			t.Errorf("%s %s is taken by hand", h.kind, h.text)
		}
		if _, err := manySlowly(h.kind, []byte(h.text)); err == nil || !strings.Contains(err.Error(), h.says) {
			t.Errorf("%s %.200s: error %v, want %q", h.kind, h.text, err, h.says)
		}
	}
	got, err := manySlowly("outcome", AppendRefusedJSON(nil, 7, "full"))
	if err != nil || got.m != nil || got.h != (Head{Re: 7}) || got.refused != "full" {
		t.Errorf("a refusal: %+v, %v", got, err)
	}
}

// FuzzMany holds that the hand-written readers take nothing that DecodeJSON refuses, and
// understand the same.
func FuzzMany(f *testing.F) {
	for _, h := range hostileMany {
		f.Add([]byte(h.text))
	}
	for _, s := range []string{
		`{"token":5,"from":"w1","to":"commit","to_incarnation":2,"packet":` + packetJSON + `,"attempt":2}`,
		` { "packet" : ` + packetJSON + ` } `, `{"packet":` + packetJSON + `,"from":"","to":""}`, `{"packet":` + packetJSON + `,"packet":` + packetJSON + `}`,
		`{"re":5,"token":9,"from":"commit","receipt":{"id":"e1/1/1","attempt":1,"status":"committed"}}`,
		`{"re":5,"token":9,"receipt":{"id":"e1/1/1","status":"committed","why":"x"}}`, `{"re":5,"refused":"full"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r JSONReader
		for _, kind := range []string{"item", "outcome"} {
			got, ok := manyQuickly(&r, kind, b)
			if !ok {
				continue
			}
			want, err := manySlowly(kind, b)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(many{})); err != nil || diff != "" {
				t.Fatalf("%s: encoding/json (-): %v, by hand (+):\n%s", kind, err, diff)
			}
		}
	})
}
