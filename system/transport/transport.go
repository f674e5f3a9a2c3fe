// Package transport holds what the real world's transports have in common: where a
// node listens, what a message is to a transport, who is at the other end, the words
// of a refusal, and Mix, a driver.Link over several of them.
//
// It opens no socket. It imports system/driver, system/message and system/node; the
// transports below it and programs that mix them import it.
package transport

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"weir/system/driver"
	"weir/system/message"
	"weir/system/node"
)

// Peer is where a node listens. Packets, probes and control documents go over
// connections of their own, which may have addresses of their own: host:port for gRPC,
// http://host:port for HTTP, https://host:port for HTTP over TLS.
type Peer struct {
	// Data is the address for packets. Required.
	Data string
	// Probe is the address for probes. Default (empty): as Data.
	Probe string
	// Control is the address for control documents, and for what distributors tell each other of
	// their table. Default (empty): none are sent.
	Control string
}

// Addr is where messages of a kind go; empty: nowhere.
func (p Peer) Addr(k Kind) string {
	switch {
	case k == Control || k == Gossip:
		return p.Control
	case k == Probe && p.Probe != "":
		return p.Probe
	}
	return p.Data
}

// HTTP reports whether an address has the form http://host:port or https://host:port,
// which says that the node speaks HTTP there and not gRPC, and returns its host:port.
func HTTP(addr string) (host string, ok bool) {
	if host, ok = strings.CutPrefix(addr, "http://"); !ok {
		host, ok = strings.CutPrefix(addr, "https://")
	}
	return host, ok
}

// Kind is what a message is that a node sends on its own account.
type Kind uint8

// The kinds of messages: each has a way of its own to a node.
const (
	Submit Kind = iota
	Dispatch
	Probe
	Control
	Gossip // to another distributor, where it takes control documents
	Kinds  // how many there are
)

// KindOf is the kind of a message, and false if no transport carries it.
func KindOf(m node.Message) (Kind, bool) {
	switch m.(type) {
	case *message.Submit:
		return Submit, true
	case *message.Dispatch:
		return Dispatch, true
	case *message.Probe:
		return Probe, true
	case *message.Control:
		return Control, true
	case *message.Gossip:
		return Gossip, true
	}
	return 0, false
}

// Class is what requests of the kind count as.
func (k Kind) Class() node.Class {
	switch k {
	case Probe:
		return node.ClassProbe
	case Control, Gossip:
		return node.ClassControl
	}
	return node.ClassData
}

// Left tells that messages do not wait in a Link any more.
func Left(n *driver.Node, batch []driver.Outgoing) {
	for len(batch) > 0 {
		to, items, bytes := batch[0].To.Node, 0, 0
		for items < len(batch) && batch[items].To.Node == to {
			bytes += batch[items].Msg.Size()
			items++
		}
		n.SentAll(to, items, bytes)
		batch = batch[items:]
	}
}

// The keys under which a node says who it is.
const (
	KeyNode        = "weir-node"
	KeyIncarnation = "weir-incarnation"
)

// Identity reads the values under KeyNode and KeyIncarnation. Who has none is a
// client that is no node.
func Identity(names, incs []string) (node.Addr, error) {
	if len(names) == 0 && len(incs) == 0 {
		return node.Addr{}, nil
	}
	if len(names) != 1 || len(incs) != 1 || !node.ValidName(names[0]) {
		return node.Addr{}, fmt.Errorf("metadata %s %.80q, %s %.80q: want one name of [A-Za-z0-9._-]{1,64} and one number", KeyNode, names, KeyIncarnation, incs)
	}
	inc, err := strconv.ParseUint(incs[0], 10, 32)
	if err != nil || inc == 0 {
		return node.Addr{}, fmt.Errorf("metadata %s %.80q: want an integer from 1 to 4294967295", KeyIncarnation, incs[0])
	}
	return node.Addr{Node: names[0], Inc: uint32(inc)}, nil
}

// Words of a refusal, and what they are at the sender.
var refusals = []struct {
	word string
	err  error
}{
	{"full", node.ErrFull}, {"no_actor", node.ErrUnknown},
}

// RefusalWord is the word for why a node does not handle a message.
func RefusalWord(err error) string {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	return "stopped"
}

// RefusalError is what a word of refusal is at the sender.
func RefusalError(word string) error {
	for _, r := range refusals {
		if r.word == word {
			return r.err
		}
	}
	return node.ErrReset
}
