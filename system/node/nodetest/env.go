package nodetest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"weir/system/node"
	"weir/system/record"
)

// stepsMax bounds what one call may set off inside the node: more means that
// actors of it send to each other for ever.
const stepsMax = 1 << 20

// Wall is the wall time when a node's monotonic clock is zero.
var Wall = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// Sent is a message that left the node.
type Sent struct {
	Token   node.Token
	Actor   string    // who sent it
	To      node.Addr // where to
	Msg     node.Message
	Request bool         // an answer is awaited
	Re      node.ReplyTo // the request that it answers; the zero value if it is no reply
}

// Node is a node under test. Use New.
type Node struct {
	// SendErr, if not nil, decides for each message that leaves the node whether
	// the world refuses it, and with which error.
	SendErr func(to node.Addr, m node.Message) error
	// AutoDisk completes disk operations by themselves, right after the event
	// that asked for them.
	AutoDisk bool
	// Exited is set once an actor called Exit.
	Exited bool
	// Sent holds what left the node and was not taken yet (see Take).
	Sent []Sent

	name   string
	inc    uint32
	seed   uint64
	now    time.Duration
	token  node.Token
	timer  node.Timer
	actors []*slot
	queue  []pending
	timers []timer
	open   map[node.Token]string // open requests: who asked
	disk   disk
	log    *record.Log
	lines  []string
	born   int // lines of earlier incarnations
}

type slot struct {
	name  string
	actor node.Actor
	rng   *rand.Rand
	seq   uint64
	gone  bool
}

type pending struct {
	actor string
	ev    node.Event
}

type timer struct {
	at    time.Duration
	id    node.Timer
	actor string
	key   uint64
}

// New returns a node named name that never ran. Boot starts it.
func New(name string, seed uint64) *Node {
	n := &Node{name: name, seed: seed, AutoDisk: true}
	n.disk.files = map[string]*file{}
	return n
}

// Boot starts the node's next incarnation and lets every actor handle Started.
func (n *Node) Boot(boot node.Boot) error {
	n.inc++
	n.born = len(n.lines)
	n.Exited, n.Sent = false, nil
	n.token, n.timer = 0, 0
	n.actors, n.queue, n.timers = nil, nil, nil
	n.open = map[node.Token]string{}
	n.log = record.NewLog(record.Header{Node: n.name, Inc: n.inc, Role: "test"}, n.now, n.now, 0, func(line []byte) {
		n.lines = append(n.lines, string(line))
	})
	if err := boot(booter{n}); err != nil {
		return err
	}
	n.settle()
	return nil
}

// MustBoot is Boot for tests that expect it to work.
func (n *Node) MustBoot(boot node.Boot) {
	if err := n.Boot(boot); err != nil {
		panic(fmt.Sprintf("nodetest: boot %s: %v", n.name, err))
	}
}

// Crash ends the incarnation at once: actors, timers and messages are gone, and
// so is what the disk was not asked to sync. Boot starts the next one.
func (n *Node) Crash() {
	n.actors, n.queue, n.timers, n.open = nil, nil, nil, map[node.Token]string{}
	n.disk.crash()
}

// Now returns the node's monotonic time.
// Kill ends one actor at once, as a fault does: nobody is told.
func (n *Node) Kill(actor string) { n.find(actor).gone = true }

func (n *Node) Now() time.Duration { return n.now }

// Incarnation returns the incarnation that runs.
func (n *Node) Incarnation() uint32 { return n.inc }

// Addr returns the address of an actor of this node.
func (n *Node) Addr(actor string) node.Addr {
	return node.Addr{Node: n.name, Inc: n.inc, Actor: actor}
}

// Take returns what left the node since the last Take.
func (n *Node) Take() []Sent {
	s := n.Sent
	n.Sent = nil
	return s
}

// Deliver hands a message to an actor of the node.
func (n *Node) Deliver(from node.Addr, actor string, m node.Message) {
	n.token++
	n.post(actor, node.Event{Kind: node.Delivered, From: from, Token: n.token, Msg: m})
	n.settle()
}

// Ask hands a request to an actor of the node and returns its reply handle, which
// the answer in Sent carries as Re.
func (n *Node) Ask(from node.Addr, actor string, m node.Message) node.ReplyTo {
	n.token++
	re := node.ReplyTo{From: from, Token: n.token}
	n.post(actor, node.Event{Kind: node.Delivered, From: from, Token: n.token, ReplyTo: re, Msg: m})
	n.settle()
	return re
}

