package driver

import "weir/system/node"

// Link carries messages to other nodes. Knows and Send must not block on the network;
// Knows may be called from several goroutines at once, Send is not.
type Link interface {
	// Bind tells the Link whose it is, before anything else.
	Bind(n *Node)
	// Knows reports whether messages to a node of that name can be tried at all.
	Knows(name string) bool
	// Send takes messages to send, in order. For each one the Link calls Node.Sent
	// exactly once, when it does not wait in the Link any more (sent or given up),
	// and at most once Node.Fail, if it knows that it will not be handled or
	// answered. It must keep neither the slice nor its elements' addresses.
	Send(batch []Outgoing)
}

// Outgoing is a message on its way to another node.
type Outgoing struct {
	From    node.Addr
	To      node.Addr // a reply's: the requester
	Token   node.Token
	Msg     node.Message
	Request bool // an answer is awaited
	// Re is the handle of the request that this answers; its Token is 0 if it is no
	// answer.
	Re node.ReplyTo
}

// Incoming is a message that came from another node.
type Incoming struct {
	From  node.Addr  // who sent it; Node is empty if it is no node but a client without a log
	To    node.Addr  // as the sender addressed it; an answer: the requester
	Token node.Token // the sender's
	Msg   node.Message
	// Re is the token of this node's request that it answers, 0 if it is no answer.
	Re node.Token
	// Handle says that the message is a request, if it is not 0, and comes back in
	// Outgoing.Re of the answer.
	Handle uint64
}

// Deliver hands in a message from another node. An error says that it will not be
// handled, and why; a drop record tells so. It never blocks. Safe for concurrent use.
func (n *Node) Deliver(in Incoming) error {
	a := n.find(in.To.Actor)
	var err error
	switch {
	case in.To.Inc != 0 && in.To.Inc != n.cfg.Incarnation:
		err = errStale
	case a == nil:
		err = node.ErrUnknown
	case in.Re != 0:
		err = a.box.answer(in.Re, item{
			ev:   node.Event{Kind: node.Replied, From: in.From, Token: in.Re, Msg: in.Msg},
			sent: in.Token, size: in.Msg.Size(),
		})
	default:
		ev := node.Event{Kind: node.Delivered, From: in.From, Token: in.Token, Msg: in.Msg}
		if in.Handle != 0 {
			ev.ReplyTo = node.ReplyTo{From: in.From, Token: in.Token, Handle: in.Handle}
		}
		err = a.box.offer(item{ev: ev, sent: in.Token, size: in.Msg.Size()})
	}
	if err != nil && in.From.Node != "" {
		n.dropped(in, err)
	}
	return err
}

// Asked reports whether a node may answer a request of an actor: it was asked, or the
// answer is not awaited any more. An answer from another would be forged. Safe for
// concurrent use.
func (n *Node) Asked(peer, actor string, tok node.Token) bool {
	a := n.find(actor)
	return a == nil || a.box.asked(peer, tok)
}

// Fail tells that a message that this node sent will not be handled, or its request
// not be answered; err is one of package node's. Safe for concurrent use.
func (n *Node) Fail(actor string, tok node.Token, err error) {
	if a := n.find(actor); a != nil {
		a.box.fail(tok, item{ev: node.Event{Kind: node.Failed, Token: tok, Err: err}})
	}
}

// Break tells that a connection to a node broke: the requests of these classes that
// it carried, those with tokens up to upTo, will not be answered. Safe for concurrent
// use.
func (n *Node) Break(to string, classes []node.Class, upTo node.Token, err error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, a := range n.actors {
		a.box.broken(to, classes, upTo, err)
	}
}

// Sent tells that a message does not wait in the Link any more. Safe for concurrent use.
func (n *Node) Sent(to string, size int) { n.SentAll(to, 1, size) }

// SentAll is Sent for some messages to one node, which have that many bytes together.
func (n *Node) SentAll(to string, items, bytes int) {
	if to != "" {
		n.peers.release(to, items, bytes)
	}
}

// dropWords are the words of dropReason.
var dropWords = [...]string{"stale", "full", "stopped", "no_actor"}

// dropReason is the word of the log for a message that is not handled.
func dropReason(err error) string {
	switch err {
	case errStale:
		return "stale"
	case node.ErrFull:
		return "full"
	case errClosed:
		return "stopped"
	}
	return "no_actor"
}
