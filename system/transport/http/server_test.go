package http

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport/access"
)

// A server that cuts a client off waits for a moment, so that it can read why.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

type actorFunc func(node.Env, *node.Event)

func (f actorFunc) Receive(e node.Env, ev *node.Event) { f(e, ev) }

// site is a node with one actor behind all three handlers.
type site struct {
	data, analyser, control string // URLs
	link                    *Link
	guard                   atomic.Pointer[access.Guard] // of all three
	node                    *driver.Node
}

// open starts a node named d1, in its third life.
func open(t *testing.T, cfg Config, box node.Mailbox, f actorFunc, tune ...func(*http.Server)) *site {
	t.Helper()
	l, err := NewLink(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n, err := driver.Start(driver.Config{Name: "d1", Role: "distributor", Incarnation: 3, Link: l,
		Boot: func(b node.Booter) error { return b.Spawn("main", box, f) }})
	if err != nil {
		t.Fatal(err)
	}
	l.SetReady(true)
	s := &site{link: l, node: n}
	s.guard.Store(&access.Guard{})
	t.Cleanup(func() {
		n.Kill()
		<-n.Done()
		l.Close()
	})
	serve := func(h http.Handler) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Guarded(s.guard.Load(), h).ServeHTTP(w, r) }))
		for _, f := range tune {
			f(server)
		}
		go server.Serve(listener)
		t.Cleanup(func() { server.Close() })
		return "http://" + listener.Addr().String()
	}
	s.data = serve(l.Ingest("main"))
	s.analyser = serve(l.Analyser("main"))
	s.control = serve(l.Table("main"))
	return s
}

// judge answers by the name of a packet's source, the number of a probe or the text of
// a document; what is named silent is not answered.
func judge(e node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *message.Submit:
		r := &message.Result{ID: m.Packet.ID, Why: "so", Definite: true}
		switch m.Packet.ID.Source {
		case "silent":
			return
		case "poison":
			r.Out = message.Poisoned
		case "spooled":
			r.Out = message.Spooled
		case "gave_up":
			r.Out, r.Wait = message.GaveUp, 1500*time.Millisecond
		case "refused":
			r.Out, r.Wait = message.RefusedSubmit, time.Millisecond
		}
		e.Reply(ev.ReplyTo, r)
	case *message.Dispatch:
		for st := message.StCommitted; st <= message.StUnavailable; st++ {
			if st.String() == m.Packet.ID.Source {
				e.Reply(ev.ReplyTo, &message.Receipt{ID: m.Packet.ID, Attempt: m.Attempt, Status: st})
			}
		}
	case *message.Probe:
		if m.Number != 404 {
			e.Reply(ev.ReplyTo, &message.ProbeOK{Number: m.Number, Ready: m.Number%2 == 1})
		}
	case *message.State:
		switch answer := (&message.StateOK{Version: 7, Workers: 1}); m.After {
		case "silent":
		case "busy":
			e.Reply(ev.ReplyTo, &message.StateOK{Why: "too many"})
		case "":
			answer.More = true
			answer.Analysers = []message.AnalyserState{{
				ID: "a1", Weight: 3, Drained: true, Wanted: 5, InFlight: 2, Decided: 9, Delivered: 8,
				Workers: []message.WorkerState{{Worker: "w1", Status: "up", InFlight: 2}},
			}}
			fallthrough
		default:
			e.Reply(ev.ReplyTo, answer)
		}
	case *message.Gossip:
		if m.Serial != 404 {
			e.Reply(ev.ReplyTo, &message.GossipOK{Serial: m.Serial, Seen: m.Data})
		}
	case *message.Control:
		if string(m.Doc) != "silent" {
			e.Reply(ev.ReplyTo, &message.ControlOK{OK: string(m.Doc) == "{}", Version: 7, Why: "why"})
		}
	}
}

func packetOf(source string) string {
	return `{"id":"` + source + `/1/1","entries":[{"body":"a line"}]}`
}

// itemOf is a line with a packet and, if it is not 0, a token.
func itemOf(source string, token int) string {
	head := ""
	if token != 0 {
		head = fmt.Sprintf(`"token":%d,`, token)
	}
	return "{" + head + `"packet":` + packetOf(source) + "}\n"
}

