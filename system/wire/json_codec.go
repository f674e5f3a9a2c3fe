package wire

import (
	"bytes"
	"fmt"

	"weir/system/message"
	"weir/system/node"
)

// JSON is a node.Codec over the JSON forms: each message is an object with one key, its
// kind. It has no state.
type JSON struct{}

var _ node.Codec = JSON{}

// jsonMax is the size in bytes that no JSON form of a message exceeds: a text may be
// six times as long there as it is.
const jsonMax = 8 * MessageMax

// jsonEnvelope is a message of one kind.
type jsonEnvelope struct {
	Submit    *JSONPacket    `json:"submit,omitempty"`
	Result    *JSONResult    `json:"result,omitempty"`
	Dispatch  *JSONDispatch  `json:"dispatch,omitempty"`
	Receipt   *JSONReceipt   `json:"receipt,omitempty"`
	Probe     *JSONProbe     `json:"probe,omitempty"`
	ProbeOK   *JSONProbeOK   `json:"probe_ok,omitempty"`
	Control   *jsonControl   `json:"control,omitempty"`
	ControlOK *JSONControlOK `json:"control_ok,omitempty"`
	State     *JSONState     `json:"state,omitempty"`
	StateOK   *JSONStateOK   `json:"state_ok,omitempty"`
	Gossip    *JSONGossip    `json:"gossip,omitempty"`
	GossipOK  *JSONGossipOK  `json:"gossip_ok,omitempty"`
}

// jsonControl is a message.Control: its document may be any bytes (base64 here; over
// HTTP it is the body).
type jsonControl struct {
	Document []byte `json:"document"`
}

// Encode implements node.Codec.
func (JSON) Encode(b []byte, m node.Message) ([]byte, error) {
	var env jsonEnvelope
	var err error
	switch m := m.(type) {
	case *message.Submit:
		env.Submit, err = ref(PackSubmitJSON(m))
	case *message.Result:
		env.Result, err = ref(PackResultJSON(m))
	case *message.Dispatch:
		env.Dispatch, err = ref(PackDispatchJSON(m))
	case *message.Receipt:
		env.Receipt, err = ref(PackReceiptJSON(m))
	case *message.Probe:
		env.Probe = &JSONProbe{m.Number}
	case *message.ProbeOK:
		env.ProbeOK = &JSONProbeOK{m.Number, m.Ready}
	case *message.Control:
		env.Control = &jsonControl{append([]byte{}, m.Doc...)}
		if len(m.Doc) > documentMax {
			err = tooLarge("document", len(m.Doc), documentMax)
		}
	case *message.ControlOK:
		env.ControlOK, err = ref(PackControlOKJSON(m))
	case *message.State:
		env.State, err = ref(PackStateJSON(m))
	case *message.StateOK:
		env.StateOK, err = ref(PackStateOKJSON(m))
	case *message.Gossip:
		env.Gossip, err = ref(PackGossipJSON(m))
	case *message.GossipOK:
		env.GossipOK, err = ref(PackGossipOKJSON(m))
	default:
		err = invalid("%T has no encoding", m)
	}
	if err != nil {
		return nil, err
	}
	text, err := EncodeJSON(&env)
	if err == nil && len(text) > jsonMax {
		err = tooLarge(m.Name(), len(text), jsonMax)
	}
	return append(b, bytes.TrimSuffix(text, []byte("\n"))...), err
}

func ref[T any](v T, err error) (*T, error) { return &v, err }

// Decode implements node.Codec.
func (JSON) Decode(b []byte) (node.Message, error) {
	if len(b) > jsonMax {
		return nil, tooLarge("envelope", len(b), jsonMax)
	}
	var env jsonEnvelope
	if err := DecodeJSON(b, &env); err != nil {
		return nil, err
	}
	var all []node.Message
	var errs []error
	take := func(m node.Message, err error) { all, errs = append(all, m), append(errs, err) }
	if w := env.Submit; w != nil {
		take(w.Unpack())
	}
	if w := env.Result; w != nil {
		take(w.Unpack())
	}
	if w := env.Dispatch; w != nil {
		take(w.Unpack())
	}
	if w := env.Receipt; w != nil {
		take(w.Unpack())
	}
	if w := env.Probe; w != nil {
		take(&message.Probe{Number: w.Number}, nil)
	}
	if w := env.ProbeOK; w != nil {
		take(&message.ProbeOK{Number: w.Number, Ready: w.Ready}, nil)
	}
	if w := env.Control; w != nil {
		take(w.unpack())
	}
	if w := env.ControlOK; w != nil {
		take(w.Unpack())
	}
	if w := env.State; w != nil {
		take(w.Unpack())
	}
	if w := env.StateOK; w != nil {
		take(w.Unpack())
	}
	if w := env.Gossip; w != nil {
		take(w.Unpack())
	}
	if w := env.GossipOK; w != nil {
		take(w.Unpack())
	}
	if len(all) != 1 {
		return nil, invalid("the envelope has %d messages, not one", len(all))
	}
	if errs[0] != nil {
		return nil, fmt.Errorf("envelope: %w", errs[0])
	}
	return all[0], nil
}

func (w *jsonControl) unpack() (*message.Control, error) {
	if len(w.Document) > documentMax {
		return nil, tooLarge("document", len(w.Document), documentMax)
	}
	if len(w.Document) == 0 {
		return &message.Control{}, nil
	}
	return &message.Control{Doc: w.Document}, nil
}
