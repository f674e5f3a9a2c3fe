package grpc

import (
	"context"
	"sync"

	rpc "google.golang.org/grpc"

	"weir/system/driver"
	"weir/system/node"
	"weir/system/transport"
)

// lane is what one node sends to another of one kind: a stream that is opened when
// there is something to send, and opened again after it broke.
type lane struct {
	l    *Link
	key  transport.Key
	addr string

	mu     sync.Mutex
	conn   *rpc.ClientConn
	pipe   *pipe             // nil: no stream is open
	queue  []driver.Outgoing // waiting for the stream that is being opened
	active bool              // a stream is being opened or open
}

// Send queues a message and sees to it that there is a stream.
func (ln *lane) Send(o driver.Outgoing) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.pipe != nil && ln.pipe.add(o) {
		return
	}
	ln.queue = append(ln.queue, o)
	if ln.active {
		return
	}
	ln.active = true
	ln.l.done.Add(1)
	go ln.run()
}

// run opens a stream, lives with it until it breaks, and again if there is more to
// send by then.
func (ln *lane) run() {
	defer ln.l.done.Done()
	for {
		err := ln.once()
		ln.mu.Lock()
		queue := ln.queue
		if err == nil && len(queue) > 0 && ln.l.ctx.Err() == nil {
			ln.mu.Unlock() // what came while the old stream was ending
			continue
		}
		ln.queue, ln.active = nil, false
		ln.mu.Unlock()
		for i := range queue {
			transport.Left(ln.l.n, queue[i:i+1])
			if queue[i].Request {
				ln.l.n.Fail(queue[i].From.Actor, queue[i].Token, node.ErrRefused)
			}
		}
		return
	}
}

// once is one stream from its opening to its end. An error means that it could not
// be opened.
func (ln *lane) once() error {
	conn, err := ln.connection()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ln.l.ctx)
	defer cancel()
	f, err := ln.open(ctx, conn)
	if err != nil {
		return err
	}
	p := newPipe(ln.l.n, f, 0)
	p.peer = ln.key.Peer
	ln.mu.Lock()
	for _, o := range ln.queue {
		p.add(o)
	}
	ln.queue, ln.pipe = nil, p
	ln.mu.Unlock()
	writer := make(chan struct{})
	go func() {
		defer close(writer)
		if p.write() != nil {
			cancel()
		}
	}()
	_ = p.read() // every end of a stream means the same: what is open on it is lost
	cancel()
	ln.mu.Lock()
	ln.pipe = nil
	ln.mu.Unlock()
	last, _ := p.close()
	<-writer
	ln.l.n.Break(ln.key.Peer, []node.Class{ln.key.Kind.Class()}, last, node.ErrReset)
	return nil
}

// connection is the lane's own, made once: it connects by itself, with backoff.
func (ln *lane) connection() (*rpc.ClientConn, error) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.conn == nil {
		conn, err := ln.l.dial(ln.key, ln.addr)
		if err != nil {
			return nil, err
		}
		ln.conn = conn
	}
	return ln.conn, nil
}

func (ln *lane) shut() {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.conn != nil {
		ln.conn.Close()
	}
}
