package netlimit

import (
	"net"
	"sync/atomic"

	"weir/system/transport/brief"
)

// Limits bound the connections of a Listener.
type Limits struct {
	// Connections are those open at once, 1..1<<20. Default (0): 1024.
	Connections int `yaml:"connections"`
	// PerIP are those open at once from one IPv4 address or one IPv6 /64, 1..1<<20.
	// Default (0): 256.
	PerIP int `yaml:"connections_per_ip"`
}

// WithDefaults returns the limits with every zero field set to its default.
func (l Limits) WithDefaults() Limits {
	if l.Connections == 0 {
		l.Connections = 1024
	}
	if l.PerIP == 0 {
		l.PerIP = 256
	}
	return l
}

// Listener accepts connections within limits. Those beyond are closed at once: who waits
// for one of his own to end does not keep others waiting.
type Listener struct {
	net.Listener
	count   *Count
	refused atomic.Uint64
}

// Listen puts limits on l.
func Listen(l net.Listener, limits Limits) *Listener {
	limits = limits.WithDefaults()
	return &Listener{Listener: l, count: NewCount(limits.Connections, limits.PerIP)}
}

// Refused is how many connections were closed because there were too many.
func (l *Listener) Refused() uint64 { return l.refused.Load() }

// Accept returns the next connection that is within the limits.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if leave, ok := l.count.Enter(c.RemoteAddr()); ok {
			return &conn{Conn: brief.Conn(c), leave: leave}, nil
		}
		l.refused.Add(1)
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // a reset: nothing of it waits in the kernel
		}
		c.Close()
	}
}

type conn struct {
	net.Conn
	leave func()
}

func (c *conn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
