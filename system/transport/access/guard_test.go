package access

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"slices"
	"testing"

	"weir/system/transport/netlimit"
	"weir/system/transport/tlsconf"
)

var somewhere = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}

// shows is a caller whose verified certificate names the role.
func shows(role string) Caller {
	u := &url.URL{Scheme: "weir", Host: role, Path: "/n1"}
	cert := &x509.Certificate{URIs: []*url.URL{u}}
	return Caller{From: somewhere, TLS: &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{cert}}}}
}

// is how a refusal ends, 0 for none.
func is(t *testing.T, err error) Why {
	t.Helper()
	var r *Refusal
	if err != nil && (!errors.As(err, &r) || r.Text == "") {
		t.Fatalf("%v is no refusal", err)
	}
	if r == nil {
		return 0
	}
	return r.Why
}

// The whole table: which role may do what, and nobody what is not in it.
func TestRoles(t *testing.T) {
	allowed := map[Op][]string{
		Submit: {"emitter"}, Dispatch: {"distributor"}, Probe: {"distributor"}, Control: {"operator"}, State: {"operator"}, Gossip: {"distributor"}, Describe: {"operator"}, Observe: {"operator"},
		Health: {"emitter", "distributor", "analyser", "operator"}, Follow: {"emitter", "distributor", "analyser", "operator"},
	}
	for op := Op(0); op < 20; op++ {
		for _, role := range everyone {
			for _, anonymous := range []bool{false, true} {
				who, leave, err := (&Guard{Certificates: true, Anonymous: anonymous}).Enter(op, "x", shows(role))
				want := Forbidden
				if slices.Contains(allowed[op], role) {
					want = 0
				}
				if is(t, err) != want || (leave != nil) != (want == 0) {
					t.Errorf("%s does %d: %v", role, op, err)
				}
				if want == 0 && who != (Known{tlsconf.Identity{Role: role, Name: "n1"}, true}) {
					t.Errorf("%s is %+v", role, who)
				}
			}
		}
		if _, _, err := (&Guard{}).Enter(op, "x", Caller{From: somewhere}); (err == nil) != op.Rule() {
			t.Errorf("anybody does %d: %v", op, err)
		}
	}
}

// Where certificates decide, a caller without one may do what the Anonymous mode opens,
// in that mode only.
func TestWithoutCertificate(t *testing.T) {
	for op := range rules {
		for _, c := range []Caller{{From: somewhere}, {From: somewhere, TLS: &tls.ConnectionState{}}} {
			for _, anonymous := range []bool{false, true} {
				want := Unknown
				if anonymous && (op == Submit || op == Health) {
					want = 0
				}
				if _, _, err := (&Guard{Certificates: true, Anonymous: anonymous}).Enter(op, "x", c); is(t, err) != want {
					t.Errorf("anonymous %v: %d: %v, want %d", anonymous, op, err, want)
				}
			}
		}
	}
	nobody := shows("root")
	if _, _, err := (&Guard{Certificates: true, Anonymous: true}).Enter(Health, "x", nobody); is(t, err) != Unknown {
		t.Errorf("a certificate of nobody: %v", err)
	}
}

func TestCalls(t *testing.T) {
	g := &Guard{Calls: netlimit.NewCount(10, 1)}
	_, leave, err := g.Enter(Health, "x", Caller{From: somewhere})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.Enter(Health, "x", Caller{From: somewhere}); is(t, err) != Busy {
		t.Errorf("a second call at once: %v", err)
	}
	leave()
	if _, _, err := g.Enter(Health, "x", Caller{From: somewhere}); err != nil {
		t.Errorf("after the first: %v", err)
	}
}

// Who has a certificate is who it says; who has none is who he says.
func TestIs(t *testing.T) {
	k := Known{tlsconf.Identity{Role: "emitter", Name: "e1"}, true}
	if err := KnownIn(k.With(t.Context())).Is("e1"); err != nil {
		t.Error(err)
	}
	if err := k.Is("e2"); is(t, err) != Forbidden {
		t.Errorf("e1 is e2: %v", err)
	}
	if err := KnownIn(t.Context()).Is("e2"); err != nil {
		t.Error(err)
	}
}
