package grpc

import (
	"context"
	"net"
	"testing"
	"time"

	rpc "google.golang.org/grpc"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// liar is a distributor that says of packets it never saw that they are committed.
type liar struct {
	weirv1grpc.UnimplementedIngestServiceServer
	l *Link
}

func (s *liar) Submit(stream rpc.BidiStreamingServer[weirv1.SubmitRequest, weirv1.SubmitResponse]) error {
	if err := stream.SendHeader(s.l.introduce()); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return err
	}
	for tok := range uint64(100) {
		w, err := wire.PackResult(&message.Result{ID: message.ID{Source: "e1", Inc: 2, Seq: 1}, Out: message.Committed, Definite: true})
		if err != nil {
			return err
		}
		w.Head = &weirv1.Head{Token: 1 + tok, Re: 1 + tok, From: "ingress", To: "emit"}
		if err := stream.Send(&weirv1.SubmitResponse{Items: []*weirv1.SubmitResult{w}}); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	return nil
}

// A node answers its own requests and no other's: what d1 says of a packet that d2 has is
// not believed, and ends its stream.
func TestForgedAnswers(t *testing.T) {
	l, err := NewLink(Config{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d1, err := driver.Start(driver.Config{Name: "d1", Role: "distributor", Incarnation: 3, Link: l, Boot: bootOne("ingress", node.Mailbox{}, func(node.Env, *node.Event) {})})
	if err != nil {
		t.Fatal(err)
	}
	s := rpc.NewServer(ServerOptions()...)
	weirv1grpc.RegisterIngestServiceServer(s, &liar{l: l})
	go s.Serve(listener)
	defer func() { d1.Kill(); <-d1.Done(); l.Close(); s.Stop() }()

	took := make(chan bool, 1)
	d2 := server(t, node.Mailbox{}, func(_ node.Env, ev *node.Event) { // takes packets and says nothing
		if ev.Kind == node.Delivered {
			took <- true
		}
	})
	dial := func(ctx context.Context, addr string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	}
	out, err := NewLink(Config{Dial: dial, Peers: map[string]transport.Peer{"d1": {Data: listener.Addr().String()}, "d2": {Data: d2}}})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	packet := &message.Submit{Packet: message.NewPacket(message.ID{Source: "e1", Inc: 2, Seq: 1}, []message.Entry{{Text: "x"}})}
	got := make(chan node.Event, 1000)
	var honest node.Token
	e1, err := driver.Start(driver.Config{Name: "e1", Role: "emitter", Incarnation: 2, Link: out, Boot: bootOne("emit", node.Mailbox{}, func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			honest, _ = e.Request(node.Addr{Node: "d2", Actor: "ingress"}, packet)
		case node.Delivered: // d2 has it
			if _, err := e.Request(node.Addr{Node: "d1", Actor: "ingress"}, packet); err != nil {
				t.Errorf("request: %v", err)
			}
		default:
			got <- *ev
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { e1.Kill(); <-e1.Done() }()
	<-took
	if err := e1.Deliver(driver.Incoming{To: node.Addr{Actor: "emit"}, Token: 1, Msg: &message.Probe{Number: 1}}); err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case ev := <-got:
			if ev.Token == honest {
				t.Fatalf("d1's word for what d2 was asked is believed: %+v", ev)
			}
			if ev.Kind == node.Failed {
				return // the stream of d1 is broken
			}
		case <-time.After(20 * time.Second):
			t.Fatal("d1's stream goes on")
		}
	}
}
