package scenarios

import (
	"context"
	"net"
	"testing"

	rpc "google.golang.org/grpc"

	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/driver"
	"weir/system/transport/grpc"
)

// grpcNet joins real nodes by gRPC over loopback sockets. A node keeps its address
// over its incarnations.
type grpcNet struct {
	t     *testing.T
	addrs map[string]string
}

func newGRPCNet(t *testing.T) *grpcNet { return &grpcNet{t: t, addrs: map[string]string{}} }

// listen opens a node's listener, at its old address if it had one.
func (g *grpcNet) listen(name string) net.Listener {
	addr := g.addrs[name]
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		g.t.Fatal(err)
	}
	g.addrs[name] = l.Addr().String()
	return l
}

func (g *grpcNet) link(n Node) (driver.Link, func()) {
	cfg := grpc.Config{Peers: map[string]grpc.Peer{}, Dial: func(ctx context.Context, addr string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}}
	for name, addr := range g.addrs {
		if name[0] != n.Name[0] { // roles are told by their first letter
			cfg.Peers[name] = grpc.Peer{Data: addr, Control: addr}
		}
	}
	l, err := grpc.NewLink(cfg)
	if err != nil {
		g.t.Fatal(err)
	}
	s := rpc.NewServer(grpc.ServerOptions()...)
	switch n.Role {
	case RoleAnalyser:
		l.ServeAnalyser(s, analyser.Actor)
	case RoleDistributor:
		l.ServeIngest(s, distributor.Ingress)
		l.ServeControl(s, distributor.Supervisor)
	default:
		return l, l.Close
	}
	listener := g.listen(n.Name)
	go s.Serve(listener)
	return l, func() {
		l.Close()
		s.Stop()
	}
}
