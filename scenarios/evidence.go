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
			a.line("fail").Uint("tok", uint64(ev.Token)).Str("why", reason(a.event.Err)).End()
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
	m := a.event.Msg
	ln := a.line("recv").Uint("tok", uint64(ev.Sent)).Str("fr", a.host.w.nameOf(from.Node)).
		Str("fa", from.Actor).Uint("fi", uint64(from.Inc)).Str("c", m.Class().String()).Str("msg", m.Name())
	if ev.Kind == sim.Replied {
		ln.Uint("re", uint64(ev.Token))
	}
	m.Describe(ln)
	ln.End()
}

// sent notes an accepted message and passes the outcome on.
func (a *actor) sent(tok sim.Token, err error, to sim.Addr, m node.Message, re node.Token) (node.Token, error) {
	if err != nil {
		return 0, seamError(err)
	}
	if to.Node == a.host.id {
		return node.Token(tok), nil
	}
	ln := a.line("send").Uint("tok", uint64(tok)).Str("to", a.host.w.nameOf(to.Node)).
		Str("ta", to.Actor).Uint("ti", uint64(to.Inc)).Str("c", m.Class().String()).Str("msg", m.Name())
	if re != 0 {
		ln.Uint("re", uint64(re))
	}
	m.Describe(ln)
	ln.End()
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
		a.line("diskfail").Uint("tok", uint64(ev.Token)).Str("file", ev.File).Str("why", reason(a.event.Err)).End()
	case durable:
		a.line("synced").Uint("tok", uint64(ev.Token)).Str("file", ev.File).End()
	}
}

// reason is an error's word in the log.
func reason(err error) string {
	switch err {
	case node.ErrRefused:
		return "refused"
	case node.ErrReset:
		return "reset"
	case node.ErrFull, node.ErrDiskFull:
		return "full"
	case node.ErrCorrupt:
		return "corrupt"
	case node.ErrDiskIO, node.ErrNoFile:
		return "io"
	}
	panic("scenarios: no word in the log for: " + err.Error())
}
