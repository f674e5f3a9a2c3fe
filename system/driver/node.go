package driver

import (
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"weir/system/node"
	"weir/system/record"
)

// Node is one running incarnation. Use Start.
type Node struct {
	cfg     Config
	start   time.Time     // with the monotonic reading that all times are made from
	offset  time.Duration // world time at start
	tokens  atomic.Uint64
	peers   peers
	journal *journal
	store   *store

	mu     sync.RWMutex
	actors map[string]*actor // running ones
	root   *actor
	ending []*actor        // those that ran to the node's end
	names  map[string]bool // all that were ever used
	booted bool            // actors run as they are spawned

	actorsDone sync.WaitGroup
	exiting    chan struct{}
	exitOnce   sync.Once
	stopOnce   sync.Once
	done       chan struct{}
	err        error // valid once done is closed

	edgeMu  sync.Mutex
	edgeSeq uint64
	edgeLog *record.Log
	ended   bool // nothing is written any more
	drops   [len(dropWords)]atomic.Uint64
}

// edge is the actor name of the driver's own records: drops, and what it counts.
const edge = "net"

// Start boots a node. The returned Node runs until an actor calls Exit, which Stop
// asks for.
func Start(cfg Config) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := &Node{cfg: cfg.WithDefaults(), start: time.Now(), actors: map[string]*actor{}, names: map[string]bool{edge: true},
		exiting: make(chan struct{}), done: make(chan struct{})}
	if !n.cfg.Epoch.IsZero() {
		n.offset = max(0, n.start.Sub(n.cfg.Epoch))
	}
	if n.cfg.Seed == 0 {
		var b [8]byte
		if _, err := crand.Read(b[:]); err != nil {
			return nil, fmt.Errorf("driver: seed: %w", err)
		}
		n.cfg.Seed = binary.LittleEndian.Uint64(b[:])
	}
	n.peers = peers{items: n.cfg.PeerItems, bytes: n.cfg.PeerBytes, count: map[string]*room{}, known: func(string) bool { return false }}
	if n.cfg.Link != nil {
		n.peers.known = n.cfg.Link.Knows
	}
	var err error
	if n.store, err = newStore(n); err != nil {
		return nil, err
	}
	var log *record.Log
	if n.cfg.Log != nil {
		now, world := n.times()
		log = record.NewLog(record.Header{Node: cfg.Name, Inc: cfg.Incarnation, Role: cfg.Role, Build: cfg.Build, OneIn: cfg.OneIn}, world, now, 0, nil)
	}
	n.journal = newJournal(&n.cfg, log)
	n.edgeLog = n.journal.part()
	if n.cfg.Link != nil {
		n.cfg.Link.Bind(n)
	}
	err = cfg.Boot(booter{n})
	if err == nil && n.root == nil {
		err = errors.New("no actor")
	}
	if err != nil {
		n.store.close()
		return nil, fmt.Errorf("driver: boot %s: %w", cfg.Name, err)
	}
	go n.journal.run()
	n.mu.Lock()
	n.booted = true
	for _, a := range n.inOrder() {
		n.actorsDone.Add(1)
		go a.run()
	}
	n.mu.Unlock()
	go n.finish()
	return n, nil
}

// times are the node's monotonic time and the world time now.
func (n *Node) times() (own, world time.Duration) {
	own = n.now()
	return own, own
}

// now is the node's monotonic time: since the Epoch. Like a machine's, it goes on from
// one incarnation to the next.
func (n *Node) now() time.Duration { return n.offset + time.Since(n.start) }

func (n *Node) token() node.Token { return node.Token(n.tokens.Add(1)) }

// Stop asks the root actor to stop the node in order. It does not wait: see Done.
// Further calls do nothing.
func (n *Node) Stop() {
	n.stopOnce.Do(func() {
		n.root.box.put(item{ev: node.Event{Kind: node.Stopping}})
	})
}

// Kill ends the incarnation without asking its actors: each finishes the event that
// it handles. The log is ended as after a stop in order. Further calls do nothing.
func (n *Node) Kill() { n.exitOnce.Do(func() { close(n.exiting) }) }

// Done is closed once the incarnation has ended in order and its log is written.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err is why the end of the log could not be written, or nil. It is valid once Done
// is closed.
func (n *Node) Err() error { return n.err }

// Identity is the node's name and incarnation, as configured.
func (n *Node) Identity() (name string, incarnation uint32) { return n.cfg.Name, n.cfg.Incarnation }

