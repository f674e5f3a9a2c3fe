package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/transport/access"
	"weir/system/wire"
	"weir/system/wire/weirv1"
	"weir/system/wire/weirv1grpc"
)

// calls are messages of one kind as frames: each is a call of its own.
type calls struct {
	ctx      context.Context
	exchange exchange
	want     string // the name that the answers must have; empty: any
	done     chan item
}

// exchange makes one call: it returns the answer with its head, and the metadata.
type exchange func(ctx context.Context, o *driver.Outgoing) (m node.Message, head *weirv1.Head, md metadata.MD, err error)

func newCalls(ctx context.Context, want string, e exchange) frames {
	return &calls{ctx: ctx, exchange: e, want: want, done: make(chan item)}
}

func openControl(ctx context.Context, conn *rpc.ClientConn, want string) frames {
	client := weirv1grpc.NewControlServiceClient(conn)
	return newCalls(ctx, want, func(ctx context.Context, o *driver.Outgoing) (node.Message, *weirv1.Head, metadata.MD, error) {
		m, ok := o.Msg.(*message.Control)
		if !ok {
			return nil, nil, nil, wrongStream(o.Msg)
		}
		w, err := wire.PackControl(m)
		if err != nil {
			return nil, nil, nil, err
		}
		if w.Head, err = wire.PackHead(headOf(o)); err != nil {
			return nil, nil, nil, err
		}
		var md metadata.MD
		answer, err := client.Apply(ctx, w, rpc.Header(&md))
		if err != nil {
			return nil, nil, nil, err
		}
		back, err := wire.UnpackControlOK(answer)
		return back, answer.GetHead(), md, err
	})
}

func (c *calls) send(batch []driver.Outgoing) error {
	for _, o := range batch {
		go c.call(o)
	}
	return nil
}

func (c *calls) call(o driver.Outgoing) {
	it := item{why: "stopped"}
	it.Re, it.To = o.Token, o.From
	m, head, md, err := c.exchange(c.ctx, &o)
	if err == nil {
		if it.From, err = named(md, c.want); err == nil {
			it.Msg = m
			it.From.Actor, it.Token = head.GetFrom(), node.Token(head.GetToken())
		}
	}
	select {
	case c.done <- it:
	case <-c.ctx.Done():
	}
}

func (c *calls) recv() ([]item, error) {
	select {
	case it := <-c.done:
		return []item{it}, nil
	case <-c.ctx.Done():
		return nil, io.EOF
	}
}

func (c *calls) refuse(refusal) error { return nil } // nobody asks anything here

// controlServer takes documents for an actor of this node.
type controlServer struct {
	weirv1grpc.UnimplementedControlServiceServer
	l     *Link
	actor string
	table bool // the actor has a table of analysers, and tells it
}

// call is the server's end of one call, as frames.
type call struct {
	answer chan driver.Outgoing
}

func (c *call) send(batch []driver.Outgoing) error {
	c.answer <- batch[0] // has room: there is one request, and it is answered once
	return io.EOF
}
func (c *call) recv() ([]item, error) { return nil, io.EOF }
func (c *call) refuse(refusal) error  { return nil }

// Apply implements the service.
func (s *controlServer) Apply(ctx context.Context, w *weirv1.ApplyRequest) (*weirv1.ApplyResponse, error) {
	m, err := wire.UnpackControl(w)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	o, err := s.ask(ctx, w.GetHead(), m)
	if err != nil {
		return nil, err
	}
	answer, err := wire.PackControlOK(o.Msg.(*message.ControlOK))
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if answer.Head, err = wire.PackHead(headOf(&o)); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return answer, nil
}

// ask hands a message to the actor and waits for the answer; the error is a status.
func (s *controlServer) ask(ctx context.Context, head *weirv1.Head, m node.Message) (driver.Outgoing, error) {
	var none driver.Outgoing
	if !s.l.ready(ctx) {
		return none, status.Error(codes.Unavailable, "not running")
	}
	u := unpacker{actor: s.actor}
	var err error
	if u.peer, err = peerOf(ctx); err != nil {
		return none, refusedPeer(err)
	}
	h, err := wire.UnpackHead(head)
	if err == nil {
		err = u.request(h, m)
	}
	if err != nil {
		return none, status.Error(codes.InvalidArgument, err.Error())
	}
	c := &call{answer: make(chan driver.Outgoing, 1)}
	p := s.l.join(c)
	if p == nil {
		return none, status.Error(codes.Unavailable, "stopping")
	}
	defer s.l.leave(p)
	go p.write()
	in := u.items[0].Incoming
	in.Token = max(in.Token, 1) // the call has an answer, whether or not its caller numbers them
	in.Handle = p.handle
	if err := s.l.n.Deliver(in); err != nil {
		return none, busy(ctx, transport.RefusalWord(err))
	}
	select {
	case o := <-c.answer:
		return o, rpc.SetHeader(ctx, s.l.introduce())
	case <-time.After(applyMax):
		return none, status.Errorf(codes.DeadlineExceeded, "no answer in %v", applyMax)
	case <-ctx.Done():
		return none, status.FromContextError(ctx.Err()).Err()
	case <-s.l.ctx.Done():
		return none, status.Error(codes.Unavailable, "stopping")
	}
}

// applyMax is how long a call waits for the actor's answer.
const applyMax = 30 * time.Second

// peerOf is who called: as the metadata say, which must not say otherwise than the
// certificate.
func peerOf(ctx context.Context) (node.Addr, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	from, err := identity(md)
	if err == nil && from.Node != "" {
		if err = access.KnownIn(ctx).Is(from.Node); err != nil {
			err = fmt.Errorf("metadata %s %q: %w", transport.KeyNode, from.Node, err)
		}
	}
	return from, err
}

// refusedPeer is the status for a caller that is not known by a right name.
func refusedPeer(err error) error {
	var r *access.Refusal
	if errors.As(err, &r) {
		return status.Error(codes.PermissionDenied, err.Error())
	}
	return status.Error(codes.InvalidArgument, err.Error())
}

// introduce is the metadata with which a node says who it is.
func (l *Link) introduce() metadata.MD {
	name, inc := l.n.Identity()
	return metadata.Pairs(transport.KeyNode, name, transport.KeyIncarnation, strconv.FormatUint(uint64(inc), 10))
}
