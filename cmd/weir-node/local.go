package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"weir/system/driver"
	"weir/system/node"
	"weir/system/transport"
)

// localHandle marks the requests of this program itself; no transport counts so far.
const localHandle = math.MaxUint64

// local is the part of a node's link that brings what the program itself asks the node's
// actors, and takes the answers.
type local struct {
	mu    sync.Mutex
	n     *driver.Node
	last  node.Token
	waits map[node.Token]chan node.Message
}

var _ transport.Part = (*local)(nil)

// Bind implements driver.Link.
func (l *local) Bind(n *driver.Node) { l.n, l.waits = n, map[node.Token]chan node.Message{} }

// Knows implements driver.Link.
func (l *local) Knows(string) bool { return false }

// Takes implements transport.Part.
func (l *local) Takes(o *driver.Outgoing) bool { return o.Re.Token != 0 && o.Re.Handle == localHandle }

// Send implements driver.Link.
func (l *local) Send(batch []driver.Outgoing) {
	transport.Left(l.n, batch)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range batch {
		if c := l.waits[batch[i].Re.Token]; c != nil {
			c <- batch[i].Msg // has room for the one
			delete(l.waits, batch[i].Re.Token)
		}
	}
}

// ask hands a message to an actor, in nobody's name, and waits for the answer.
func (l *local) ask(ctx context.Context, actor string, m node.Message) (node.Message, error) {
	c := make(chan node.Message, 1)
	l.mu.Lock()
	l.last++
	token := l.last
	l.waits[token] = c
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waits, token)
		l.mu.Unlock()
	}()
	err := l.n.Deliver(driver.Incoming{To: node.Addr{Actor: actor}, Token: token, Handle: localHandle, Msg: m})
	if err != nil {
		return nil, fmt.Errorf("%s does not take a %s: %w", actor, m.Name(), err)
	}
	select {
	case answer := <-c:
		return answer, nil
	case <-l.n.Done():
		return nil, errors.New("the node has ended")
	case <-ctx.Done():
		return nil, fmt.Errorf("%s did not answer: %w", actor, ctx.Err())
	}
}
