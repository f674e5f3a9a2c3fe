package transport

import (
	"fmt"

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

// Lanes are all ways by which a transport reaches other nodes. They are fixed.
type Lanes[L Lane] struct {
	peers map[string]Peer
	all   map[Key]L
}

// NewLanes makes a lane for each address of the peers for which open gives one.
func NewLanes[L Lane](peers map[string]Peer, open func(k Key, addr string) (lane L, ours bool, err error)) (*Lanes[L], error) {
	l := &Lanes[L]{peers: peers, all: map[Key]L{}}
	for name, p := range peers {
		if !node.ValidName(name) {
			return nil, fmt.Errorf("transport: peer %.80q: want [A-Za-z0-9._-]{1,64}", name)
		}
		for kind := range Kinds {
			addr := p.Addr(kind)
			if addr == "" {
				continue
			}
			k := Key{name, kind}
			lane, ours, err := open(k, addr)
			if err != nil {
				return nil, fmt.Errorf("transport: peer %s: %w", name, err)
			}
			if ours {
				l.all[k] = lane
			}
		}
	}
	return l, nil
}

// Knows is that of a driver.Link.
func (l *Lanes[L]) Knows(name string) bool {
	_, ok := l.peers[name]
	return ok
}

// Of is the lane for a request, and false if there is none.
func (l *Lanes[L]) Of(o *driver.Outgoing) (lane L, ok bool) {
	kind, ok := KindOf(o.Msg)
	if ok {
		lane, ok = l.all[Key{o.To.Node, kind}]
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
	for _, lane := range l.all {
		f(lane)
	}
}
