package http

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"weir/system/driver"
	"weir/system/transport"
	"weir/system/transport/access"
)

// Config says which nodes can be reached, and how.
type Config struct {
	// Peers are the addresses of the nodes that this one may send to, by name: those
	// of the form http://host:port or https://host:port are this transport's. Default:
	// none; the node only answers.
	Peers map[string]transport.Peer
	// Dial opens a connection to host:port. Required if there are Peers.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
	// DialMax is how long opening a connection may take, TLS included. Default (0): 3 s.
	DialMax time.Duration
	// TLS is for connections to the https address of a peer of one of these roles.
	// Required if there are such addresses.
	TLS func(peer string, roles ...string) *tls.Config
	// ControlToken is presented with every control document. Default (nil): none is.
	ControlToken *access.Token
	// AnswerMax is how long a node has to answer a request that it took; then the
	// client is told to try again. Default (0): 25 s.
	AnswerMax time.Duration
}

// Link is one node's driver.Link over HTTP. Use NewLink.
type Link struct {
	cfg   Config
	n     *driver.Node
	node  []string // the values of the headers that introduce it; set with n
	inc   []string
	bound chan struct{} // closed once n is set
	ctx   context.Context
	stop  context.CancelFunc
	lanes *transport.Lanes[*lane]
	done  sync.WaitGroup
	room  room
	ready atomic.Bool // told by SetReady
	down  atomic.Bool // told by Shutdown

	mu    sync.Mutex
	asked map[uint64]chan driver.Outgoing // server: who awaits answers, by handle
	last  uint64                          // newest handle
}

// NewLink returns a Link that opens connections as messages ask for them.
func NewLink(cfg Config) (*Link, error) {
	if cfg.DialMax == 0 {
		cfg.DialMax = 3 * time.Second
	}
	if cfg.AnswerMax == 0 {
		cfg.AnswerMax = 25 * time.Second
	}
	l := &Link{cfg: cfg, bound: make(chan struct{}),
		asked: map[uint64]chan driver.Outgoing{}, last: transport.HTTPHandles}
	l.ctx, l.stop = context.WithCancel(context.Background())
	var err error
	l.lanes, err = transport.NewLanes(cfg.Peers, l.lane)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// lane is the lane to an address, if that is this transport's.
func (l *Link) lane(k transport.Key, addr string) (*lane, bool, error) {
	host, ours := transport.HTTP(addr)
	if !ours {
		return nil, false, nil
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		return nil, false, fmt.Errorf("%.80q: want http://host:port or https://host:port", addr)
	}
	ln := &lane{l: l, key: k, addr: host}
	if strings.HasPrefix(addr, "https:") {
		if l.cfg.TLS == nil {
			return nil, false, fmt.Errorf("%.80q: there is no TLS", addr)
		}
		ln.tls = l.cfg.TLS(k.Peer, access.RolesOf(k.Kind)...)
		ln.tls.NextProtos = []string{"http/1.1"} // each request on a connection of its own, as in clear
		ln.want = k.Peer
	}
	return ln, true, nil
}

// Bind implements driver.Link.
func (l *Link) Bind(n *driver.Node) {
	l.n = n
	name, inc := n.Identity()
	l.node, l.inc = []string{name}, []string{strconv.FormatUint(uint64(inc), 10)}
	close(l.bound)
}

// Knows implements driver.Link.
func (l *Link) Knows(name string) bool { return l.lanes.Knows(name) }

// Meet adds peers to those that can be reached; one that is known stays as it is.
func (l *Link) Meet(peers map[string]transport.Peer) error { return l.lanes.Meet(peers) }

// Takes implements transport.Part.
func (l *Link) Takes(o *driver.Outgoing) bool {
	if o.Re.Token != 0 {
		return o.Re.Handle >= transport.HTTPHandles
	}
	_, ok := l.lanes.Of(o)
	return ok
}

// Send implements driver.Link.
func (l *Link) Send(batch []driver.Outgoing) { l.lanes.Send(l.n, batch, l.answer) }

// SetReady says what the health check tells until it is told otherwise. Default: that the
// node is not ready.
func (l *Link) SetReady(ready bool) { l.ready.Store(ready) }

// Shutdown makes the health check say for good that the node is stopping.
func (l *Link) Shutdown() { l.down.Store(true) }

// Close ends all requests and waits for their goroutines. Servers are the caller's to
// close.
func (l *Link) Close() {
	l.stop()
	l.done.Wait()
	l.lanes.Each(func(ln *lane) { ln.idle.close() })
}
