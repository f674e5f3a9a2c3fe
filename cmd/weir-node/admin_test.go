package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	"weir/system/driver"
	"weir/system/metrics"
	"weir/system/operator"
	"weir/system/transport/access"
	"weir/system/transport/netlimit"
	"weir/system/transport/tlsconf"
)

const testToken = "0123456789abcdef-test"

// tokenFile writes a token file.
func tokenFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// administer serves the admin listener of an operator node on a loopback address.
func administer(t *testing.T, token string, conns int) (addr string) {
	t.Helper()
	n, err := driver.Start(driver.Config{Name: "op", Role: "operator", Incarnation: 1, Boot: operator.Boot(operator.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	m, err := metrics.New(metrics.Node{Name: "op", Role: "operator", Incarnation: 1, Version: "test"}, n)
	if err != nil {
		t.Fatal(err)
	}
	x, err := (&security{}).open("operate", "op", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var secret *access.Token
	if token != "" {
		if secret, err = x.readToken("admin token", tokenFile(t, token+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAdmin(m, x, secret)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- serveHTTP(a.server, netlimit.Listen(l, netlimit.Limits{PerIP: conns})) }()
	t.Cleanup(func() {
		a.server.Close()
		if err := <-done; err != http.ErrServerClosed {
			t.Errorf("served until: %v", err)
		}
		n.Kill()
		<-n.Done()
	})
	return l.Addr().String()
}

// ask sends one request with that Host and Authorization or, with a colon, other header, and returns status and body.
func ask(t *testing.T, method, addr, path, host, auth string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	if name, value, ok := strings.Cut(auth, ": "); ok {
		r.Header.Set(name, value)
	} else if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	answer, err := (&http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(b)
}

func TestAdminAnswers(t *testing.T) {
	open, guarded := administer(t, "", 8), administer(t, testToken, 8)
	for _, c := range []struct {
		method, addr, path, host, auth string
		status                         int
		says                           string
	}{
		{"GET", open, "/healthz", "", "", 200, "alive"},
		{"HEAD", open, "/healthz", "", "", 200, ""},
		{"GET", open, "/readyz", "", "", 200, "ready"},
		{"GET", open, "/metrics", "", "", 200, "weir_operator_orders 0"},
		{"GET", open, "/metrics", "", "", 200, `weir_build_info{`},
		{"GET", open, "/debug/pprof/", "", "", 200, "goroutine"},
		{"GET", open, "/debug/pprof/goroutine?debug=1", "", "", 200, "goroutine profile"},
		{"GET", open, "/debug/pprof/cmdline", "", "", 200, ""},
		{"GET", open, "/debug/pprof/profile?seconds=0", "", "", 400, "seconds"},
		{"GET", open, "/debug/pprof/profile?seconds=61", "", "", 400, "seconds"},
		{"GET", open, "/debug/pprof/trace?seconds=NaN", "", "", 400, "seconds"},
		{"GET", open, "/debug/pprof/trace?seconds=0.01", "", "", 200, ""},
		{"GET", open, "/", "", "", 404, ""},
		{"GET", open, "/debug/vars", "", "", 404, ""},
		{"POST", open, "/metrics", "", "", 405, ""},
		{"DELETE", open, "/debug/pprof/heap", "", "", 405, ""},
		// In a name that is not this host's: a browser that was made to ask.
		{"GET", open, "/metrics", "evil.example", "", 421, "not the name"},
		{"GET", open, "/healthz", "evil.example:80", "", 421, "not the name"},
		{"GET", open, "/metrics", "localhost:1", "", 200, ""},
		{"GET", open, "/metrics", "[::1]:9", "", 200, ""},
		{"GET", open, "/metrics", "[::1]", "", 200, ""},

		// For a page of another site.
		{"GET", open, "/metrics", "", "Sec-Fetch-Site: cross-site", 403, "web pages"},
		{"GET", open, "/debug/pprof/", "", "Sec-Fetch-Site: same-site", 403, "web pages"},
		{"GET", open, "/debug/pprof/", "", "Sec-Fetch-Site: none", 200, "goroutine"},
		{"GET", open, "/debug/pprof/", "", "Sec-Fetch-Site: same-origin", 200, "goroutine"},
		{"POST", open, "/metrics", "", "Origin: http://evil.example", 403, "cross-origin"},

		{"GET", guarded, "/healthz", "node.example", "", 200, "alive"},
		{"GET", guarded, "/readyz", "node.example", "", 200, "ready"},
		{"GET", guarded, "/metrics", "node.example", "", 401, "Bearer TOKEN"},
		{"GET", guarded, "/metrics", "node.example", "Bearer ", 401, "Bearer TOKEN"},
		{"GET", guarded, "/metrics", "node.example", "Bearer wrong", 401, "Bearer TOKEN"},
		{"GET", guarded, "/metrics", "node.example", "Basic " + testToken, 401, "Bearer TOKEN"},
		{"GET", guarded, "/metrics", "node.example", testToken, 401, "Bearer TOKEN"},
		{"GET", guarded, "/debug/pprof/heap", "node.example", "", 401, "Bearer TOKEN"},
		{"GET", guarded, "/debug/pprof/", "node.example", "", 401, "Bearer TOKEN"},
		{"GET", guarded, "/metrics", "node.example", "Bearer " + testToken, 200, "weir_node_ready 1"},
		{"GET", guarded, "/debug/pprof/", "node.example", "Bearer " + testToken, 200, "goroutine"},
	} {
		if status, body := ask(t, c.method, c.addr, c.path, c.host, c.auth); status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %s, host %q, %q: %d %.80q, want %d %q", c.method, c.path, c.host, c.auth, status, body, c.status, c.says)
		}
	}
}

// askRaw makes a connection and one request on it, which may be refused.
func askRaw(t *testing.T, addr, head string) (net.Conn, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, "refused" // so soon
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n%s\r\n", head)
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return c, "refused"
	}
	return c, answer.Status
}

// A head that is too large is refused, and so are connections beyond the limit until
// others have ended.
func TestAdminLimits(t *testing.T) {
	addr := administer(t, "", 2)
	large, is := askRaw(t, addr, "X: "+strings.Repeat("x", 40<<10)+"\r\n")
	if !strings.HasPrefix(is, "431") {
		t.Fatalf("a head of 40 KiB: %s", is)
	}
	large.Close()
	served := func() net.Conn { // the server has to see that others are closed
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			c, is := askRaw(t, addr, "")
			if is == "200 OK" {
				return c
			}
			if time.Now().After(end) {
				t.Fatalf("it is not served: %s", is)
			}
		}
	}
	first := served()
	served()
	if _, is := askRaw(t, addr, ""); is != "refused" {
		t.Errorf("a third connection: %s", is)
	}
	first.Close()
	served()
}

// Nothing but this machine is served without a token.
func TestAdminConfig(t *testing.T) {
	good, short := tokenFile(t, testToken), tokenFile(t, "short")
	files := &tlsconf.Config{Cert: "c", Key: "k", CA: "a"}
	for _, c := range []struct {
		addr, token string
		s           security
		says        string
	}{
		{"", "", security{}, ""}, {"127.0.0.1:0", "", security{}, ""}, {"localhost:0", "", security{}, ""}, {"[::1]:0", "", security{}, ""},
		{"0.0.0.0:0", "", security{}, "not a loopback address"}, {":9090", "", security{}, "not a loopback address"}, {"[::]:1", "", security{}, "not a loopback address"},
		{"192.0.2.1:1", "", security{}, "not a loopback address"}, {"node.example:1", "", security{}, "not a loopback address"}, {"localhost.example:1", "", security{}, "not a loopback address"},
		{"0.0.0.0:0", "", security{TokenInClear: true}, "not a loopback address"}, {"0.0.0.0:0", "", security{TLS: files}, ""},
		{"0.0.0.0:0", good, security{}, "reads the token: set tls, or token_in_clear: true"}, {"0.0.0.0:0", good, security{TokenInClear: true}, ""},
		{"0.0.0.0:0", good, security{TLS: files}, ""}, {"127.0.0.1:0", good, security{}, ""},
		{"0.0.0.0:0", short, security{}, "5 bytes"}, {"127.0.0.1:0", short, security{}, "5 bytes"},
		{"0.0.0.0:0", tokenFile(t, strings.Repeat("x", access.TokenMax+1)), security{}, "want 16 to 1024"}, {"0.0.0.0:0", short + "none", security{}, "no such file"},
		{"127.0.0.1", "", security{}, "HOST:PORT"}, {"", good, security{}, "no address"},
	} {
		err := (&config{Admin: c.addr, AdminTokenFile: c.token, Security: c.s}).checkAdmin()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q, %q, %+v: %v, want %q", c.addr, filepath.Base(c.token), c.s, err, c.says)
		}
	}
	code, _, complaint := call(t, "", "analyse", "--name", "a", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0")
	if code != exitUsage || !strings.Contains(complaint, "--admin-token-file") {
		t.Errorf("code %d, %s", code, complaint)
	}
}

// A distributor is ready while an analyser is, and its health service says the same.
func TestReadiness(t *testing.T) {
	dir, at, admin, analyserAt := t.TempDir(), free(t), free(t), free(t)
	file := filepath.Join(dir, "d.yaml")
	text := fmt.Sprintf("name: d1\nlisten: %s\nadmin: %s\ndata: %s\npeers: {a1: %q}\n", at, admin, dir, analyserAt) +
		"distributor:\n  workers: 1\n  analysers: [{id: a1, weight: 1}]\n" +
		"  detector: {interval: 100ms, timeout: 50ms, failures: 2, successes: 1, down_interval: 100ms}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	spawn(t, "distribute", "--config", file)
	answers(t, admin, "/healthz", http.StatusOK)
	if why := answers(t, admin, "/readyz", http.StatusServiceUnavailable); !strings.Contains(why, "no eligible analyser") && !strings.Contains(why, "not ready") {
		t.Errorf("not ready: %s", why)
	}
	a := spawn(t, "analyse", "--name", "a1", "--data", filepath.Join(dir, "a1"), "--listen", analyserAt)
	answers(t, admin, "/readyz", http.StatusOK)
	healthIs(t, at, grpc_health_v1.HealthCheckResponse_SERVING)
	a.Process.Kill()
	answers(t, admin, "/readyz", http.StatusServiceUnavailable)
	healthIs(t, at, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	answers(t, admin, "/healthz", http.StatusOK)
}

// What strangers make a server log is a few lines a second, and the rest a number.
func TestSparse(t *testing.T) {
	var out strings.Builder
	s := &sparse{log: slog.New(slog.NewTextHandler(&out, nil))}
	for range 1000 {
		fmt.Fprintln(s, "http: a complaint")
	}
	if got := strings.Count(out.String(), "a complaint"); got < sparseLines || got > 2*sparseLines {
		t.Errorf("%d lines at once", got)
	}
	s.from = s.from.Add(-time.Second)
	fmt.Fprintln(s, "http: another")
	if !strings.Contains(out.String(), "lines left out") || !strings.Contains(out.String(), "another") {
		t.Errorf("later: %s", out.String())
	}
}
