package driver

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"weir/system/node"
)

// Why a message is not handled, beside package node's errors.
var (
	errStale  = errors.New("another incarnation")
	errClosed = errors.New("the actor has stopped")
)

// item is one event that waits for an actor.
type item struct {
	ev      node.Event
	sent    node.Token // the sender's token, for the record
	file    string     // DiskDone: the file
	durable bool       // DiskDone: what was asked for is durable now
	size    int        // bytes that it counts for, if counted
	counted bool       // it takes room that others may want
}

// mailbox is what waits for an actor, and the requests to which it awaits answers.
// Answers, failures of requests, timers and disk completions are always taken: the
// request reserved their place.
type mailbox struct {
	mu     sync.Mutex
	queue  []item
	limit  node.Mailbox
	open   map[node.Token]pending
	closed atomic.Bool
	wake   chan struct{} // has room for one

	// What waits, and what the actor has in hand and has not begun with. They grow under
	// mu; the actor makes them smaller without it.
	items atomic.Int64 // counted ones, those reserved for messages on their way included
	bytes atomic.Int64
	all   atomic.Int64 // all items
}

// pending is an open request to another node; the zero value is one to this node.
type pending struct {
	to    string
	class node.Class
}

func newMailbox(limit node.Mailbox) *mailbox {
	setInt(&limit.Items, mailboxItems)
	setInt(&limit.Bytes, mailboxBytes)
	return &mailbox{limit: limit, open: map[node.Token]pending{}, wake: make(chan struct{}, 1)}
}

// reserve takes room for a message of that size that will be put.
func (b *mailbox) reserve(size int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reserveLocked(size)
}

func (b *mailbox) reserveLocked(size int) error {
	switch {
	case b.closed.Load():
		return errClosed
	case size > b.limit.Bytes:
		return node.ErrTooLarge
	case b.items.Load() >= int64(b.limit.Items) || b.bytes.Load()+int64(size) > int64(b.limit.Bytes):
		return node.ErrFull
	}
	b.items.Add(1)
	b.bytes.Add(int64(size))
	return nil
}

// unreserve gives room back.
func (b *mailbox) unreserve(size int) {
	b.items.Add(-1)
	b.bytes.Add(-int64(size))
}

// put adds an item whose place is reserved, and reports whether the actor is still
// there to take it.
func (b *mailbox) put(it item) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.push(it)
}

func (b *mailbox) push(it item) bool {
	if b.closed.Load() {
		return false
	}
	b.queue = append(b.queue, it)
	b.all.Add(1)
	b.rouse()
	return true
}

// offer adds a message if there is room for it.
func (b *mailbox) offer(it item) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.reserveLocked(it.size); err != nil {
		return err
	}
	it.counted = true
	b.push(it)
	return nil
}

// request notes that an answer is awaited. It reports false if max are.
func (b *mailbox) request(tok node.Token, p pending, max int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) >= max {
		return false
	}
	b.open[tok] = p
	return true
}

// forget ends a request without an answer.
func (b *mailbox) forget(tok node.Token) {
	b.mu.Lock()
	delete(b.open, tok)
	b.mu.Unlock()
}

// answer adds the answer to a request; one that is not awaited any more needs room.
func (b *mailbox) answer(tok node.Token, it item) error {
	b.mu.Lock()
	_, open := b.open[tok]
	if open {
		delete(b.open, tok)
		ok := b.push(it)
		b.mu.Unlock()
		if !ok {
			return errClosed
		}
		return nil
	}
	b.mu.Unlock()
	return b.offer(it)
}

// asked reports whether a request is one to that node, if it is open at all.
func (b *mailbox) asked(peer string, tok node.Token) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, open := b.open[tok]
	return !open || p.to == peer
}

// fail adds the failure of a request. Of one that was answered or forgotten, and of
// a message that awaits no answer, it is no news.
func (b *mailbox) fail(tok node.Token, it item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, open := b.open[tok]; open {
		delete(b.open, tok)
		b.push(it)
	}
}

// broken fails the open requests to a node that one of the classes carried, up to a
// token.
func (b *mailbox) broken(to string, classes []node.Class, upTo node.Token, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var gone []node.Token
	for tok, p := range b.open {
		if p.to == to && tok <= upTo && slices.Contains(classes, p.class) {
			gone = append(gone, tok)
		}
	}
	slices.Sort(gone)
	for _, tok := range gone {
		delete(b.open, tok)
		b.push(item{ev: node.Event{Kind: node.Failed, Token: tok, Err: err}})
	}
}

// take gives the actor all that waits, for an empty slice in exchange. It still counts
// until the actor begins with it.
func (b *mailbox) take(empty []item) []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed.Load() {
		return empty
	}
	all := b.queue
	b.queue = empty
	return all
}

// began tells that the actor begins with an item, whose room is free again.
func (b *mailbox) began(it *item) {
	b.all.Add(-1)
	if it.counted {
		b.unreserve(it.size)
	}
}

// rouse makes the actor look whether there is something to do.
func (b *mailbox) rouse() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// level is what waits: all items, and the bytes of those that take room.
func (b *mailbox) level() (items, bytes int) { return int(b.all.Load()), int(b.bytes.Load()) }

// close ends the mailbox and returns what waited in it.
func (b *mailbox) close() []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed.Swap(true) {
		return nil
	}
	rest := b.queue
	b.queue = nil
	b.all.Add(-int64(len(rest)))
	b.rouse()
	return rest
}

// peers counts what waits to be sent to each other node.
type peers struct {
	mu    sync.Mutex
	items int // limits
	bytes int
	count map[string]*room
	known func(string) bool // the configuration has a node of that name
}

type room struct{ items, bytes int }

// reserve takes room for a message to a node.
func (p *peers) reserve(to string, size int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.count[to]
	if r == nil {
		r = &room{}
	}
	if r.items >= p.items || r.items > 0 && r.bytes+size > p.bytes {
		return node.ErrFull
	}
	p.count[to] = r
	r.items++
	r.bytes += size
	return nil
}

// release gives back the room of some messages to a node.
func (p *peers) release(to string, items, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.count[to]
	if r == nil || r.items < items || r.bytes < bytes {
		assert(false, "%d messages of %d bytes to %s left a queue that does not hold them", items, bytes, to)
	}
	r.items -= items
	r.bytes -= bytes
	if r.items == 0 && !p.known(to) {
		delete(p.count, to) // names may come from anybody who asks
	}
}
