package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"weir/system/transport/access"
	weirhttp "weir/system/transport/http"
	"weir/system/transport/netlimit"
)

// Limits of the admin listener.
const (
	profileMost  = 60              // seconds of a profile
	readyWithin  = 2 * time.Second // actors that have not answered by then are stuck
	adminBodyMax = 64 << 10        // bytes of a request's body
)

// adminConns are the connections of the admin listener: few, as scrapers and probes are.
var adminConns = netlimit.Limits{Connections: 64, PerIP: 32}

// checkAdmin says why the admin listener cannot be as configured. Without a token
// and certificates only the machine itself may reach it.
func (c *config) checkAdmin() error {
	if c.Admin == "" {
		if c.AdminTokenFile != "" {
			return errors.New("an admin token file, but no address: --admin HOST:PORT")
		}
		return nil
	}
	if _, _, err := net.SplitHostPort(c.Admin); err != nil {
		return fmt.Errorf("admin address %q: want HOST:PORT", c.Admin)
	}
	if c.AdminTokenFile == "" {
		if c.Security.TLS == nil && !loopback(c.Admin) {
			return fmt.Errorf("admin address %q is not a loopback address: that needs tls or --admin-token-file", c.Admin)
		}
		return nil
	}
	if _, err := access.LoadToken(c.AdminTokenFile, nil); err != nil {
		return fmt.Errorf("admin token: %w", err)
	}
	return c.inClear("admin_token_file", "admin", c.Admin)
}

// admin answers those who run the node.
type admin struct {
	metrics watched
	guard   *access.Guard
	server  *http.Server
	mux     *http.ServeMux
}

// watched is what the admin listener tells of a node.
type watched interface {
	Ready(ctx context.Context) (ok bool, why string)
	Handler() http.Handler
}

// newAdmin makes the server and does not run it yet. Health is told to everybody; the
// rest to who has the token, if there is one, and an operator's certificate, if the node
// has one itself.
func newAdmin(m watched, x *secure, token *access.Token) (*admin, error) {
	mux := http.NewServeMux()
	a := &admin{metrics: m, guard: x.guard(token), mux: mux}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", a.guarded(m.Handler()))
	for path, h := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/cmdline": pprof.Cmdline, "/debug/pprof/symbol": pprof.Symbol,
		"/debug/pprof/profile": briefly(pprof.Profile), "/debug/pprof/trace": briefly(pprof.Trace),
	} {
		mux.Handle("GET "+path, a.guarded(h))
	}
	handler := outsiders(http.MaxBytesHandler(mux, adminBodyMax))
	if token == nil && x.files == nil {
		handler = weirhttp.LocalName(handler)
	}
	var err error
	if a.server, err = x.httpServer(handler, true); err != nil {
		return nil, err
	}
	return a, nil
}

// outsiders refuses what a browser sends for somebody else's page.
func outsiders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := weirhttp.Elsewhere(r); err != nil {
			say(w, http.StatusForbidden, err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}

func say(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	fmt.Fprintln(w, text)
}

func (a *admin) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	code := http.StatusOK
	ok, why := a.metrics.Ready(ctx)
	if !ok {
		code = http.StatusServiceUnavailable
	}
	say(w, code, why)
}

// guarded asks the Guard.
func (a *admin) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, leave, err := weirhttp.Enter(a.guard, access.Observe, r.URL.Path, r)
		if err != nil {
			status := weirhttp.RefusalHead(w.Header(), err)
			say(w, status, err.Error())
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// briefly bounds how long a profile may run.
func briefly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s := r.URL.Query().Get("seconds"); s != "" {
			if n, err := strconv.ParseFloat(s, 64); err != nil || !(n > 0 && n <= profileMost) {
				say(w, http.StatusBadRequest, fmt.Sprintf("seconds: want more than 0, at most %d", profileMost))
				return
			}
		}
		next(w, r)
	}
}
