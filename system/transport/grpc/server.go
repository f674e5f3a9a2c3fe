package grpc

import (
	"context"
	"errors"
	"io"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"weir/system/message"
	"weir/system/transport/access"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// ServerOptions are the limits that every server of weir has: what a client may make
// it hold, and how long it may keep it waiting. TLS is the caller's to add.
func ServerOptions() []rpc.ServerOption {
	return []rpc.ServerOption{
		rpc.MaxRecvMsgSize(frameMax),
		rpc.MaxSendMsgSize(frameMax),
		rpc.MaxConcurrentStreams(100),
		rpc.MaxHeaderListSize(16 << 10),
		rpc.ConnectionTimeout(10 * time.Second),
		// No greatest age: a stream lives as long as its nodes, and its end would fail what
		// it carries. Idle ones end, see Config.StreamIdle, and then their connection.
		rpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 5 * time.Minute, Time: 30 * time.Second, Timeout: 10 * time.Second}),
		// Nodes ping every 10 s, see dial, and clocks are not the same.
		rpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		rpc.ForceServerCodecV2(codec{}),
		// Fixed windows: what a client may send unread is known, and no pings measure it.
		rpc.StaticStreamWindowSize(streamWindow),
		rpc.StaticConnWindowSize(connWindow),
		rpc.ReadBufferSize(connBuffer),
		rpc.WriteBufferSize(connBuffer),
		rpc.SharedWriteBuffer(true),
		experimental.BufferPool(buffers),
	}
}

// What flows on a connection before anybody takes it, in bytes, and how much of it one
// system call moves.
const (
	streamWindow = 1 << 20
	connWindow   = 4 << 20
	connBuffer   = 64 << 10
)

// ServeIngest registers the service to which emitters submit packets; actor is the
// one that takes them unless an item names another.
func (l *Link) ServeIngest(s *rpc.Server, actor string) {
	weirv1grpc.RegisterIngestServiceServer(s, &ingestServer{l: l, actor: actor})
}

// ServeAnalyser registers the service to which distributors dispatch packets.
func (l *Link) ServeAnalyser(s *rpc.Server, actor string) {
	weirv1grpc.RegisterAnalyserServiceServer(s, &analyserServer{l: l, actor: actor})
}

// ServeControl registers the service that takes control documents.
func (l *Link) ServeControl(s *rpc.Server, actor string) {
	weirv1grpc.RegisterControlServiceServer(s, &controlServer{l: l, actor: actor})
}

type ingestServer struct {
	weirv1grpc.UnimplementedIngestServiceServer
	l     *Link
	actor string
}

// Submit implements the service.
func (s *ingestServer) Submit(stream rpc.BidiStreamingServer[weirv1.SubmitRequest, weirv1.SubmitResponse]) error {
	return serve(s.l, stream, s.actor, side{
		append: appending(wire.AppendResult),
		take: func(u *unpacker, b []byte) error {
			h, m, err := u.read.Submission(b)
			if err == nil {
				err = ownPacket(stream.Context(), m)
			}
			if err != nil {
				return err
			}
			return u.request(h, m)
		},
		reject: func(b []byte, h wire.Head, why string) ([]byte, error) {
			return wire.AppendUnhandledSubmission(b, h, why, refusedWait)
		},
	})
}

// refusedWait is when a packet that found a mailbox full may be sent again. weir's own
// emitters have a backoff of theirs.
const refusedWait = time.Second

// ownPacket holds an emitter with a certificate to ids of its own: with another's it
// could make that one's packets look like repetitions.
func ownPacket(ctx context.Context, m *message.Submit) error {
	if err := access.KnownIn(ctx).Is(m.Packet.ID.Source); err != nil {
		return status.Errorf(codes.PermissionDenied, "packet %s: %v", m.Packet.ID, err)
	}
	return nil
}

type analyserServer struct {
	weirv1grpc.UnimplementedAnalyserServiceServer
	l     *Link
	actor string
}

// Dispatch implements the service.
func (s *analyserServer) Dispatch(stream rpc.BidiStreamingServer[weirv1.DispatchRequest, weirv1.DispatchResponse]) error {
	return serve(s.l, stream, s.actor, side{
		append: appending(wire.AppendReceipt),
		take: func(u *unpacker, b []byte) error {
			h, m, err := u.read.Dispatch(b)
			if err != nil {
				return err
			}
			return u.request(h, m)
		},
		reject: wire.AppendUnhandledDispatch,
	})
}

// Probe implements the service.
func (s *analyserServer) Probe(stream rpc.BidiStreamingServer[weirv1.ProbeRequest, weirv1.ProbeResponse]) error {
	return serve(s.l, stream, s.actor, side{
		append: appending(wire.AppendProbeOK),
		take: func(u *unpacker, b []byte) error {
			h, m, err := u.read.Probe(b)
			if err != nil {
				return err
			}
			return u.request(h, m)
		},
		reject: func(b []byte, h wire.Head, _ string) ([]byte, error) { return wire.AppendUnhandledProbe(b, h) },
	})
}

// serve lives with a stream that another node opened until either end closes it.
func serve(l *Link, stream rpc.ServerStream, actor string, side side) error {
	if !l.ready(stream.Context()) {
		return status.Error(codes.Unavailable, "not running")
	}
	f := &framed{stream: stream, side: side, in: unpacker{actor: actor}}
	var err error
	if f.in.peer, err = peerOf(stream.Context()); err != nil {
		return refusedPeer(err)
	}
	if err := stream.SendHeader(l.introduce()); err != nil {
		return err
	}
	p := l.join(f)
	if p == nil {
		return status.Error(codes.Unavailable, "stopping")
	}
	return status.Convert(l.live(stream.Context(), p)).Err()
}

// live reads and writes on a server's pipe until it is over. What the other end asked
// for before it closed its half is still answered.
func (l *Link) live(ctx context.Context, p *pipe) error {
	defer l.leave(p)
	read, wrote := make(chan error, 1), make(chan error, 1)
	l.done.Add(2)
	go func() { defer l.done.Done(); read <- p.read() }()
	go func() { defer l.done.Done(); wrote <- p.write() }()
	look := time.NewTicker(l.cfg.StreamStall / 4)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			switch stalled, idle := p.since(time.Now()); {
			case stalled > l.cfg.StreamStall:
				return busy(ctx, "answers are not read")
			case idle > l.cfg.StreamIdle:
				return status.Errorf(codes.Unavailable, "nothing came for %v", l.cfg.StreamIdle)
			}
		case err := <-read:
			if !errors.Is(err, io.EOF) {
				return refused(ctx, err)
			}
			p.end()
		case err := <-wrote:
			return refused(ctx, err)
		case <-l.ctx.Done():
			return status.Error(codes.Unavailable, "stopping")
		}
	}
}

// refused is the status for a stream that ended with an error: the client's fault,
// unless gRPC says otherwise or the client has gone.
func refused(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codes.InvalidArgument, err.Error())
}
