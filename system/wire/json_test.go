package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"weir/system/message"
	"weir/system/node"
)

// hostileJSON are texts that must be refused, each with what the error says.
var hostileJSON = []struct{ text, says string }{
	{``, "unexpected end"},
	{`{"probe":{"number":1}`, "unexpected end"},
	{`{"probe":{"number":1}}{}`, "after top-level value"},
	{`{"probe":{"number":1}} x`, "after top-level value"},
	{"\ufeff" + `{"probe":{"number":1}}`, "invalid character"},
	{`[]`, "the text: array is not an object"},
	{`"x"`, "the text: string is not an object"},
	{`null`, "null is no value"},
	{`{}`, "0 messages"},
	{`{"probe":{"number":1},"control_ok":{"ok":true,"version":1}}`, "2 messages"},
	{`{"probe":null}`, "probe: null is no value"},
	{`{"probe":{"number":1,"number":2}}`, `probe: key "number" stands twice`},
	{`{"probe":{"Number":1}}`, `probe: key "Number": keys are`},
	{`{"probe":{"number":1,"NUMBER":2}}`, `keys are`},
	{`{"probe":{"n\u0075mber":1}}`, `keys are`},
	{`{"re\u017fult":{}}`, `keys are`},
	{"{\"re\u017fult\":{}}", `keys are`},
	{`{"probe":{"":1}}`, `keys are`},
	{`{"probe":{"number":1,"x":2}}`, `unknown field "x"`},
	{`{"probe":{"number":-1}}`, "probe.number: number -1 is not an integer from 0 to 2^64-1"},
	{`{"probe":{"number":18446744073709551616}}`, "probe.number: number 18446744073709551616 is not"},
	{`{"probe":{"number":1.5}}`, "probe.number: number 1.5 is not"},
	{`{"probe":{"number":1e3}}`, "probe.number: number 1e3 is not"},
	{`{"probe":{"number":"1"}}`, "probe.number: string is not"},
	{`{"probe":{"number":` + strings.Repeat("9", 5000) + `}}`, "probe.number: number 999"},
	{"{\"control_ok\":{\"ok\":true,\"version\":1,\"why\":\"\xff\"}}", "not UTF-8"},
	{`{"control_ok":{"ok":true,"version":1,"why":"\ud800"}}`, `control_ok.why: \ud800 is half of a character`},
	{`{"control_ok":{"ok":true,"version":1,"why":"\udc00\ud800"}}`, `\udc00 is half`},
	{`{"control_ok":{"ok":true,"version":1,"why":"\ud800x"}}`, `half`},
	{`{"control_ok":{"ok":true,"version":1,"why":"\ud800\u0041"}}`, `half`},
	{strings.Repeat(`[`, 17) + strings.Repeat(`]`, 17), "more than 16 levels"},
	{strings.Repeat(`[`, 100000), "exceeded max depth"},
	{`[` + strings.Repeat(`{},`, jsonObjects) + `{}]`, "more than 65536 objects"},
	{`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1}`, "more than 16 keys"},
	{`{"submit":{"id":"e1/1/1"}}`, "e1/1/1: invalid message: entries are missing"},
	{`{"submit":{"id":"e1/1","entries":[]}}`, `id "e1/1" is not source/incarnation/sequence`},
	{`{"submit":{"id":"e1/01/1","entries":[]}}`, `id "e1/01/1" is not`},
	{`{"submit":{"id":"e1/1/0","entries":[]}}`, `id "e1/1/0" is not`},
	{`{"submit":{"id":"../1/1","entries":[],"acked_below":true}}`, "submit.acked_below: bool is not"},
	{`{"submit":{"id":"` + strings.Repeat("x", 9000) + `","entries":[]}}`, `"... is not source`},
	{`{"submit":{"id":"e1/1/1","entries":[{},{"severity_number":25}]}}`, "packet e1/1/1: entry 1: invalid message: severity_number 25 is not 0 to 24"},
	{`{"submit":{"id":"e1/1/1","entries":[{"severity_number":256}]}}`, "submit.entries.severity_number: number 256 is not an integer from 0 to 255"},
	{`{"submit":{"id":"e1/1/1","entries":[{"time_unix_nano":9223372036854775808}]}}`, "is not an integer from -2^63"},
	{`{"submit":{"id":"e1/1/1","entries":[{"attributes":[{"key":""}]}]}}`, "attribute 0: the key is empty"},
	{`{"submit":{"id":"e1/1/1","entries":[],"entries_crc32c":"0"}}`, `entries_crc32c "0" is not eight`},
	{`{"submit":{"id":"e1/1/1","entries":[],"entries_crc32c":"0000000A"}}`, `is not eight`},
	{`{"submit":{"id":"e1/1/1","entries":[],"entries_crc32c":"00000001"}}`, "entries_crc32c 00000001, computed 00000000"},
	{`{"dispatch":{"packet":{"id":"e1/1/1","entries":[]},"attempt":4294967296}}`, "dispatch.attempt: number 4294967296 is not"},
	{`{"result":{"id":"e1/1/1","outcome":"Committed"}}`, `outcome "Committed" is none of [committed`},
	{`{"result":{"id":"e1/1/1","outcome":"refused","wait_nano":86400000000001}}`, "wait_nano 86400000000001 is more than 86400000000000"},
	{`{"result":{"id":"e1/1/1","outcome":"refused","why":"` + strings.Repeat("x", 1025) + `"}}`, "why of 1025 bytes"},
	{`{"receipt":{"id":"e1/1/1","status":""}}`, `status "" is none of`},
	{`{"control":{"document":"` + strings.Repeat("A", 4*(documentMax/3+1)) + `"}}`, "document of"},
	{`{"control":{"document":"?"}}`, "illegal base64"},
}

