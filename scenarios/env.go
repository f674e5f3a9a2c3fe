package scenarios

import (
	"errors"
	"math/rand/v2"
	"time"

	"weir/sim"
	"weir/system/node"
	"weir/system/record"
)

// actor joins one actor of the system to the simulator: it is the sim.Actor
// that the scheduler calls and the node.Env that the actor sees. It writes the
// evidence (start, send, recv, fail, synced, stop) that the actor itself has no
// say in; see evidence.go.
type actor struct {
	host   *host
	name   string
	self   node.Addr
	behind node.Actor
	seq    uint64      // of the newest record
	ctx    *sim.Ctx    // during Handle only
	event  node.Event  // reused for every event
	loose  []sim.Token // open appends that were not asked to sync
}

var (
	_ sim.Actor = (*actor)(nil)
	_ node.Env  = (*actor)(nil)
	_ node.Disk = (*actor)(nil)
)

func newActor(h *host, name string, behind node.Actor) *actor {
	a := &actor{host: h, name: name, behind: behind}
	a.self = node.Addr{Node: h.name, Inc: h.inc, Actor: name}
	h.actors = append(h.actors, a)
	return a
}

// Handle implements sim.Actor.
func (a *actor) Handle(c *sim.Ctx, ev *sim.Event) {
	if a.ctx != nil {
		fail("actor %s/%s is entered twice", a.host.name, a.name)
	}
	a.ctx = c
	a.translate(ev)
	if t := a.host.w.trace; t != nil {
		before := t.lines
		a.witness(ev)
		t.handles(a, ev, t.lines > before)
	} else {
		a.witness(ev)
	}
	a.behind.Receive(a, &a.event)
	a.ctx = nil
}

// eventKinds gives the seam's kind for each of the simulator's.
var eventKinds = [...]node.Kind{
	sim.Started: node.Started, sim.Delivered: node.Delivered, sim.Replied: node.Replied, sim.Failed: node.Failed,
	sim.TimerFired: node.TimerFired, sim.DiskDone: node.DiskDone, sim.Stopping: node.Stopping,
}

// translate fills the actor's event from the simulator's.
func (a *actor) translate(ev *sim.Event) {
	e := &a.event
	*e = node.Event{Kind: eventKinds[ev.Kind], Token: node.Token(ev.Token), Timer: node.Timer(ev.Timer), Key: ev.Key, Data: ev.Data}
	if ev.Err != nil && !missingIsFine(ev) {
		e.Err = seamError(ev.Err)
	}
	if ev.Kind != sim.Delivered && ev.Kind != sim.Replied {
		return
	}
	e.From = a.host.w.addr(ev.From)
	e.Msg = ev.Msg.(node.Message)
	if !ev.ReplyTo.None() {
		e.ReplyTo = node.ReplyTo{
			From:   node.Addr{Node: a.host.w.nameOf(ev.ReplyTo.Node), Inc: ev.ReplyTo.Inc, Actor: ev.From.Actor},
			Token:  node.Token(ev.ReplyTo.Token),
			Handle: uint64(ev.ReplyTo.Actor),
		}
	}
}

// missingIsFine says that a file was not there and need not be: the seam reads it
// as nothing and removes it without a word.
func missingIsFine(ev *sim.Event) bool {
	return ev.Kind == sim.DiskDone && (ev.DiskOp == sim.DiskRead || ev.DiskOp == sim.DiskRemove) && errors.Is(ev.Err, sim.ErrNoFile)
}

// seamErrors pairs the simulator's errors with the seam's.
var seamErrors = []struct{ world, seam error }{
	{sim.ErrMailboxFull, node.ErrFull}, {sim.ErrLinkFull, node.ErrFull}, {sim.ErrRemoteFull, node.ErrFull},
	{sim.ErrOutstanding, node.ErrOutstanding}, {sim.ErrTooLarge, node.ErrTooLarge},
	{sim.ErrNoNode, node.ErrUnknown}, {sim.ErrNoActor, node.ErrUnknown},
	{sim.ErrRefused, node.ErrRefused}, {sim.ErrReset, node.ErrReset},
	{sim.ErrDiskFull, node.ErrDiskFull}, {sim.ErrDiskIO, node.ErrDiskIO}, {sim.ErrNoFile, node.ErrNoFile},
	{sim.ErrNameUsed, node.ErrNameUsed},
}

