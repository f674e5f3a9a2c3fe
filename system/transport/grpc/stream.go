package grpc

import (
	"context"
	"errors"
	"fmt"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"

	"weir/system/driver"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
)

// stream is either end of a bidirectional stream.
type stream interface {
	SendMsg(m any) error
	RecvMsg(m any) error
}

// framed makes frames of a stream.
type framed struct {
	stream stream
	side   side
	header func() (metadata.MD, error) // client: asked for once, before the first frame; nil: peer is known
	want   string                      // client: the name that the header must have; empty: any
	in     unpacker                    // reused
}

// side is what one end of a kind of stream sends and takes.
type side struct {
	// append appends a message as an item of an encoded frame.
	append func(b []byte, h wire.Head, m node.Message) ([]byte, error)
	// take decodes an item of the other end.
	take func(u *unpacker, item []byte) error
	// reject appends the word that an item of the other end is not handled. Server only.
	reject func(b []byte, h wire.Head, why string) ([]byte, error)
}

// itemExtra is about how much longer an item is than what its message counts for.
const itemExtra = 64

func (f *framed) send(batch []driver.Outgoing) (err error) {
	size := 0
	for i := range batch {
		size += batch[i].Msg.Size() + itemExtra
	}
	buf := buffers.Get(size)
	b := (*buf)[:0]
	for i := range batch {
		if b, err = f.side.append(b, headOf(&batch[i]), batch[i].Msg); err != nil {
			buffers.Put(buf)
			return err
		}
	}
	*buf = b
	return f.stream.SendMsg(&frame{out: mem.NewBuffer(buf, buffers)})
}

func (f *framed) refuse(r refusal) error {
	b, err := f.side.reject(nil, wire.Head{Re: r.token, To: r.to.Actor, ToInc: r.to.Inc}, r.why)
	if err != nil {
		return err
	}
	return f.stream.SendMsg(&frame{out: mem.SliceBuffer(b)})
}

func (f *framed) recv() ([]item, error) {
	if f.header != nil {
		md, err := f.header()
		if err != nil {
			return nil, err
		}
		if f.in.peer, err = named(md, f.want); err != nil {
			return nil, err
		}
		f.header = nil
	}
	clear(f.in.items)
	f.in.items, f.in.bytes = f.in.items[:0], 0
	in := frame{in: f}
	if err := f.stream.RecvMsg(&in); err != nil {
		return nil, err
	}
	return f.in.items, in.err
}

// take decodes what came.
func (f *framed) take(b []byte) error {
	return wire.Each(b, func(item []byte) error { return f.side.take(&f.in, item) })
}

// unpacker collects the items of a frame.
type unpacker struct {
	read  wire.Reader
	peer  node.Addr // who is at the other end; Node is empty if it is no node
	actor string    // of this node to which items without an address go
	items []item
	bytes int // of the requests
}

// request adds a request of the other side.
func (u *unpacker) request(h wire.Head, m node.Message) error {
	if h.Re != 0 {
		return fmt.Errorf("head: a request answers token %d", h.Re)
	}
	it := u.item(h, m)
	if it.To.Actor != u.actor {
		it.To.Actor = "" // no actor's name: a service leads to its own actor and no other
	}
	if u.bytes += m.Size(); u.bytes > frameBytes && len(u.items) > 0 {
		return fmt.Errorf("a frame has at most %d bytes, or one item", frameBytes)
	}
	u.items = append(u.items, it)
	return nil
}

// answer adds an answer; without a message it says that one of ours was not handled.
func (u *unpacker) answer(h wire.Head, m node.Message, why string) error {
	if h.Re == 0 {
		return errNoAnswer
	}
	it := u.item(h, m)
	it.why = why
	u.items = append(u.items, it)
	return nil
}

func (u *unpacker) item(h wire.Head, m node.Message) (it item) {
	it.Msg, it.Token, it.Re = m, h.Token, h.Re
	it.From = u.peer
	it.From.Actor = h.From
	it.To = node.Addr{Actor: h.To, Inc: h.ToInc}
	if h.To == "" {
		it.To.Actor = u.actor
	}
	return it
}

// errNoAnswer says that a stream of answers brought something that is none.
var errNoAnswer = errors.New("head: an answer to no token")

// headOf is the head of a message that this node sends.
func headOf(o *driver.Outgoing) wire.Head {
	return wire.Head{Token: o.Token, Re: o.Re.Token, From: o.From.Actor, To: o.To.Actor, ToInc: o.To.Inc}
}

// identity is who the metadata says is at the other end.
func identity(md metadata.MD) (node.Addr, error) {
	return transport.Identity(md.Get(transport.KeyNode), md.Get(transport.KeyIncarnation))
}

// named is identity, of the node that was asked: the certificate was its, so that it
// answers under no other name. An empty name asks for none.
func named(md metadata.MD, want string) (node.Addr, error) {
	a, err := identity(md)
	if err == nil && want != "" && a.Node != want {
		err = fmt.Errorf("metadata %s %q: asked was %s", transport.KeyNode, a.Node, want)
	}
	return a, err
}

// open opens the lane's stream.
func (ln *lane) open(ctx context.Context, conn *rpc.ClientConn) (frames, error) {
	want := ""
	if ln.l.cfg.Credentials != nil {
		want = ln.key.Peer
	}
	ctx = metadata.NewOutgoingContext(ctx, ln.l.introduce())
	switch ln.key.Kind {
	case transport.Submit:
		return openSubmit(ctx, conn, want)
	case transport.Dispatch:
		return openDispatch(ctx, conn, want)
	case transport.Probe:
		return openProbe(ctx, conn, want)
	case transport.Gossip:
		return openGossip(ctx, conn, want), nil
	}
	return openControl(ctx, conn, want), nil
}
