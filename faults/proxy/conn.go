package proxy

import (
	"net"
	"slices"
	"strconv"

	"weir/faults"
)

// conn is one connection through a link. The link's mu guards it.
type conn struct {
	link  *Link
	ends  [2]*net.TCPConn // by the way that leads there: the target (nil until it is dialled), the client
	pumps [2]*pump        // by way
	dead  bool            // both ends are closed or being closed
}

func newConn(l *Link, client *net.TCPConn, number uint64) *conn {
	c := &conn{link: l}
	c.ends[toClient] = client
	for _, w := range []way{toTarget, toClient} {
		name := "proxy " + l.cfg.Name + " " + strconv.FormatUint(number, 10) + " " + [2]string{"forward", "backward"}[w]
		c.pumps[w] = &pump{conn: c, way: w, draws: faults.Stream(l.cfg.Seed, name), wake: make(chan struct{}, 1)}
	}
	c.pumps[toTarget].lane, c.pumps[toClient].lane = &l.forward, &l.backward
	return c
}

// swallow starts a connection that the target never hears of: Forward was cut when it came. The caller has counted
// one goroutine in running.
func (c *conn) swallow() {
	c.pumps[toTarget].lost = true
	c.pumps[toClient].done = true
	go c.pumps[toTarget].run()
}

// dial connects to the target and starts the pumps. The caller has counted one goroutine in running.
func (c *conn) dial(addr string) {
	defer c.link.running.Done()
	dialer := net.Dialer{Timeout: c.link.cfg.DialTimeout}
	var target net.Conn
	var err error = net.UnknownNetworkError("no target")
	if addr != "" {
		target, err = dialer.DialContext(c.link.ctx, "tcp", addr)
	}
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if err != nil {
		c.unreached()
		return
	}
	c.ends[toTarget] = target.(*net.TCPConn)
	if c.dead {
		reset(c.ends[toTarget])
		return
	}
	c.link.running.Add(2)
	go c.pumps[toTarget].run()
	go c.pumps[toClient].run()
}

// unreached tells the client, by the Backward lane, that nobody answers.
func (c *conn) unreached() {
	if c.dead {
		return
	}
	p := c.pumps[toClient]
	p.end(breaks)
	c.pumps[toTarget].done = true
	c.link.running.Add(1)
	go p.run()
}

// kill resets both ends and forgets the connection; its pumps end by themselves.
func (c *conn) kill() {
	if c.dead {
		return
	}
	c.forget()
	for _, end := range c.ends {
		if end != nil {
			reset(end)
		}
	}
	c.pumps[toTarget].kick()
	c.pumps[toClient].kick()
}

// finished is called when a pump has nothing more to pass on: both have passed the end of their stream, so the
// connection closes in order, or one has and the other speaks to an end that is gone.
func (c *conn) finished() {
	one, other := c.pumps[toTarget], c.pumps[toClient]
	switch {
	case c.dead:
	case one.done && other.deaf || one.deaf && other.done:
		c.kill()
	case one.done && other.done:
		c.forget()
		for _, end := range c.ends {
			_ = end.Close() // both directions were shut down before
		}
	}
}

func (c *conn) forget() {
	c.dead = true
	i := slices.Index(c.link.conns, c)
	assert(i >= 0, "link %s: a live connection is not in the list", c.link.cfg.Name)
	c.link.conns = slices.Delete(c.link.conns, i, i+1)
}
