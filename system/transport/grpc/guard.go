package grpc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"weir/system/transport/netlimit"
	"weir/system/transport/tlsconf"
	"weir/system/wire/weirv1grpc"
)

// Guard decides who may call what on one server, and how many calls there are at once.
type Guard struct {
	// Certificates says that callers are known by theirs, and that without one hardly
	// anything is allowed. Default (false): whoever connects is believed.
	Certificates bool
	// Anonymous lets callers without a certificate submit packets; they are believed who
	// they are.
	Anonymous bool
	// Token is what every call must carry as "authorization: Bearer TOKEN". Default
	// (empty): none.
	Token string
	// Calls bounds the calls and streams at once, in all and from one origin. Default
	// (nil): nothing but what each connection may have does.
	Calls *netlimit.Count
}

// rule says who may call a method.
type rule struct {
	roles []string
	open  bool // in the Anonymous mode also those without a certificate
}

var everyone = []string{tlsconf.Emitter, tlsconf.Distributor, tlsconf.Analyser, tlsconf.Operator}

// rules are all methods that may be called at all.
var rules = map[string]rule{
	weirv1grpc.IngestService_Submit_FullMethodName:                   {[]string{tlsconf.Emitter}, true},
	weirv1grpc.AnalyserService_Dispatch_FullMethodName:               {[]string{tlsconf.Distributor}, false},
	weirv1grpc.AnalyserService_Probe_FullMethodName:                  {[]string{tlsconf.Distributor}, false},
	weirv1grpc.ControlService_Apply_FullMethodName:                   {[]string{tlsconf.Operator}, false},
	weirv1grpc.ControlService_State_FullMethodName:                   {[]string{tlsconf.Operator}, false},
	grpc_health_v1.Health_Check_FullMethodName:                       {everyone, true},
	grpc_health_v1.Health_Watch_FullMethodName:                       {everyone, false},
	grpc_health_v1.Health_List_FullMethodName:                        {everyone, false},
	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      {[]string{tlsconf.Operator}, false},
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": {[]string{tlsconf.Operator}, false},
}

// Options make a server ask the Guard.
func (g *Guard) Options() []rpc.ServerOption {
	return []rpc.ServerOption{
		rpc.ChainUnaryInterceptor(func(ctx context.Context, req any, info *rpc.UnaryServerInfo, next rpc.UnaryHandler) (any, error) {
			ctx, leave, err := g.enter(ctx, info.FullMethod)
			if err != nil {
				return nil, err
			}
			defer leave()
			return next(ctx, req)
		}),
		rpc.ChainStreamInterceptor(func(srv any, s rpc.ServerStream, info *rpc.StreamServerInfo, next rpc.StreamHandler) error {
			ctx, leave, err := g.enter(s.Context(), info.FullMethod)
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

// enter admits a call or says why not.
func (g *Guard) enter(ctx context.Context, method string) (context.Context, func(), error) {
	ctx, err := g.authorise(ctx, method)
	if err != nil || g.Calls == nil {
		return ctx, func() {}, err
	}
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil, nil, status.Error(codes.Internal, "a call from nowhere")
	}
	leave, ok := g.Calls.Enter(p.Addr)
	if !ok {
		return nil, nil, busy(ctx, "too many calls at once")
	}
	return ctx, leave, nil
}

// authorise puts the caller's identity into the context, if the method is his to call.
func (g *Guard) authorise(ctx context.Context, method string) (context.Context, error) {
	r, ok := rules[method]
	if !ok {
		return nil, status.Error(codes.PermissionDenied, "nobody may call this")
	}
	if g.Token != "" && !hasToken(ctx, g.Token) {
		return nil, status.Error(codes.Unauthenticated, "authorization: Bearer TOKEN is missing or wrong")
	}
	if !g.Certificates {
		return ctx, nil
	}
	id, err := callerOf(ctx)
	switch {
	case err != nil:
		return nil, status.Error(codes.Unauthenticated, err.Error())
	case id == (tlsconf.Identity{}) && (g.Anonymous && r.open || g.Token != ""):
		return ctx, nil
	case id == (tlsconf.Identity{}):
		return nil, status.Error(codes.Unauthenticated, "a certificate is required")
	case !slices.Contains(r.roles, id.Role):
		return nil, status.Errorf(codes.PermissionDenied, "%s may not call %s", id, method)
	}
	return context.WithValue(ctx, identityKey{}, id), nil
}

type identityKey struct{}

// known is whom the caller's certificate names; ok is false if nobody asked for one.
func known(ctx context.Context) (id tlsconf.Identity, ok bool) {
	id, ok = ctx.Value(identityKey{}).(tlsconf.Identity)
	return id, ok
}

func callerOf(ctx context.Context) (tlsconf.Identity, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return tlsconf.Identity{}, nil
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return tlsconf.Identity{}, nil
	}
	return tlsconf.PeerOf(&info.State)
}

// hasToken compares in a time that tells nothing of the token.
func hasToken(ctx context.Context, token string) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	if len(values) != 1 {
		return false
	}
	scheme, got, _ := strings.Cut(values[0], " ")
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && strings.EqualFold(scheme, "bearer")
}

// retryAfter is when a call that was refused for want of room may be tried again, in ms.
const retryAfter = "1000"

// busy refuses a call for want of room, with the time to retry in the trailer that gRPC
// clients know.
func busy(ctx context.Context, why string) error {
	_ = rpc.SetTrailer(ctx, metadata.Pairs("grpc-retry-pushback-ms", retryAfter))
	return status.Error(codes.ResourceExhausted, why)
}

// Token presents a token with every call.
type Token string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (t Token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(t)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials: the control
// listener is at the loopback address unless its owner says otherwise.
func (Token) RequireTransportSecurity() bool { return false }