// exchange is one request and what must come back.
type exchange struct {
	op     string // METHOD PATH
	header string // "Name: value", several by |
	body   string
	status int
	says   string // in the body
}

var exchanges = []exchange{
	{"POST /v1/packets", "", `{"packets":[` + packetOf("ok") + `]}`, 200, `{"results":[{"id":"ok/1/1","outcome":"committed","why":"so","definite":true}]}`},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("ok") + `,` + packetOf("ok2") + `]}`, 200, `"id":"ok2/1/1","outcome":"committed"`},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("spooled") + `,` + packetOf("ok") + `]}`, 202, `"id":"spooled/1/1","outcome":"spooled"`},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("poison") + `,` + packetOf("ok") + `]}`, 422, `"outcome":"committed"`},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("poison") + `,` + packetOf("gave_up") + `]}`, 503, `"outcome":"poison"`},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("refused") + `,` + packetOf("gave_up") + `]}`, 429, `"outcome":"gave_up","why":"so","definite":true,"wait_nano":1500000000`},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("ok") + `,` + packetOf("silent") + `]}`, 504, `"outcome":"gave_up","why":"late"`},
	{"POST /v1/packets", "Weir-To: nobody", `{"packets":[` + packetOf("ok") + `]}`, 429, `"outcome":"refused","why":"no_actor"`},
	{"POST /v1/packets", "Weir-Node: e1|Weir-Incarnation: 1|Weir-Token: 5", `{"packets":[` + packetOf("ok") + `,` + packetOf("ok") + `]}`, 422, "a node sends 1"},
	{"POST /v1/packets", "", `{"packets":[]}`, 422, "packets: 0 of them, 1 to 100 are taken"},
	{"POST /v1/packets", "", `{"packets":[` + strings.Repeat(packetOf("ok")+",", 100) + packetOf("ok") + `]}`, 422, "packets: 101 of them"},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("ok") + `,{"id":"x","entries":[]}]}`, 422, `packets[1]: invalid message: id \"x\" is not source/incarnation/sequence`},
	{"POST /v1/packets", "", `{"packets":[{"id":"ok/1/1","entries":[{"severity_number":77}]}]}`, 422, "severity_number 77 is not 0 to 24"},
	{"POST /v1/packets", "", `{"packets":[{"id":"ok/1/1","entries":[],"entries_crc32c":"00000001"}]}`, 422, "computed 00000000"},
	{"POST /v1/packets", "", `{"packets":[{"id":"ok/1/1","entrys":[]}]}`, 422, `unknown field \"entrys\"`},
	{"POST /v1/packets", "", `{"packets":[{"id":"ok/1/1","ID":"ok/1/2","entries":[]}]}`, 400, `packets[0]: key \"ID\": keys are`},
	{"POST /v1/packets", "", `{"packets":[`, 400, "unexpected end"},
	{"POST /v1/packets", "", ``, 400, "unexpected end"},
	{"POST /v1/packets", "", `{"packets":[` + packetOf("ok") + `]} {}`, 400, "after top-level value"},
	{"POST /v1/packets", "", "{\"packets\":[{\"id\":\"\xff\"}]}", 400, "not UTF-8"},
	{"POST /v1/packets", "Weir-Token: 5", `{"packets":[` + packetOf("ok") + `]}`, 400, "header Weir-Token 5: a node sends it"},
	{"POST /v1/packets", "Weir-Node: e1", `{"packets":[` + packetOf("ok") + `]}`, 400, "one name"},
	{"POST /v1/packets", "Weir-Node: e 1|Weir-Incarnation: 1", `{"packets":[` + packetOf("ok") + `]}`, 400, `[\"e 1\"]`},
	{"POST /v1/packets", "Weir-Node: e1|Weir-Incarnation: 0|Weir-Token: 5", `{"packets":[` + packetOf("ok") + `]}`, 400, "an integer from 1"},
	{"POST /v1/packets", "Weir-To: a b", `{"packets":[` + packetOf("ok") + `]}`, 400, `header Weir-To \"a b\"`},
	{"POST /v1/packets", "Weir-To: a|Weir-To: b", `{"packets":[` + packetOf("ok") + `]}`, 400, `header Weir-To stands 2 times`},
	{"POST /v1/packets", "Weir-Re: 1", `{"packets":[` + packetOf("ok") + `]}`, 400, "a request answers nothing"},
	{"POST /v1/packets", "Weir-To-Incarnation: 4294967296", `{"packets":[` + packetOf("ok") + `]}`, 400, "2^32-1"},
	{"POST /v1/packets", "Origin: http://evil.example", `{"packets":[` + packetOf("ok") + `]}`, 403, "evil.example"},
	{"POST /v1/packets", "", `{"packets":[` + strings.Repeat(" ", dataMax) + `]}`, 413, "body: more than 1048576 bytes"},
	{"POST /v1/packets", "Content-Type: text/plain", `{}`, 415, `header Content-Type \"text/plain\": want application/json`},
	{"POST /v1/packets", "Content-Type: application/json; charset=latin1", `{}`, 415, "latin1"},
	{"POST /v1/packets", "Content-Encoding: gzip", `{}`, 415, "gzip"},
	{"POST /v1/dispatch", "", `{"packet":` + packetOf("committed") + `,"attempt":2}`, 200, `{"id":"committed/1/1","attempt":2,"status":"committed"}`},
	{"POST /v1/dispatch", "", `{"packet":` + packetOf("duplicate") + `}`, 200, `"status":"duplicate"`},
	{"POST /v1/dispatch", "", `{"packet":` + packetOf("poison") + `}`, 422, `"status":"poison"`},
	{"POST /v1/dispatch", "", `{"packet":` + packetOf("busy") + `}`, 429, `"status":"busy"`},
	{"POST /v1/dispatch", "", `{"packet":` + packetOf("unavailable") + `}`, 503, `"status":"unavailable"`},
	{"POST /v1/dispatch", "", `{"packet":` + packetOf("silent") + `}`, 504, `no outcome yet`},
	{"POST /v1/dispatch", "Weir-To: nobody", `{"packet":` + packetOf("committed") + `}`, 503, "error"},
	{"POST /v1/dispatch", "", `{"packet":5}`, 422, "packet: number is not an object"},
	{"POST /v1/dispatch", "", `{`, 400, "unexpected end"},
	{"POST /v1/dispatch", "Origin: null", `{}`, 403, "Origin"},
	{"POST /v1/dispatch", "", strings.Repeat(" ", dispatchMax+1), 413, "body: more than 8388608 bytes"},
	{"POST /v1/dispatch", "Content-Type: ", `{}`, 415, "want application/json"},
	{"POST /v1/dispatches", "", itemOf("committed", 0), 200, `{"re":1,"token":`},
	{"POST /v1/dispatches", "", itemOf("committed", 0) + itemOf("busy", 0), 200, `"receipt":{"id":"busy/1/1","status":"busy"}}`},
	{"POST /v1/dispatches", "Weir-Node: d2|Weir-Incarnation: 1", itemOf("poison", 9) + itemOf("duplicate", 7), 200, `"receipt":{"id":"poison/1/1","status":"poison"}}`},
	{"POST /v1/dispatches", "", `{"to":"nobody","packet":` + packetOf("committed") + `}`, 200, `{"re":1,"refused":"no_actor"}`},
	{"POST /v1/dispatches", "", `{"to_incarnation":2,"packet":` + packetOf("committed") + `}`, 200, `{"re":1,"refused":"stopped"}`},
	{"POST /v1/dispatches", "", itemOf("committed", 0) + "{", 400, "line 2: not strict JSON"},
	{"POST /v1/dispatches", "", "\n" + itemOf("committed", 0), 400, "line 1: not strict JSON"},
	{"POST /v1/dispatches", "Weir-Token: 5|Weir-Node: d2|Weir-Incarnation: 1", itemOf("committed", 5), 400, "each line has its own"},
	{"POST /v1/dispatches", "Weir-Node: d2", itemOf("committed", 5), 400, "one name"},
	{"POST /v1/dispatches", "Origin: null", "", 403, "Origin"},
	{"POST /v1/dispatches", "", strings.Repeat(" ", dispatchMax+1), 413, "body: more than 8388608 bytes"},
	{"POST /v1/dispatches", "Content-Type: application/json", itemOf("committed", 0), 415, "want application/x-ndjson"},
	{"POST /v1/dispatches", "", "", 422, "no line"},
	{"POST /v1/dispatches", "", itemOf("committed", 0) + itemOf("x/y", 0), 422, `line 2: invalid message: id \"x/y/1/1\"`},
	{"POST /v1/dispatches", "", itemOf("committed", 5), 422, "line 1: token 5: a node sends one"},
	{"POST /v1/dispatches", "Weir-Node: d2|Weir-Incarnation: 1", itemOf("committed", 5) + itemOf("committed", 0), 422, "line 2: token 0: a node sends one"},
	{"POST /v1/dispatches", "Weir-Node: d2|Weir-Incarnation: 1", itemOf("committed", 5) + itemOf("busy", 5), 422, "line 2: token 5: it is another line's"},
	{"POST /v1/dispatches", "", strings.Repeat(itemOf("committed", 0), manyItems+1), 422, "line 257: at most 256 packets"},
	{"POST /v1/dispatches", "", itemOf("committed", 0) + `{"packet":{"id":"committed/1/1","entries":[{"body":"` + strings.Repeat("x", manyBytes-16) + `"}]}}`, 413, "line 2: "},
	{"POST /v1/probe", "", `{"number":18446744073709551615}`, 200, `{"number":18446744073709551615,"ready":true}`},
	{"POST /v1/probe", "", `{"number":2}`, 200, `"ready":false`},
	{"POST /v1/probe", "", `{"number":"1"}`, 422, "number: string is not an integer"},
	{"POST /v1/probe", "", `nope`, 400, "invalid character"},
	{"POST /v1/probe", "Origin: null", `{}`, 403, "Origin"},
	{"POST /v1/probe", "", strings.Repeat(" ", controlMax+1), 413, "more than 65536"},
	{"POST /v1/probe", "Content-Type: application/x-www-form-urlencoded", `{}`, 415, "want application/json"},
	{"POST /v1/probe", "Weir-To: nobody", `{"number":1}`, 503, "error"},
	{"POST /v1/probe", "", `{"number":404}`, 504, "no outcome yet"},
	{"POST /v1/control", "", `{}`, 200, `{"ok":true,"version":7,"why":"why"}`},
	{"POST /v1/control", "", `not JSON`, 422, `{"ok":false,"version":7,"why":"why"}`},
	{"POST /v1/control", "Weir-Token: x", `{}`, 400, "Weir-Token"},
	{"POST /v1/control", "Origin: null", `{}`, 403, "Origin"},
	{"POST /v1/control", "", strings.Repeat(" ", controlMax+1), 413, "more than 65536"},
	{"POST /v1/control", "Content-Type: text/yaml", `{}`, 415, "want application/json"},
	{"POST /v1/control", "Weir-To: nobody", `{}`, 503, "error"},
	{"POST /v1/control", "", `silent`, 504, "no outcome yet"},
	{"GET /v1/state", "", "", 200, `{"version":7,"analysers":[{"id":"a1","weight":3,"drained":true,"wanted_share":5,"in_flight":2,"decided":9,"delivered":8,"workers":[{"worker":"w1","status":"up","in_flight":2}]}],"more":true,"workers":1}`},
	{"GET /v1/state?after=a1", "", "", 200, `{"version":7,"analysers":[],"workers":1}`},
	{"GET /v1/state?after=%1b", "", "", 400, `after \"\\x1b\" is not 1 to 64`},
	{"GET /v1/state?after=a1&after=a2", "", "", 400, "want after=ID, once"},
	{"GET /v1/state?before=a1", "", "", 400, "want after=ID, once"},
	{"GET /v1/state?a;b=%zz", "", "", 400, "not of the form after=ID"},
	{"GET /v1/state", "Weir-Token: x", "", 400, "Weir-Token"},
	{"GET /v1/state", "Origin: null", "", 403, "Origin"},
	{"GET /v1/state", "Weir-To: nobody", "", 503, "error"},
	{"GET /v1/state?after=busy", "", "", 429, "too many"},
	{"GET /v1/state?after=silent", "", "", 504, "no outcome yet"},
	{"POST /v1/gossip", "", `{"serial":3,"offset":1,"total":3,"data":"AQI="}`, 200, `{"serial":3,"seen":"AQI="}`},
	{"POST /v1/gossip", "", `{"serial":0,"offset":0,"total":1,"data":"AQ=="}`, 422, "serial is 0"},
	{"POST /v1/gossip", "", `{"serial":1,"offset":0,"total":1,"data":""}`, 422, "data is empty"},
	{"POST /v1/gossip", "", `{"serial":1,"offset":4294967295,"total":1,"data":"AQ=="}`, 422, "beyond total 1"},
	{"POST /v1/gossip", "", `{"serial":1,"offset":0,"total":4194305,"data":"AQ=="}`, 413, "at most 4194304"},
	{"POST /v1/gossip", "", `{"serial":1,"offset":0,"total":1,"data":[1]}`, 422, "data: array is not a string"},
	{"POST /v1/gossip", "", `{"serial":1,"offset":0,"total":1,"data":"AR=="}`, 422, "not in base64"},
	{"POST /v1/gossip", "", `{"serial":`, 400, "unexpected end"},
	{"POST /v1/gossip", "Origin: null", `{}`, 403, "Origin"},
	{"POST /v1/gossip", "", strings.Repeat(" ", gossipMax+1), 413, "body: more than 2097152 bytes"},
	{"POST /v1/gossip", "Content-Type: text/plain", `{}`, 415, "want application/json"},
	{"POST /v1/gossip", "Weir-To: nobody", `{"serial":1,"offset":0,"total":1,"data":"AQ=="}`, 503, "error"},
	{"POST /v1/gossip", "", `{"serial":404,"offset":0,"total":1,"data":"AQ=="}`, 504, "no outcome yet"},
	{"GET /healthz", "", "", 200, `{"status":"alive"}`},
	{"GET /readyz", "", "", 200, `{"status":"serving"}`},
	{"GET /openapi.yaml", "", "", 200, "openapi: 3.1.0"},
}