// seamError returns the seam's error for one of the simulator's.
func seamError(err error) error {
	if err == nil {
		return nil
	}
	for _, p := range seamErrors {
		if errors.Is(err, p.world) {
			return p.seam
		}
	}
	panic("scenarios: the seam has no error for: " + err.Error())
}

// Self implements node.Env, as do the methods below.
func (a *actor) Self() node.Addr { return a.self }

func (a *actor) Now() time.Duration { return a.ctx.Now() }

func (a *actor) Wall() time.Time { return a.ctx.Wall() }

func (a *actor) Rand() *rand.Rand { return a.ctx.Rand() }

func (a *actor) Send(to node.Addr, m node.Message) (node.Token, error) {
	dest, ok := a.host.w.simAddr(to)
	if !ok {
		return 0, node.ErrUnknown
	}
	sent, err := a.host.w.pass(a.host.id, dest.Node, m)
	if err != nil {
		return 0, err
	}
	tok, err := a.ctx.Send(dest, sim.Class(m.Class()), m.Size(), sent)
	return a.sent(tok, err, dest, m, 0)
}

func (a *actor) Request(to node.Addr, m node.Message) (node.Token, error) {
	dest, ok := a.host.w.simAddr(to)
	if !ok {
		return 0, node.ErrUnknown
	}
	sent, err := a.host.w.pass(a.host.id, dest.Node, m)
	if err != nil {
		return 0, err
	}
	tok, err := a.ctx.Request(dest, sim.Class(m.Class()), m.Size(), sent)
	return a.sent(tok, err, dest, m, 0)
}

func (a *actor) Reply(to node.ReplyTo, m node.Message) (node.Token, error) {
	if to.Token == 0 {
		return 0, nil
	}
	dest, ok := a.host.w.simAddr(to.From)
	if !ok {
		fail("%s/%s answers a request of the unknown node %s", a.host.name, a.name, to.From.Node)
	}
	sent, err := a.host.w.pass(a.host.id, dest.Node, m)
	if err != nil {
		return 0, err
	}
	rt := sim.ReplyTo{Node: dest.Node, Inc: to.From.Inc, Actor: sim.ActorID(to.Handle), Token: sim.Token(to.Token)}
	tok, err := a.ctx.Reply(rt, sim.Class(m.Class()), m.Size(), sent)
	return a.sent(tok, err, dest, m, to.Token)
}

func (a *actor) Forget(t node.Token) { a.ctx.Forget(sim.Token(t)) }

func (a *actor) After(d time.Duration, key uint64) node.Timer {
	return node.Timer(a.ctx.After(d, key))
}

func (a *actor) Cancel(t node.Timer) { a.ctx.Cancel(sim.TimerID(t)) }

func (a *actor) Spawn(name string, box node.Mailbox, behind node.Actor) error {
	return a.host.spawn(a.ctx, name, box, behind)
}

func (a *actor) StopActor(name string) {
	assert(name != a.name, "%s/%s stops itself: only Exit may", a.host.name, name)
	if err := a.ctx.StopActor(name); err != nil {
		panic("scenarios: " + a.host.name + ": stop of actor " + name + ": " + err.Error())
	}
	a.host.stopped(name)
}

func (a *actor) Exit() { a.ctx.Exit() }

func (a *actor) Disk() node.Disk { return a }

func (a *actor) Append(file string, data []byte, sync bool) node.Token {
	tok := a.ctx.Disk().Append(file, data, sync)
	if !sync {
		a.loose = append(a.loose, tok)
	}
	return node.Token(tok)
}

func (a *actor) Read(file string) node.Token { return node.Token(a.ctx.Disk().Read(file)) }

func (a *actor) Rename(from, to string) node.Token {
	return node.Token(a.ctx.Disk().Rename(from, to))
}

func (a *actor) Remove(file string) node.Token { return node.Token(a.ctx.Disk().Remove(file)) }

func (a *actor) Log(kind string) *record.Line { return a.line(kind) }
