package driver

import (
	"math/rand/v2"
	"time"

	"weir/system/node"
	"weir/system/record"
)

var (
	_ node.Env  = (*actor)(nil)
	_ node.Disk = (*actor)(nil)
)

// Self implements node.Env, as do the methods below; they are called while the
// actor handles an event.
func (a *actor) Self() node.Addr {
	return node.Addr{Node: a.n.cfg.Name, Inc: a.n.cfg.Incarnation, Actor: a.name}
}

func (a *actor) Now() time.Duration { return a.now }

func (a *actor) Wall() time.Time { return time.Now() }

func (a *actor) Rand() *rand.Rand { return a.rng }

func (a *actor) Log(kind string) *record.Line {
	if !a.inside {
		assert(false, "actor %s writes a %s record outside an event", a.name, kind)
	}
	return a.line(kind)
}

func (a *actor) Send(to node.Addr, m node.Message) (node.Token, error) { return a.send(to, m, false) }

func (a *actor) Request(to node.Addr, m node.Message) (node.Token, error) { return a.send(to, m, true) }

func (a *actor) send(to node.Addr, m node.Message, request bool) (node.Token, error) {
	if m.Size() > a.n.cfg.MessageMax {
		return 0, node.ErrTooLarge
	}
	if to.Node == a.n.cfg.Name {
		return a.sendLocal(to, m, request)
	}
	if a.n.cfg.Link == nil || !a.n.cfg.Link.Knows(to.Node) {
		return 0, node.ErrUnknown
	}
	if err := a.n.peers.reserve(to.Node, m.Size()); err != nil {
		return 0, err
	}
	tok := a.n.token()
	if request && !a.box.request(tok, pending{to.Node, m.Class()}, a.n.cfg.RequestsMax) {
		a.n.peers.release(to.Node, 1, m.Size())
		return 0, node.ErrOutstanding
	}
	node.LogSend(a.line("send"), tok, to, m, 0)
	a.out = append(a.out, Outgoing{From: a.Self(), To: to, Token: tok, Msg: m, Request: request})
	return tok, nil
}

// sendLocal takes room in the receiver's mailbox now and fills it once the event's
// lines are in the log.
func (a *actor) sendLocal(to node.Addr, m node.Message, request bool) (node.Token, error) {
	b := a.n.find(to.Actor)
	if b == nil || to.Inc != 0 && to.Inc != a.n.cfg.Incarnation {
		return 0, node.ErrRefused
	}
	if err := b.box.reserve(m.Size()); err != nil {
		if err == errClosed {
			err = node.ErrRefused
		}
		return 0, err
	}
	tok := a.n.token()
	if request && !a.box.request(tok, pending{}, a.n.cfg.RequestsMax) {
		b.box.unreserve(m.Size())
		return 0, node.ErrOutstanding
	}
	ev := node.Event{Kind: node.Delivered, From: a.Self(), Token: tok, Msg: m}
	if request {
		ev.ReplyTo = node.ReplyTo{From: a.Self(), Token: tok}
	}
	a.local = append(a.local, delivery{to: b, it: item{ev: ev, sent: tok, size: m.Size(), counted: true}})
	return tok, nil
}

func (a *actor) Reply(to node.ReplyTo, m node.Message) (node.Token, error) {
	if to.Token == 0 {
		return 0, nil
	}
	if m.Size() > a.n.cfg.MessageMax {
		return 0, node.ErrTooLarge
	}
	tok := a.n.token()
	if to.From.Node == a.n.cfg.Name {
		ev := node.Event{Kind: node.Replied, From: a.Self(), Token: to.Token, Msg: m}
		if b := a.n.find(to.From.Actor); b != nil {
			a.local = append(a.local, delivery{to: b, re: to.Token, it: item{ev: ev, sent: tok, size: m.Size()}})
		}
		return tok, nil
	}
	if to.From.Node != "" { // a client that is no node has its own bound in the Link
		if err := a.n.peers.reserve(to.From.Node, m.Size()); err != nil {
			return 0, err
		}
		node.LogSend(a.line("send"), tok, to.From, m, to.Token)
	}
	a.out = append(a.out, Outgoing{From: a.Self(), To: to.From, Token: tok, Msg: m, Re: to})
	return tok, nil
}

func (a *actor) Forget(t node.Token) { a.box.forget(t) }

func (a *actor) After(d time.Duration, key uint64) node.Timer {
	return a.timers.add(a.now+max(d, 0), key)
}

func (a *actor) Cancel(t node.Timer) { a.timers.cancel(t) }

func (a *actor) Spawn(name string, box node.Mailbox, behind node.Actor) error {
	return a.n.spawn(name, box, behind)
}

// StopActor ends an actor after its current event; requests that wait for it fail.
func (a *actor) StopActor(name string) {
	assert(name != a.name, "actor %s stops itself: only Exit may", name)
	b := a.n.remove(name)
	assert(b != nil, "%s stops actor %s, which does not run", a.name, name)
	a.n.reset(b.box.close())
}

func (a *actor) Exit() { a.exit = true }

func (a *actor) Disk() node.Disk { return a }
