package wire

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
)

// TestRoundTrip holds that every message survives each codec unchanged, behind
// whatever the buffer held, and shares no memory with the buffer.
func TestRoundTrip(t *testing.T) {
	for _, codec := range []node.Codec{Codec{}, JSON{}} {
		t.Run(fmt.Sprintf("%T", codec), func(t *testing.T) { testRoundTrip(t, codec) })
	}
}

func testRoundTrip(t *testing.T, codec node.Codec) {
	for _, gen := range genMessages {
		t.Run(fmt.Sprintf("%T", gen.Example()), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := gen.Draw(t, "message")
				b, err := codec.Encode([]byte("before"), m)
				if err != nil {
					t.Fatal(err)
				}
				wire, ok := bytes.CutPrefix(b, []byte("before"))
				if !ok {
					t.Fatalf("the buffer begins with %q", b[:6])
				}
				got, err := codec.Decode(wire)
				if err != nil {
					t.Fatal(err)
				}
				for i := range b {
					b[i] = '!'
				}
				if diff := cmp.Diff(m, unsealed(got)); diff != "" {
					t.Fatalf("sent (-) and received (+):\n%s", diff)
				}
			})
		})
	}
}

// TestEveryMessageHasAGenerator holds that a type added to package message is not
// forgotten here: every type there that is a node.Message has a generator, and
// so a round trip.
func TestEveryMessageHasAGenerator(t *testing.T) {
	tested := map[string]bool{}
	for _, gen := range genMessages {
		tested[fmt.Sprintf("%T", gen.Example())] = true
	}
	var decls []ast.Decl
	for _, file := range []string{"message", "state", "gossip"} {
		f, err := parser.ParseFile(token.NewFileSet(), "../message/"+file+".go", nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		decls = append(decls, f.Decls...)
	}
	var found int
	for _, d := range decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv == nil || fn.Name.Name != "Class" {
			continue
		}
		found++
		name := "*message." + fn.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
		if !tested[name] {
			t.Errorf("%s has no round trip", name)
		}
	}
	if found != len(genMessages) {
		t.Errorf("%d messages, %d generators", found, len(genMessages))
	}
}

// TestHeadRoundTrip is the same for the heads of streams' items.
func TestHeadRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(genName, rapid.Just(""))
		h := Head{
			Token: node.Token(genNum.Draw(t, "token")), Re: node.Token(genNum.Draw(t, "re")),
			From: name.Draw(t, "from"), To: name.Draw(t, "to"), ToInc: rapid.Uint32().Draw(t, "inc"),
		}
		w, err := PackHead(h)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := UnpackHead(w); err != nil || got != h {
			t.Fatalf("%+v came back as %+v (%v)", h, got, err)
		}
	})
}

// FuzzDecode holds that no input panics, and that what decodes encodes again to
// an equal message.
func FuzzDecode(f *testing.F) {
	for _, gen := range genMessages {
		for seed := range 3 {
			b, err := Codec{}.Encode(nil, gen.Example(seed))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	for _, h := range hostile() {
		if len(h.wire) < 1<<10 {
			f.Add(h.wire)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Codec{}.Decode(b)
		if err != nil {
			return
		}
		again, err := Codec{}.Encode(nil, m)
		if err != nil {
			t.Fatalf("%+v decodes and does not encode: %v", m, err)
		}
		got, err := Codec{}.Decode(again)
		if diff := cmp.Diff(unsealed(m), unsealed(got), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("error %v, difference:\n%s", err, diff)
		}
		m.Size()
		if r, ok := m.(*message.Result); ok {
			_ = r.Out.String() // panics out of range
		}
		if r, ok := m.(*message.Receipt); ok {
			_ = r.Status.String()
		}
	})
}
