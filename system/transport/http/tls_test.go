package http

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weir/system/node"
	"weir/system/transport"
	"weir/system/transport/tlsconf"
	"weir/system/transport/tlsconf/tlstest"
)

// files issues a certificate and loads it.
func files(t *testing.T, a *tlstest.Authority, ca string, c tlstest.Cert) *tlsconf.Files {
	t.Helper()
	cert, key := a.Issue(t, strings.NewReplacer("/", "-", ":", "-").Replace(t.Name()+c.URIs[0]), c)
	f, err := tlsconf.Load(tlsconf.Config{Cert: cert, Key: key, CA: ca}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// silent takes connections and says nothing.
func silent(t *testing.T) (addr string, done func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), func() { l.Close() } // the kernel takes them
}

// TestEncryptedLane holds to whom a node sends over https: the one of that name, in a
// role that takes such messages, of the right authority; to others nothing is sent.
func TestEncryptedLane(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := tlstest.New(t, dir, "ours"), tlstest.New(t, dir, "theirs")
	const good = `{"results":[{"id":"ok/1/1","outcome":"committed"}]}`
	e1 := files(t, ours, ours.File, tlstest.Cert{URIs: []string{"weir://emitter/e1"}})
	for what, c := range map[string]struct {
		cert    tlstest.Cert
		a       *tlstest.Authority
		version uint16
		named   string // the header of the answer
		want    error  // nil: it is answered
	}{
		"d1":                  {tlstest.Cert{URIs: []string{"weir://distributor/d1"}}, ours, tls.VersionTLS13, "d1", nil},
		"another name":        {tlstest.Cert{URIs: []string{"weir://distributor/d2"}}, ours, tls.VersionTLS13, "d1", node.ErrRefused},
		"another role":        {tlstest.Cert{URIs: []string{"weir://analyser/d1"}}, ours, tls.VersionTLS13, "d1", node.ErrRefused},
		"another authority":   {tlstest.Cert{URIs: []string{"weir://distributor/d1"}}, theirs, tls.VersionTLS13, "d1", node.ErrRefused},
		"ended":               {tlstest.Cert{URIs: []string{"weir://distributor/d1"}, Ended: true}, ours, tls.VersionTLS13, "d1", node.ErrRefused},
		"TLS 1.2":             {tlstest.Cert{URIs: []string{"weir://distributor/d1"}}, ours, tls.VersionTLS12, "d1", node.ErrRefused},
		"d1, answering as d2": {tlstest.Cert{URIs: []string{"weir://distributor/d1"}}, ours, tls.VersionTLS13, "d2", node.ErrReset},
	} {
		t.Run(what, func(t *testing.T) {
			served := 0
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				served++
				w.Header().Set("Weir-Node", c.named)
				w.Header().Set("Weir-Incarnation", "3")
				w.Header().Set("Weir-Token", "9")
				w.Header().Set("Weir-Re", r.Header.Get(headerToken))
				_, _ = w.Write([]byte(good))
			}))
			cert, key := c.a.Issue(t, "server", c.cert)
			pair, err := tls.LoadX509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: c.version}
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			defer s.Close()
			ev := sender(t, s.URL, "main", submit("ok", 1), func(c *Config) { c.TLS = e1.Client })
			if c.want == nil && ev.Kind != node.Replied || c.want != nil && (ev.Kind != node.Failed || ev.Err != c.want) {
				t.Errorf("%+v, want %v", ev, c.want)
			}
			if (served > 0) != (c.want != node.ErrRefused) {
				t.Errorf("it was sent %d times", served)
			}
		})
	}
	t.Run("no TLS there", func(t *testing.T) {
		s := httptest.NewServer(http.NotFoundHandler())
		defer s.Close()
		ev := sender(t, strings.Replace(s.URL, "http:", "https:", 1), "main", submit("ok", 1), func(c *Config) { c.TLS = e1.Client })
		if ev.Err != node.ErrRefused {
			t.Errorf("%+v", ev)
		}
	})
	t.Run("no answer to a handshake", func(t *testing.T) {
		at, done := silent(t)
		defer done()
		ev := sender(t, "https://"+at, "main", submit("ok", 1), func(c *Config) { c.TLS, c.DialMax = e1.Client, 50*time.Millisecond })
		if ev.Err != node.ErrRefused {
			t.Errorf("%+v", ev)
		}
	})
	if _, err := NewLink(Config{Peers: map[string]transport.Peer{"d1": {Data: "https://127.0.0.1:1"}}}); err == nil {
		t.Error("https without TLS is taken")
	}
}
