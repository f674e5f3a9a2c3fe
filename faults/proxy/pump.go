package proxy

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"time"
)

// pump carries one direction of a connection in one goroutine. The link's mu guards its fields; it is not held while
// the pump reads, writes or waits.
type pump struct {
	conn  *conn
	lane  *Lane
	way   way
	draws *rand.Rand
	wake  chan struct{} // ends a wait

	buf      []byte // of the pump's goroutine: what a read fills
	queue    []item // leaves from the head, so that order is kept whatever the times
	waiting  int    // bytes in the queue, overhead included
	ended    bool   // the source has given its last
	lost     bool   // a cut swallowed something: what follows must not arrive
	deaf     bool   // the receiving end is gone
	done     bool   // the end of stream was passed on
	truncate bool   // reset after left more bytes, or at last
	left     int
	last     time.Time
}

// item is what waits in a lane: bytes, or the end of the stream.
type item struct {
	data []byte
	mark mark
	due  time.Time
}

type mark uint8

const (
	flows  mark = iota
	closes      // end of stream
	breaks      // the source broke
)

// itemCost is what an item takes besides its bytes, so that many tiny pieces are bounded too.
const itemCost = 64

// step is what a pump does next, without the lock.
type step struct {
	do    func(*pump, step)
	until time.Time // wait or read until then; zero: as long as it takes
	item  item      // write
	size  int       // bytes to read or write
}

func (p *pump) run() {
	defer p.conn.link.running.Done()
	for {
		s, more := p.next()
		if !more {
			return
		}
		s.do(p, s)
	}
}

// next decides under the lock; false: the pump has ended.
func (p *pump) next() (step, bool) {
	p.lock()
	defer p.unlock()
	swallows := p.lane.cut || p.lost || p.deaf
	switch {
	case p.conn.dead:
		return step{}, false
	case p.truncate && time.Until(p.last) <= 0:
		p.conn.kill()
		return step{}, false
	case p.done:
		return step{}, false
	case p.ended && p.lost && p.dst() == nil:
		p.conn.kill() // the target never heard of it: nothing is left to keep
		return step{}, false
	case swallows && p.ended:
		return step{do: (*pump).wait, until: p.sooner(time.Time{})}, true
	case swallows:
		return p.reading(time.Time{}), true
	case p.lane.held || len(p.queue) == 0:
		return p.readOrWait(time.Time{}), true
	}
	head := p.queue[0]
	if time.Until(head.due) > 0 {
		return p.readOrWait(head.due), true
	}
	p.queue[0] = item{} // so that its bytes are not kept
	p.queue = p.queue[1:]
	p.waiting -= len(head.data) + itemCost
	return p.leaving(head)
}

// leaving passes the head of the queue on.
func (p *pump) leaving(head item) (step, bool) {
	switch head.mark {
	case closes:
		p.done = true
		_ = p.dst().CloseWrite() // fails only if the end is gone, which its own pump tells
		p.conn.finished()
		return step{}, false
	case breaks:
		p.conn.kill()
		return step{}, false
	}
	size := len(head.data)
	if p.truncate {
		size = min(size, p.left)
	}
	_ = p.dst().SetWriteDeadline(p.sooner(time.Time{})) // replaces an earlier kick's; an error shows at the write
	return step{do: (*pump).write, item: head, size: size}, true
}

func (p *pump) readOrWait(until time.Time) step {
	if p.ended || p.waiting >= p.lane.room() {
		return step{do: (*pump).wait, until: p.sooner(until)}
	}
	return p.reading(until)
}

func (p *pump) reading(until time.Time) step {
	_ = p.src().SetReadDeadline(p.sooner(until)) // under the lock, so that a later kick wins; an error shows at the read
	return step{do: (*pump).read, size: p.lane.piece()}
}

// sooner is a time (zero: never) or, if that comes first, the moment at which a truncated connection breaks anyway.
func (p *pump) sooner(until time.Time) time.Time {
	if p.truncate && (until.IsZero() || p.last.Before(until)) {
		return p.last
	}
	return until
}

func (p *pump) wait(s step) {
	if s.until.IsZero() {
		<-p.wake
		return
	}
	t := time.NewTimer(time.Until(s.until))
	defer t.Stop()
	select {
	case <-p.wake:
	case <-t.C:
	}
}

func (p *pump) read(s step) {
	if p.buf == nil {
		p.buf = make([]byte, pieceMax)
	}
	n, err := p.src().Read(p.buf[:s.size])
	p.lock()
	defer p.unlock()
	if n > 0 {
		p.arrived(p.buf[:n])
	}
	switch {
	case err == nil || errors.Is(err, os.ErrDeadlineExceeded):
	case errors.Is(err, io.EOF):
		p.end(closes)
	default:
		p.end(breaks)
	}
}

// arrived takes a piece in, or swallows it.
func (p *pump) arrived(data []byte) {
	if p.lane.cut {
		p.lost = true
	}
	if p.conn.dead || p.lost || p.deaf {
		return
	}
	if ppm := p.lane.impair.CorruptPPM; ppm != 0 && p.draws.Int64N(1e6) < ppm {
		p.conn.kill()
		return
	}
	p.push(item{data: bytes.Clone(data), due: p.lane.due(time.Now(), len(data), p.draws.Int64N)})
}

// end notes that the source has ended.
func (p *pump) end(m mark) {
	p.ended = true
	switch {
	case p.conn.dead || p.lost || p.deaf:
	case p.lane.cut:
		p.lost = true
	default:
		p.push(item{mark: m, due: p.lane.due(time.Now(), 0, p.draws.Int64N)})
	}
}

func (p *pump) push(i item) {
	p.queue = append(p.queue, i)
	p.waiting += len(i.data) + itemCost
}

func (p *pump) write(s step) {
	n, err := p.dst().Write(s.item.data[:s.size])
	p.lock()
	defer p.unlock()
	if p.conn.dead {
		return
	}
	if p.truncate {
		if p.left -= n; p.left <= 0 {
			p.conn.kill()
			return
		}
	}
	switch {
	case err == nil:
	case !errors.Is(err, os.ErrDeadlineExceeded):
		p.unheard()
	case p.lane.cut:
		p.lost = true
	default: // an act interrupted the write: the rest keeps its place
		s.item.data = s.item.data[n:]
		p.queue = append([]item{s.item}, p.queue...)
		p.waiting += len(s.item.data) + itemCost
	}
}

// unheard: the receiving end is gone. That is news for the source, and travels by the other lane: its pump reads the
// broken end. If that has ended already, the connection is finished.
func (p *pump) unheard() {
	p.deaf, p.queue, p.waiting = true, nil, 0
	reset(p.dst())
	p.conn.finished()
}

// swallowQueue loses what waits.
func (p *pump) swallowQueue() {
	if len(p.queue) > 0 {
		p.lost, p.queue, p.waiting = true, nil, 0
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// kick makes the pump look at the state again, whatever it is doing.
func (p *pump) kick() {
	if p.src() != nil && p.dst() != nil {
		_ = p.src().SetReadDeadline(past) // on a closed socket the pump wakes anyway
		_ = p.dst().SetWriteDeadline(past)
	} else if p.way == toTarget {
		_ = p.src().SetReadDeadline(past)
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// src and dst are the sockets to read and to write; nil: a target that was never reached.
func (p *pump) src() *net.TCPConn { return p.conn.ends[1-p.way] }
func (p *pump) dst() *net.TCPConn { return p.conn.ends[p.way] }
func (p *pump) lock()             { p.conn.link.mu.Lock() }
func (p *pump) unlock()           { p.conn.link.mu.Unlock() }
