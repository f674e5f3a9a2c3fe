package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"weir/system/transport"
	"weir/system/transport/netlimit"
)

// exposed returns everything by which the configuration of a role would open the node to
// strangers.
func (c *config) exposed(role string) error {
	s := &c.Security
	errs := []error{s.Limits.validate(), c.mayControl(role, "control", c.Control), c.mayControl(role, "http_control", c.HTTPControl)}
	if s.TLS != nil && s.TLS.Cert == "" && c.listens(role) {
		errs = append(errs, errors.New("tls: who listens needs a certificate: tls: {cert: FILE, key: FILE, ca: FILE}"))
	}
	_, err := netlimit.NewDialer(s.DialAllow)
	return errors.Join(append(errs, err, c.mayDial(), c.mayHTTP(), c.mayTell())...)
}

// listens reports whether others connect to the node.
func (c *config) listens(role string) bool {
	return role == "distribute" || role == "analyse" || c.Control != "" || c.HTTPControl != "" || c.Admin != ""
}

// mayControl says why there cannot be a control listener at the address.
func (c *config) mayControl(role, what, addr string) error {
	s := &c.Security
	if addr == "" || role == "operate" || loopback(addr) {
		return nil
	}
	if s.TokenFile == "" && (s.TLS == nil || s.TLS.Anonymous) {
		return fmt.Errorf("%s %q: whoever reaches it controls the node: other than a loopback address only with "+
			"certificates (tls: {cert, key, ca}, not anonymous) or --control-token-file", what, addr)
	}
	return c.inClear("control_token_file", what, addr)
}

// inClear says why a token of that setting may not cross the network to an address.
func (c *config) inClear(token, what, addr string) error {
	if c.Security.TLS != nil || c.Security.TokenInClear || loopback(addr) {
		return nil
	}
	return fmt.Errorf("%s: without tls whoever is on the way to %s %q reads the token: set tls, or token_in_clear: true "+
		"for a network that is closed otherwise", token, what, addr)
}

// mayTell returns which peers this node's token may not be told.
func (c *config) mayTell() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Peers)) {
		addr := c.Peers[name].Control
		if c.Security.TokenFile == "" || addr == "" {
			continue
		}
		if at, ok := transport.HTTP(addr); ok {
			addr = at
		}
		errs = append(errs, c.inClear("control_token_file", "peer "+name, addr))
	}
	return errors.Join(errs...)
}

// mayHTTP returns which peers are to be reached in another way than tls says.
func (c *config) mayHTTP() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Peers)) {
		p := c.Peers[name]
		for _, addr := range []string{p.Data, p.Probe, p.Control} {
			encrypted := strings.HasPrefix(addr, "https://")
			if _, ok := transport.HTTP(addr); !ok || encrypted == (c.Security.TLS != nil) {
				continue
			}
			if encrypted {
				errs = append(errs, fmt.Errorf("peer %s %q: https needs tls: {ca: FILE}, and cert and key unless the peer is anonymous", name, addr))
			} else {
				errs = append(errs, fmt.Errorf("peer %s %q: http is not encrypted, and tls is set: https://HOST:PORT", name, addr))
			}
		}
	}
	return errors.Join(errs...)
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
