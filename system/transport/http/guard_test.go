package http

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weir/system/message"
	"weir/system/node"
	"weir/system/transport/access"
	"weir/system/transport/netlimit"
)

// token is a control token in a file.
func token(t *testing.T, text string) *access.Token {
	t.Helper()
	name := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tok, err := access.LoadToken(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestGuarded holds that every operation asks the Guard, and what it then answers.
func TestGuarded(t *testing.T) {
	s, api := open(t, Config{}, node.Mailbox{}, judge), readAPI(t)
	for op, guard := range map[string]struct {
		guard  access.Guard
		header string
		status int
		says   string
	}{
		"no certificate": {access.Guard{Certificates: true}, "", 401, "a certificate is required"},
		"no token":       {access.Guard{Token: token(t, "sesame-sesame-sesame")}, "", 401, "Bearer"},
		"a wrong token":  {access.Guard{Token: token(t, "sesame-sesame-sesame")}, "Authorization: Bearer sesame", 401, "Bearer"},
		"too many calls": {access.Guard{Calls: netlimit.NewCount(0, 0)}, "", 429, "too many calls"},
		"a web page":     {access.Guard{}, "Origin: http://127.0.0.1", 403, "web pages"},
		"another site":   {access.Guard{}, "Sec-Fetch-Site: cross-site", 403, "web pages"},
	} {
		s.guard.Store(&guard.guard)
		for _, name := range Operations() {
			x := exchange{op: name, header: guard.header, body: "{}", status: guard.status}
			resp, body := s.do(t, x)
			if resp.StatusCode != guard.status || !strings.Contains(body, guard.says) || strings.Contains(body, "sesame") {
				t.Errorf("%s, %s: %d %s, want %d", op, name, resp.StatusCode, body, guard.status)
			}
			if login := resp.Header.Get("WWW-Authenticate"); (login == "Bearer") != (guard.status == 401) {
				t.Errorf("%s, %s: WWW-Authenticate %q", op, name, login)
			}
			api.holds(t, x, resp, body)
		}
	}
}

// TestWhoMayDoWhat spells out which roles may call which operation, and that a call that
// is over leaves its place to the next.
func TestWhoMayDoWhat(t *testing.T) {
	everyone := "emitter distributor analyser operator"
	table := map[string]string{
		"POST /v1/packets": "emitter", "POST /v1/dispatch": "distributor", "POST /v1/dispatches": "distributor", "POST /v1/gossip": "distributor",
		"POST /v1/probe":   "distributor",
		"POST /v1/control": "operator", "GET /v1/state": "operator", "GET /openapi.yaml": "operator",
		"GET /healthz": everyone, "GET /readyz": everyone,
	}
	h := Guarded(&access.Guard{Certificates: true, Calls: netlimit.NewCount(1, 1)}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, name := range Operations() {
		for _, role := range strings.Fields(everyone) {
			method, path, _ := strings.Cut(name, " ")
			r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
			cert := &x509.Certificate{URIs: []*url.URL{{Scheme: "weir", Host: role, Path: "/n1"}}}
			r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{cert}}}
			h.ServeHTTP(w, r)
			want := http.StatusForbidden
			if slices.Contains(strings.Fields(table[name]), role) {
				want = http.StatusTeapot
			}
			if w.Code != want {
				t.Errorf("%s by a node with the role %s: %d, want %d", name, role, w.Code, want)
			}
		}
	}
}

// TestEveryOperationHasARule holds that no operation can be reached that the table does
// not have, and none is in it that there is not.
func TestEveryOperationHasARule(t *testing.T) {
	all := Operations()
	for _, name := range all {
		if !operations[name].Rule() {
			t.Errorf("%s has no rule", name)
		}
	}
	if len(all) != len(operations) {
		t.Errorf("%d operations, %d with a rule", len(all), len(operations))
	}
}

// TestControlToken holds that a node's documents carry its token.
func TestControlToken(t *testing.T) {
	s := open(t, Config{}, node.Mailbox{}, judge)
	sesame := token(t, "sesame-sesame-sesame")
	s.guard.Store(&access.Guard{Token: sesame})
	doc := &message.Control{Doc: []byte("{}")}
	for _, good := range []bool{false, true} {
		ev := sender(t, s.control, "main", doc, func(c *Config) {
			if good {
				c.ControlToken = token(t, "sesame-sesame-sesame\n")
			}
		})
		if (ev.Kind == node.Replied) != good {
			t.Errorf("with the token %v: %+v", good, ev)
		}
	}
	if ev := sender(t, s.data, "main", submit("ok", 1), func(c *Config) { c.ControlToken = sesame }); ev.Kind != node.Failed {
		t.Errorf("the token went with a packet: %+v", ev)
	}
}

// TestLocalName holds which names are this machine's own.
func TestLocalName(t *testing.T) {
	h := LocalName(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, status := range map[string]int{
		"127.0.0.1": 200, "127.0.0.1:80": 200, "localhost": 200, "LocalHost:1": 200, "[::1]": 200, "[::1]:9": 200, "127.9.9.9:1": 200,
		"": 421, "evil.example": 421, "evil.example:80": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1": 421, "0.0.0.0:1": 421, "[::]:1": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%q: %d, want %d", host, w.Code, status)
		}
	}
}
