package scenarios

import (
	"slices"

	"weir/sim"
	"weir/system/node"
	"weir/system/record"
)

// line begins a record of this actor, stamped by its node's clock.
func (a *actor) line(kind string) *record.Line {
	h := a.host
	if h.log == nil {
		fail("actor %s/%s writes a %s record after its node's end", h.name, a.name, kind)
	}
	h.turn()
	a.seq++
	if a.ctx != nil {
		h.latest = a.ctx.Now()
	}
	return h.log.Begin(kind, record.Stamp{
		Actor: a.name, Seq: a.seq, World: h.w.sim.Now(), Node: h.latest, Event: h.w.sim.Events(),
	})
}

// witness writes what the environment saw of an event, before the actor acts on
// it. What passes inside a node leaves no evidence, see FORMAT.md section 3.
func (a *actor) witness(ev *sim.Event) {
	switch ev.Kind {
	case sim.Started:
		a.line("start").End()
	case sim.Delivered, sim.Replied:
		a.received(ev)
	case sim.Failed:
		if ev.From.Node != a.host.id {
			node.LogFail(a.line("fail"), a.event.Token, a.event.Err)
		}
	case sim.DiskDone:
		a.diskDone(ev)
	}
}

func (a *actor) received(ev *sim.Event) {
	from := ev.From
	if from.Node == a.host.id || from.Node == sim.Outside {
		return
	}
	re := node.Token(0)
	if ev.Kind == sim.Replied {
		re = a.event.Token
	}
	node.LogRecv(a.line("recv"), node.Token(ev.Sent), a.event.From, a.event.Msg, re)
}

// sent notes an accepted message and passes the outcome on.
func (a *actor) sent(tok sim.Token, err error, to sim.Addr, m node.Message, re node.Token) (node.Token, error) {
	if err != nil {
		return 0, seamError(err)
	}
	if to.Node == a.host.id {
		return node.Token(tok), nil
	}
	node.LogSend(a.line("send"), node.Token(tok), a.host.w.addr(to), m, re)
	return node.Token(tok), nil
}

func (a *actor) diskDone(ev *sim.Event) {
	durable := ev.DiskOp == sim.DiskAppend || ev.DiskOp == sim.DiskSync
	if i := slices.Index(a.loose, ev.Token); i >= 0 {
		a.loose = slices.Delete(a.loose, i, i+1)
		durable = false
	}
	switch {
	case a.event.Err != nil:
		node.LogDisk(a.line("diskfail"), a.event.Token, ev.File, a.event.Err)
	case durable:
		node.LogDisk(a.line("synced"), a.event.Token, ev.File, nil)
	}
}