// finish ends the incarnation once an actor has called Exit.
func (n *Node) finish() {
	<-n.exiting
	n.mu.Lock()
	ending := n.inOrder()
	n.actors, n.ending = map[string]*actor{}, ending
	n.mu.Unlock()
	for _, a := range ending {
		n.reset(a.box.close())
	}
	n.actorsDone.Wait()
	n.store.close()
	n.edgeMu.Lock()
	defer n.edgeMu.Unlock()
	n.ended = true
	n.err = n.journal.close(func(log *record.Log) {
		if n.journal.dropped > 0 {
			n.edgeLine("counter").Str("name", "log_dropped").Uint("val", n.journal.dropped).End()
		}
		if n.edgeSeq > 0 {
			n.edgeLine("stop").End()
		}
		log.Take(n.edgeLog)
		own, world := n.times() // after all that was written
		log.Close(world, own, 0)
	})
	close(n.done)
}

// inOrder lists the running actors in the order of their names, the root first.
func (n *Node) inOrder() []*actor {
	var all []*actor
	for _, a := range n.actors {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *actor) int {
		if (a == n.root) != (b == n.root) {
			if a == n.root {
				return -1
			}
			return 1
		}
		if a.name < b.name {
			return -1
		}
		return 1
	})
	return all
}

// find is the running actor of that name; nil if there is none.
func (n *Node) find(name string) *actor {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.actors[name]
}

func (n *Node) remove(name string) *actor {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.actors[name]
	delete(n.actors, name)
	return a
}

// spawn creates an actor; those of the boot begin to run when it is over.
func (n *Node) spawn(name string, box node.Mailbox, behind node.Actor) error {
	if !node.ValidName(name) {
		return fmt.Errorf("actor %.80q: %w", name, node.ErrBadName)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names[name] {
		return fmt.Errorf("actor %q: %w", name, node.ErrNameUsed)
	}
	n.names[name] = true
	a := newActor(n, name, box, behind)
	n.actors[name] = a
	if n.root == nil {
		n.root = a
	}
	if n.booted {
		n.actorsDone.Add(1)
		go a.run()
	}
	return nil
}

// deliver makes a message visible to an actor of this node.
func (n *Node) deliver(d *delivery) {
	if d.re != 0 {
		_ = d.to.box.answer(d.re, d.it) // nobody waits for it any more
		return
	}
	if !d.to.box.put(d.it) {
		n.reset([]item{d.it})
	}
}

// reset fails the requests among items that an actor will not handle any more.
func (n *Node) reset(items []item) {
	for i := range items {
		ev := &items[i].ev
		switch {
		case ev.Kind != node.Delivered:
		case ev.From.Node != n.cfg.Name:
			if ev.From.Node != "" {
				n.dropped(Incoming{From: ev.From, Token: items[i].sent}, errClosed)
			}
		case ev.ReplyTo.Token != 0:
			if a := n.find(ev.From.Actor); a != nil {
				self := node.Addr{Node: n.cfg.Name, Inc: n.cfg.Incarnation}
				a.box.fail(ev.Token, item{ev: node.Event{Kind: node.Failed, From: self, Token: ev.Token, Err: node.ErrReset}})
			}
		}
	}
}

// dropped writes that a message from another node will not be handled.
func (n *Node) dropped(in Incoming, err error) {
	why := dropReason(err)
	n.drops[slices.Index(dropWords[:], why)].Add(1)
	n.edgeMu.Lock()
	defer n.edgeMu.Unlock()
	if n.ended {
		return
	}
	n.edgeLine("drop").Uint("tok", uint64(in.Token)).Str("fr", in.From.Node).Uint("fi", uint64(in.From.Inc)).
		Str("why", why).End()
	n.journal.commit(n.edgeLog, nil)
}

// edgeLine begins a record of the driver itself; edgeMu is held.
func (n *Node) edgeLine(kind string) *record.Line {
	own, world := n.times()
	if n.edgeSeq == 0 {
		n.edgeSeq++
		n.edgeLog.Begin("start", record.Stamp{Actor: edge, Seq: n.edgeSeq, World: world, Node: own}).End()
	}
	n.edgeSeq++
	return n.edgeLog.Begin(kind, record.Stamp{Actor: edge, Seq: n.edgeSeq, World: world, Node: own})
}

// booter is the node as a Boot sees it.
type booter struct{ n *Node }

func (b booter) Name() string        { return b.n.cfg.Name }
func (b booter) Incarnation() uint32 { return b.n.cfg.Incarnation }
func (b booter) Spawn(name string, box node.Mailbox, a node.Actor) error {
	return b.n.spawn(name, box, a)
}
