package main

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"weir/system/node"
	"weir/system/record"
)

// loop is the smallest world: one incarnation of one node on one goroutine, with a
// virtual clock, a disk in memory, and nobody else there: what is sent to another
// node is refused. Events of one time come in the order in which they were made.
type loop struct {
	name    string
	now     time.Duration
	actors  []*actor
	queue   events
	made    uint64     // events made, their order
	token   node.Token // last token given
	timer   node.Timer
	gone    map[node.Timer]bool // timers cancelled before they fired
	answers map[node.Token]node.Message
	files   map[string][]byte
	log     *record.Log
	lines   []string
	exited  bool
}

// actor is one actor of the node.
type actor struct {
	loop    *loop
	name    string
	behind  node.Actor
	rng     *rand.Rand
	seq     uint64
	stopped bool
}

// due is an event on its way.
type due struct {
	at    time.Duration
	order uint64
	to    string
	ev    node.Event
}

func newLoop(name, role string) *loop {
	l := &loop{name: name, gone: map[node.Timer]bool{}, answers: map[node.Token]node.Message{}, files: map[string][]byte{}}
	l.log = record.NewLog(record.Header{Node: name, Inc: 1, Role: role}, 0, 0, 0, func(line []byte) {
		l.lines = append(l.lines, string(line))
	})
	return l
}

// start boots the node.
func (l *loop) start(boot node.Boot) error { return boot(booter{l}) }

// runUntil handles events until done says so, the queue is empty or the time is
// reached; events of exactly that time are handled.
func (l *loop) runUntil(until time.Duration, done func() bool) {
	for len(l.queue) > 0 && !l.exited && l.queue[0].at <= until && (done == nil || !done()) {
		d := heap.Pop(&l.queue).(due)
		l.now = d.at
		if d.ev.Kind == node.TimerFired && l.gone[d.ev.Timer] {
			delete(l.gone, d.ev.Timer)
			continue
		}
		if a := l.find(d.to); a != nil {
			a.behind.Receive(a, &d.ev)
		}
	}
}

// post makes an event.
func (l *loop) post(after time.Duration, to string, ev node.Event) {
	l.made++
	heap.Push(&l.queue, due{l.now + max(after, 0), l.made, to, ev})
}

// ask puts a request from another node into an actor's mailbox. The answer will be
// in answers under the token.
func (l *loop) ask(from node.Addr, to string, m node.Message) node.Token {
	l.token++
	l.post(0, to, node.Event{Kind: node.Delivered, From: from, Token: l.token, ReplyTo: node.ReplyTo{From: from, Token: l.token}, Msg: m})
	return l.token
}

// find is the running actor of that name; nil if there is none.
func (l *loop) find(name string) *actor {
	i := slices.IndexFunc(l.actors, func(a *actor) bool { return a.name == name && !a.stopped })
	if i < 0 {
		return nil
	}
	return l.actors[i]
}

// spawn creates an actor.
func (l *loop) spawn(name string, behind node.Actor) error {
	if !node.ValidName(name) {
		return fmt.Errorf("actor %q: %w", name, node.ErrBadName)
	}
	if slices.ContainsFunc(l.actors, func(a *actor) bool { return a.name == name }) {
		return fmt.Errorf("actor %q: %w", name, node.ErrNameUsed)
	}
	seed := uint64(len(l.actors) + 1)
	l.actors = append(l.actors, &actor{loop: l, name: name, behind: behind, rng: rand.New(rand.NewPCG(seed, seed))})
	l.post(0, name, node.Event{Kind: node.Started})
	return nil
}

// booter is the loop as seen by a Boot.
type booter struct{ l *loop }

func (b booter) Name() string        { return b.l.name }
func (b booter) Incarnation() uint32 { return 1 }
func (b booter) Spawn(name string, _ node.Mailbox, a node.Actor) error {
	return b.l.spawn(name, a)
}

// events is a heap by time and order.
type events []due

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(due)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	d := (*e)[last]
	*e = (*e)[:last]
	return d
}
