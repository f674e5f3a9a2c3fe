package grpc

import (
	"context"
	"errors"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"weir/system/transport/access"
	"weir/system/wire/weirv1grpc"
)

// methods are all methods that may be called at all, and what they do.
var methods = map[string]access.Op{
	weirv1grpc.IngestService_Submit_FullMethodName:                   access.Submit,
	weirv1grpc.AnalyserService_Dispatch_FullMethodName:               access.Dispatch,
	weirv1grpc.AnalyserService_Probe_FullMethodName:                  access.Probe,
	weirv1grpc.ControlService_Apply_FullMethodName:                   access.Control,
	weirv1grpc.ControlService_State_FullMethodName:                   access.State,
	weirv1grpc.ClusterService_Gossip_FullMethodName:                  access.Gossip,
	grpc_health_v1.Health_Check_FullMethodName:                       access.Health,
	grpc_health_v1.Health_Watch_FullMethodName:                       access.Follow,
	grpc_health_v1.Health_List_FullMethodName:                        access.Follow,
	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      access.Describe,
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": access.Describe,
}

// Guarded makes a server ask the Guard before every call.
func Guarded(g *access.Guard) []rpc.ServerOption {
	return []rpc.ServerOption{
		rpc.ChainUnaryInterceptor(func(ctx context.Context, req any, info *rpc.UnaryServerInfo, next rpc.UnaryHandler) (any, error) {
			ctx, leave, err := enter(ctx, g, info.FullMethod)
			if err != nil {
				return nil, err
			}
			defer leave()
			return next(ctx, req)
		}),
		rpc.ChainStreamInterceptor(func(srv any, s rpc.ServerStream, info *rpc.StreamServerInfo, next rpc.StreamHandler) error {
			ctx, leave, err := enter(s.Context(), g, info.FullMethod)
			if err != nil {
				return err
			}
			defer leave()
			return next(srv, &knownStream{s, ctx})
		}),
	}
}

// knownStream is a stream whose context has the caller's identity.
type knownStream struct {
	rpc.ServerStream
	ctx context.Context
}

func (s *knownStream) Context() context.Context { return s.ctx }

// enter admits a call, with who makes it in its context, or says why not.
func enter(ctx context.Context, g *access.Guard, method string) (context.Context, func(), error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil, nil, status.Error(codes.Internal, "a call from nowhere")
	}
	c := access.Caller{From: p.Addr}
	if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
		c.TLS = &info.State
	}
	md, _ := metadata.FromIncomingContext(ctx)
	c.Authorization = md.Get("authorization")
	who, leave, err := g.Enter(methods[method], method, c)
	if err != nil {
		return nil, nil, refusedCall(ctx, err)
	}
	return who.With(ctx), leave, nil
}

// refusedCall is the status for a call that is not admitted.
func refusedCall(ctx context.Context, err error) error {
	var r *access.Refusal
	if !errors.As(err, &r) {
		return status.Error(codes.Internal, err.Error())
	}
	switch r.Why {
	case access.Busy:
		return busy(ctx, r.Text)
	case access.Unknown:
		return status.Error(codes.Unauthenticated, r.Text)
	}
	return status.Error(codes.PermissionDenied, r.Text)
}

// retryAfter is when a call that was refused for want of room may be tried again, in ms.
const retryAfter = "1000"

// busy refuses a call for want of room, with the time to retry in the trailer that gRPC
// clients know.
func busy(ctx context.Context, why string) error {
	_ = rpc.SetTrailer(ctx, metadata.Pairs("grpc-retry-pushback-ms", retryAfter))
	return status.Error(codes.ResourceExhausted, why)
}

// Present makes a client present a token with every call.
func Present(token *access.Token) credentials.PerRPCCredentials { return presenter{token} }

// presenter presents a token with every call: as it is then.
type presenter struct{ token *access.Token }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (p presenter) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": p.token.Authorization()}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. Where a token may go
// in clear is decided before there is a connection.
func (presenter) RequireTransportSecurity() bool { return false }
