package main

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	nethttp "net/http"
	"strings"
	"sync"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"weir/system/transport"
	"weir/system/transport/access"
	"weir/system/transport/grpc"
	"weir/system/transport/http"
	"weir/system/transport/netlimit"
	"weir/system/transport/tlsconf"
)

// security is who may do what with a node, and how much of it.
type security struct {
	// TLS are the files for encrypted connections, of which each end has a name. Default
	// (none): connections are neither encrypted nor anybody's.
	TLS *tlsconf.Config `yaml:"tls"`
	// TokenFile holds the token, 16 to 1024 bytes, that every call to a control listener
	// must carry. An operator's documents carry it. A file that replaces it is read while
	// the node runs. Default (empty): none.
	TokenFile string `yaml:"control_token_file"`
	// TokenInClear lets tokens cross a network unencrypted, for one that is closed
	// otherwise. Default (false): without tls a token goes to a loopback address only.
	TokenInClear bool `yaml:"token_in_clear"`
	// DialAllow are the addresses that this node may connect to, see
	// netlimit.NewDialer. Default (none): all but unspecified, link-local and
	// multicast ones.
	DialAllow []string `yaml:"dial_allow"`
	// Limits hold for each listener.
	Limits limits `yaml:"limits"`
}

// limits bound what the clients of a listener can use.
type limits struct {
	netlimit.Limits `yaml:",inline"`
	// Calls are the streams and calls at once; CallsPerIP those from one address, as
	// connections count. 1..1<<20. Defaults (0): 1024 and 256.
	Calls      int `yaml:"calls"`
	CallsPerIP int `yaml:"calls_per_ip"`
	// Handshake is how long a connection may take to be one; over HTTP the headers of its
	// first request are part of it, and those of each may take as long. Default (0): 10 s,
	// over HTTP 5 s.
	Handshake time.Duration `yaml:"handshake"`
	// Request is how long a request over HTTP may take to arrive, its body included.
	// Default (0): 15 s.
	Request time.Duration `yaml:"request"`
	// StreamIdle and StreamStall end streams on which nothing moves, see grpc.Config.
	StreamIdle  time.Duration `yaml:"stream_idle"`
	StreamStall time.Duration `yaml:"stream_stall"`
}

func (l limits) validate() error {
	var errs []error
	for _, f := range []struct {
		name string
		v    int
	}{{"connections", l.Connections}, {"connections_per_ip", l.PerIP}, {"calls", l.Calls}, {"calls_per_ip", l.CallsPerIP}} {
		if f.v < 0 || f.v > 1<<20 {
			errs = append(errs, fmt.Errorf("limits: %s %d: want 0 (the default) to %d", f.name, f.v, 1<<20))
		}
	}
	for _, f := range []struct {
		name string
		v    time.Duration
	}{{"handshake", l.Handshake}, {"request", l.Request}, {"stream_idle", l.StreamIdle}, {"stream_stall", l.StreamStall}} {
		if f.v != 0 && (f.v < 10*time.Millisecond || f.v > 24*time.Hour) {
			errs = append(errs, fmt.Errorf("limits: %s %v: want 10ms to 24h, or 0 (the default)", f.name, f.v))
		}
	}
	return errors.Join(errs...)
}

// secure is security with its files read.
type secure struct {
	cfg    *security
	log    *slog.Logger
	files  *tlsconf.Files // nil: no TLS
	token  *access.Token  // nil: none
	dialer *netlimit.Dialer
}

// open reads the files of a node.
func (s *security) open(role, name string, to *slog.Logger) (*secure, error) {
	x := &secure{cfg: s, log: to}
	var err error
	if x.dialer, err = netlimit.NewDialer(s.DialAllow); err != nil {
		return nil, err
	}
	if x.token, err = x.readToken("control token", s.TokenFile); err != nil {
		return nil, err
	}
	if s.TLS == nil {
		return x, nil
	}
	x.files, err = tlsconf.Load(*s.TLS, func(err error) { to.Error("certificates", "err", err) })
	if err != nil || s.TLS.Cert == "" {
		return x, err
	}
	if want := (tlsconf.Identity{Role: roleNames[role], Name: name}); x.files.Identity() != want {
		return nil, fmt.Errorf("tls: %s: the certificate is of %s, the node is %s", s.TLS.Cert, x.files.Identity(), want)
	}
	return x, nil
}

// roleNames are the roles of the commands, as certificates and logs have them.
var roleNames = map[string]string{
	"distribute": tlsconf.Distributor, "analyse": tlsconf.Analyser, "emit": tlsconf.Emitter, "operate": tlsconf.Operator,
}

