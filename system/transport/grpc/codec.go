package grpc

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// codec is gRPC's own for protobuf, with bounds on what decoding may cost: an empty item
// takes two bytes of a frame, and some forty times as many once it is decoded.
type codec struct{}

var _ encoding.CodecV2 = codec{}

// decoding bounds the depth; unknown fields would be kept.
var decoding = proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: 32}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return mem.BufferSlice{f.out}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	buf := data.MaterializeToBuffer(buffers)
	defer buf.Free()
	switch v := v.(type) {
	case *frame:
		if err := checkFrame(buf.ReadOnlyData()); err != nil {
			return err
		}
		v.err = v.in.take(buf.ReadOnlyData())
		return nil
	case proto.Message:
		return decoding.Unmarshal(buf.ReadOnlyData(), v)
	}
	return fmt.Errorf("%T is no protobuf message", v)
}

// frame is a frame of a stream, which Marshal and Unmarshal take in place of a generated
// type: its items are encoded and decoded by hand.
type frame struct {
	out mem.Buffer // to be sent, encoded
	in  *framed    // where what comes goes
	err error      // why it was not taken
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
