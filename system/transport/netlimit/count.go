package netlimit

import (
	"net"
	"net/netip"
	"sync"
)

// Count holds how much of something is in use, in all and from one origin: an IPv4
// address or an IPv6 /64. Safe for concurrent use.
type Count struct {
	all, each int

	mu   sync.Mutex
	open int
	from map[netip.Prefix]int // none that is 0
}

// NewCount allows all in total and each from one origin.
func NewCount(all, each int) *Count {
	return &Count{all: all, each: each, from: map[netip.Prefix]int{}}
}

// Enter takes one for the origin of a. ok is false if there is none left; otherwise leave
// gives it back, once however often it is called.
func (c *Count) Enter(a net.Addr) (leave func(), ok bool) {
	key := originOf(a)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.all || c.from[key] >= c.each {
		return nil, false
	}
	c.open++
	c.from[key]++
	return sync.OnceFunc(func() { c.leave(key) }), true
}

func (c *Count) leave(key netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if c.from[key]--; c.from[key] == 0 {
		delete(c.from, key)
	}
}

// originOf is what counts as one origin: who has an IPv6 address has its /64.
func originOf(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{} // no TCP: all of one origin
	}
	ip := ap.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked()
}
