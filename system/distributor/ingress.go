package distributor

import (
	"slices"

	"weir/system/message"
	"weir/system/node"
)

// ingress admits packets while there is room for them in the whole distributor,
// gives each to the worker with the least to do and passes its outcome on. It
// keeps nothing of a packet that is over.
type ingress struct {
	cfg      *Config
	loads    []*load
	open     map[message.ID]*entry
	free     []*entry
	bytes    int // of the packets in progress
	stopping bool
	idleTo   node.ReplyTo // who waits for the end of what is in progress
	counts   totals
	joined   uint64
	turned   [len(turnedWhy)]uint64 // refused, by reason
	callers  callers
	spool    *spooling // nil: packets are acknowledged by analysers
}

// load is what a worker has to do.
type load struct {
	name      string
	items     int
	dismissed node.ReplyTo // who waits until it has nothing; it gets no more
}

// entry is a packet in progress.
type entry struct {
	reply  node.ReplyTo   // its submitter: of a node's requests the newest
	others []node.ReplyTo // who else waits for its outcome, where clients do
	worker *load
	bytes  int
}

// othersMax bounds who else waits for one packet.
const othersMax = 16

// join makes one more wait for the packet, and reports whether it may. A node that submits
// again has given up its request before; a client may be one of two that both wait.
func (e *entry) join(from node.ReplyTo) bool {
	switch {
	case e.reply.From.Node != "" && from.From.Node != "":
		e.reply = from
	case len(e.others) < othersMax:
		e.others = append(e.others, from)
	default:
		return false
	}
	return true
}

// answer tells everyone who waits for the packet.
func (e *entry) answer(env node.Env, r *message.Result) {
	answer(env, e.reply, r)
	for _, to := range e.others {
		answer(env, to, r)
	}
}

func newIngress(cfg *Config) *ingress {
	g := &ingress{cfg: cfg, open: map[message.ID]*entry{}}
	for i := range cfg.Workers {
		g.loads = append(g.loads, &load{name: workerName(i + 1)})
	}
	g.spool = newSpooling(cfg)
	return g
}

// Receive handles one event.
func (g *ingress) Receive(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Delivered:
		switch m := ev.Msg.(type) {
		case *message.Submit:
			g.submit(env, ev.ReplyTo, m)
		case *halt:
			g.stopping, g.idleTo = true, ev.ReplyTo
			if g.spool != nil {
				g.spoolOn(env)
			}
			g.checkIdle(env)
		case *farewell:
			g.counts.add(m.counts)
			g.counts.log(env)
			env.Exit()
		case *gauge:
			answer(env, ev.ReplyTo, &gauged{emitters: g.callers.count(env.Now())})
		case *enlist:
			g.enlist(m.worker)
		case *dismiss:
			g.dismiss(env, ev.ReplyTo, m)
		}
	case node.Replied:
		if m, ok := ev.Msg.(*over); ok {
			g.finish(env, m)
			g.checkIdle(env)
		}
	default:
		if g.spool != nil {
			g.spoolEvent(env, ev)
		}
	}
}

// submit joins, admits, refuses or answers a packet at once.
func (g *ingress) submit(env node.Env, from node.ReplyTo, m *message.Submit) {
	p := m.Packet
	if g.cfg.Autoscale.Emitters > 0 {
		g.callers.note(from.From.Node, env.Now())
	}
	if g.spool != nil && g.wrong(p) == "" {
		g.spoolSubmit(env, from, m)
		return
	}
	if e := g.open[p.ID]; e != nil {
		if e.join(from) {
			g.joined++
			p.ID.Log(env.Log("join")).End()
		} else {
			g.refuse(env, from, p, "many_waiting")
		}
		return
	}
	if why := g.wrong(p); why != "" {
		answer(env, from, &message.Result{ID: p.ID, Out: message.Poisoned, Why: why, Definite: true})
		return
	}
	switch {
	case g.stopping:
		g.refuse(env, from, p, "stopping")
	case len(g.open) >= g.cfg.QueueItems || g.bytes+p.Bytes > g.cfg.QueueBytes || !g.admit(env, from, m):
		g.refuse(env, from, p, "queue_full")
	}
}

