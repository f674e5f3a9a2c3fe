package main

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	"weir/system/metrics"
	"weir/system/transport/access"
	"weir/system/transport/netlimit"
	"weir/system/transport/tlsconf"
)

// How often the gRPC health service learns whether the node is ready.
const (
	readyEvery   = time.Second            // while it is
	unreadyEvery = 250 * time.Millisecond // while it is not
)

// watch is what looks at a running node from beside: its metrics, the admin listener,
// and who keeps the gRPC health service true.
type watch struct {
	s        *service
	listen   net.Listener // nil: there is no admin listener
	token    *access.Token
	metrics  *metrics.Metrics
	stopping atomic.Bool // nothing new is to come here
	admin    *admin
	quit     chan struct{}
	done     chan struct{} // nil until begun
}

// openWatch opens the admin listener, before there is a node.
func (s *service) openWatch() (err error) {
	s.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	w := &watch{s: s, quit: make(chan struct{})}
	if w.token, err = s.secure.readToken("admin token", s.cfg.AdminTokenFile); err != nil {
		return err
	}
	if s.cfg.Admin != "" {
		l, err := net.Listen("tcp", s.cfg.Admin)
		if err != nil {
			return err
		}
		w.listen = netlimit.Listen(l, adminConns)
	}
	s.watch = w
	return nil
}

// begin watches the node that runs now.
func (w *watch) begin(role string, incarnation uint32) (err error) {
	s := w.s
	w.metrics, err = metrics.New(metrics.Node{Name: s.cfg.Name, Role: role, Incarnation: incarnation, Version: version()}, measured{s.node, s.sources})
	if err != nil {
		return err
	}
	if w.listen != nil {
		if w.admin, err = newAdmin(w, s.secure, w.token); err != nil {
			return err
		}
		if role == tlsconf.Analyser {
			w.admin.mux.Handle("GET "+digestPath, w.admin.guarded(http.HandlerFunc(w.serveDigest)))
		}
		go serveHTTP(w.admin.server, w.listen)
	}
	w.done = make(chan struct{})
	go w.health()
	return nil
}

// Ready reports whether the node does its part, and why not.
func (w *watch) Ready(ctx context.Context) (bool, string) {
	if w.stopping.Load() {
		return false, "stopping"
	}
	return w.metrics.Ready(ctx)
}

// Handler serves the metrics.
func (w *watch) Handler() http.Handler { return w.metrics.Handler() }

// health keeps the health service true until close; after its Shutdown it stays at
// not serving whatever it is told.
func (w *watch) health() {
	defer close(w.done)
	var peers peerWatch
	for last := false; ; {
		ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
		ok, why := w.Ready(ctx)
		cancel()
		if ok != last {
			last = ok
			status := grpc_health_v1.HealthCheckResponse_NOT_SERVING
			if ok {
				status = grpc_health_v1.HealthCheckResponse_SERVING
			}
			w.s.health.SetServingStatus("", status)
			w.s.http.link.SetReady(ok)
			w.s.log.Info("readiness", "ready", ok, "why", why)
		}
		w.peers(&peers)
		wait := unreadyEvery
		if ok {
			wait = readyEvery
		}
		select {
		case <-time.After(wait):
		case <-w.quit:
			return
		}
	}
}

// peers says which analysers a distributor lost and has back.
func (w *watch) peers(p *peerWatch) {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	samples, _ := w.s.node.Samples(ctx)
	cancel()
	p.look(time.Now(), samples, func(peer string, up bool) {
		if up {
			w.s.log.Info("peer back", "peer", peer)
		} else {
			w.s.log.Warn("peer lost", "peer", peer)
		}
	}, func(n int) { w.s.log.Warn("more peers were lost or came back than are told", "changes", n) })
}

// close ends it. Nobody is waited for who still reads an answer.
func (w *watch) close() {
	if w == nil {
		return
	}
	close(w.quit)
	if w.admin != nil {
		w.admin.server.Close()
	} else if w.listen != nil {
		w.listen.Close()
	}
	if w.done != nil {
		<-w.done
	}
}
