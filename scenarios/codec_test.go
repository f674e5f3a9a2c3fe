package scenarios

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"weir/system/message"
	"weir/system/node"
)

// wireTypes are the messages that pass between nodes, by their names in the log.
var wireTypes = map[string]func() node.Message{
	"submit":     func() node.Message { return new(message.Submit) },
	"result":     func() node.Message { return new(message.Result) },
	"packet":     func() node.Message { return new(message.Dispatch) },
	"receipt":    func() node.Message { return new(message.Receipt) },
	"probe":      func() node.Message { return new(message.Probe) },
	"probe_ok":   func() node.Message { return new(message.ProbeOK) },
	"control":    func() node.Message { return new(message.Control) },
	"control_ok": func() node.Message { return new(message.ControlOK) },
}

// gobCodec encodes with encoding/gob and counts what passed. It spoils every
// buffer that it decoded, and so holds that nobody keeps one.
type gobCodec struct{ passed map[string]int }

func (c *gobCodec) Encode(b []byte, m node.Message) ([]byte, error) {
	buf := bytes.NewBuffer(append(b, byte(len(m.Name()))))
	buf.WriteString(m.Name())
	err := gob.NewEncoder(buf).Encode(m)
	return buf.Bytes(), err
}

func (c *gobCodec) Decode(b []byte) (node.Message, error) {
	name := string(b[1 : 1+b[0]])
	make, ok := wireTypes[name]
	if !ok {
		return nil, fmt.Errorf("a %s has no wire form", name)
	}
	m := make()
	if err := gob.NewDecoder(bytes.NewReader(b[1+len(name):])).Decode(m); err != nil {
		return nil, err
	}
	for i := range b {
		b[i] = 0xa5
	}
	c.passed[name]++
	return m, nil
}

// TestCodec holds that nothing rests on memory that two nodes share: with every
// message encoded and decoded on its way, a run is the same to the last event and
// byte. Together the scenarios send every kind of message there is.
func TestCodec(t *testing.T) {
	passed := map[string]int{}
	for _, name := range []string{"crash", "duplicates-and-reordering", "poison", "add-and-remove", "several-distributors", "data-fails-probes-pass"} {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Run(sc, Options{Seed: seedDefault})
		if err != nil {
			t.Fatal(err)
		}
		coded, err := Run(sc, Options{Seed: seedDefault, Codec: &gobCodec{passed}})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := hashLine(sc, plain), hashLine(sc, coded); a != b || plain.Stop != coded.Stop {
			t.Errorf("%s\nand through the codec\n%s, %s", a, b, coded.Stop)
		}
	}
	for name, make := range wireTypes {
		if got := make().Name(); got != name {
			t.Errorf("%T is named %s, not %s", make(), got, name)
		}
		if passed[name] == 0 {
			t.Errorf("no %s passed through the codec", name)
		}
	}
}

// brokenCodec fails as a real one may.
type brokenCodec struct{ encode, decode error }

func (c brokenCodec) Encode(b []byte, _ node.Message) ([]byte, error) { return b, c.encode }
func (c brokenCodec) Decode([]byte) (node.Message, error)             { return nil, c.decode }

// TestCodecErrorRefusesTheSend holds that what cannot be encoded is refused at
// once, as anything that the world cannot take.
func TestCodecErrorRefusesTheSend(t *testing.T) {
	broken := fmt.Errorf("broken")
	w := &world{}
	m := &message.Probe{Number: 7}
	for _, c := range []brokenCodec{{encode: broken}, {decode: broken}} {
		w.codec = c
		if got, err := w.pass(0, 1, m); err == nil || got != nil {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
		if got, err := w.pass(1, 1, m); err != nil || got != node.Message(m) {
			t.Errorf("%+v, within a node: %v, %v", c, got, err)
		}
	}
}

// TestWireTypesHaveNoHiddenState holds that a message's fields are all exported:
// an encoding must be able to carry them.
func TestWireTypesHaveNoHiddenState(t *testing.T) {
	var look func(typ reflect.Type, path string)
	seen := map[reflect.Type]bool{}
	look = func(typ reflect.Type, path string) {
		for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice}, typ.Kind()) {
			typ = typ.Elem()
		}
		if seen[typ] || typ.Kind() != reflect.Struct {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !f.IsExported() {
				t.Errorf("%s.%s is not exported", path, f.Name)
			}
			look(f.Type, path+"."+f.Name)
		}
	}
	for name, make := range wireTypes {
		look(reflect.TypeOf(make()), name)
	}
}
