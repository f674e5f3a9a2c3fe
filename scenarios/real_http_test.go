package scenarios

import (
	"context"
	"net"
	nethttp "net/http"
	"slices"
	"sync/atomic"
	"testing"

	rpc "google.golang.org/grpc"

	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/driver"
	"weir/system/transport"
	"weir/system/transport/grpc"
	"weir/system/transport/http"
)

// httpNet joins real nodes by HTTP over loopback sockets, some of them by gRPC.
type httpNet struct {
	t *testing.T
	// overGRPC says of a node's traffic whether it goes by gRPC.
	overGRPC func(name string, k transport.Kind) bool
	at       map[string]transport.Peer     // as they listen; kept over their incarnations
	served   [transport.Kinds]atomic.Int64 // requests to analysers that came by HTTP
}

func newHTTPNet(t *testing.T) *httpNet {
	h := &httpNet{t: t, at: map[string]transport.Peer{}, overGRPC: func(string, transport.Kind) bool { return false }}
	t.Cleanup(func() {
		if h.served[transport.Dispatch].Load() == 0 || h.served[transport.Probe].Load() == 0 {
			t.Error("no packets, or no probes, went to analysers by HTTP")
		}
	})
	return h
}

// newMixedNet sends packets to distributors by HTTP and documents by gRPC; to a1
// packets by HTTP and probes by gRPC, to a2 the other way round, to others all by gRPC.
func newMixedNet(t *testing.T) *httpNet {
	h := newHTTPNet(t)
	h.overGRPC = func(name string, k transport.Kind) bool {
		switch {
		case name[0] == 'd':
			return k == transport.Control
		case name == "a1":
			return k == transport.Probe
		case name == "a2":
			return k == transport.Dispatch
		}
		return true
	}
	return h
}

// listen serves one kind of a node's traffic at its old address if it had one, and
// returns the address and what ends it.
func (h *httpNet) listen(name string, k transport.Kind, old string, g *grpc.Link, l *http.Link) (string, func()) {
	if old == "" {
		old = "http://127.0.0.1:0"
		if h.overGRPC(name, k) {
			old = "127.0.0.1:0"
		}
	}
	at, byHTTP := transport.HTTP(old)
	listener, err := net.Listen("tcp", at)
	if err != nil {
		h.t.Fatal(err)
	}
	if !byHTTP {
		s := rpc.NewServer(grpc.ServerOptions()...)
		switch k {
		case transport.Submit:
			g.ServeIngest(s, distributor.Ingress)
		case transport.Control:
			g.ServeControl(s, distributor.Supervisor)
		default:
			g.ServeAnalyser(s, analyser.Actor)
		}
		go s.Serve(listener)
		return listener.Addr().String(), s.Stop
	}
	handler := h.only(k, l.Analyser(analyser.Actor))
	switch k {
	case transport.Submit:
		handler = l.Ingest(distributor.Ingress)
	case transport.Control:
		handler = l.Control(distributor.Supervisor)
	}
	s := http.NewServer(handler)
	go func() {
		if err := s.Serve(listener); err != nethttp.ErrServerClosed {
			h.t.Error(err)
		}
	}()
	return "http://" + listener.Addr().String(), func() { s.Close() }
}

// only holds that nothing but one kind of traffic comes to an analyser's listener.
func (h *httpNet) only(k transport.Kind, handler nethttp.Handler) nethttp.Handler {
	paths := map[transport.Kind][]string{transport.Dispatch: {"/v1/dispatch", "/v1/dispatches"}, transport.Probe: {"/v1/probe"}}[k]
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if !slices.Contains(paths, r.URL.Path) {
			h.t.Errorf("%s came where only %s is expected", r.URL.Path, paths)
		}
		h.served[k].Add(1)
		handler.ServeHTTP(w, r)
	})
}

func (h *httpNet) link(n Node) (driver.Link, func()) {
	dial := func(ctx context.Context, addr string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
	gc, hc := grpc.Config{Peers: map[string]grpc.Peer{}, Dial: dial}, http.Config{Peers: map[string]transport.Peer{}, Dial: dial}
	for name, p := range h.at {
		if name[0] != n.Name[0] { // roles are told by their first letter
			gc.Peers[name], hc.Peers[name] = p, p
		}
	}
	g, err := grpc.NewLink(gc)
	if err != nil {
		h.t.Fatal(err)
	}
	l, err := http.NewLink(hc)
	if err != nil {
		h.t.Fatal(err)
	}
	ends := []func(){g.Close, l.Close}
	at := h.at[n.Name]
	serve := func(addr *string, k transport.Kind) {
		var end func()
		*addr, end = h.listen(n.Name, k, *addr, g, l)
		ends = append(ends, end)
	}
	switch n.Role {
	case RoleAnalyser:
		serve(&at.Data, transport.Dispatch)
		serve(&at.Probe, transport.Probe)
	case RoleDistributor:
		serve(&at.Data, transport.Submit)
		serve(&at.Control, transport.Control)
	}
	if at != (transport.Peer{}) {
		h.at[n.Name] = at
	}
	return transport.NewMix(g, l), func() {
		for _, end := range ends {
			end()
		}
	}
}