// Answer delivers the answer to a request that an actor sent. The address is who
// answers. A request may be answered late, after Forget, or twice.
func (n *Node) Answer(s Sent, m node.Message) {
	delete(n.open, s.Token)
	n.post(s.Actor, node.Event{Kind: node.Replied, From: s.To, Token: s.Token, Msg: m})
	n.settle()
}

// Fail reports a send or request as failed.
func (n *Node) Fail(s Sent, err error) {
	delete(n.open, s.Token)
	n.post(s.Actor, node.Event{Kind: node.Failed, Token: s.Token, Err: err})
	n.settle()
}

// Open returns how many requests await an answer.
func (n *Node) Open() int { return len(n.open) }

// Stop asks the root actor to stop in order.
func (n *Node) Stop() {
	if len(n.actors) == 0 {
		panic("nodetest: Stop of a node without actors")
	}
	n.post(n.actors[0].name, node.Event{Kind: node.Stopping})
	n.settle()
}

// Advance moves time forward by d, firing the timers that fall due on the way,
// in order of their times.
func (n *Node) Advance(d time.Duration) {
	end := n.now + d
	for step := 0; ; step++ {
		if step > stepsMax {
			panic("nodetest: a timer is due again and again at " + n.now.String())
		}
		at, ok := n.NextTimer()
		if !ok || at > end {
			break
		}
		n.now = max(n.now, at)
		t := n.timers[0]
		n.timers = n.timers[1:]
		n.post(t.actor, node.Event{Kind: node.TimerFired, Timer: t.id, Key: t.key})
		n.settle()
	}
	n.now = end
}

// NextTimer returns when the next timer is due.
func (n *Node) NextTimer() (at time.Duration, ok bool) {
	if len(n.timers) == 0 {
		return 0, false
	}
	return n.timers[0].at, true
}

// Timers returns how many timers run.
func (n *Node) Timers() int { return len(n.timers) }

// Lines returns every log line so far, of all incarnations, without newlines.
func (n *Node) Lines() []string {
	out := make([]string, len(n.lines))
	for i, l := range n.lines {
		out[i] = strings.TrimSuffix(l, "\n")
	}
	return out
}

// post queues an event for a local actor.
func (n *Node) post(actor string, ev node.Event) {
	n.queue = append(n.queue, pending{actor, ev})
}

func (n *Node) find(actor string) *slot {
	for _, s := range n.actors {
		if s.name == actor && !s.gone {
			return s
		}
	}
	return nil
}

// settle handles queued events until none is left.
func (n *Node) settle() {
	for step := 0; len(n.queue) > 0; step++ {
		if step > stepsMax {
			panic("nodetest: the node's actors never come to rest")
		}
		p := n.queue[0]
		n.queue = n.queue[1:]
		s := n.find(p.actor)
		if s == nil || n.Exited {
			continue
		}
		s.actor.Receive(&env{n: n, self: s}, &p.ev)
		if n.AutoDisk {
			n.disk.completeAll(n)
		}
	}
}

func (n *Node) spawn(name string, a node.Actor) error {
	if !node.ValidName(name) {
		return fmt.Errorf("actor %q: %w", name, node.ErrBadName)
	}
	if slices.ContainsFunc(n.actors, func(s *slot) bool { return s.name == name }) {
		return fmt.Errorf("actor %q: %w", name, node.ErrNameUsed)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%s", n.name, n.inc, name)
	n.actors = append(n.actors, &slot{name: name, actor: a, rng: rand.New(rand.NewPCG(n.seed, h.Sum64()))})
	n.post(name, node.Event{Kind: node.Started})
	return nil
}

type booter struct{ n *Node }

func (b booter) Name() string        { return b.n.name }
func (b booter) Incarnation() uint32 { return b.n.inc }
func (b booter) Spawn(name string, _ node.Mailbox, a node.Actor) error {
	return b.n.spawn(name, a)
}

// Actors are the names of the actors that run, in the order of their start.
func (n *Node) Actors() (names []string) {
	for _, s := range n.actors {
		if !s.gone {
			names = append(names, s.name)
		}
	}
	return names
}