// TestHostileJSON holds that each hostile text is refused for its own reason.
func TestHostileJSON(t *testing.T) {
	for _, h := range hostileJSON {
		m, err := JSON{}.Decode([]byte(h.text))
		if err == nil || !strings.Contains(err.Error(), h.says) {
			t.Errorf("%.80s: %v, error %v, want %q", h.text, m, err, h.says)
			continue
		}
		if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrSyntax) && !errors.Is(err, node.ErrTooLarge) && !errors.Is(err, message.ErrHash) {
			t.Errorf("%.80s: the error %v is of no kind", h.text, err)
		}
		if len(err.Error()) > 500 {
			t.Errorf("%.80s: an error of %d bytes", h.text, len(err.Error()))
		}
	}
}

// TestJSONTakes holds what a client may write in more than one way.
func TestJSONTakes(t *testing.T) {
	for text, want := range map[string]*message.Packet{
		` { "submit" : { "entries" : [ ] , "id" : "e1/0/18446744073709551615" } } `: message.NewPacket(message.ID{Source: "e1", Seq: 1<<64 - 1}, nil),
		`{"submit":{"id":"e1/1/1","entries":[{"body":"\ud83d\ude00\u0000\"\\/"}]}}`: message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, []message.Entry{{Text: "\U0001f600\x00\"\\/"}}),
	} {
		m, err := JSON{}.Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, m.(*message.Submit).Packet); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

// TestJSONTooLarge holds that what the other side would refuse is not sent.
func TestJSONTooLarge(t *testing.T) {
	for what, m := range map[string]node.Message{
		"objects":  &message.Submit{Packet: message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, make([]message.Entry, jsonObjects-2))},
		"bytes":    &message.Submit{Packet: message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, []message.Entry{{Text: strings.Repeat("x", MessageMax)}})},
		"document": &message.Control{Doc: make([]byte, documentMax+1)},
	} {
		if _, err := (JSON{}).Encode(nil, m); !errors.Is(err, node.ErrTooLarge) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	most := &message.Dispatch{Packet: message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, make([]message.Entry, jsonObjects-3))}
	b, err := JSON{}.Encode(nil, most)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (JSON{}).Decode(b); err != nil {
		t.Errorf("the most objects: %v", err)
	}
}

// FuzzJSON holds that no text panics, and that what decodes encodes again to an equal
// message.
func FuzzJSON(f *testing.F) {
	for _, gen := range genMessages {
		for seed := range 3 {
			b, err := JSON{}.Encode(nil, gen.Example(seed))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	for _, h := range hostileJSON {
		if len(h.text) < 1<<10 {
			f.Add([]byte(h.text))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := JSON{}.Decode(b)
		if err != nil {
			return
		}
		again, err := JSON{}.Encode(nil, m)
		if err != nil {
			t.Fatalf("%+v decodes and does not encode: %v", m, err)
		}
		got, err := JSON{}.Decode(again)
		if diff := cmp.Diff(m, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("error %v, difference:\n%s", err, diff)
		}

	})
}