// readToken reads the token in a file; nil if there is no file.
func (x *secure) readToken(what, file string) (*access.Token, error) {
	if file == "" {
		return nil, nil
	}
	token, err := access.LoadToken(file, func(err error) {
		x.log.Error("a changed token is not used, the one before stays in force", "what", what, "err", err)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return token, nil
}

// link is the configuration of gRPC.
func (x *secure) link(peers map[string]grpc.Peer) grpc.Config {
	c := grpc.Config{
		Peers: peers, Dial: x.dialer.Dial, ControlToken: x.token,
		StreamIdle: x.cfg.Limits.StreamIdle, StreamStall: x.cfg.Limits.StreamStall,
	}
	if x.files != nil {
		c.Credentials = func(peer string, roles ...string) credentials.TransportCredentials {
			return credentials.NewTLS(x.files.Client(peer, roles...))
		}
	}
	return c
}

// httpLink is the configuration of HTTP.
func (x *secure) httpLink(peers map[string]transport.Peer) http.Config {
	c := http.Config{Peers: peers, Dial: x.dialer.Dial, ControlToken: x.token}
	if x.files != nil {
		c.TLS = x.files.Client
	}
	return c
}

// guard is who may do what on a listener where every call must present the token, if
// there is one.
func (x *secure) guard(token *access.Token) *access.Guard {
	calls := netlimit.Limits{Connections: x.cfg.Limits.Calls, PerIP: x.cfg.Limits.CallsPerIP}.WithDefaults()
	return &access.Guard{
		Certificates: x.files != nil, Anonymous: x.files != nil && x.cfg.TLS.Anonymous,
		Token: token, Calls: netlimit.NewCount(calls.Connections, calls.PerIP),
	}
}

// listener puts limits on l, and says what a gRPC server on it must hold its clients to.
func (x *secure) listener(l net.Listener, control bool) (net.Listener, []rpc.ServerOption, error) {
	guard := x.guard(nil)
	if control {
		guard.Token = x.token
	}
	options := append(grpc.ServerOptions(), grpc.Guarded(guard)...)
	if wait := x.cfg.Limits.Handshake; wait != 0 {
		options = append(options, rpc.ConnectionTimeout(wait))
	}
	if x.files != nil {
		conf, err := x.files.Server(false, "h2")
		if err != nil {
			return nil, nil, err
		}
		options = append(options, rpc.Creds(credentials.NewTLS(conf)))
	}
	return netlimit.Listen(l, x.cfg.Limits.Limits), options, nil
}

// httpServer is a server within the limits, and with TLS if the node has it: then a
// client's certificate is asked for, and required unless it is optional.
func (x *secure) httpServer(h nethttp.Handler, optional bool) (*nethttp.Server, error) {
	s := http.NewServer(h)
	s.ErrorLog = log.New(&sparse{log: x.log}, "", 0)
	if wait := x.cfg.Limits.Handshake; wait != 0 {
		s.ReadHeaderTimeout = wait
	}
	if wait := x.cfg.Limits.Request; wait != 0 {
		s.ReadTimeout = wait
	}
	s.ReadHeaderTimeout = min(s.ReadHeaderTimeout, s.ReadTimeout)
	if x.files == nil {
		return s, nil
	}
	s.Protocols.SetUnencryptedHTTP2(false)
	var err error
	s.TLSConfig, err = x.files.Server(optional, "h2", "http/1.1")
	return s, err
}

// sparseLines is how many lines a second strangers can make a server log.
const sparseLines = 5

// sparse logs what an HTTP server says of its clients, and not without an end.
type sparse struct {
	log *slog.Logger

	mu   sync.Mutex
	from time.Time // when the second began
	n    int       // lines since
}

// Write implements io.Writer for lines.
func (s *sparse) Write(line []byte) (int, error) {
	s.mu.Lock()
	left := 0
	if now := time.Now(); now.Sub(s.from) >= time.Second {
		left = max(s.n-sparseLines, 0)
		s.from, s.n = now, 0
	}
	s.n++
	tell := s.n <= sparseLines
	s.mu.Unlock()
	if left > 0 {
		s.log.Warn("HTTP clients: lines left out", "lines", left)
	}
	if tell {
		s.log.Warn(strings.TrimSpace(string(line)))
	}
	return len(line), nil
}

// serveHTTP serves until the server is closed.
func serveHTTP(s *nethttp.Server, l net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}
