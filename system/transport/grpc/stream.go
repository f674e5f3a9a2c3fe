package grpc

import (
	"context"
	"errors"
	"fmt"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"weir/system/driver"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/wire"
	"weir/system/wire/weirv1"
)

// stream is either end of a bidirectional stream.
type stream[Out, In any] interface {
	Send(*Out) error
	Recv() (*In, error)
}

// framed makes frames of a stream. What differs between the streams is how a frame
// is packed and unpacked.
type framed[Out, In any] struct {
	stream stream[Out, In]
	peer   node.Addr                   // who is at the other end; Node is empty if it is no node
	header func() (metadata.MD, error) // client: asked for once, before the first frame; nil: peer is known
	want   string                      // client: the name that the header must have; empty: any
	actor  string                      // of this node to which items without an address go
	items  []item                      // reused

	pack   func([]driver.Outgoing) (*Out, error)
	unpack func(*In, *unpacker) error
	reject func(*weirv1.Head, string) *Out
}

func (f *framed[Out, In]) send(batch []driver.Outgoing) error {
	m, err := f.pack(batch)
	if err != nil {
		return err
	}
	return f.stream.Send(m)
}

func (f *framed[Out, In]) refuse(r refusal) error {
	return f.stream.Send(f.reject(&weirv1.Head{Re: uint64(r.token), To: r.to.Actor, ToIncarnation: r.to.Inc}, r.why))
}

func (f *framed[Out, In]) recv() ([]item, error) {
	if f.header != nil {
		md, err := f.header()
		if err != nil {
			return nil, err
		}
		if f.peer, err = named(md, f.want); err != nil {
			return nil, err
		}
		f.header = nil
	}
	m, err := f.stream.Recv()
	if err != nil {
		return nil, err
	}
	u := unpacker{peer: f.peer, actor: f.actor, items: f.items[:0]}
	if err := f.unpack(m, &u); err != nil {
		return nil, err
	}
	f.items = u.items
	return u.items, nil
}

// unpacker collects the items of a frame.
type unpacker struct {
	peer  node.Addr
	actor string
	items []item
	bytes int // of the requests
}

// request adds a request of the other side.
func (u *unpacker) request(h *weirv1.Head, m node.Message, err error) error {
	it, err := u.item(h, m, err)
	if err == nil && it.Re != 0 {
		err = fmt.Errorf("head: a request answers token %d", it.Re)
	}
	if err != nil {
		return err
	}
	if it.To.Actor != u.actor {
		it.To.Actor = "" // no actor's name: a service leads to its own actor and no other
	}
	if u.bytes += m.Size(); u.bytes > frameBytes && len(u.items) > 0 {
		return fmt.Errorf("a frame has at most %d bytes, or one item", frameBytes)
	}
	u.items = append(u.items, it)
	return nil
}

// answer adds an answer; with handled false it says that one of ours was not handled.
func (u *unpacker) answer(h *weirv1.Head, handled bool, m node.Message, why string, err error) error {
	if !handled {
		m, err = nil, nil
	}
	it, err := u.item(h, m, err)
	if err == nil && it.Re == 0 {
		err = errNoAnswer
	}
	if err != nil {
		return err
	}
	it.why = why
	u.items = append(u.items, it)
	return nil
}

func (u *unpacker) item(w *weirv1.Head, m node.Message, err error) (item, error) {
	if err != nil {
		return item{}, err
	}
	h, err := wire.UnpackHead(w)
	if err != nil {
		return item{}, err
	}
	var it item
	it.Msg, it.Token, it.Re = m, h.Token, h.Re
	it.From = u.peer
	it.From.Actor = h.From
	it.To = node.Addr{Actor: h.To, Inc: h.ToInc}
	if h.To == "" {
		it.To.Actor = u.actor
	}
	return it, nil
}

// errNoAnswer says that a stream of answers brought something that is none.
var errNoAnswer = errors.New("head: an answer to no token")

// headOf is the head of a message that this node sends.
func headOf(o *driver.Outgoing) *weirv1.Head {
	return &weirv1.Head{
		Token: uint64(o.Token), Re: uint64(o.Re.Token), From: o.From.Actor, To: o.To.Actor, ToIncarnation: o.To.Inc,
	}
}

// items packs a batch: one wire form a message, with its head.
func items[M node.Message, W any](batch []driver.Outgoing, pack func(M) (W, error), head func(W, *weirv1.Head)) ([]W, error) {
	all := make([]W, len(batch))
	for i := range batch {
		m, ok := batch[i].Msg.(M)
		if !ok {
			return nil, fmt.Errorf("a %s does not go on this stream", batch[i].Msg.Name())
		}
		w, err := pack(m)
		if err != nil {
			return nil, err
		}
		head(w, headOf(&batch[i]))
		all[i] = w
	}
	return all, nil
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
	}
	return openControl(ctx, conn, want), nil
}
