package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	nethttp "net/http"
	"slices"

	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/emitter"
	"weir/system/transport"
	"weir/system/transport/http"
	"weir/system/transport/netlimit"
)

// httpSide is a node's part in HTTP: its link to others and its listeners.
type httpSide struct {
	log       *slog.Logger
	link      *http.Link
	listeners []net.Listener
	servers   []*nethttp.Server // one for each listener
}

// newHTTPSide opens the link and the listeners of a role. Nobody is served yet.
func newHTTPSide(role string, c *config, x *secure, log *slog.Logger) (*httpSide, error) {
	link, err := http.NewLink(http.Config{Peers: c.peers(), Dial: x.dialer.Dial, ControlToken: x.token})
	if err != nil {
		return nil, err
	}
	h := &httpSide{log: log, link: link}
	add := func(addr string, handler nethttp.Handler) {
		if addr == "" || err != nil {
			return
		}
		var l net.Listener
		if l, err = net.Listen("tcp", addr); err != nil {
			err = fmt.Errorf("listen for HTTP: %w", err)
			return
		}
		h.listeners = append(h.listeners, netlimit.Listen(l, x.cfg.Limits.Limits))
		s := http.NewServer(handler)
		s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
		h.servers = append(h.servers, s)
	}
	switch role {
	case "distribute":
		add(c.HTTPListen, link.Ingest(distributor.Ingress))
		add(c.HTTPControl, link.Table(distributor.Supervisor))
	case "analyse":
		add(c.HTTPListen, link.Analyser(analyser.Actor))
	case "emit":
		add(c.HTTPControl, link.Control(emitter.Actor))
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// mayHTTP returns which settings would let HTTP past the others' protection.
func (c *config) mayHTTP() error {
	var errs []error
	if c.HTTPControl != "" && !loopback(c.HTTPControl) && c.Security.TokenFile == "" {
		errs = append(errs, fmt.Errorf("http_control %q: other than a loopback address only with --control-token-file", c.HTTPControl))
	}
	if c.Security.TLS == nil {
		return errors.Join(errs...)
	}
	plain := func(what, addr string) {
		if addr != "" {
			errs = append(errs, fmt.Errorf("%s %q: HTTP is not encrypted, and tls is set", what, addr))
		}
	}
	plain("http_listen", c.HTTPListen)
	plain("http_control", c.HTTPControl)
	for _, name := range slices.Sorted(maps.Keys(c.Peers)) {
		p := c.Peers[name]
		for _, addr := range []string{p.Data, p.Probe, p.Control} {
			if _, ok := transport.HTTP(addr); ok {
				plain("peer "+name, addr)
			}
		}
	}
	return errors.Join(errs...)
}

// serve begins to serve.
func (h *httpSide) serve() {
	for i, l := range h.listeners {
		go func() {
			if err := h.servers[i].Serve(l); !errors.Is(err, nethttp.ErrServerClosed) {
				h.log.Error("HTTP ended", "addr", l.Addr().String(), "err", err)
			}
		}()
	}
}

// close ends the link, then the servers.
func (h *httpSide) close() {
	h.link.Close()
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	for _, s := range h.servers {
		if s.Shutdown(ctx) != nil {
			s.Close()
		}
	}
	for _, l := range h.listeners {
		l.Close() // of a server that never served
	}
}
