package grpc

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type actorFunc func(node.Env, *node.Event)

func (f actorFunc) Receive(e node.Env, ev *node.Event) { f(e, ev) }

func bootOne(name string, box node.Mailbox, f actorFunc) node.Boot {
	return func(b node.Booter) error { return b.Spawn(name, box, f) }
}

// server runs a node that offers the ingest service, and returns its address.
func server(t *testing.T, box node.Mailbox, f actorFunc) string {
	t.Helper()
	return serverWith(t, Config{}, box, f)
}

func serverWith(t *testing.T, cfg Config, box node.Mailbox, f actorFunc) string {
	t.Helper()
	l, err := NewLink(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := rpc.NewServer(ServerOptions()...)
	l.ServeIngest(s, "ingress")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n, err := driver.Start(driver.Config{Name: "d1", Role: "distributor", Incarnation: 3, Link: l, Boot: bootOne("ingress", box, f)})
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(listener)
	t.Cleanup(func() {
		n.Kill()
		<-n.Done()
		l.Close()
		s.Stop()
	})
	return listener.Addr().String()
}

// commit answers every submission at once.
func commit(e node.Env, ev *node.Event) {
	if m, ok := ev.Msg.(*message.Submit); ok {
		e.Reply(ev.ReplyTo, &message.Result{ID: m.Packet.ID, Out: message.Committed})
	}
}

func submission(t *testing.T, seq uint64, h *weirv1.Head) *weirv1.Submission {
	t.Helper()
	p := message.NewPacket(message.ID{Source: "app", Inc: 1, Seq: seq}, []message.Entry{{Text: "a line"}})
	w, err := wire.PackSubmit(&message.Submit{Packet: p})
	if err != nil {
		t.Fatal(err)
	}
	w.Head = h
	return w
}

// opened opens a stream as a client that is no node, or with metadata.
func opened(t *testing.T, addr string, md ...string) rpc.BidiStreamingClient[weirv1.SubmitRequest, weirv1.SubmitResponse] {
	t.Helper()
	conn, err := rpc.NewClient("passthrough:///"+addr, rpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(t.Context(), metadata.Pairs(md...)), 20*time.Second)
	t.Cleanup(cancel)
	s, err := weirv1grpc.NewIngestServiceClient(conn).Submit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// results reads answers until the stream ends.
func results(s rpc.BidiStreamingClient[weirv1.SubmitRequest, weirv1.SubmitResponse]) (all []*weirv1.SubmitResult, err error) {
	for {
		f, err := s.Recv()
		if err != nil {
			return all, err
		}
		all = append(all, f.GetItems()...)
	}
}

// A client that is no node submits, closes its half and still gets every answer, by
// its own tokens; then the stream ends in order.
func TestClientWithoutANode(t *testing.T) {
	s := opened(t, server(t, node.Mailbox{}, commit))
	const n = 500
	for i := uint64(1); i <= n; i += 5 {
		f := &weirv1.SubmitRequest{}
		for j := i; j < i+5; j++ {
			f.Items = append(f.Items, submission(t, j, &weirv1.Head{Token: 1000 + j}))
		}
		if err := s.Send(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	all, err := results(s)
	if !errors.Is(err, io.EOF) || len(all) != n {
		t.Fatalf("%d of %d answers, then %v", len(all), n, err)
	}
	for _, r := range all {
		if r.GetOutcome() != weirv1.Outcome_OUTCOME_COMMITTED || r.GetHead().GetRe() != 1000+r.GetId().GetSequence() {
			t.Fatalf("an answer %v", r)
		}
	}
	if md, err := s.Header(); err != nil || strings.Join(md.Get(transport.KeyNode), "") != "d1" || strings.Join(md.Get(transport.KeyIncarnation), "") != "3" {
		t.Errorf("the server introduces itself as %v, %v", md, err)
	}
}

// What the node does not handle is refused by its token, with the reason.
func TestRefusals(t *testing.T) {
	var mu sync.Mutex
	mu.Lock() // the actor stands still until all is sent
	addr := server(t, node.Mailbox{Items: 1}, func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Delivered {
			mu.Lock()
			mu.Unlock()
		}
		commit(e, ev)
	})
	s := opened(t, addr)
	f := &weirv1.SubmitRequest{Items: []*weirv1.Submission{
		submission(t, 1, &weirv1.Head{Token: 1, To: "nobody"}),
		submission(t, 2, &weirv1.Head{Token: 2, ToIncarnation: 2}),
	}}
	for i := uint64(3); i < 20; i++ {
		f.Items = append(f.Items, submission(t, i, &weirv1.Head{Token: i}))
	}
	if err := s.Send(f); err != nil {
		t.Fatal(err)
	}
	why := map[uint64]string{}
	for why[19] == "" {
		answer, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range answer.GetItems() {
			if r.GetOutcome() == weirv1.Outcome_OUTCOME_UNSPECIFIED {
				why[r.GetHead().GetRe()] = r.GetWhy()
			}
		}
	}
	mu.Unlock()
	if why[1] != "no_actor" || why[2] != "stopped" || why[19] != "full" {
		t.Errorf("refused: %v", why)
	}
	s.CloseSend()
	if all, err := results(s); !errors.Is(err, io.EOF) || len(all) == 0 {
		t.Errorf("%d answers afterwards, then %v", len(all), err)
	}
}

// What no weir node would send ends the stream with the reason.
func TestInvalidStreams(t *testing.T) {
	addr := server(t, node.Mailbox{}, commit)
	for name, c := range map[string]struct {
		md   []string
		item func(*weirv1.Submission)
		says string
	}{
		"name":      {md: []string{transport.KeyNode, "no/name", transport.KeyIncarnation, "1"}, says: "want one name"},
		"no number": {md: []string{transport.KeyNode, "e1", transport.KeyIncarnation, "x"}, says: "want an integer"},
		"zero":      {md: []string{transport.KeyNode, "e1", transport.KeyIncarnation, "0"}, says: "want an integer"},
		"two":       {md: []string{transport.KeyNode, "e1", transport.KeyNode, "e2", transport.KeyIncarnation, "1"}, says: "want one name"},
		"no packet": {item: func(w *weirv1.Submission) { w.Packet = nil }, says: "packet is missing"},
		"hash":      {item: func(w *weirv1.Submission) { w.Packet.EntriesCrc32C++ }, says: "hash"},
		"actor":     {item: func(w *weirv1.Submission) { w.Head.To = "a\x1b[31m" }, says: "head.to"},
		"answer":    {item: func(w *weirv1.Submission) { w.Head.Re = 7 }, says: "a request answers token 7"},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, addr, c.md...)
			w := submission(t, 1, &weirv1.Head{Token: 1})
			if c.item != nil {
				c.item(w)
			}
			s.Send(&weirv1.SubmitRequest{Items: []*weirv1.Submission{w}}) // may fail already: Recv tells why
			_, err := results(s)
			if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("the stream ends with %v, want %q", err, c.says)
			}
		})
	}
}

