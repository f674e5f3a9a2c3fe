package http

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
)

// The paths.
const (
	pathPackets  = "/v1/packets"
	pathDispatch = "/v1/dispatch"
	pathMany     = "/v1/dispatches"
	pathProbe    = "/v1/probe"
	pathControl  = "/v1/control"
	pathState    = "/v1/state"
	pathGossip   = "/v1/gossip"
	pathHealth   = "/healthz"
	pathReady    = "/readyz"
	pathOpenAPI  = "/openapi.yaml"
)

// Limits in bytes. A distributor dispatches what clients gave it over gRPC too, where
// packets may be larger: so the most that an analyser takes is the same as there.
const (
	dataMax     = 1 << 20
	dispatchMax = 8 << 20
	controlMax  = 64 << 10
	gossipMax   = 2 << 20   // a part of 1,000,000 bytes, in base64
	slack       = 256 << 10 // more than a limit, that is read and not kept
	answerMax   = 1 << 20   // of a response
	headerMax   = 16 << 10
)

// What all handlers of a Link together may have in progress; more is answered 429.
const (
	roomRequests = 4096
	roomBytes    = 64 << 20 // of bodies as far as they were read
)

// bodyGrow bounds what is set aside for a body before it is there, in bytes.
const bodyGrow = 32 << 10

const jsonType = "application/json"

// NewServer returns a server with the limits that every server of weir has: what a
// client may make it hold, and how long it may keep it waiting.
func NewServer(h http.Handler) *http.Server {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    headerMax,
		Protocols:         &http.Protocols{},
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          100,
			MaxReceiveBufferPerStream:     256 << 10,
			MaxReceiveBufferPerConnection: 1 << 20,
			SendPingTimeout:               15 * time.Second,
			PingTimeout:                   15 * time.Second,
			WriteByteTimeout:              10 * time.Second,
		},
	}
	s.DisableGeneralOptionsHandler = true
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetHTTP2(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	return s
}

// route is one operation.
type route struct {
	method, path string
	most         int // bytes of a body; 0: it is not read
	handle       func(*request)
}

// takes is the type of its bodies.
func (o *route) takes() string {
	if o.path == pathMany {
		return linesType
	}
	return jsonType
}

// routes is the handler of some operations.
type routes struct {
	l   *Link
	all []route
}

// request is one request while it is handled.
type request struct {
	l    *Link
	w    http.ResponseWriter
	r    *http.Request
	body []byte
}

// The values of headers of every response; never changed.
var nosniff, ofJSON = []string{"nosniff"}, []string{jsonType}

// ServeHTTP implements http.Handler.
func (h *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &request{l: h.l, w: w, r: r}
	w.Header()["X-Content-Type-Options"] = nosniff
	if len(r.TransferEncoding) > 0 && r.ProtoMajor == 1 {
		// It may have had a length too, on which somebody before this node relied: what
		// follows is not necessarily a request.
		w.Header().Set("Connection", "close")
	}
	var allowed []string
	for i := range h.all {
		o := &h.all[i]
		switch {
		case o.path != r.URL.EscapedPath(): // no other way to write it
		case o.method != r.Method:
			allowed = append(allowed, o.method)
		case o.most == 0 && o.path != pathState: // it asks no actor
			o.handle(q)
			return
		default:
			h.l.enter(q, o)
			return
		}
	}
	if allowed != nil {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		q.fail(http.StatusMethodNotAllowed, fmt.Errorf("method %.20q: %s takes %s", r.Method, r.URL.Path, strings.Join(allowed, ", ")))
		return
	}
	q.fail(http.StatusNotFound, fmt.Errorf("path %.80q: there is no such operation here", r.URL.Path))
}

// enter reads the body within the limits and calls the operation.
func (l *Link) enter(q *request, o *route) {
	select {
	case <-l.bound:
	case <-q.r.Context().Done():
		return
	case <-l.ctx.Done():
	}
	if l.ctx.Err() != nil {
		q.refuse(http.StatusServiceUnavailable, "stopped", "the node is stopping")
		return
	}
	l.introduce(q.w.Header())
	if from := q.r.Header.Get("Origin"); from != "" {
		q.fail(http.StatusForbidden, fmt.Errorf("header Origin %.80q: web pages are no clients", from))
		return
	}
	if err := checkType(q.r.Header, o.takes()); o.most > 0 && err != nil {
		q.fail(http.StatusUnsupportedMediaType, err)
		return
	}
	defer l.room.leave()
	if !l.room.enter() {
		q.refuse(http.StatusTooManyRequests, "full", fmt.Sprintf("more than %d requests are in progress", roomRequests))
		return
	}
	if o.most > 0 && !q.read(o.most) {
		return
	}
	defer l.room.bytes.Add(-int64(len(q.body)))
	o.handle(q)
}

