package http

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"weir/system/transport/access"
)

// operations are all that may be done at all, by method and path.
var operations = map[string]access.Op{
	"POST " + pathPackets:  access.Submit,
	"POST " + pathDispatch: access.Dispatch,
	"POST " + pathMany:     access.Dispatch,
	"POST " + pathProbe:    access.Probe,
	"POST " + pathControl:  access.Control,
	"GET " + pathState:     access.State,
	"POST " + pathGossip:   access.Gossip,
	"GET " + pathHealth:    access.Health,
	"GET " + pathReady:     access.Health,
	"GET " + pathOpenAPI:   access.Describe,
}

// Guarded asks the Guard before every operation of a Link's handler. What is none is left
// to the handler, which answers 404 or 405.
func Guarded(g *access.Guard, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{w: w, r: r}
		if err := fromPage(r); err != nil {
			q.fail(http.StatusForbidden, err)
			return
		}
		name := r.Method + " " + r.URL.EscapedPath()
		op, ok := operations[name]
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		who, leave, err := Enter(g, op, name, r)
		if err != nil {
			q.fail(RefusalHead(w.Header(), err), err)
			return
		}
		defer leave()
		next.ServeHTTP(w, r.WithContext(who.With(r.Context())))
	})
}

// Enter admits a request or returns an *access.Refusal.
func Enter(g *access.Guard, op access.Op, name string, r *http.Request) (access.Known, func(), error) {
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // what does not parse is one origin
	return g.Enter(op, name, access.Caller{
		From: net.TCPAddrFromAddrPort(from), TLS: r.TLS, Authorization: r.Header.Values("Authorization"),
	})
}

// RefusalHead writes the headers of an answer to a request that is not admitted, and
// returns its status.
func RefusalHead(h http.Header, err error) (status int) {
	var r *access.Refusal
	switch {
	case !errors.As(err, &r):
		return http.StatusInternalServerError
	case r.Why == access.Busy:
		h.Set(headerRefused, "full")
		h.Set("Retry-After", "1")
		return http.StatusTooManyRequests
	case r.Why == access.Unknown:
		h.Set("WWW-Authenticate", strings.TrimSpace(access.Bearer))
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}

// sameOrigin refuses what browsers say comes from elsewhere.
var sameOrigin http.CrossOriginProtection

// fromPage says why a request is one that a web page made a browser send.
func fromPage(r *http.Request) error {
	if from := r.Header.Get("Origin"); from != "" {
		return fmt.Errorf("header Origin %.80q: web pages are no clients", from)
	}
	return Elsewhere(r)
}

// Elsewhere says why a request, whatever its method, is one that the web page of another
// origin made a browser send.
func Elsewhere(r *http.Request) error {
	switch from := r.Header.Get("Sec-Fetch-Site"); from {
	case "", "none", "same-origin":
	default:
		return fmt.Errorf("header Sec-Fetch-Site %.80q: web pages are no clients", from)
	}
	return sameOrigin.Check(r)
}

// LocalName refuses requests in another name than this machine's own. A handler that
// believes whoever reaches the loopback address needs it: a browser on this machine can be
// led there under any name, but it says in which.
func LocalName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if !strings.EqualFold(host, "localhost") && (err != nil || !ip.IsLoopback()) {
			q := &request{w: w, r: r}
			q.fail(http.StatusMisdirectedRequest, fmt.Errorf("header Host %.80q: not the name of this machine", r.Host))
			return
		}
		next.ServeHTTP(w, r)
	})
}
