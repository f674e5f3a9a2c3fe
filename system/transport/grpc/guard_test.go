package grpc

import (
	"net"
	"strings"
	"testing"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport/access"
)

// Every method that a server of weir's can offer has a rule, and no rule is for nothing.
func TestEveryMethodHasARule(t *testing.T) {
	l, err := NewLink(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := rpc.NewServer()
	l.ServeIngest(s, "a")
	l.ServeAnalyser(s, "a")
	l.ServeTable(s, "a")
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	reflection.Register(s)
	offered := map[string]bool{}
	for name, info := range s.GetServiceInfo() {
		for _, m := range info.Methods {
			method := "/" + name + "/" + m.Name
			offered[method] = true
			if !methods[method].Rule() {
				t.Errorf("%s has no rule", method)
			}
		}
	}
	for method := range methods {
		if !offered[method] {
			t.Errorf("a rule for %s, which nobody offers", method)
		}
	}
}

// Without a rule nobody may call a method, whoever it is.
func TestDenyByDefault(t *testing.T) {
	ctx := peer.NewContext(t.Context(), &peer.Peer{Addr: &net.TCPAddr{}})
	for _, g := range []access.Guard{{}, {Certificates: true}, {Certificates: true, Anonymous: true}} {
		for _, method := range []string{"/weir.v1.ControlService/Debug", "weir.v1.IngestService/Submit", "/weir.v1.IngestService/submit", "//", ""} {
			if _, _, err := enter(ctx, &g, method); status.Code(err) != codes.PermissionDenied {
				t.Errorf("%+v: %q: %v", g, method, err)
			}
		}
	}
	for method, op := range methods {
		if strings.Contains(method, "Control") != (op == access.Control || op == access.State) {
			t.Errorf("%s is operation %d", method, op)
		}
	}
}

// A stream on which nothing comes or goes ends.
func TestIdleStreamEnds(t *testing.T) {
	addr := serverWith(t, Config{StreamIdle: 300 * time.Millisecond, StreamStall: 100 * time.Millisecond}, node.Mailbox{}, commit)
	s := opened(t, addr)
	if _, err := s.Recv(); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "nothing came") {
		t.Errorf("an idle stream: %v", err)
	}
}

// What comes and what goes keeps a stream; a frame that is not taken is no idleness.
func TestSince(t *testing.T) {
	p := newPipe(nil, nil, 1)
	now := time.Now()
	p.heard = now.Add(-time.Hour)
	if stalled, idle := p.since(now); stalled != 0 || idle != time.Hour {
		t.Errorf("nothing for an hour: %v, %v", stalled, idle)
	}
	p.mark(now.Add(-time.Minute))
	if stalled, idle := p.since(now); stalled != time.Minute || idle != 0 {
		t.Errorf("a frame waits for a minute: %v, %v", stalled, idle)
	}
	p.mark(time.Time{})
	p.add(driver.Outgoing{Re: node.ReplyTo{Token: 1}, Msg: &message.Result{}})
	if _, idle := p.since(time.Now()); idle > time.Minute {
		t.Errorf("idle for %v after an answer", idle)
	}
}
