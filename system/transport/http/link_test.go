package http

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
)

func dial(ctx context.Context, addr string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}

// sender runs a node that requests m of node d1 once it starts, and returns the event
// that it gets.
func sender(t *testing.T, url string, to string, m node.Message, tune ...func(*Config)) node.Event {
	t.Helper()
	cfg := Config{Peers: map[string]transport.Peer{"d1": {Data: url, Control: url}}, Dial: dial}
	for _, f := range tune {
		f(&cfg)
	}
	l, err := NewLink(cfg)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan node.Event, 1)
	n, err := driver.Start(driver.Config{Name: "e1", Role: "emitter", Incarnation: 2, Link: l, Boot: func(b node.Booter) error {
		return b.Spawn("emit", node.Mailbox{}, actorFunc(func(e node.Env, ev *node.Event) {
			switch ev.Kind {
			case node.Started:
				if _, err := e.Request(node.Addr{Node: "d1", Actor: to}, m); err != nil {
					t.Errorf("request: %v", err)
				}
			case node.Replied, node.Failed:
				got <- *ev
			}
		}))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		n.Kill()
		<-n.Done()
		l.Close()
	}()
	select {
	case ev := <-got:
		return ev
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came back")
	}
	return node.Event{}
}

func submit(source string, size int) *message.Submit {
	entries := []message.Entry{{Text: strings.Repeat("x", size)}}
	return &message.Submit{Packet: message.NewPacket(message.ID{Source: source, Inc: 1, Seq: 1}, entries), AckedBelow: 1}
}

// TestBetweenNodes holds that each message and its answer pass between two nodes, with
// who sent them.
func TestBetweenNodes(t *testing.T) {
	var from node.Addr
	s := open(t, Config{}, node.Mailbox{}, func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Delivered {
			from = ev.From
		}
		judge(e, ev)
	})
	for _, c := range []struct {
		url string
		m   node.Message
		is  string
	}{
		{s.data, submit("poison", 3), "&{ID:poison/1/1 Out:poison Why:so Definite:true Wait:0s}"},
		{s.analyser, &message.Dispatch{Packet: submit("committed", 3).Packet, Attempt: 3}, "&{ID:committed/1/1 Attempt:3 Status:committed Why:}"},
		{s.analyser, &message.Probe{Number: 7}, "&{Number:7 Ready:true}"},
		{s.control, &message.Control{Doc: []byte("\xff\x00")}, "&{OK:false Version:7 Why:why}"},
	} {
		ev := sender(t, c.url, "main", c.m)
		if ev.Kind != node.Replied || ev.From != (node.Addr{Node: "d1", Inc: 3, Actor: "main"}) {
			t.Errorf("%s: %+v", c.m.Name(), ev)
		}
		if from != (node.Addr{Node: "e1", Inc: 2, Actor: "emit"}) {
			t.Errorf("%s came from %+v", c.m.Name(), from)
		}
		if got := fmt.Sprintf("%+v", ev.Msg); got != c.is {
			t.Errorf("%s: answer %s, want %s", c.m.Name(), got, c.is)
		}
	}
}

