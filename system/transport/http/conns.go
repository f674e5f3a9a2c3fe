package http

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// The client's connections are kept by hand: each exchange has a goroutine of its own
// already, and those of net/http, two for each connection, would double what an exchange
// costs.

// idleMax is how long a connection may be idle: less than a server waits, so that it
// seldom closes first.
const idleMax = 30 * time.Second

// conn is a connection with one exchange at a time.
type conn struct {
	net.Conn
	r     *bufio.Reader
	left  *io.LimitedReader // what may still come of one answer
	out   []byte            // reused
	lines *bufio.Reader     // of a response to several messages; nil: there was none
	since time.Time         // idle since then
	end   time.Time         // its deadline
	drop  func() bool       // ends the watch on the Link's end
}

// close ends the connection.
func (c *conn) close() {
	c.drop()
	c.Close()
}

// idle are the connections of a lane that wait for an exchange, the newest last.
type idle struct {
	mu     sync.Mutex
	conns  []*conn
	closed bool
	reaper *time.Timer // runs while there are any
}

// take returns a connection that is open as far as can be known, or opens one.
func (i *idle) take(ln *lane) (*conn, error) {
	if c, ok := i.first(ln); ok {
		return c, nil
	}
	return ln.open()
}

// first returns a connection that is open as far as can be known, if there is one.
func (i *idle) first(ln *lane) (*conn, bool) {
	now := time.Now()
	for {
		i.mu.Lock()
		n := len(i.conns)
		if n == 0 {
			i.mu.Unlock()
			return nil, false
		}
		c := i.conns[n-1]
		i.conns[n-1] = nil
		i.conns = i.conns[:n-1]
		i.mu.Unlock()
		if c.lasts(now, ln.l.cfg.AnswerMax+10*time.Second) && (now.Sub(c.since) < freshMax || alive(c.Conn)) {
			return c, true
		}
		c.close()
	}
}

// freshMax is how long an idle connection counts as open without a look: who ends within
// it breaks others too.
const freshMax = 100 * time.Millisecond

// lasts gives an exchange at least so much time, and at most twice as much: deadlines
// cost more than the exactness is worth. It reports whether the connection is usable.
func (c *conn) lasts(now time.Time, least time.Duration) bool {
	if c.end.Sub(now) >= least {
		return true
	}
	c.end = now.Add(2 * least)
	return c.SetDeadline(c.end) == nil
}

// open opens a connection. One that is to be encrypted is ready only once the other end is
// known. There is no proxy in between.
func (ln *lane) open() (*conn, error) {
	ctx, cancel := context.WithTimeout(ln.l.ctx, ln.l.cfg.DialMax)
	defer cancel()
	raw, err := ln.l.cfg.Dial(ctx, ln.addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw}
	if ln.tls != nil {
		t := tls.Client(raw, ln.tls)
		if err := t.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, err
		}
		c.Conn = t
	}
	ln.takes.Store(takesUnknown) // it may be a later version that has come up there
	c.left = &io.LimitedReader{R: c.Conn}
	c.r = bufio.NewReader(c.left)
	c.drop = context.AfterFunc(ln.l.ctx, func() { raw.Close() })
	if !c.lasts(time.Now(), ln.l.cfg.AnswerMax+10*time.Second) {
		c.close()
		return nil, net.ErrClosed
	}
	return c, nil
}

// put gives a connection back.
func (i *idle) put(c *conn) {
	c.since = time.Now()
	if cap(c.out) > bodyKept {
		c.out = nil // a lane has many connections
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed || len(i.conns) >= laneRequests {
		c.close()
		return
	}
	i.conns = append(i.conns, c)
	if i.reaper == nil {
		i.reaper = time.AfterFunc(idleMax, i.reap)
	}
}

// over gives a connection back after an exchange whose response was read, if it lasts.
func (i *idle) over(c *conn, resp *http.Response) {
	if resp.Close || resp.StatusCode < 200 || c.r.Buffered() > 0 {
		c.close()
	} else {
		i.put(c)
	}
}

// broken ends a connection that failed, and all that are idle: what broke it, the other
// node's end, breaks them too.
func (i *idle) broken(c *conn) {
	c.close()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.endFirst(len(i.conns))
}

// endFirst ends the oldest idle connections; mu is held.
func (i *idle) endFirst(n int) {
	for _, c := range i.conns[:n] {
		c.close()
	}
	rest := copy(i.conns, i.conns[n:])
	clear(i.conns[rest:])
	i.conns = i.conns[:rest]
}

// reap ends the connections that were idle for too long.
func (i *idle) reap() {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := 0
	for n < len(i.conns) && time.Since(i.conns[n].since) >= idleMax {
		n++
	}
	i.endFirst(n)
	i.reaper = nil
	if len(i.conns) > 0 && !i.closed {
		i.reaper = time.AfterFunc(idleMax-time.Since(i.conns[0].since), i.reap)
	}
}

// close ends all idle connections; none is kept from then on.
func (i *idle) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	i.endFirst(len(i.conns))
	if i.reaper != nil {
		i.reaper.Stop()
	}
}
