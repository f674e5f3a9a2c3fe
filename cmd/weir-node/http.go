package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	nethttp "net/http"

	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/emitter"
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
	link, err := http.NewLink(x.httpLink(c.peers()))
	if err != nil {
		return nil, err
	}
	h := &httpSide{log: log, link: link}
	data := func(handler nethttp.Handler) {
		err = h.add(x, c.HTTPListen, http.Guarded(x.guard(nil), handler))
	}
	control := func(handler nethttp.Handler) {
		handler = http.Guarded(x.guard(x.token), handler)
		if x.token == nil && x.files == nil {
			handler = http.LocalName(handler)
		}
		err = errors.Join(err, h.add(x, c.HTTPControl, handler))
	}
	switch role {
	case "distribute":
		data(link.Ingest(distributor.Ingress))
		control(link.Table(distributor.Supervisor))
	case "analyse":
		data(link.Analyser(analyser.Actor))
	case "emit":
		control(link.Control(emitter.Actor))
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// add opens a listener, if there is an address.
func (h *httpSide) add(x *secure, addr string, handler nethttp.Handler) error {
	if addr == "" {
		return nil
	}
	s, err := x.httpServer(handler, false)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for HTTP: %w", err)
	}
	h.listeners = append(h.listeners, netlimit.Listen(l, x.cfg.Limits.Limits))
	h.servers = append(h.servers, s)
	return nil
}

// serve begins to serve.
func (h *httpSide) serve() {
	for i, l := range h.listeners {
		go func() {
			if err := serveHTTP(h.servers[i], l); !errors.Is(err, nethttp.ErrServerClosed) {
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
