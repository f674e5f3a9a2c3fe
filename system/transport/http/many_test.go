package http

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
)

// dispatchOf is a packet whose source says what judge answers.
func dispatchOf(source string, seq uint64) *message.Dispatch {
	return &message.Dispatch{Attempt: 1, Packet: message.NewPacket(message.ID{Source: source, Inc: 1, Seq: seq}, []message.Entry{{Text: "a line"}})}
}

// together runs a node that requests messages of a1 at once, so that they wait for each
// other, and returns the events that it gets, by the order of the messages.
func together(t *testing.T, url string, msgs ...*message.Dispatch) []node.Event {
	t.Helper()
	l, err := NewLink(Config{Peers: map[string]transport.Peer{"a1": {Data: url}}, Dial: dial})
	if err != nil {
		t.Fatal(err)
	}
	ln, _ := l.lanes.Of(&driver.Outgoing{To: node.Addr{Node: "a1"}, Msg: msgs[0]})
	ln.turn = true // nothing is sent until the turn is passed on
	type got struct {
		i  int
		ev node.Event
	}
	sent, events := make(chan bool, 1), make(chan got, len(msgs))
	n, err := driver.Start(driver.Config{Name: "d2", Role: "distributor", Incarnation: 2, Link: l, Boot: func(b node.Booter) error {
		index := map[node.Token]int{}
		return b.Spawn("w1", node.Mailbox{}, actorFunc(func(e node.Env, ev *node.Event) {
			switch ev.Kind {
			case node.Started:
				for i, m := range msgs {
					tok, err := e.Request(node.Addr{Node: "a1", Actor: "main"}, m)
					if err != nil {
						t.Errorf("request: %v", err)
					}
					index[tok] = i
				}
				e.After(0, 1) // once they are on their way
			case node.TimerFired:
				sent <- true
			case node.Replied, node.Failed:
				events <- got{index[ev.Token], *ev}
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
	<-sent
	for queued := 0; queued < len(msgs); {
		ln.mu.Lock()
		queued = len(ln.queue)
		ln.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	ln.pass()
	all := make([]node.Event, len(msgs))
	for range msgs {
		select {
		case g := <-events:
			all[g.i] = g.ev
		case <-time.After(20 * time.Second):
			t.Fatal("nothing came back")
		}
	}
	return all
}

// meter counts the requests that pass to a node, by path; instead of what refuse has it
// answers with that status.
type meter struct {
	url    string
	mu     sync.Mutex
	count  map[string]int
	refuse map[string]int
}

func metered(t *testing.T, to string) *meter {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	m := &meter{count: map[string]int{}, refuse: map[string]int{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		m.count[r.URL.Path]++
		status := m.refuse[r.URL.Path]
		m.mu.Unlock()
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	m.url = s.URL
	return m
}

// TestMany holds that messages that wait together go in one request, and that each gets the
// answer that is its own.
func TestMany(t *testing.T) {
	var from sync.Map
	s := open(t, Config{}, node.Mailbox{}, func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Delivered {
			from.Store(ev.From, true)
		}
		judge(e, ev)
	})
	m := metered(t, s.analyser)
	var msgs []*message.Dispatch
	for i := range uint64(40) {
		msgs = append(msgs, dispatchOf([]string{"committed", "poison", "busy", "unavailable"}[i%4], i+1))
	}
	for i, ev := range together(t, m.url, msgs...) {
		r, ok := ev.Msg.(*message.Receipt)
		if !ok || ev.Kind != node.Replied || r.ID != msgs[i].Packet.ID || r.Status.String() != msgs[i].Packet.ID.Source || ev.From != (node.Addr{Node: "d1", Inc: 3, Actor: "main"}) {
			t.Errorf("%s: %+v", msgs[i].Packet.ID, ev)
		}
	}
	if m.count[pathMany] != 1 || m.count[pathDispatch] != 0 {
		t.Errorf("requests %v, want 1 with all", m.count)
	}
	from.Range(func(k, _ any) bool {
		if k != (node.Addr{Node: "d2", Inc: 2, Actor: "w1"}) {
			t.Errorf("they came from %+v", k)
		}
		return true
	})
	if alone := together(t, m.url, msgs[0]); alone[0].Kind != node.Replied || m.count[pathDispatch] != 1 {
		t.Errorf("one alone: %+v, requests %v", alone[0], m.count)
	}
}

// TestManyLimits holds that a request has no more than the other node takes: what is beyond
// goes into others, and what is too long alone fails.
func TestManyLimits(t *testing.T) {
	s := open(t, Config{}, node.Mailbox{}, judge)
	var msgs []*message.Dispatch
	for i := range uint64(manyItems + 10) {
		msgs = append(msgs, dispatchOf("committed", i+1))
	}
	large := []message.Entry{{Text: strings.Repeat("x", manyBytes-100)}}
	escaped := []message.Entry{{Text: strings.Repeat("\x01", 3<<20)}} // six times as long in JSON
	for i, e := range [][]message.Entry{large, large, escaped} {
		msgs = append(msgs, &message.Dispatch{Attempt: 1, Packet: message.NewPacket(message.ID{Source: "committed", Inc: 1, Seq: 1000 + uint64(i)}, e)})
	}
	all := together(t, s.analyser, msgs...)
	for i, ev := range all[:len(all)-1] {
		if ev.Kind != node.Replied {
			t.Errorf("%s: %+v", msgs[i].Packet.ID, ev)
		}
	}
	if last := all[len(all)-1]; last.Kind != node.Failed || last.Err != node.ErrTooLarge {
		t.Errorf("a packet of 18 MiB of JSON: %+v", last)
	}
}

// TestFirstTogether holds that messages of some size go together from the start, but no more
// of them than what a node without the operation reads before it answers.
func TestFirstTogether(t *testing.T) {
	s := open(t, Config{}, node.Mailbox{}, judge)
	for what, c := range map[string]struct {
		text   string
		status int // of the operation; 0: it is there
		alone  int
	}{
		"large":            {strings.Repeat("x", 20_000), 0, 0},
		"escaped, lacking": {strings.Repeat("\x01", 30_000), 404, 10},
	} {
		m := metered(t, s.analyser)
		m.refuse[pathMany] = c.status
		var msgs []*message.Dispatch
		for i := range uint64(10) {
			p := message.NewPacket(message.ID{Source: "committed", Inc: 1, Seq: i + 1}, []message.Entry{{Text: c.text}})
			msgs = append(msgs, &message.Dispatch{Attempt: 1, Packet: p})
		}
		for _, ev := range together(t, m.url, msgs...) {
			if ev.Kind != node.Replied {
				t.Errorf("%s: %+v", what, ev)
			}
		}
		if m.count[pathMany] == 0 || m.count[pathDispatch] != c.alone {
			t.Errorf("%s: requests %v", what, m.count)
		}
	}
}

// TestOlderAnalyser holds that a node without the operation gets its packets one by one, and
// is not asked again; and that a request of which one packet is refused is not the end of
// the others.
func TestOlderAnalyser(t *testing.T) {
	for status, again := range map[int]bool{404: false, 405: false, 400: true, 413: true, 422: true} {
		s := open(t, Config{}, node.Mailbox{}, judge)
		m := metered(t, s.analyser)
		m.refuse[pathMany] = status
		var msgs []*message.Dispatch
		for i := range uint64(20) {
			msgs = append(msgs, dispatchOf("committed", i+1))
		}
		for i, ev := range together(t, m.url, msgs...) {
			if ev.Kind != node.Replied {
				t.Errorf("%d: %s: %+v", status, msgs[i].Packet.ID, ev)
			}
		}
		if m.count[pathMany] != 1 || m.count[pathDispatch] != 20 {
			t.Errorf("%d: requests %v", status, m.count)
		}
		ln := &lane{key: transport.Key{Kind: transport.Dispatch}}
		ln.learn(status)
		if most, _ := ln.most(); (most > 1) != again {
			t.Errorf("after %d there are %d packets in a request", status, most)
		}
	}
}

// TestStuckPacket holds that an outcome is told while another is awaited, and that what has
// none in time is told too.
func TestStuckPacket(t *testing.T) {
	s := open(t, Config{AnswerMax: 300 * time.Millisecond}, node.Mailbox{}, judge)
	resp, err := http.Post(s.analyser+pathMany, linesType, strings.NewReader(itemOf("silent", 0)+itemOf("committed", 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	first, err := r.ReadString('\n')
	if err != nil || !strings.HasPrefix(first, `{"re":2,"token":`) || len(s.asked()) != 1 {
		t.Errorf("first %q, %v, %d requests wait; want the outcome of line 2 while line 1 waits", first, err, len(s.asked()))
	}
	if second, err := r.ReadString('\n'); err != nil || second != `{"re":1,"refused":"late"}`+"\n" {
		t.Errorf("second %q, %v", second, err)
	}
	all := together(t, s.analyser, dispatchOf("silent", 1), dispatchOf("committed", 2))
	if all[0].Kind != node.Failed || all[0].Err != node.ErrReset || all[1].Kind != node.Replied {
		t.Errorf("between nodes: %+v", all)
	}
}

// TestManyFailures holds what a sender is told of each way in which a response is wrong:
// what had its outcome before has it.
func TestManyFailures(t *testing.T) {
	const good = `{"re":TOKEN,"token":9,"from":"main","receipt":{"id":"ok/1/1","status":"committed"}}` + "\n"
	replied, reset := "replied", node.ErrReset.Error()
	for what, c := range map[string]struct {
		header, body  string
		status        int
		first, second string
	}{
		"one outcome":       {"Weir-Node: a1|Weir-Incarnation: 3", good, 200, replied, reset},
		"the same again":    {"Weir-Node: a1|Weir-Incarnation: 3", good + good, 200, replied, reset},
		"another's outcome": {"Weir-Node: a1|Weir-Incarnation: 3", strings.Replace(good, "TOKEN", "99", 1) + good, 200, reset, reset},
		"a bad line":        {"Weir-Node: a1|Weir-Incarnation: 3", good + "{}\n" + good, 200, replied, reset},
		"an endless line":   {"Weir-Node: a1|Weir-Incarnation: 3", good + strings.Repeat(" ", 3*lineMax), 200, replied, reset},
		"half a line":       {"Weir-Node: a1|Weir-Incarnation: 3", good + good[:20], 200, replied, reset},
		"refused":           {"Weir-Node: a1|Weir-Incarnation: 3", `{"re":TOKEN,"refused":"full"}` + "\n", 200, node.ErrFull.Error(), reset},
		"no node":           {"", good, 200, reset, reset},
		"a bad identity":    {"Weir-Node: a 1|Weir-Incarnation: 3", good, 200, reset, reset},
		"too many calls":    {"Weir-Refused: full", "", 429, node.ErrFull.Error(), node.ErrFull.Error()},
		"stopping":          {"Weir-Refused: stopped", "", 503, reset, reset},
		"JSON instead":      {"Weir-Node: a1|Weir-Incarnation: 3|Content-Type: application/json", good, 200, reset, reset},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				line, _ := bufio.NewReader(r.Body).ReadString('\n')
				var token int
				fmt.Sscanf(line, `{"token":%d`, &token)
				w.Header().Set("Content-Type", linesType)
				for h := range strings.SplitSeq(c.header, "|") {
					if name, value, ok := strings.Cut(h, ": "); ok {
						w.Header().Set(name, value)
					}
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, strings.ReplaceAll(c.body, "TOKEN", fmt.Sprint(token)))
			}))
			defer f.Close()
			for i, ev := range together(t, f.URL, dispatchOf("ok", 1), dispatchOf("ok", 2)) {
				is := replied
				if ev.Kind == node.Failed {
					is = ev.Err.Error()
				}
				if want := []string{c.first, c.second}[i]; is != want {
					t.Errorf("message %d: %s, want %s", i+1, is, want)
				}
			}
		})
	}
}
