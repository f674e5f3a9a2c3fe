package main

import (
	"math/rand/v2"
	"time"

	"weir/system/node"
	"weir/system/record"
)

// An actor of the loop is its own node.Env.

func (a *actor) Self() node.Addr    { return node.Addr{Node: a.loop.name, Inc: 1, Actor: a.name} }
func (a *actor) Now() time.Duration { return a.loop.now }
func (a *actor) Wall() time.Time    { return time.Unix(0, 0).UTC().Add(a.loop.now) }
func (a *actor) Rand() *rand.Rand   { return a.rng }

// Send delivers within the node; elsewhere there is nobody.
func (a *actor) Send(to node.Addr, m node.Message) (node.Token, error) { return a.send(to, m, false) }

// Request is Send with an answer awaited.
func (a *actor) Request(to node.Addr, m node.Message) (node.Token, error) { return a.send(to, m, true) }

func (a *actor) send(to node.Addr, m node.Message, request bool) (node.Token, error) {
	l := a.loop
	if to.Node == l.name && l.find(to.Actor) == nil {
		return 0, node.ErrUnknown
	}
	l.token++
	if to.Node != l.name {
		l.post(0, a.name, node.Event{Kind: node.Failed, Token: l.token, Err: node.ErrRefused})
		return l.token, nil
	}
	ev := node.Event{Kind: node.Delivered, From: a.Self(), Token: l.token, Msg: m}
	if request {
		ev.ReplyTo = node.ReplyTo{From: a.Self(), Token: l.token}
	}
	l.post(0, to.Actor, ev)
	return l.token, nil
}

// Reply answers a request from within, or keeps the answer to one from outside.
func (a *actor) Reply(to node.ReplyTo, m node.Message) (node.Token, error) {
	l := a.loop
	l.token++
	if to.From.Node == l.name {
		l.post(0, to.From.Actor, node.Event{Kind: node.Replied, From: a.Self(), Token: to.Token, Msg: m})
	} else {
		l.answers[to.Token] = m
	}
	return l.token, nil
}

// Forget needs nothing: late answers are delivered, as the contract allows.
func (a *actor) Forget(node.Token) {}

func (a *actor) After(d time.Duration, key uint64) node.Timer {
	a.loop.timer++
	a.loop.post(d, a.name, node.Event{Kind: node.TimerFired, Timer: a.loop.timer, Key: key})
	return a.loop.timer
}

// Cancel marks a timer that is still on its way.
func (a *actor) Cancel(t node.Timer) {
	for _, d := range a.loop.queue {
		if d.ev.Kind == node.TimerFired && d.ev.Timer == t {
			a.loop.gone[t] = true
		}
	}
}

func (a *actor) Spawn(name string, _ node.Mailbox, behind node.Actor) error {
	return a.loop.spawn(name, behind)
}

func (a *actor) StopActor(name string) {
	if other := a.loop.find(name); other != nil {
		other.stopped = true
	}
}

func (a *actor) Exit()           { a.loop.exited = true }
func (a *actor) Disk() node.Disk { return disk{a} }

func (a *actor) Log(kind string) *record.Line {
	a.seq++
	return a.loop.log.Begin(kind, record.Stamp{Actor: a.name, Seq: a.seq, World: a.loop.now, Node: a.loop.now})
}

// disk is storage in memory: every operation is done and durable at once.
type disk struct{ a *actor }

func (d disk) done(data []byte, err error) node.Token {
	l := d.a.loop
	l.token++
	l.post(0, d.a.name, node.Event{Kind: node.DiskDone, Token: l.token, Data: data, Err: err})
	return l.token
}

func (d disk) Append(file string, data []byte, _ bool) node.Token {
	files := d.a.loop.files
	files[file] = append(files[file], data...)
	return d.done(nil, nil)
}

func (d disk) Read(file string) node.Token { return d.done(d.a.loop.files[file], nil) }

func (d disk) Rename(from, to string) node.Token {
	files := d.a.loop.files
	data, ok := files[from]
	if !ok {
		return d.done(nil, node.ErrNoFile)
	}
	delete(files, from)
	files[to] = data
	return d.done(nil, nil)
}

func (d disk) Remove(file string) node.Token {
	delete(d.a.loop.files, file)
	return d.done(nil, nil)
}