// A stream that breaks fails the requests that it left open; a new one carries on.
func TestBrokenStream(t *testing.T) {
	silent := server(t, node.Mailbox{}, func(node.Env, *node.Event) {})
	proxy := &cutter{t: t, to: silent}
	proxy.listen()
	l, err := NewLink(Config{Peers: map[string]Peer{"d1": {Data: proxy.addr()}}, Dial: func(ctx context.Context, addr string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 16)
	n, err := driver.Start(driver.Config{Name: "e1", Role: "emitter", Incarnation: 1, Link: l, Boot: bootOne("emit", node.Mailbox{}, func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started, node.TimerFired:
			p := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: 1}, []message.Entry{{Text: "x"}})
			if _, err := e.Request(node.Addr{Node: "d1", Actor: "ingress"}, &message.Submit{Packet: p}); err != nil {
				t.Error(err)
			}
			if _, err := e.Request(node.Addr{Node: "nowhere", Actor: "x"}, &message.Submit{Packet: p}); !errors.Is(err, node.ErrUnknown) {
				t.Errorf("a request to nowhere: %v", err)
			}
		case node.Failed:
			failed <- ev.Err
			e.After(0, 0)
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		n.Kill()
		<-n.Done()
		l.Close()
	}()
	for range 2 { // the second request is on a new stream
		proxy.cut()
		select {
		case err := <-failed:
			if !errors.Is(err, node.ErrReset) && !errors.Is(err, node.ErrRefused) {
				t.Errorf("a request on a broken stream fails with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("a request on a broken stream does not fail")
		}
	}
}

// cutter passes connections on and can cut them.
type cutter struct {
	t  *testing.T
	to string
	l  net.Listener

	mu    sync.Mutex
	conns []net.Conn
	came  sync.Cond
}

func (c *cutter) addr() string { return c.l.Addr().String() }

func (c *cutter) listen() {
	c.came.L = &c.mu
	var err error
	if c.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { c.l.Close() })
	go func() {
		for {
			in, err := c.l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", c.to)
			if err != nil {
				in.Close()
				continue
			}
			go func() { io.Copy(in, out); in.Close() }()
			go func() {
				first := make([]byte, 4096)
				k, _ := in.Read(first)
				out.Write(first[:k])
				c.mu.Lock()
				c.conns = append(c.conns, in, out)
				c.came.Broadcast()
				c.mu.Unlock()
				io.Copy(out, in)
				out.Close()
			}()
		}
	}()
}

// cut waits for a connection that carries something and closes it.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.conns) == 0 {
		c.came.Wait()
	}
	time.Sleep(20 * time.Millisecond) // let the request through, too
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
}
