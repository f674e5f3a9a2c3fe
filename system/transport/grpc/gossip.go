package grpc

import (
	"context"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

func openGossip(ctx context.Context, conn *rpc.ClientConn, want string) frames {
	client := weirv1grpc.NewClusterServiceClient(conn)
	return newCalls(ctx, want, func(ctx context.Context, o *driver.Outgoing) (node.Message, *weirv1.Head, metadata.MD, error) {
		m, ok := o.Msg.(*message.Gossip)
		if !ok {
			return nil, nil, nil, wrongStream(o.Msg)
		}
		w, err := wire.PackGossip(m)
		if err != nil {
			return nil, nil, nil, err
		}
		if w.Head, err = wire.PackHead(headOf(o)); err != nil {
			return nil, nil, nil, err
		}
		var md metadata.MD
		answer, err := client.Gossip(ctx, w, rpc.Header(&md))
		if err != nil {
			return nil, nil, nil, err
		}
		back, err := wire.UnpackGossipOK(answer)
		return back, answer.GetHead(), md, err
	})
}

// clusterServer takes what other distributors tell of the table that they share.
type clusterServer struct {
	weirv1grpc.UnimplementedClusterServiceServer
	c *controlServer
}

// Gossip implements the service.
func (s *clusterServer) Gossip(ctx context.Context, w *weirv1.GossipRequest) (*weirv1.GossipResponse, error) {
	m, err := wire.UnpackGossip(w)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	o, err := s.c.ask(ctx, w.GetHead(), m)
	if err != nil {
		return nil, err
	}
	m2, ok := o.Msg.(*message.GossipOK)
	if !ok {
		return nil, status.Error(codes.Internal, "the answer is none to gossip")
	}
	answer, err := wire.PackGossipOK(m2)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if answer.Head, err = wire.PackHead(headOf(&o)); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return answer, nil
}
