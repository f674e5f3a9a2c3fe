package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Config describes a link.
type Config struct {
	Name        string        // names the link's random streams and stands in errors; required
	Seed        uint64        // of the random streams: jitter, corruption
	Target      string        // host:port to dial; empty: connections are reset until SetTarget
	Listen      string        // host:port; default 127.0.0.1:0
	Buffer      int           // bytes in flight a direction of a connection, overhead included; default 1 MiB, at least 64 KiB
	ConnsMax    int           // open connections; one more is reset at once; default 1024
	DialTimeout time.Duration // default 5 s
}

const (
	bufferDefault = 1 << 20
	bufferMin     = 64 << 10
	connsDefault  = 1024
	dialDefault   = 5 * time.Second
)

// ErrClosed is what a link that was closed answers.
var ErrClosed = errors.New("the link is closed")

func (c Config) filled() (Config, error) {
	if c.Name == "" {
		return c, errors.New("proxy: a link needs a name")
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Buffer == 0 {
		c.Buffer = bufferDefault
	}
	if c.ConnsMax == 0 {
		c.ConnsMax = connsDefault
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = dialDefault
	}
	if c.Buffer < bufferMin || c.ConnsMax < 1 || c.DialTimeout < 0 {
		return c, fmt.Errorf("proxy: link %s: Buffer %d (at least %d), ConnsMax %d (at least 1), DialTimeout %v (not negative)",
			c.Name, c.Buffer, bufferMin, c.ConnsMax, c.DialTimeout)
	}
	return c, nil
}

// Link is one listener and the connections made through it. Its methods may be called from any goroutine; they
// return once the act is in force.
type Link struct {
	cfg      Config
	addr     string
	forward  Lane
	backward Lane
	ctx      context.Context // ends dials
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu       sync.Mutex // guards all that follows, the lanes and the connections
	target   string
	refused  bool             // by the link's own Refuse; the lanes have theirs
	listener *net.TCPListener // nil: refused or closed
	closed   bool
	opened   uint64  // connections accepted so far
	conns    []*conn // open ones, in the order of accepting
}

// New starts a link. Errors: a bad configuration, an address that cannot be listened on.
func New(c Config) (*Link, error) {
	c, err := c.filled()
	if err != nil {
		return nil, err
	}
	l := &Link{cfg: c, target: c.Target, addr: c.Listen}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.forward = Lane{link: l, way: toTarget}
	l.backward = Lane{link: l, way: toClient}
	if err := l.listen(); err != nil {
		l.cancel()
		return nil, err
	}
	return l, nil
}

// Addr is the host:port to dial; it stays the same over Refuse and Accept.
func (l *Link) Addr() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

// Forward is the direction from who dials the link to the target.
func (l *Link) Forward() *Lane { return &l.forward }

// Backward is the direction from the target to who dials the link.
func (l *Link) Backward() *Lane { return &l.backward }

// Conns is how many connections are open.
func (l *Link) Conns() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// SetTarget changes where later connections go; open ones stay where they are.
func (l *Link) SetTarget(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = addr
}

// Reset resets all open connections at both ends.
func (l *Link) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breakAll()
}

// Refuse closes the port: the kernel refuses new connections. Those that are open stay.
func (l *Link) Refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = true
	l.shut()
}

// Accept opens the port again, unless a lane refuses. Error: another process has taken it meanwhile, or the link is
// closed.
func (l *Link) Accept() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = false
	return l.open()
}

// open opens the port if nothing refuses any more.
func (l *Link) open() error {
	switch {
	case l.closed:
		return fmt.Errorf("proxy: link %s: %w", l.cfg.Name, ErrClosed)
	case l.listener != nil || l.refused || l.forward.refused || l.backward.refused:
		return nil
	}
	return l.listen()
}

// Close closes the port, resets all connections and waits for all goroutines of the link.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	l.shut()
	l.breakAll()
	l.mu.Unlock()
	l.cancel()
	l.running.Wait()
}

// listen opens the port; the caller holds mu, or nobody else knows the link yet.
func (l *Link) listen() error {
	ln, err := net.Listen("tcp", l.addr)
	if err != nil {
		return fmt.Errorf("proxy: link %s: %w", l.cfg.Name, err)
	}
	l.listener = ln.(*net.TCPListener)
	l.addr = ln.Addr().String()
	l.running.Add(1)
	go l.accept(l.listener)
	return nil
}

func (l *Link) shut() {
	if l.listener != nil {
		_ = l.listener.Close() // it was open: nothing is lost by not knowing
		l.listener = nil
	}
}

func (l *Link) breakAll() {
	for len(l.conns) > 0 {
		l.conns[0].kill()
	}
}

// acceptPause is the wait after a failed accept (no file descriptor left), so that the loop does not spin.
const acceptPause = 10 * time.Millisecond

func (l *Link) accept(ln *net.TCPListener) {
	defer l.running.Done()
	for {
		client, err := ln.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(acceptPause)
		default:
			l.admit(client, ln)
		}
	}
}

// admit takes a connection in, or resets it when the link refuses, is closed or is full.
func (l *Link) admit(client *net.TCPConn, ln *net.TCPListener) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener != ln || len(l.conns) >= l.cfg.ConnsMax {
		reset(client)
		return
	}
	l.opened++
	c := newConn(l, client, l.opened)
	l.conns = append(l.conns, c)
	l.running.Add(1)
	if l.forward.cut {
		c.swallow()
		return
	}
	go c.dial(l.target)
}

// reset ends a connection with an RST, not a FIN.
func reset(s *net.TCPConn) {
	_ = s.SetLinger(0) // fails only on a socket that is closed already
	_ = s.Close()
}
