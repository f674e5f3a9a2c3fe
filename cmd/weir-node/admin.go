package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"time"
)

// Limits of the admin listener.
const (
	adminConns   = 64              // connections at once; more wait to be accepted
	profileMost  = 60              // seconds of a profile
	readyWithin  = 2 * time.Second // actors that have not answered by then are stuck
	adminBodyMax = 64 << 10        // bytes of a request's body
)

// checkAdmin says why the admin listener cannot be as configured. Without a token only
// the machine itself may reach it.
func (c *config) checkAdmin() error {
	if c.Admin == "" {
		if c.AdminTokenFile != "" {
			return errors.New("an admin token file, but no address: --admin HOST:PORT")
		}
		return nil
	}
	host, _, err := net.SplitHostPort(c.Admin)
	if err != nil {
		return fmt.Errorf("admin address %q: want HOST:PORT", c.Admin)
	}
	if c.AdminTokenFile == "" && !localHost(host) {
		return fmt.Errorf("admin address %q is not a loopback address: that needs --admin-token-file", c.Admin)
	}
	_, err = adminToken(c.AdminTokenFile)
	return err
}

// adminToken is the digest of the token in a file; nil if there is no file.
func adminToken(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	token, err := readToken(file)
	if err != nil {
		return nil, fmt.Errorf("admin token: %w", err)
	}
	sum := sha256.Sum256([]byte(token))
	return sum[:], nil
}

// admin answers those who run the node.
type admin struct {
	metrics watched
	token   []byte // its digest; nil: everyone who reaches a loopback address may
	server  *http.Server
}

// watched is what the admin listener tells of a node.
type watched interface {
	Ready(ctx context.Context) (ok bool, why string)
	Handler() http.Handler
}

// newAdmin makes the server and does not run it yet.
func newAdmin(m watched, token []byte, log *slog.Logger) *admin {
	a := &admin{metrics: m, token: token}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", a.guarded(m.Handler()))
	for path, h := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/cmdline": pprof.Cmdline, "/debug/pprof/symbol": pprof.Symbol,
		"/debug/pprof/profile": briefly(pprof.Profile), "/debug/pprof/trace": briefly(pprof.Trace),
	} {
		mux.Handle("GET "+path, a.guarded(h))
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	a.server = &http.Server{
		Handler:           a.local(http.MaxBytesHandler(mux, adminBodyMax)),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, Protocols: protocols,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return a
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

// local refuses what names another host than this one, unless a token is asked for: a
// browser on this machine may be made to send anything to a loopback address, but it
// says in which name.
func (a *admin) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if a.token == nil && !localHost(strings.Trim(host, "[]")) {
			say(w, http.StatusMisdirectedRequest, "not the name of this host")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guarded asks for the token, if there is one. Health is told without.
func (a *admin) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.token != nil {
			given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			sum := sha256.Sum256([]byte(given))
			if subtle.ConstantTimeCompare(sum[:], a.token) != 1 || !ok {
				w.Header().Set("WWW-Authenticate", "Bearer")
				say(w, http.StatusUnauthorized, "a bearer token is needed")
				return
			}
		}
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
