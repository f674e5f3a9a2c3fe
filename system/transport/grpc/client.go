package grpc

import (
	"context"
	"fmt"

	rpc "google.golang.org/grpc"

	"weir/system/node"
	"weir/system/wire"
	"weir/system/wire/weirv1grpc"
)

// The streams that a node opens: requests go out on them, answers come in.

func openSubmit(ctx context.Context, conn *rpc.ClientConn, want string) (frames, error) {
	s, err := weirv1grpc.NewIngestServiceClient(conn).Submit(ctx)
	return clientSide(s, err, want, side{
		append: appending(wire.AppendSubmission),
		take: func(u *unpacker, b []byte) error {
			h, m, why, err := u.read.Result(b)
			return answered(u, h, m, why, err)
		},
	})
}

func openDispatch(ctx context.Context, conn *rpc.ClientConn, want string) (frames, error) {
	s, err := weirv1grpc.NewAnalyserServiceClient(conn).Dispatch(ctx)
	return clientSide(s, err, want, side{
		append: appending(wire.AppendDispatch),
		take: func(u *unpacker, b []byte) error {
			h, m, why, err := u.read.Receipt(b)
			return answered(u, h, m, why, err)
		},
	})
}

func openProbe(ctx context.Context, conn *rpc.ClientConn, want string) (frames, error) {
	s, err := weirv1grpc.NewAnalyserServiceClient(conn).Probe(ctx)
	return clientSide(s, err, want, side{
		append: appending(wire.AppendProbe),
		take: func(u *unpacker, b []byte) error {
			h, m, err := u.read.ProbeOK(b)
			return answered(u, h, m, "", err)
		},
	})
}

// clientSide is a client's stream as frames.
func clientSide(s rpc.ClientStream, err error, want string, side side) (frames, error) {
	if err != nil {
		return nil, err
	}
	return &framed{stream: s, header: s.Header, want: want, side: side}, nil
}

// answered adds an answer; a nil one says that ours was not handled.
func answered[M any, P interface {
	*M
	node.Message
}](u *unpacker, h wire.Head, m P, why string, err error) error {
	switch {
	case err != nil:
		return err
	case m == nil:
		return u.answer(h, nil, why)
	}
	return u.answer(h, m, "")
}

// appending is a function for messages of one type as one for any.
func appending[M node.Message](f func([]byte, wire.Head, M) ([]byte, error)) func([]byte, wire.Head, node.Message) ([]byte, error) {
	return func(b []byte, h wire.Head, m node.Message) ([]byte, error) {
		if m, ok := m.(M); ok {
			return f(b, h, m)
		}
		return b, wrongStream(m)
	}
}

func wrongStream(m node.Message) error {
	return fmt.Errorf("a %s does not go on this stream", m.Name())
}
