package distributor

import (
	"weir/system/node"
)

// leave answers a part once nothing is under way any more: neither a packet nor an
// attempt of one that is over, whose place in the analyser's window is its own, nor an
// operation on the dead-letter file. From then on the worker does nothing.
func (w *worker) leave(env node.Env) {
	if w.partTo == (node.ReplyTo{}) || w.active > 0 || w.live.first != nil || !w.dead.idle() {
		return
	}
	assert(len(w.flights) == 0 && w.asking == 0 && w.retrying == 0 && w.blocked == nil,
		"%d flights, %d retries are left of no packet", len(w.flights), w.retrying)
	env.Log("left").End()
	answer(env, w.partTo, &parted{counts: w.total(), samples: w.counters(nil)})
	w.partTo, w.parted = node.ReplyTo{}, true
}

// afterwards handles what reaches a worker between its answer and its end.
func (w *worker) afterwards(env node.Env, ev *node.Event) {
	if ev.Kind != node.Delivered {
		return
	}
	switch m := ev.Msg.(type) {
	case *tableMsg:
		answer(env, ev.ReplyTo, &tableTaken{serial: m.serial})
	case *count:
		answer(env, ev.ReplyTo, &counted{counts: w.total()})
	case *look:
		answer(env, ev.ReplyTo, &seen{serial: m.serial, rows: w.look(m.ids)})
	case *gauge:
		answer(env, ev.ReplyTo, &gauged{pace: w.pace})
	}
}

// total is what the worker counted, picks included.
func (w *worker) total() totals {
	c := w.counts
	c.picks = w.choose.picks
	return c
}

// idle reports whether no operation is under way, nor will be without another packet.
func (d *deadFile) idle() bool { return d.token == 0 && len(d.waiting) == 0 }

// enlist gives a new worker its share of what comes.
func (g *ingress) enlist(name string) {
	g.loads = append(g.loads, &load{name: name})
}

// dismiss gives a worker nothing more; the answer comes when what it has is over.
func (g *ingress) dismiss(env node.Env, to node.ReplyTo, m *dismiss) {
	for i, l := range g.loads {
		if l.name == m.worker {
			g.loads = append(g.loads[:i], g.loads[i+1:]...)
			l.dismissed = to
			g.checkDismissed(env, l)
			return
		}
	}
	fail("worker %s is dismissed and not known", m.worker)
}

// checkDismissed answers for a worker that is to go once it has nothing in progress.
func (g *ingress) checkDismissed(env node.Env, l *load) {
	if l.items == 0 && l.dismissed != (node.ReplyTo{}) {
		answer(env, l.dismissed, &dismiss{worker: l.name})
		l.dismissed = node.ReplyTo{}
	}
}

// unlearn forgets a worker's view.
func (r *router) unlearn(name string) {
	for i := range r.latest {
		if r.latest[i].name == name {
			r.latest = append(r.latest[:i], r.latest[i+1:]...)
			return
		}
	}
}
