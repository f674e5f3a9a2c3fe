package grpc

import (
	"context"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"weir/system/message"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// ServeTable registers the service that takes control documents for an actor with a
// table of analysers, tells its state, and takes what other distributors tell of it.
func (l *Link) ServeTable(s *rpc.Server, actor string) {
	c := &controlServer{l: l, actor: actor, table: true}
	weirv1grpc.RegisterControlServiceServer(s, c)
	weirv1grpc.RegisterClusterServiceServer(s, &clusterServer{c: c})
}

// State implements the service.
func (s *controlServer) State(ctx context.Context, w *weirv1.StateRequest) (*weirv1.StateResponse, error) {
	if !s.table {
		return nil, status.Error(codes.Unimplemented, "the node has no table of analysers")
	}
	m, err := wire.UnpackState(w)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	o, err := s.ask(ctx, w.GetHead(), m)
	if err != nil {
		return nil, err
	}
	m2, ok := o.Msg.(*message.StateOK)
	if !ok {
		return nil, status.Error(codes.Internal, "the answer is no state")
	}
	if m2.Why != "" {
		return nil, busy(ctx, m2.Why)
	}
	answer, err := wire.PackStateOK(m2)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	for _, a := range answer.Analysers {
		a.Address = s.l.lanes.Peer(a.Id).Data
	}
	if answer.Head, err = wire.PackHead(headOf(&o)); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return answer, nil
}
