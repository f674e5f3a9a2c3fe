package netlimit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"weir/system/transport/brief"
)

// ErrForbidden says that an address is none to connect to.
var ErrForbidden = errors.New("the address is not allowed")

// resolveMax is how long looking up a name may take.
const resolveMax = 3 * time.Second

// Dialer connects to addresses that are allowed. Safe for concurrent use.
type Dialer struct {
	prefixes []netip.Prefix
	exact    map[string]bool // host:port, as told
	all      bool
	lookup   func(context.Context, string) ([]netip.Addr, error)

	mu     sync.Mutex
	pinned map[string]netip.AddrPort
}

// NewDialer allows what the list says: an address range (10.1.0.0/16), an address, or
// host:port as it stands where a peer is configured. An empty list allows all but
// addresses that are never a node's: unspecified, link-local and multicast ones.
func NewDialer(allow []string) (*Dialer, error) {
	d := &Dialer{exact: map[string]bool{}, all: len(allow) == 0, pinned: map[string]netip.AddrPort{}}
	d.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	for _, a := range allow {
		if p, err := netip.ParsePrefix(a); err == nil {
			d.prefixes = append(d.prefixes, p.Masked())
			continue
		}
		if ip, err := netip.ParseAddr(a); err == nil {
			d.prefixes = append(d.prefixes, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		if _, _, err := splitPort(a); err != nil {
			return nil, fmt.Errorf("dial_allow: %+.100q is no address range, address or host:port", a)
		}
		d.exact[a] = true
	}
	return d, nil
}

// Dial connects to host:port.
func (d *Dialer) Dial(ctx context.Context, addr string) (net.Conn, error) {
	to, err := d.Resolve(ctx, addr)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || ap.Port() != to.Port() || ap.Addr().Unmap() != to.Addr() {
			return fmt.Errorf("dial %+.100q: %w: about to connect to %s, resolved as %s", addr, ErrForbidden, address, to)
		}
		return d.check(addr, to)
	}}
	c, err := dialer.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	return brief.Conn(c), nil
}

// Resolve returns the address for host:port: the first that is allowed when it was asked
// for first. A name that leads elsewhere later changes nothing while the node runs.
func (d *Dialer) Resolve(ctx context.Context, addr string) (netip.AddrPort, error) {
	d.mu.Lock()
	to, ok := d.pinned[addr]
	d.mu.Unlock()
	if ok {
		return to, nil
	}
	host, port, err := splitPort(addr)
	if err != nil {
		return to, fmt.Errorf("dial %+.100q: %w", addr, err)
	}
	ips, err := d.addresses(ctx, host)
	if err != nil {
		return to, fmt.Errorf("dial %+.100q: %w", addr, err)
	}
	err = fmt.Errorf("dial %+.100q: the name has no address", addr)
	for _, ip := range ips {
		to = netip.AddrPortFrom(ip.Unmap(), port)
		if err = d.check(addr, to); err == nil {
			return d.pin(addr, to), nil
		}
	}
	return netip.AddrPort{}, err
}

// pin keeps the address, unless another goroutine was faster.
func (d *Dialer) pin(addr string, to netip.AddrPort) netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	if first, ok := d.pinned[addr]; ok {
		return first
	}
	d.pinned[addr] = to
	return to
}

func (d *Dialer) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveMax)
	defer cancel()
	return d.lookup(ctx, host)
}

// check says why an address, told as addr, is none to connect to.
func (d *Dialer) check(addr string, to netip.AddrPort) error {
	ip := to.Addr().Unmap()
	switch {
	case !ip.IsValid() || ip.IsUnspecified():
		return fmt.Errorf("dial %+.100q: %w: %s is unspecified", addr, ErrForbidden, ip)
	case ip.IsLinkLocalUnicast() || ip == metadata6:
		return fmt.Errorf("dial %+.100q: %w: %s is link-local", addr, ErrForbidden, ip)
	case ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("dial %+.100q: %w: %s is multicast", addr, ErrForbidden, ip)
	case d.all || d.exact[addr] || d.exact[to.String()]:
		return nil
	}
	for _, p := range d.prefixes {
		if p.Contains(ip) {
			return nil
		}
	}
	return fmt.Errorf("dial %+.100q: %w: %s is not in dial_allow", addr, ErrForbidden, to)
}

// metadata6 is where clouds answer with a machine's secrets over IPv6.
var metadata6 = netip.MustParseAddr("fd00:ec2::254")

func splitPort(addr string) (string, uint16, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || host == "" || strings.ContainsAny(host, "%/ ") {
		return "", 0, errors.New("want host:port with a port of 1 to 65535")
	}
	return host, uint16(n), nil
}
