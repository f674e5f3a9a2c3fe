package grpc

import (
	"context"
	"net"
	"sync"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/keepalive"

	"weir/system/driver"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/transport/access"
)

// Config says which nodes can be reached, and how.
type Config struct {
	// Peers are the addresses, host:port, of the nodes that this one may open streams
	// to, by name. Default: none; the node only answers.
	Peers map[string]Peer
	// Dial opens a connection. Required if there are Peers.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
	// DialMax is how long opening a connection may take. Default (0): 3 s.
	DialMax time.Duration
	// Credentials are for connections to a peer of one of these roles. Default (nil):
	// connections are neither encrypted nor anybody's.
	Credentials func(peer string, roles ...string) credentials.TransportCredentials
	// ControlToken is presented with every control document. Default (nil): none is.
	ControlToken *access.Token
	// StreamIdle ends a stream of another node on which nothing comes or goes for that
	// long. Default (0): 5 min.
	StreamIdle time.Duration
	// StreamStall ends one whose client has not read an answer for that long. Default
	// (0): 30 s.
	StreamStall time.Duration
}

// Peer is where a node listens. Addresses of another transport are not reached over
// gRPC.
type Peer = transport.Peer

// Link is one node's driver.Link over gRPC. Use NewLink.
type Link struct {
	cfg   Config
	n     *driver.Node
	bound chan struct{} // closed once n is set
	ctx   context.Context
	stop  context.CancelFunc
	lanes *transport.Lanes[*lane]
	done  sync.WaitGroup

	mu     sync.Mutex
	pipes  map[uint64]*pipe // server: streams that others opened
	last   uint64           // newest handle
	closed bool
}

// NewLink returns a Link that opens streams as messages ask for them.
func NewLink(cfg Config) (*Link, error) {
	if cfg.DialMax == 0 {
		cfg.DialMax = 3 * time.Second
	}
	if cfg.StreamIdle == 0 {
		cfg.StreamIdle = 5 * time.Minute
	}
	if cfg.StreamStall == 0 {
		cfg.StreamStall = 30 * time.Second
	}
	l := &Link{cfg: cfg, bound: make(chan struct{}), pipes: map[uint64]*pipe{}}
	l.ctx, l.stop = context.WithCancel(context.Background())
	var err error
	l.lanes, err = transport.NewLanes(cfg.Peers, func(k transport.Key, addr string) (*lane, bool, error) {
		_, other := transport.HTTP(addr)
		return &lane{l: l, key: k, addr: addr}, !other, nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Bind implements driver.Link.
func (l *Link) Bind(n *driver.Node) {
	l.n = n
	close(l.bound)
}

// ready waits until the link has a node, and reports false if it never will.
func (l *Link) ready(ctx context.Context) bool {
	select {
	case <-l.bound:
		return l.ctx.Err() == nil
	case <-ctx.Done():
	case <-l.ctx.Done():
	}
	return false
}

// Knows implements driver.Link.
func (l *Link) Knows(name string) bool { return l.lanes.Knows(name) }

// Meet adds peers to those that can be reached; one that is known stays as it is.
func (l *Link) Meet(peers map[string]Peer) error { return l.lanes.Meet(peers) }

// Takes implements transport.Part.
func (l *Link) Takes(o *driver.Outgoing) bool {
	if o.Re.Token != 0 {
		return o.Re.Handle < transport.HTTPHandles
	}
	_, ok := l.lanes.Of(o)
	return ok
}

// Send implements driver.Link.
func (l *Link) Send(batch []driver.Outgoing) { l.lanes.Send(l.n, batch, l.answer) }

// Flush waits until the answers of a node that has ended are sent, for as long as that
// may take.
func (l *Link) Flush(within time.Duration) {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(time.Millisecond) {
		waiting := false
		l.mu.Lock()
		for _, p := range l.pipes {
			waiting = waiting || !p.sent()
		}
		l.mu.Unlock()
		if !waiting {
			return
		}
	}
}

// answer sends an answer on the stream that the request came on; if that is gone, so
// is who waits for it.
func (l *Link) answer(o driver.Outgoing) {
	l.mu.Lock()
	p := l.pipes[o.Re.Handle]
	l.mu.Unlock()
	if p == nil || !p.add(o) {
		transport.Left(l.n, []driver.Outgoing{o})
	}
}

// join makes a stream that another node opened known, until it leaves; nil if the link
// is closed.
func (l *Link) join(f frames) *pipe {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.last++
	p := newPipe(l.n, f, l.last)
	l.pipes[l.last] = p
	l.done.Add(1) // until it leaves
	return p
}

func (l *Link) leave(p *pipe) {
	l.mu.Lock()
	delete(l.pipes, p.handle)
	l.mu.Unlock()
	p.close()
	l.done.Done()
}

// Close ends all streams and waits for their goroutines.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.stop()
	l.lanes.Each((*lane).shut)
	l.done.Wait()
}

// dial is what all connections of a Link have in common. The name is resolved by
// Dial, and a connection that went silent is found out.
func (l *Link) dial(to transport.Key, addr string) (*rpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if l.cfg.Credentials != nil {
		creds = l.cfg.Credentials(to.Peer, access.RolesOf(to.Kind)...)
	}
	options := []rpc.DialOption{
		rpc.WithTransportCredentials(creds),
		rpc.WithContextDialer(l.cfg.Dial),
		rpc.WithConnectParams(rpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: l.cfg.DialMax,
		}),
		rpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}),
		rpc.WithDefaultCallOptions(rpc.MaxCallRecvMsgSize(frameMax), rpc.MaxCallSendMsgSize(frameMax), rpc.ForceCodecV2(codec{})),
		rpc.WithMaxHeaderListSize(16 << 10),
		rpc.WithDisableServiceConfig(),
		rpc.WithNoProxy(),
		rpc.WithStaticStreamWindowSize(streamWindow),
		rpc.WithStaticConnWindowSize(connWindow),
		rpc.WithReadBufferSize(connBuffer),
		rpc.WithWriteBufferSize(connBuffer),
		rpc.WithSharedWriteBuffer(true),
		experimental.WithBufferPool(buffers),
	}
	if to.Kind.Class() == node.ClassControl && l.cfg.ControlToken != nil {
		options = append(options, rpc.WithPerRPCCredentials(presenter{l.cfg.ControlToken}))
	}
	return rpc.NewClient("passthrough:///"+addr, options...)
}

// frameMax bounds a frame in bytes: the largest message and a full frame before it.
const frameMax = 8 << 20
