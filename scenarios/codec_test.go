package scenarios

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"weir/system/message"
	"weir/system/node"
)

// wireScenarios are those that pass through the wire codec as well: every kind of
// message, packets from empty to giant and poison, and faults that make each kind
// be lost, damaged, doubled and sent again.
var wireScenarios = []string{
	"steady-deficit", "weight-change", "drain", "add-and-remove", "poison", "giant-packet", "crash", "loss",
	"corruption", "duplicates-and-reordering", "local-workers", "misconfigured", "overload", "canary",
	"several-distributors", "data-fails-probes-pass",
}

// jsonScenarios is how many of them, from the first, pass through JSON too: it is slow,
// and these have every kind of message.
const jsonScenarios = 6

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

// counting is a codec that counts what passes through it. It spoils every buffer
// that it decoded, and so holds that nobody keeps one.
type counting struct {
	node.Codec
	encoded, decoded, failed int
	names                    map[string]int
}

func (c *counting) Encode(b []byte, m node.Message) ([]byte, error) {
	c.encoded++
	c.names[m.Name()]++
	b, err := c.Codec.Encode(b, m)
	if err != nil {
		c.failed++
	}
	return b, err
}

func (c *counting) Decode(b []byte) (node.Message, error) {
	c.decoded++
	m, err := c.Codec.Decode(b)
	if err != nil {
		c.failed++
	}
	for i := range b {
		b[i] = 0xa5
	}
	return m, err
}

// TestWireChangesNothing holds that the system behaves the same, to the last
// event and log byte, when no two nodes share memory and every message between
// them is encoded and decoded.
func TestWireChangesNothing(t *testing.T) {
	names := map[string]map[string]int{"proto": {}, "json": {}}
	for i, name := range wireScenarios {
		t.Run(name, func(t *testing.T) {
			sc, err := Load(name)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := Run(sc, Options{Seed: seedDefault})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range Codecs()[1:] { // the first is none
				if name == "json" && i >= jsonScenarios {
					break
				}
				wire, err := CodecNamed(name)
				if err != nil {
					t.Fatal(err)
				}
				codec := &counting{Codec: wire, names: names[name]}
				coded, err := Run(sc, Options{Seed: seedDefault, Codec: codec})
				if err != nil {
					t.Fatal(err)
				}
				if a, b := hashLine(sc, plain), hashLine(sc, coded); a != b {
					t.Errorf("%s changes the run:\nwithout %s\nwith    %s", name, a, b)
				}
				if codec.encoded == 0 || codec.encoded != codec.decoded || codec.failed > 0 {
					t.Errorf("%s: %d encoded, %d decoded, %d failed", name, codec.encoded, codec.decoded, codec.failed)
				}
				t.Logf("%d messages passed through %s", codec.encoded, name)
			}
		})
	}
	for name, create := range wireTypes {
		if got := create().Name(); got != name {
			t.Errorf("%T is named %s, not %s", create(), got, name)
		}
		for codec, names := range names {
			if names[name] == 0 {
				t.Errorf("no %s passed through %s", name, codec)
			}
		}
	}
}

// breaking is a codec that fails in one direction after some messages.
type breaking struct {
	node.Codec
	encodes, decodes int
	err              error
}

func (c *breaking) Encode(b []byte, m node.Message) ([]byte, error) {
	if c.encodes--; c.encodes == 0 {
		return nil, c.err
	}
	return c.Codec.Encode(b, m)
}

func (c *breaking) Decode(b []byte) (node.Message, error) {
	if c.decodes--; c.decodes == 0 {
		return nil, c.err
	}
	return c.Codec.Decode(b)
}

// TestCodecFailureIsAnError holds that a message which does not pass through the
// codec is not just one more lost message.
func TestCodecFailureIsAnError(t *testing.T) {
	sc, err := Load("steady-deficit")
	if err != nil {
		t.Fatal(err)
	}
	proto, err := CodecNamed("proto")
	if err != nil {
		t.Fatal(err)
	}
	bad := errors.New("bad")
	for says, codec := range map[string]*breaking{
		"encode packet from d1 to a3: bad": {Codec: proto, encodes: 100, err: bad},
		"decode packet from d1 to a3: bad": {Codec: proto, decodes: 100, err: bad},
	} {
		res, err := Run(sc, Options{Codec: codec})
		if res != nil || !errors.Is(err, bad) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want %q", err, says)
		}
	}
	tooLarge := &breaking{Codec: proto, encodes: 100, err: fmt.Errorf("%w: 5 MiB", node.ErrTooLarge)}
	if _, err := Run(sc, Options{Codec: tooLarge}); err != nil {
		t.Errorf("one message that is too large: %v", err)
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
	for name, create := range wireTypes {
		look(reflect.TypeOf(create()), name)
	}
}