// to is the URL of an operation.
func (s *site) to(op string) string {
	_, path, _ := strings.Cut(op, " ")
	switch path {
	case pathPackets:
		return s.data + path
	case pathControl, pathOpenAPI, pathGossip:
		return s.control + path
	}
	if strings.HasPrefix(path, pathState) {
		return s.control + path
	}
	return s.analyser + path
}

// do sends a request and returns the response with its body read.
func (s *site) do(t *testing.T, x exchange) (*http.Response, string) {
	t.Helper()
	method, _, _ := strings.Cut(x.op, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, s.to(x.op), strings.NewReader(x.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", jsonType)
	if strings.HasSuffix(x.op, pathMany) {
		req.Header.Set("Content-Type", linesType)
	}
	for line := range strings.SplitSeq(x.header, "|") {
		if name, value, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(name, "Content") {
			req.Header.Set(name, value)
		} else if ok {
			req.Header.Add(name, value)
		}
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: time.Minute}}
	if len(x.body) > 256<<10 {
		req.Header.Set("Expect", "100-continue") // as curl does; otherwise the answer meets a body on its way
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", x.op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// TestExchanges holds what each operation answers to what, and that the description
// has that status with a body of that form.
func TestExchanges(t *testing.T) {
	patient, hasty, api := open(t, Config{}, node.Mailbox{}, judge), open(t, Config{AnswerMax: time.Millisecond}, node.Mailbox{}, judge), readAPI(t)
	var wg sync.WaitGroup
	for _, x := range exchanges {
		s := patient
		if x.status == http.StatusGatewayTimeout {
			s = hasty
		}
		wg.Go(func() {
			resp, body := s.do(t, x)
			if resp.StatusCode != x.status || !strings.Contains(body, x.says) {
				t.Errorf("%s %s %.80s: %d %.300s; want %d with %s", x.op, x.header, x.body, resp.StatusCode, body, x.status, x.says)
			}
			if again := resp.Header.Get("Retry-After"); (again != "") != (x.status == 429 || x.status == 503 || x.status == 504) {
				t.Errorf("%s %d: Retry-After %q", x.op, x.status, again)
			}
			api.holds(t, x, resp, body)
		})
	}
	wg.Wait()
}

// TestNoSuchOperation holds what is answered to all that is not an operation.
func TestNoSuchOperation(t *testing.T) {
	s := open(t, Config{}, node.Mailbox{}, judge)
	for _, x := range []exchange{
		{"GET /v1/packets", "", "", 405, "takes POST"},
		{"DELETE /v1/control", "", "", 405, "takes POST"},
		{"POST /healthz", "", "", 405, "takes GET"},
		{"GET /v1/../v1/probe", "", "", 404, "no such operation"},
		{"POST //v1/probe", "", "{}", 404, "no such operation"},
		{"POST /v1/%70robe", "", "{}", 404, "no such operation"},
		{"POST /v1/probe/", "", "{}", 404, "no such operation"},
		{"POST /V1/probe", "", "{}", 404, "no such operation"},
		{"POST /v1/%2e%2e/v1/probe", "", "{}", 404, "no such operation"},
		{"GET /", "", "", 404, "no such operation"},
		{"GET /debug/pprof/", "", "", 404, "no such operation"},
	} {
		if resp, body := s.do(t, x); resp.StatusCode != x.status || !strings.Contains(body, x.says) {
			t.Errorf("%s: %d %s", x.op, resp.StatusCode, body)
		}
	}
}

// TestFull holds that what finds no room in the node is refused with a time to try
// again, and that the node goes on.
func TestFull(t *testing.T) {
	enter, leave := make(chan bool), make(chan bool)
	s := open(t, Config{AnswerMax: 20 * time.Second}, node.Mailbox{Items: 1}, func(e node.Env, ev *node.Event) {
		if m, ok := ev.Msg.(*message.Probe); ok && m.Number == 9 {
			enter <- true
			<-leave
		}
		judge(e, ev)
	})
	ops := []exchange{
		{"POST /v1/packets", "", `{"packets":[` + packetOf("ok") + `]}`, 429, `"why":"full"`},
		{"POST /v1/dispatch", "", `{"packet":` + packetOf("committed") + `}`, 429, "error"},
		{"POST /v1/probe", "", `{"number":1}`, 429, "error"},
		{"POST /v1/control", "", `{}`, 429, "error"},
	}
	api := readAPI(t)
	var wg sync.WaitGroup
	wg.Go(func() { s.do(t, exchange{op: "POST /v1/probe", body: `{"number":9}`}) })
	<-enter
	wg.Go(func() { s.do(t, exchange{op: "POST /v1/probe", body: `{"number":1}`}) }) // waits in the mailbox
	for len(s.asked()) < 2 {
		time.Sleep(time.Millisecond)
	}
	for _, x := range ops {
		resp, body := s.do(t, x)
		if resp.StatusCode != x.status || !strings.Contains(body, x.says) || resp.Header.Get("Retry-After") != "1" || resp.Header.Get(headerRefused) != "full" {
			t.Errorf("%s: %d %s %v", x.op, resp.StatusCode, body, resp.Header)
		}
		api.holds(t, x, resp, body)
	}
	close(leave)
	wg.Wait()
	for _, x := range ops {
		if resp, body := s.do(t, x); resp.StatusCode != 200 {
			t.Errorf("afterwards %s: %d %s", x.op, resp.StatusCode, body)
		}
	}
}

// asked lists the handles of requests that wait for an answer.
func (s *site) asked() (all []uint64) {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	for h := range s.link.asked {
		all = append(all, h)
	}
	return all
}

// TestStopping holds that health says so first, and that what waits is then told.
func TestStopping(t *testing.T) {
	s, api := open(t, Config{AnswerMax: 20 * time.Second}, node.Mailbox{}, judge), readAPI(t)
	s.link.Shutdown()
	s.link.SetReady(true) // too late
	if resp, body := s.do(t, exchange{op: "GET /healthz"}); resp.StatusCode != 200 {
		t.Errorf("it is alive: %d %s", resp.StatusCode, body)
	}
	x := exchange{op: "GET /readyz", status: 503}
	resp, body := s.do(t, x)
	if resp.StatusCode != 503 || body != "{\"status\":\"not_serving\"}\n" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	api.holds(t, x, resp, body)
	var wg sync.WaitGroup
	wg.Go(func() {
		if resp, body := s.do(t, exchange{op: "POST /v1/probe", body: `{"number":404}`}); resp.StatusCode != 504 {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
	for len(s.asked()) < 1 {
		time.Sleep(time.Millisecond)
	}
	wg.Go(func() {
		const want = `{"re":1,"refused":"stopped"}` + "\n"
		if resp, body := s.do(t, exchange{op: "POST /v1/dispatches", body: itemOf("silent", 0)}); resp.StatusCode != 200 || body != want {
			t.Errorf("%d %s, want %s", resp.StatusCode, body, want)
		}
	})
	for len(s.asked()) < 2 {
		time.Sleep(time.Millisecond)
	}
	s.link.Close()
	wg.Wait()
	for _, x := range []exchange{{op: "POST /v1/probe", body: `{"number":1}`}, {op: "POST /v1/dispatches", body: itemOf("committed", 0)}} {
		resp, body := s.do(t, x)
		if resp.StatusCode != 503 {
			t.Errorf("%s: %d %s", x.op, resp.StatusCode, body)
		}
		api.holds(t, x, resp, body)
	}
}

// TestHostile attacks a real listener, which goes on serving others.
func TestHostile(t *testing.T) {
	s := open(t, Config{}, node.Mailbox{}, judge, func(s *http.Server) {
		s.ReadHeaderTimeout, s.ReadTimeout = 500*time.Millisecond, 2*time.Second
	})
	for what, attack := range map[string]struct{ send, want string }{
		"half a header":        {"POST /v1/packets HTTP/1.1\r\nHost: x\r\nX: ", ""},
		"half a body":          {"POST /v1/packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", "400 Bad Request"},
		"half an HTTP/2 hello": {"PRI * HTTP/2.0\r\n\r\nSM\r\n", ""},
		"a huge header":        {"POST /v1/packets HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", "431 "},
		"an endless body":      {"POST /v1/packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat(" ", 0x10000)+"\r\n", 17), "413 "},
		"a length that lies":   {"POST /v1/packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n", "413 "},
		"a bomb":               {"POST /v1/packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", "415 "},
		"two lengths":          {"POST /v1/packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "400 "},
		"no HTTP":              {"\x00\x01\x02\x03\r\n\r\n", "400 "},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.data, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go conn.Write([]byte(attack.send)) // may fail: the server may have seen enough
			conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			answer, err := io.ReadAll(conn)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the connection is kept open")
			}
			if !strings.Contains(string(answer), attack.want) {
				t.Errorf("answer %.200q, %v, want %q", answer, err, attack.want)
			}
			if resp, body := s.do(t, exchange{op: "POST /v1/packets", body: `{"packets":[` + packetOf("ok") + `]}`}); resp.StatusCode != 200 {
				t.Errorf("somebody else: %d %s", resp.StatusCode, body)
			}
		})
	}
}

// TestRoom holds that bodies in progress are counted, refused beyond the limit, and
// that all of it is given back.
func TestRoom(t *testing.T) {
	s := open(t, Config{}, node.Mailbox{}, judge)
	x := exchange{op: "POST /v1/packets", body: `{"packets":[` + packetOf("ok") + `]}`}
	s.link.room.bytes.Store(roomBytes - 10)
	if resp, body := s.do(t, x); resp.StatusCode != 429 || !strings.Contains(body, "bytes are in progress") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	s.link.room.requests.Store(roomRequests)
	if resp, body := s.do(t, x); resp.StatusCode != 429 || !strings.Contains(body, "requests are in progress") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if r, b := s.link.room.requests.Load(), s.link.room.bytes.Load(); r != roomRequests || b != roomBytes-10 {
		t.Errorf("%d requests and %d bytes stay", r-roomRequests, b-roomBytes+10)
	}
}