// checkType holds that a body is JSON, in UTF-8 and not compressed.
func checkType(h http.Header, want string) error {
	text := h.Get("Content-Type")
	if text == want && h.Get("Content-Encoding") == "" {
		return nil
	}
	kind, params, err := mime.ParseMediaType(text)
	if charset := params["charset"]; err != nil || kind != want || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return fmt.Errorf("header Content-Type %.80q: want %s", text, want)
	}
	if text := h.Get("Content-Encoding"); text != "" && text != "identity" {
		return fmt.Errorf("header Content-Encoding %.80q: want none", text)
	}
	return nil
}

// read reads the body. If it cannot, it answers so and reports false.
func (q *request) read(most int) bool {
	tooLarge := func() bool {
		q.fail(http.StatusRequestEntityTooLarge, fmt.Errorf("body: more than %d bytes, at most %d are taken", most, most))
		return false
	}
	if q.r.ContentLength > int64(most) {
		if q.r.ContentLength < int64(most+slack) {
			_, _ = io.Copy(io.Discard, q.r.Body) // who still sends cannot read the answer
		}
		return tooLarge()
	}
	var body bytes.Buffer
	body.Grow(int(min(max(q.r.ContentLength, 0), bodyGrow)) + bytes.MinRead)
	_, err := io.Copy(&body, &counted{http.MaxBytesReader(q.w, q.r.Body, int64(most)), &q.l.room.bytes})
	q.body = body.Bytes()
	if err == nil {
		// From here on it is the node that takes its time.
		end := time.Now().Add(q.l.cfg.AnswerMax + 5*time.Second)
		c := http.NewResponseController(q.w)
		_, _ = c.SetReadDeadline(end), c.SetWriteDeadline(end) // what cannot set them has none
		return true
	}
	q.l.room.bytes.Add(-int64(len(q.body)))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge()
	case errors.Is(err, errRoom):
		q.w.Header().Set("Connection", "close")
		q.refuse(http.StatusTooManyRequests, "full", fmt.Sprintf("more than %d bytes are in progress", roomBytes))
	default:
		q.fail(http.StatusBadRequest, fmt.Errorf("body: %w", err))
	}
	return false
}

// room counts what is in progress.
type room struct{ requests, bytes atomic.Int64 }

func (r *room) enter() bool { return r.requests.Add(1) <= roomRequests }
func (r *room) leave()      { r.requests.Add(-1) }

// counted reads while there is room.
type counted struct {
	r     io.Reader
	bytes *atomic.Int64
}

var errRoom = errors.New("no room")

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if c.bytes.Add(int64(n)) > roomBytes && (err == nil || err == io.EOF) {
		err = errRoom
	}
	return n, err
}

// failure is the body of a response that says what was wrong.
type failure struct {
	Error string `json:"error"` // field, value and rule
}

// fail answers that the request is not one that can be handled.
func (q *request) fail(status int, err error) { q.reply(status, failure{err.Error()}) }

// unread is the status for a body that does not decode: its form or its meaning.
func unread(err error) int {
	switch {
	case errors.Is(err, wire.ErrSyntax):
		return http.StatusBadRequest
	case errors.Is(err, node.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusUnprocessableEntity
}

// refuse answers that no actor handled the request, which may be tried again.
func (q *request) refuse(status int, word, why string) {
	q.w.Header().Set(headerRefused, word)
	q.again(0)
	q.fail(status, errors.New(why))
}

// again says when to try again, in whole seconds, at least one.
func (q *request) again(wait time.Duration) {
	q.w.Header().Set("Retry-After", fmt.Sprint(int64(max(wait+time.Second-1, time.Second)/time.Second)))
}

// reply writes the response.
func (q *request) reply(status int, body any) {
	text, err := wire.EncodeJSON(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer has no JSON form"}`)
	}
	q.write(status, text)
}

// write writes the response, which is JSON.
func (q *request) write(status int, text []byte) {
	q.w.Header()["Content-Type"] = ofJSON
	q.w.WriteHeader(status)
	if q.r.Method != http.MethodHead {
		_, _ = q.w.Write(text) // who has gone needs no answer
	}
}

// alive answers that the process lives, which is no reason for traffic.
func (l *Link) alive(q *request) { q.reply(http.StatusOK, health{"alive"}) }

// health answers whether the node is ready for traffic.
func (l *Link) health(q *request) {
	if l.ready.Load() && l.ctx.Err() == nil && !l.down.Load() {
		q.reply(http.StatusOK, health{"serving"})
		return
	}
	q.reply(http.StatusServiceUnavailable, health{"not_serving"})
}

// health is the body of a health check's response.
type health struct {
	Status string `json:"status"`
}

// Operations lists the operations of all handlers, as "METHOD PATH".
func Operations() []string {
	var all []string
	l := &Link{}
	for _, h := range []http.Handler{l.Ingest(""), l.Analyser(""), l.Table("")} {
		r, ok := h.(*routes)
		if !ok {
			continue
		}
		for _, o := range r.all {
			if name := o.method + " " + o.path; !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// refusedStatus is the status for a message that no actor handled.
func refusedStatus(err error) int {
	if transport.RefusalWord(err) == "full" {
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}
