package grpc

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"weir/system/driver"
	"weir/system/node"
	"weir/system/transport"
)

// Limits of a frame: beyond them what waits goes into the next one.
const (
	frameItems = 256
	frameBytes = 1 << 20
)

// clientBytes bounds the answers that wait for a client that is no node; one that
// does not read them is cut off.
const clientBytes = 16 << 20

// pipeItems is how many answers wait for the client of one stream before no more is read
// from it.
const pipeItems = 16384

// frames is one open stream. send and refuse are called from one goroutine, recv from
// another.
type frames interface {
	send(batch []driver.Outgoing) error
	recv() ([]item, error)
	// refuse tells the other side that an item of its is not handled.
	refuse(r refusal) error
}

// item is what came in a frame: a message, or (Msg nil) the word that one of ours,
// whose token is Re, was not handled.
type item struct {
	driver.Incoming
	why string
}

// wanted reports whether it is a request whose sender wants an answer.
func (it *item) wanted() bool { return it.Msg != nil && it.Re == 0 && it.Token != 0 }

// refusal is an item of the other side that this node does not handle.
type refusal struct {
	to    node.Addr // who sent it
	token node.Token
	why   string
}

// pipe is a stream with what waits to go out on it.
type pipe struct {
	n      *driver.Node
	f      frames
	handle uint64 // what requests that come on it carry, see driver.Incoming; 0: it takes none
	peer   string // who answers on it; empty: nobody

	mu      sync.Mutex
	queue   []driver.Outgoing
	bytes   int // of the queue
	refused []refusal
	last    node.Token // highest token queued
	owed    int        // requests that were handed to the node and not answered
	heard   time.Time  // when something came last, or an answer
	sending time.Time  // since when a frame is being sent; zero: none is
	unsent  int        // answers that were taken off the queues and are not sent
	room    sync.Cond  // there may be room for more requests
	ending  bool       // nothing more comes in: the pipe ends once nothing is owed
	closed  bool
	wake    chan struct{}
}

func newPipe(n *driver.Node, f frames, handle uint64) *pipe {
	p := &pipe{n: n, f: f, handle: handle, wake: make(chan struct{}, 1), heard: time.Now()}
	p.room.L = &p.mu
	return p
}

// add queues a message, and reports false if the pipe is closed.
func (p *pipe) add(o driver.Outgoing) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || o.To.Node == "" && p.bytes > clientBytes {
		return false
	}
	p.queue = append(p.queue, o)
	p.bytes += o.Msg.Size()
	p.last = max(p.last, o.Token)
	if o.Re.Token != 0 {
		p.owed--
		p.heard = time.Now()
	}
	p.signal()
	return true
}

func (p *pipe) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// end tells that nothing more comes in.
func (p *pipe) end() {
	p.mu.Lock()
	p.ending = true
	p.signal()
	p.mu.Unlock()
}

// write sends what is queued until the pipe is closed, the stream breaks, or nothing
// more comes in and everything is answered.
func (p *pipe) write() error {
	var batch []driver.Outgoing
	var refused []refusal
	for range p.wake {
		runtime.Gosched() // whoever can run now may have more for the same frame
		p.mu.Lock()
		batch, p.queue = p.queue, batch[:0]
		refused, p.refused = p.refused, refused[:0]
		p.bytes = 0
		p.unsent = len(batch) + len(refused)
		p.room.Broadcast()
		over := p.closed || p.ending && p.owed <= 0
		p.mu.Unlock()
		err := p.writeAll(batch)
		clear(batch)
		for i := 0; i < len(refused) && err == nil; i++ {
			p.mark(time.Now())
			err = p.f.refuse(refused[i])
			p.mark(time.Time{})
		}
		p.mu.Lock()
		p.unsent = 0
		p.room.Broadcast()
		p.mu.Unlock()
		if err != nil || over {
			return err
		}
	}
	return nil
}

// sent reports whether no answer waits to be sent.
func (p *pipe) sent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed || p.unsent+len(p.queue)+len(p.refused) == 0
}

// writeAll sends a batch in frames; every message is told to have left, also after
// an error.
func (p *pipe) writeAll(batch []driver.Outgoing) (err error) {
	for len(batch) > 0 {
		n, bytes := 0, 0
		for n < len(batch) && n < frameItems && (n == 0 || bytes+batch[n].Msg.Size() <= frameBytes) {
			bytes += batch[n].Msg.Size()
			n++
		}
		if err == nil {
			p.mark(time.Now())
			err = p.f.send(batch[:n])
			p.mark(time.Time{})
		}
		transport.Left(p.n, batch[:n])
		batch = batch[n:]
	}
	return err
}

// mark notes since when a frame is being sent.
func (p *pipe) mark(t time.Time) {
	p.mu.Lock()
	p.sending = t
	p.mu.Unlock()
}

// await waits until few enough answers wait for a server's client to take another frame:
// who does not read answers cannot ask for ever more. What actors still work on does not
// count: not every request gets an answer, and they bound it themselves.
func (p *pipe) await() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.handle != 0 && !p.closed && p.unsent+len(p.queue)+len(p.refused) >= pipeItems {
		p.room.Wait()
	}
}

// since says for how long the frame that is being sent has not been taken, and for how
// long nothing has come or gone.
func (p *pipe) since(now time.Time) (stalled, idle time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.sending.IsZero() {
		return now.Sub(p.sending), 0
	}
	return 0, now.Sub(p.heard)
}

// read takes in what comes until the stream ends.
func (p *pipe) read() error {
	for {
		p.await()
		items, err := p.f.recv()
		if err != nil {
			return err
		}
		owed := 0
		for i := range items {
			if items[i].wanted() {
				owed++
			}
		}
		p.mu.Lock()
		p.heard = time.Now()
		p.owed += owed
		p.mu.Unlock()
		for i := range items {
			if err := p.take(&items[i]); err != nil {
				return err
			}
		}
	}
}

// take hands one item to the node. A request that the node does not handle is
// refused; an answer that it does not handle is its own affair. Who answers what another
// was asked is no node to listen to.
func (p *pipe) take(it *item) error {
	switch {
	case p.peer != "" && it.Re != 0 && !p.n.Asked(p.peer, it.To.Actor, it.Re):
		return fmt.Errorf("node %s answers request %d, which is another's to answer", p.peer, it.Re)
	case it.Msg == nil:
		p.n.Fail(it.To.Actor, it.Re, transport.RefusalError(it.why))
	case it.Re != 0:
		_ = p.n.Deliver(it.Incoming)
	default:
		it.Handle = p.handle
		if err := p.n.Deliver(it.Incoming); err != nil {
			p.mu.Lock()
			if it.wanted() {
				p.owed--
			}
			p.refused = append(p.refused, refusal{it.From, it.Token, transport.RefusalWord(err)})
			p.signal()
			p.mu.Unlock()
		}
	}
	return nil
}

// close ends the pipe: what waits leaves it. It returns the highest token that was
// ever queued, and false if the pipe was closed before.
func (p *pipe) close() (last node.Token, first bool) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return 0, false
	}
	p.closed = true
	queue := p.queue
	p.queue, p.bytes = nil, 0
	p.room.Broadcast()
	last = p.last
	p.signal()
	p.mu.Unlock()
	transport.Left(p.n, queue)
	return last, true
}
