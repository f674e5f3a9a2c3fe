package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"weir/system/transport"
	"weir/system/transport/grpc"
	"weir/system/transport/netlimit"
	"weir/system/transport/tlsconf"
)

// security is who may do what with a node, and how much of it.
type security struct {
	// TLS are the files for encrypted connections, of which each end has a name. Default
	// (none): connections are neither encrypted nor anybody's.
	TLS *tlsconf.Config `yaml:"tls"`
	// TokenFile holds the token, 16 to 1024 bytes, that every call to the control
	// listener must carry. An operator's documents carry it. Default (empty): none.
	TokenFile string `yaml:"control_token_file"`
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
	// Handshake is how long a connection may take to be one. Default (0): 10 s.
	Handshake time.Duration `yaml:"handshake"`
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
	}{{"handshake", l.Handshake}, {"stream_idle", l.StreamIdle}, {"stream_stall", l.StreamStall}} {
		if f.v != 0 && (f.v < 10*time.Millisecond || f.v > 24*time.Hour) {
			errs = append(errs, fmt.Errorf("limits: %s %v: want 10ms to 24h, or 0 (the default)", f.name, f.v))
		}
	}
	return errors.Join(errs...)
}

// validate returns everything that is wrong, for a role that takes control documents at
// the address.
func (s *security) validate(role, control string) error {
	errs := []error{s.Limits.validate()}
	if control != "" && role != "operate" && !loopback(control) && s.TokenFile == "" && (s.TLS == nil || s.TLS.Anonymous) {
		errs = append(errs, fmt.Errorf("control %q: whoever reaches it controls the node: other than a loopback address only with "+
			"certificates (tls: {cert, key, ca}, not anonymous) or --control-token-file", control))
	}
	if s.TLS != nil && s.TLS.Cert == "" && (role == "distribute" || role == "analyse" || control != "") {
		errs = append(errs, errors.New("tls: who listens needs a certificate: tls: {cert: FILE, key: FILE, ca: FILE}"))
	}
	_, err := netlimit.NewDialer(s.DialAllow)
	return errors.Join(append(errs, err)...)
}

// mayDial returns which peers have an address, not a name, that is none to connect to:
// better at the start than at each attempt.
func (c *config) mayDial() error {
	d, err := netlimit.NewDialer(c.Security.DialAllow)
	if err != nil {
		return nil // told elsewhere
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Peers)) {
		p := c.Peers[name]
		for _, addr := range []string{p.Data, p.Probe, p.Control} {
			if at, ok := transport.HTTP(addr); ok {
				addr = at
			}
			host, _, _ := net.SplitHostPort(addr)
			if _, err := netip.ParseAddr(host); err != nil {
				continue
			}
			if _, err := d.Resolve(context.Background(), addr); err != nil {
				errs = append(errs, fmt.Errorf("peer %q: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// loopback reports whether only this machine reaches an address to listen at. A name
// counts only if it is localhost: what others mean is not known for ever.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && localHost(host)
}

// localHost reports whether a host is this machine to itself.
func localHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// secure is security with its files read.
type secure struct {
	cfg    *security
	files  *tlsconf.Files // nil: no TLS
	server *tls.Config    // nil: no TLS
	token  string
	dialer *netlimit.Dialer
}

// open reads the files of a node.
func (s *security) open(role, name string, log *slog.Logger) (*secure, error) {
	x := &secure{cfg: s}
	var err error
	if x.dialer, err = netlimit.NewDialer(s.DialAllow); err != nil {
		return nil, err
	}
	if s.TokenFile != "" {
		if x.token, err = readToken(s.TokenFile); err != nil {
			return nil, fmt.Errorf("control token: %w", err)
		}
	}
	if s.TLS == nil {
		return x, nil
	}
	x.files, err = tlsconf.Load(*s.TLS, func(err error) { log.Error("certificates", "err", err) })
	if err != nil || s.TLS.Cert == "" {
		return x, err
	}
	if want := (tlsconf.Identity{Role: roleNames[role], Name: name}); x.files.Identity() != want {
		return nil, fmt.Errorf("tls: %s: the certificate is of %s, the node is %s", s.TLS.Cert, x.files.Identity(), want)
	}
	x.server, err = x.files.Server()
	return x, err
}

// roleNames are the roles of the commands, as certificates and logs have them.
var roleNames = map[string]string{
	"distribute": tlsconf.Distributor, "analyse": tlsconf.Analyser, "emit": tlsconf.Emitter, "operate": tlsconf.Operator,
}

// The lengths in bytes of a token.
const tokenMin, tokenMax = 16, 1024

// readToken reads the token, without the white space around it.
func readToken(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 2*tokenMax))
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if len(token) < tokenMin || len(token) > tokenMax {
		return "", fmt.Errorf("%s: %d bytes, want %d to %d", name, len(token), tokenMin, tokenMax)
	}
	for _, c := range []byte(token) {
		if c <= ' ' || c >= 0x7f {
			return "", fmt.Errorf("%s: a token has visible ASCII characters only", name)
		}
	}
	return token, nil
}

// link is the transport's configuration.
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

// listener puts limits on l, and says what a server on it must hold its clients to.
func (x *secure) listener(l net.Listener, control bool) (net.Listener, []rpc.ServerOption) {
	lim := x.cfg.Limits
	calls := netlimit.Limits{Connections: lim.Calls, PerIP: lim.CallsPerIP}.WithDefaults()
	guard := &grpc.Guard{Certificates: x.server != nil, Calls: netlimit.NewCount(calls.Connections, calls.PerIP)}
	if x.cfg.TLS != nil {
		guard.Anonymous = x.cfg.TLS.Anonymous
	}
	if control {
		guard.Token = x.token
	}
	options := append(grpc.ServerOptions(), guard.Options()...)
	if lim.Handshake != 0 {
		options = append(options, rpc.ConnectionTimeout(lim.Handshake))
	}
	if x.server != nil {
		options = append(options, rpc.Creds(credentials.NewTLS(x.server)))
	}
	return netlimit.Listen(l, lim.Limits), options
}
