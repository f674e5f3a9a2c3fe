package transport

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"weir/system/driver"
	"weir/system/node"
)

// Key names a lane.
type Key struct {
	Peer string
	Kind Kind
}

// Lane carries what one node sends to another of one kind.
type Lane interface {
	// Send takes a message, as driver.Link does.
	Send(o driver.Outgoing)
}

// Lanes are all ways by which a transport reaches other nodes. They only become more.
type Lanes[L Lane] struct {
	open func(k Key, addr string) (lane L, ours bool, err error)
	mu   sync.Mutex // of Meet
	ways atomic.Pointer[ways[L]]
}

// ways are lanes and their peers; they never change.
type ways[L Lane] struct {
	peers map[string]Peer
	all   map[Key]L
}

// NewLanes makes a lane for each address of the peers for which open gives one.
func NewLanes[L Lane](peers map[string]Peer, open func(k Key, addr string) (lane L, ours bool, err error)) (*Lanes[L], error) {
	l := &Lanes[L]{open: open}
	l.ways.Store(&ways[L]{map[string]Peer{}, map[Key]L{}})
	return l, l.Meet(peers)
}

// Meet adds peers. One that is known stays as it is: its lanes carry messages. Safe for
// concurrent use with everything else.
func (l *Lanes[L]) Meet(peers map[string]Peer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.ways.Load()
	next := &ways[L]{maps.Clone(old.peers), maps.Clone(old.all)}
	for name, p := range peers {
		if _, ok := old.peers[name]; ok {
			continue
		}
		if !node.ValidName(name) {
			return fmt.Errorf("transport: peer %.80q: want [A-Za-z0-9._-]{1,64}", name)
		}
		next.peers[name] = p
		for kind := range Kinds {
			addr := p.Addr(kind)
			if addr == "" {
				continue
			}
			k := Key{name, kind}
			lane, ours, err := l.open(k, addr)
			if err != nil {
				return fmt.Errorf("transport: peer %s: %w", name, err)
			}
			if ours {
				next.all[k] = lane
			}
		}
	}
	l.ways.Store(next)
	return nil
}

// Peer is where a node listens; the zero Peer if that is not known.
func (l *Lanes[L]) Peer(name string) Peer { return l.ways.Load().peers[name] }

// Knows is that of a driver.Link.
func (l *Lanes[L]) Knows(name string) bool {
	_, ok := l.ways.Load().peers[name]
	return ok
}

// Of is the lane for a request, and false if there is none.
func (l *Lanes[L]) Of(o *driver.Outgoing) (lane L, ok bool) {
	kind, ok := KindOf(o.Msg)
	if ok {
		lane, ok = l.ways.Load().all[Key{o.To.Node, kind}]
	}
	return lane, ok
}

// Send is that of a driver.Link: answers go to answer, requests to their lanes.
func (l *Lanes[L]) Send(n *driver.Node, batch []driver.Outgoing, answer func(driver.Outgoing)) {
	for i := range batch {
		o := &batch[i]
		if o.Re.Token != 0 {
			answer(*o)
		} else if lane, ok := l.Of(o); ok {
			lane.Send(*o)
		} else {
			Left(n, batch[i:i+1])
			n.Fail(o.From.Actor, o.Token, node.ErrRefused)
		}
	}
}

// Each calls f for every lane, in no order.
func (l *Lanes[L]) Each(f func(L)) {
	for _, lane := range l.ways.Load().all {
		f(lane)
	}
}
