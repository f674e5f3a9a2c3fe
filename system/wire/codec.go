package wire

import (
	"google.golang.org/protobuf/proto"

	"weir/system/message"
	"weir/system/node"
	"weir/system/wire/weirv1"
)

// Codec encodes each message of system/message as an Envelope. Messages that do
// not leave their node have no encoding. It has no state.
type Codec struct{}

var _ node.Codec = Codec{}

// decoding bounds what a hostile encoding can cost: nothing of weir's nests
// deeper than four messages, and unknown fields would be kept and passed on.
var decoding = proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: 32}

// Encode implements node.Codec.
func (Codec) Encode(b []byte, m node.Message) ([]byte, error) {
	env, err := seal(m)
	if err != nil {
		return nil, err
	}
	if n := proto.Size(env); n > MessageMax {
		return nil, tooLarge(m.Name(), n, MessageMax)
	}
	return proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, env)
}

// Decode implements node.Codec.
func (Codec) Decode(b []byte) (node.Message, error) {
	if len(b) > MessageMax {
		return nil, tooLarge("envelope", len(b), MessageMax)
	}
	var env weirv1.Envelope
	if err := decoding.Unmarshal(b, &env); err != nil {
		return nil, invalid("envelope: %w", err)
	}
	return open(&env)
}

// seal puts a message into an envelope.
func seal(m node.Message) (*weirv1.Envelope, error) {
	env := &weirv1.Envelope{}
	var err error
	switch m := m.(type) {
	case *message.Submit:
		var w *weirv1.Submission
		w, err = PackSubmit(m)
		env.Message = &weirv1.Envelope_Submission{Submission: w}
	case *message.Result:
		var w *weirv1.SubmitResult
		w, err = PackResult(m)
		env.Message = &weirv1.Envelope_SubmitResult{SubmitResult: w}
	case *message.Dispatch:
		var w *weirv1.Dispatch
		w, err = PackDispatch(m)
		env.Message = &weirv1.Envelope_Dispatch{Dispatch: w}
	case *message.Receipt:
		var w *weirv1.Receipt
		w, err = PackReceipt(m)
		env.Message = &weirv1.Envelope_Receipt{Receipt: w}
	case *message.Probe:
		env.Message = &weirv1.Envelope_Probe{Probe: PackProbe(m)}
	case *message.ProbeOK:
		env.Message = &weirv1.Envelope_ProbeResult{ProbeResult: PackProbeOK(m)}
	case *message.Control:
		var w *weirv1.ApplyRequest
		w, err = PackControl(m)
		env.Message = &weirv1.Envelope_ApplyRequest{ApplyRequest: w}
	case *message.ControlOK:
		var w *weirv1.ApplyResponse
		w, err = PackControlOK(m)
		env.Message = &weirv1.Envelope_ApplyResponse{ApplyResponse: w}
	case *message.State:
		var w *weirv1.StateRequest
		w, err = PackState(m)
		env.Message = &weirv1.Envelope_StateRequest{StateRequest: w}
	case *message.StateOK:
		var w *weirv1.StateResponse
		w, err = PackStateOK(m)
		env.Message = &weirv1.Envelope_StateResponse{StateResponse: w}
	case *message.Gossip:
		var w *weirv1.GossipRequest
		w, err = PackGossip(m)
		env.Message = &weirv1.Envelope_GossipRequest{GossipRequest: w}
	case *message.GossipOK:
		var w *weirv1.GossipResponse
		w, err = PackGossipOK(m)
		env.Message = &weirv1.Envelope_GossipResponse{GossipResponse: w}
	default:
		err = invalid("%T has no encoding", m)
	}
	return env, err
}

// open takes the message out of an envelope.
func open(env *weirv1.Envelope) (node.Message, error) {
	switch w := env.GetMessage().(type) {
	case *weirv1.Envelope_Submission:
		return opened(w.Submission, UnpackSubmit)
	case *weirv1.Envelope_SubmitResult:
		return opened(w.SubmitResult, UnpackResult)
	case *weirv1.Envelope_Dispatch:
		return opened(w.Dispatch, UnpackDispatch)
	case *weirv1.Envelope_Receipt:
		return opened(w.Receipt, UnpackReceipt)
	case *weirv1.Envelope_Probe:
		return opened(w.Probe, func(w *weirv1.Probe) (*message.Probe, error) { return UnpackProbe(w), nil })
	case *weirv1.Envelope_ProbeResult:
		return opened(w.ProbeResult, func(w *weirv1.ProbeResult) (*message.ProbeOK, error) { return UnpackProbeOK(w), nil })
	case *weirv1.Envelope_ApplyRequest:
		return opened(w.ApplyRequest, UnpackControl)
	case *weirv1.Envelope_ApplyResponse:
		return opened(w.ApplyResponse, UnpackControlOK)
	case *weirv1.Envelope_StateRequest:
		return opened(w.StateRequest, UnpackState)
	case *weirv1.Envelope_StateResponse:
		return opened(w.StateResponse, UnpackStateOK)
	case *weirv1.Envelope_GossipRequest:
		return opened(w.GossipRequest, UnpackGossip)
	case *weirv1.Envelope_GossipResponse:
		return opened(w.GossipResponse, UnpackGossipOK)
	}
	return nil, invalid("the envelope has no message that weir knows")
}

// opened unpacks what an envelope held. Heads belong to streams.
func opened[W interface{ GetHead() *weirv1.Head }, M node.Message](w W, unpack func(W) (M, error)) (node.Message, error) {
	if w.GetHead() != nil {
		return nil, invalid("the envelope's message has a head")
	}
	m, err := unpack(w)
	if err != nil {
		return nil, err
	}
	return m, nil
}