// wrong says what is wrong with a packet that no analyser may ever be given, so
// that the answer is definite; "" if nothing is. Ids of the source of data
// probes must not come from outside: analysers do not keep what they carry.
func (g *ingress) wrong(p *message.Packet) string {
	switch {
	case p.Count() < 1 || p.Count() > g.cfg.PacketMax || p.Bytes > g.cfg.QueueBytes:
		return "size" // with more bytes than the whole queue it would be refused for ever
	case p.ID.Source == message.ProbeSource || p.ID.Seq == 0 || !node.ValidName(p.ID.Source):
		return "id"
	}
	return ""
}

// admit gives the packet to the worker with the least in progress (ties: the
// lowest number), or to the next one if its mailbox is full. It reports whether
// one took it.
func (g *ingress) admit(env node.Env, from node.ReplyTo, m *message.Submit) bool {
	p := m.Packet
	first := 0
	for i := range g.loads {
		if g.loads[i].items < g.loads[first].items {
			first = i
		}
	}
	for i := range g.loads {
		w := (first + i) % len(g.loads)
		to := env.Self()
		to.Actor = g.loads[w].name
		if _, err := env.Request(to, &assign{packet: p, lo: m.AckedBelow, at: env.Now()}); err != nil {
			continue
		}
		e := g.entry()
		*e = entry{reply: from, worker: g.loads[w], bytes: p.Bytes}
		g.open[p.ID] = e
		g.bytes += p.Bytes
		g.loads[w].items++
		g.counts.admitted++
		p.ID.Log(env.Log("admit")).Str("w", to.Actor).Int("q", int64(len(g.open))).Int("qb", int64(g.bytes)).End()
		return true
	}
	return false
}

func (g *ingress) entry() *entry {
	if n := len(g.free); n > 0 {
		e := g.free[n-1]
		g.free = g.free[:n-1]
		return e
	}
	return &entry{}
}

func (g *ingress) refuse(env node.Env, from node.ReplyTo, p *message.Packet, why string) {
	g.counts.refused++
	g.turned[slices.Index(turnedWhy[:], why)]++
	p.ID.Log(env.Log("refuse")).Str("why", why).Int("q", int64(len(g.open))).Int("qb", int64(g.bytes)).End()
	answer(env, from, &message.Result{ID: p.ID, Out: message.RefusedSubmit, Why: why, Wait: g.cfg.RefuseWait})
}

// finish ends a packet with what its worker says of it.
func (g *ingress) finish(env node.Env, m *over) {
	e := g.open[m.id]
	if e == nil {
		fail("packet %s is over but was not in progress", m.id)
	}
	delete(g.open, m.id)
	g.bytes -= e.bytes
	l := e.worker
	l.items--
	if g.bytes < 0 || l.items < 0 {
		fail("%d bytes, %d items of %s in progress", g.bytes, l.items, l.name)
	}
	if !m.silent {
		r := &message.Result{ID: m.id, Out: m.out, Why: m.why, Definite: m.definite}
		if m.out == message.GaveUp {
			r.Wait = g.cfg.RefuseWait
		}
		e.answer(env, r)
	}
	if g.spool != nil {
		g.returned(env, m)
	}
	g.checkDismissed(env, l)
	e.reply, e.others, e.worker = node.ReplyTo{}, nil, nil
	g.free = append(g.free, e)
}

// checkIdle tells who asked for a halt once nothing is in progress.
func (g *ingress) checkIdle(env node.Env) {
	if g.stopping && len(g.open) == 0 && g.spool.idle() && g.idleTo != (node.ReplyTo{}) {
		answer(env, g.idleTo, &idle{})
		g.idleTo = node.ReplyTo{}
	}
}

// answer replies to a request; a message that awaits no answer gets none. An
// answer that the world refuses is lost as one on the wire would be: the
// requester's own timeout covers both.
func answer(env node.Env, to node.ReplyTo, m node.Message) {
	if to != (node.ReplyTo{}) {
		_, _ = env.Reply(to, m)
	}
}
