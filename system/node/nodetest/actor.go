package nodetest

import (
	"math/rand/v2"
	"slices"
	"time"

	"weir/system/node"
	"weir/system/record"
)

// env is one actor's Env during one Receive.
type env struct {
	n    *Node
	self *slot
}

func (e *env) Self() node.Addr    { return e.n.Addr(e.self.name) }
func (e *env) Now() time.Duration { return e.n.now }
func (e *env) Wall() time.Time    { return Wall.Add(e.n.now) }
func (e *env) Rand() *rand.Rand   { return e.self.rng }

func (e *env) Send(to node.Addr, m node.Message) (node.Token, error) {
	return e.send(to, m, false, node.ReplyTo{})
}

func (e *env) Request(to node.Addr, m node.Message) (node.Token, error) {
	return e.send(to, m, true, node.ReplyTo{})
}

func (e *env) Reply(to node.ReplyTo, m node.Message) (node.Token, error) {
	if to == (node.ReplyTo{}) {
		panic("nodetest: reply to nobody")
	}
	return e.send(to.From, m, false, to)
}

func (e *env) send(to node.Addr, m node.Message, request bool, re node.ReplyTo) (node.Token, error) {
	n := e.n
	local := to.Node == n.name
	if local && n.find(to.Actor) == nil {
		return 0, node.ErrRefused
	}
	if n.SendErr != nil {
		if err := n.SendErr(to, m); err != nil {
			return 0, err
		}
	}
	n.token++
	tok := n.token
	isReply := re != (node.ReplyTo{})
	if request {
		n.open[tok] = e.self.name
	}
	if !local {
		n.Sent = append(n.Sent, Sent{Token: tok, Actor: e.self.name, To: to, Msg: m, Request: request, Re: re})
		return tok, nil
	}
	ev := node.Event{Kind: node.Delivered, From: e.Self(), Token: tok, Msg: m}
	if request {
		ev.ReplyTo = node.ReplyTo{From: e.Self(), Token: tok}
	}
	if isReply {
		ev.Kind, ev.Token = node.Replied, re.Token
		delete(n.open, re.Token)
	}
	n.post(to.Actor, ev)
	return tok, nil
}

func (e *env) Forget(tok node.Token) { delete(e.n.open, tok) }

func (e *env) After(d time.Duration, key uint64) node.Timer {
	n := e.n
	n.timer++
	t := timer{at: n.now + max(d, 0), id: n.timer, actor: e.self.name, key: key}
	i, _ := slices.BinarySearchFunc(n.timers, t, func(a, b timer) int {
		if a.at <= b.at { // equal times: in the order of asking
			return -1
		}
		return 1
	})
	n.timers = slices.Insert(n.timers, i, t)
	return t.id
}

func (e *env) Cancel(id node.Timer) {
	e.n.timers = slices.DeleteFunc(e.n.timers, func(t timer) bool { return t.id == id })
}

func (e *env) Spawn(name string, _ node.Mailbox, a node.Actor) error { return e.n.spawn(name, a) }

func (e *env) StopActor(name string) {
	if s := e.n.find(name); s != nil {
		s.gone = true
	}
}

func (e *env) Exit()           { e.n.Exited = true }
func (e *env) Disk() node.Disk { return diskOf{e.n, e.self.name} }

func (e *env) Log(kind string) *record.Line {
	e.self.seq++
	return e.n.log.Begin(kind, record.Stamp{Actor: e.self.name, Seq: e.self.seq, World: e.n.now, Node: e.n.now})
}
