package grpc

import (
	"context"
	"strings"
	"testing"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport/tlsconf"
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
	l.ServeControl(s, "a")
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	reflection.Register(s)
	offered := map[string]bool{}
	for name, info := range s.GetServiceInfo() {
		for _, m := range info.Methods {
			method := "/" + name + "/" + m.Name
			offered[method] = true
			if _, ok := rules[method]; !ok {
				t.Errorf("%s has no rule", method)
			}
		}
	}
	for method := range rules {
		if !offered[method] {
			t.Errorf("a rule for %s, which nobody offers", method)
		}
	}
}

// Without a rule nobody may call a method, whoever it is.
func TestDenyByDefault(t *testing.T) {
	for _, g := range []Guard{{}, {Certificates: true}, {Certificates: true, Anonymous: true}} {
		for _, method := range []string{"/weir.v1.ControlService/Debug", "weir.v1.IngestService/Submit", "/weir.v1.IngestService/submit", "//", ""} {
			if _, err := g.authorise(t.Context(), method); status.Code(err) != codes.PermissionDenied {
				t.Errorf("%+v: %q: %v", g, method, err)
			}
		}
	}
}

// Where certificates decide, a caller without one may do what the Anonymous mode opens,
// in that mode only.
func TestWithoutCertificate(t *testing.T) {
	for method, r := range rules {
		for _, g := range []Guard{{Certificates: true}, {Certificates: true, Anonymous: true}} {
			want := codes.Unauthenticated
			if g.Anonymous && r.open {
				want = codes.OK
			}
			if _, err := g.authorise(context.Background(), method); status.Code(err) != want {
				t.Errorf("%+v: %s: %v, want %v", g, method, err, want)
			}
		}
		if r.open && !strings.HasSuffix(method, "/Submit") && !strings.HasSuffix(method, "/Check") {
			t.Errorf("%s is open to all", method)
		}
		if strings.Contains(method, "Control") && (len(r.roles) != 1 || r.roles[0] != tlsconf.Operator) {
			t.Errorf("%s is for %v", method, r.roles)
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