// TestFailures holds what a sender is told of each way to fail.
func TestFailures(t *testing.T) {
	s := open(t, Config{AnswerMax: time.Millisecond}, node.Mailbox{}, judge)
	gone := httptest.NewServer(nil)
	gone.Close()
	fake := func(status int, header, body string) string {
		f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for line := range strings.SplitSeq(header, "|") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					w.Header().Set(name, strings.ReplaceAll(value, "TOKEN", r.Header.Get(headerToken)))
				}
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}))
		t.Cleanup(f.Close)
		return f.URL
	}
	breaks := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(breaks.Close)
	const d1 = "Weir-Node: d1|Weir-Incarnation: 3|Weir-Token: 9|Weir-Re: TOKEN"
	const good = `{"results":[{"id":"ok/1/1","outcome":"committed"}]}`
	for what, c := range map[string]struct {
		url, to string
		m       node.Message
		want    error
	}{
		"nobody listens":     {gone.URL, "main", submit("ok", 1), node.ErrRefused},
		"no such actor":      {s.data, "nobody", submit("ok", 1), node.ErrUnknown},
		"no answer in time":  {s.data, "main", submit("silent", 1), node.ErrReset},
		"too large":          {s.data, "main", submit("ok", dataMax), node.ErrTooLarge},
		"no such kind there": {s.data, "main", &message.Probe{Number: 1}, node.ErrReset},
		"it breaks":          {breaks.URL, "main", submit("ok", 1), node.ErrReset},
		"no node":            {fake(200, "", good), "main", submit("ok", 1), node.ErrReset},
		"full":               {fake(429, "Weir-Node: d1|Weir-Incarnation: 3|Weir-Refused: full", ""), "main", submit("ok", 1), node.ErrFull},
		"another token":      {fake(200, strings.Replace(d1, "TOKEN", "99", 1), good), "main", submit("ok", 1), node.ErrReset},
		"no JSON":            {fake(200, d1, "<html>"), "main", submit("ok", 1), node.ErrReset},
		"two results":        {fake(200, d1, `{"results":[]}`), "main", submit("ok", 1), node.ErrReset},
		"a bad identity":     {fake(200, "Weir-Node: d 1|Weir-Incarnation: 3", good), "main", submit("ok", 1), node.ErrReset},
		"an endless answer":  {fake(200, d1, strings.Repeat(" ", answerMax+1)), "main", submit("ok", 1), node.ErrReset},
		"a redirect":         {fake(307, "Location: "+s.data+pathPackets, ""), "main", submit("ok", 1), node.ErrReset},
	} {
		t.Run(what, func(t *testing.T) {
			if ev := sender(t, c.url, c.to, c.m); ev.Kind != node.Failed || ev.Err != c.want {
				t.Errorf("%+v, want %v", ev, c.want)
			}
		})
	}
	if ev := sender(t, fake(200, d1, good), "main", submit("ok", 1)); ev.Kind != node.Replied {
		t.Errorf("the fake that is not false: %+v", ev)
	}
}

// TestMix holds that each message goes by the transport of its address, an answer the
// way that its request came, and that what nothing carries is refused.
func TestMix(t *testing.T) {
	a, err := NewLink(Config{Peers: map[string]transport.Peer{"d1": {Data: "http://h:1", Probe: "h:2"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for what, c := range map[string]struct {
		o    driver.Outgoing
		want bool
	}{
		"packet":       {driver.Outgoing{To: node.Addr{Node: "d1"}, Msg: submit("ok", 1)}, true},
		"probe":        {driver.Outgoing{To: node.Addr{Node: "d1"}, Msg: &message.Probe{}}, false},
		"document":     {driver.Outgoing{To: node.Addr{Node: "d1"}, Msg: &message.Control{}}, false},
		"stranger":     {driver.Outgoing{To: node.Addr{Node: "d2"}, Msg: submit("ok", 1)}, false},
		"answer":       {driver.Outgoing{Re: node.ReplyTo{Token: 1, Handle: transport.HTTPHandles + 1}}, true},
		"gRPC's":       {driver.Outgoing{Re: node.ReplyTo{Token: 1, Handle: 1}}, false},
		"other answer": {driver.Outgoing{To: node.Addr{Node: "d1"}, Msg: &message.Result{}}, false},
	} {
		if got := a.Takes(&c.o); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	if ev := sender(t, "h:1", "main", submit("ok", 1)); ev.Kind != node.Failed || ev.Err != node.ErrRefused {
		t.Errorf("to an address of another transport: %+v", ev)
	}
	if _, err := NewLink(Config{Peers: map[string]transport.Peer{"d1": {Data: "http://h"}}}); err == nil {
		t.Error("an address without a port is taken")
	}
	if _, err := NewLink(Config{Peers: map[string]transport.Peer{"d 1": {Data: "http://h:1"}}}); err == nil {
		t.Error("a name with a space is taken")
	}
}
