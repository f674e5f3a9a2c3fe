package driver

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"weir/system/node"
	"weir/system/record"
)

// actor is one actor of the node on a goroutine of its own, and the node.Env that
// it sees. Everything but the mailbox belongs to that goroutine.
type actor struct {
	n      *Node
	name   string
	behind node.Actor
	box    *mailbox
	rng    *rand.Rand
	timers timers

	now    time.Duration // node time of the event that is handled
	world  time.Duration // world time of it
	seq    uint64        // of the newest record
	lines  *record.Log   // of the event
	out    []Outgoing    // to other nodes, of the event
	local  []delivery    // to actors of this node, of the event
	disk   []diskOp      // of the event
	exit   bool
	inside bool // an event is handled

	hand  []item // taken from the mailbox
	begun int    // how many of them were handled
	own   item   // an event that came from no mailbox

	report report
}

// delivery is an item for another actor of the node, its place reserved.
type delivery struct {
	to *actor
	it item
	re node.Token // the request that it answers, 0: it is put
}

func newActor(n *Node, name string, box node.Mailbox, behind node.Actor) *actor {
	h := fnv.New64a()
	h.Write([]byte(n.cfg.Name + "/" + strconv.FormatUint(uint64(n.cfg.Incarnation), 10) + "/" + name))
	lines := record.NewSample(n.cfg.OneIn)
	if n.cfg.Log == nil {
		lines = record.NewMute()
	}
	return &actor{
		n: n, name: name, behind: behind, box: newMailbox(box), lines: lines,
		rng: rand.New(rand.NewPCG(n.cfg.Seed, h.Sum64())),
	}
}

// run handles events until the mailbox is closed.
func (a *actor) run() {
	defer a.n.actorsDone.Done()
	a.own = item{ev: node.Event{Kind: node.Started}}
	a.handle(&a.own)
	a.effects()
	clock := alarm{timer: time.NewTimer(0)}
	defer clock.timer.Stop()
	for !a.over() {
		if a.report.wanted.Load() {
			a.report.set(a.behind, false)
		}
		if a.some() || a.fire(a.n.now()) {
			a.effects()
			continue
		}
		if at, ok := a.timers.next(); ok {
			clock.by(at, a.n.now())
		}
		select {
		case <-a.box.wake:
		case <-clock.timer.C:
			clock.at = 0
		}
	}
	a.drop()
	a.stopped()
}

func (a *actor) over() bool { return a.exit || a.box.closed.Load() }

// Bounds of how much an actor handles before its effects become visible together. They
// cost one hand-over then instead of one each; with little to do, nothing waits.
const (
	burstEvents = 64
	burstLines  = 64 << 10 // bytes
	burstTime   = 250 * time.Microsecond
)

// some handles what waits, a burst of it at most, and reports whether there was anything.
func (a *actor) some() bool {
	if a.begun == len(a.hand) {
		clear(a.hand)
		a.hand, a.begun = a.box.take(a.hand[:0]), 0
	}
	var began time.Duration
	n := 0
	for ; n < burstEvents && a.begun < len(a.hand) && len(a.lines.Bytes()) < burstLines && !a.over(); n++ {
		it := &a.hand[a.begun]
		a.begun++
		a.box.began(it)
		a.handle(it)
		a.fire(a.now)
		if n == 0 {
			began = a.now
		} else if a.now-began > burstTime {
			return true
		}
	}
	return n > 0
}

// drop resets what the actor has in hand and does not handle any more.
func (a *actor) drop() {
	rest := a.hand[a.begun:]
	for i := range rest {
		a.box.began(&rest[i])
	}
	a.n.reset(rest)
	a.hand = nil
}

// fire handles the timers that are due at a time, and reports whether there were any.
func (a *actor) fire(now time.Duration) (fired bool) {
	for {
		id, key, ok := a.timers.pop(now)
		if !ok || a.over() {
			return fired
		}
		fired = true
		a.own = item{ev: node.Event{Kind: node.TimerFired, Timer: id, Key: key}}
		a.handle(&a.own)
	}
}

// handle lets the actor handle one event. What it causes becomes visible by effects.
func (a *actor) handle(it *item) {
	if a.inside {
		assert(false, "actor %s is entered twice", a.name)
	}
	a.inside = true
	a.now, a.world = a.n.times()
	a.witness(it)
	a.behind.Receive(a, &it.ev)
	a.inside = false
}

// effects makes the effects of the events that were handled visible: first their lines,
// then what they caused.
func (a *actor) effects() {
	a.n.journal.commit(a.lines, a.out)
	clear(a.out)
	a.out = a.out[:0]
	for i := range a.local {
		a.n.deliver(&a.local[i])
	}
	clear(a.local)
	a.local = a.local[:0]
	for i := range a.disk {
		a.n.store.ask(a.disk[i])
	}
	clear(a.disk)
	a.disk = a.disk[:0]
	if a.exit {
		a.n.exitOnce.Do(func() { close(a.n.exiting) })
	}
}

// witness writes what the driver saw of an event, before the actor acts on it.
func (a *actor) witness(it *item) {
	if a.n.journal.log == nil {
		return
	}
	ev := &it.ev
	switch ev.Kind {
	case node.Started:
		a.line("start").End()
	case node.Delivered:
		if ev.From.Node != a.n.cfg.Name && ev.From.Node != "" {
			node.LogRecv(a.line("recv"), it.sent, ev.From, ev.Msg, 0)
		}
	case node.Replied:
		if ev.From.Node != a.n.cfg.Name {
			node.LogRecv(a.line("recv"), it.sent, ev.From, ev.Msg, ev.Token)
		}
	case node.Failed:
		if !it.localFailure() {
			node.LogFail(a.line("fail"), ev.Token, ev.Err)
		}
	case node.DiskDone:
		if ev.Err != nil {
			node.LogDisk(a.line("diskfail"), ev.Token, it.file, ev.Err)
		} else if it.durable {
			node.LogDisk(a.line("synced"), ev.Token, it.file, nil)
		}
	}
}

// localFailure reports whether a failed request was one to an actor of this node:
// what passes inside a node leaves no evidence.
func (it *item) localFailure() bool { return it.ev.From.Node != "" }

// line begins a record of this actor.
func (a *actor) line(kind string) *record.Line {
	if !a.lines.Left() {
		a.seq++
	}
	return a.lines.Begin(kind, record.Stamp{Actor: a.name, Seq: a.seq, World: a.world, Node: a.now})
}

// stopped writes the actor's last record.
func (a *actor) stopped() {
	a.now, a.world = a.n.times()
	a.line("stop").End()
	a.n.journal.commit(a.lines, nil)
	a.report.set(a.behind, true)
}
