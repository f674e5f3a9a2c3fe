package grpc

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"weir/system/wire/weirv1"
)

// codec is gRPC's own for protobuf, with bounds on what decoding may cost: an empty item
// takes two bytes of a frame, and some forty times as many once it is decoded.
type codec struct{}

var _ encoding.CodecV2 = codec{}

// decoding bounds the depth; unknown fields would be kept.
var decoding = proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: 32}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) (mem.BufferSlice, error) { return encoding.GetCodecV2("proto").Marshal(v) }

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is no protobuf message", v)
	}
	buf := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buf.Free()
	b := buf.ReadOnlyData()
	if isFrame(m) {
		if err := checkFrame(b); err != nil {
			return err
		}
	}
	return decoding.Unmarshal(b, m)
}

func isFrame(m proto.Message) bool {
	switch m.(type) {
	case *weirv1.SubmitRequest, *weirv1.SubmitResponse, *weirv1.DispatchRequest, *weirv1.DispatchResponse,
		*weirv1.ProbeRequest, *weirv1.ProbeResponse:
		return true
	}
	return false
}

// checkFrame counts the items of an encoded frame, in all of which they are field 1.
func checkFrame(b []byte) error {
	items := 0
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if items++; items > frameItems {
			return fmt.Errorf("a frame has at most %d items", frameItems)
		}
	}
	return nil
}
