package analyser

import (
	"time"

	"weir/system/digest"
	"weir/system/message"
	"weir/system/node"
	"weir/system/store"
)

// worker looks at packets (are they whole, can they be taken, what do they add up to)
// and has the store commit them, a call at a time; what comes meanwhile is gathered
// for the next. It answers what it was given, and holds nothing that must outlive it.
type worker struct {
	cfg   *Config
	front node.Addr
	store node.Addr
	hash  message.Hasher
	meter *digest.Meter // of what messages say, for a store outside; nil: not used yet

	gather []given // for the next call
	bytes  int
	asked  []given // of the call that runs; none if its askers were told already
	token  node.Token
	timer  node.Timer
	since  time.Duration // when the call that runs began
	lame   bool          // the call that runs takes too long

	tasks    uint64
	halted   bool // the front wants to know when nothing is owed
	until    uint64
	poisoned uint64
}

// given is a task and what its packet adds up to.
type given struct {
	*task
	effect *store.Effect
}

// Receive implements node.Actor.
func (w *worker) Receive(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Delivered:
		switch m := ev.Msg.(type) {
		case *task:
			w.tasks++
			w.take(env, m)
			w.call(env)
		case *halt:
			w.halted, w.until = true, m.tasks
		}
	case node.Replied:
		w.answered(env, ev)
	case node.Failed:
		w.failed(env, ev.Token)
	case node.TimerFired:
		w.late(env)
	}
	w.rest(env)
}

// take looks at a packet and gathers it.
func (w *worker) take(env node.Env, t *task) {
	p := t.m.Packet
	if !isProbe(p) {
		p.ID.Log(env.Log("take")).Uint("att", uint64(t.m.Attempt)).End()
	}
	switch why := poison(w.cfg, p); {
	case w.hash.Verify(p) != nil:
		refuse(env, t.re, t.m, message.StUnavailable, "hash")
	case why != "":
		w.poisoned++
		p.ID.Log(env.Log("poisoned")).Str("why", why).End()
		refuse(env, t.re, t.m, message.StPoison, why)
	case w.lame:
		refuse(env, t.re, t.m, message.StUnavailable, "store")
	case w.full(p):
		refuse(env, t.re, t.m, message.StBusy, "pending")
	default:
		w.bytes += p.Bytes
		w.gather = append(w.gather, given{t, w.measure(p, t.lo)})
	}
}

// measure returns a packet's effect; for a store outside with what its messages say.
func (w *worker) measure(p *message.Packet, lo uint64) *store.Effect {
	e := store.Measure(p, lo)
	if w.cfg.Store == nil || w.cfg.NoResults || isProbe(p) {
		return e
	}
	if w.meter == nil {
		w.meter = digest.NewMeter(w.cfg.Results, nil)
	}
	e.Count(w.meter.Packet(p))
	return e
}

// full reports whether this worker's part of what may be pending is used up.
func (w *worker) full(p *message.Packet) bool {
	n, k := len(w.gather)+len(w.asked), w.cfg.Workers
	return n >= (w.cfg.PendingMax+k-1)/k || n > 0 && w.bytes+p.Bytes > w.cfg.PendingBytes/k
}

// call asks the store to commit what is gathered, unless a call runs.
func (w *worker) call(env node.Env) {
	if w.token != 0 || len(w.gather) == 0 {
		return
	}
	n := min(len(w.gather), w.cfg.BatchMax)
	c := &call{items: make([]item, n)}
	for i, g := range w.gather[:n] {
		m := g.m
		if m.AckedBelow != g.lo {
			m = &message.Dispatch{Packet: m.Packet, Attempt: m.Attempt, AckedBelow: g.lo}
		}
		c.items[i] = item{m, g.effect}
		w.bytes -= m.Packet.Bytes
	}
	w.asked = append(w.asked[:0], w.gather[:n]...)
	rest := copy(w.gather, w.gather[n:])
	clear(w.gather[rest:])
	w.gather = w.gather[:rest]
	tok, err := env.Request(w.store, c)
	if err != nil {
		w.tell(env, message.StUnavailable, "store")
		return
	}
	w.token, w.since = tok, env.Now()
	w.timer = env.After(w.cfg.StoreTimeout, 0)
}

// answered hands on the store's verdicts.
func (w *worker) answered(env node.Env, ev *node.Event) {
	m, ok := ev.Msg.(*verdicts)
	if !ok || ev.Token != w.token {
		return
	}
	w.token = 0
	env.Cancel(w.timer)
	if m.counts.n > 0 {
		env.Log("counts").Uint("n", m.counts.n).Uint("msgs", m.counts.msgs).Dur("wait", env.Now()-w.since).End()
	}
	for i, g := range w.asked {
		refuse(env, g.re, g.m, m.list[i].status, m.list[i].why)
	}
	w.done()
	w.limp(env, false)
	w.call(env)
}

// failed handles that the store did not get a call.
func (w *worker) failed(env node.Env, tok node.Token) {
	if tok != w.token {
		return
	}
	w.token = 0
	env.Cancel(w.timer)
	w.tell(env, message.StUnavailable, "store")
	w.call(env)
}

// late gives up waiting, not the call: whether it takes effect is not known, and the
// next one would wait behind it.
func (w *worker) late(env node.Env) {
	if w.token == 0 {
		return
	}
	w.tell(env, message.StUnavailable, "store")
	for _, g := range w.gather {
		refuse(env, g.re, g.m, message.StUnavailable, "store")
	}
	clear(w.gather)
	w.gather, w.bytes = w.gather[:0], 0
	w.limp(env, true)
}

// limp notes whether the store lets this worker wait, and says so to the front.
func (w *worker) limp(env node.Env, lame bool) {
	if w.lame == lame {
		return
	}
	w.lame = lame
	_, _ = env.Send(w.front, &state{ok: !lame})
}

// tell answers all of the call that runs.
func (w *worker) tell(env node.Env, st message.Status, why string) {
	for _, g := range w.asked {
		refuse(env, g.re, g.m, st, why)
	}
	w.done()
}

func (w *worker) done() {
	clear(w.asked)
	w.asked = w.asked[:0]
}

// rest says that nothing is owed, if the front wants to know.
func (w *worker) rest(env node.Env) {
	if !w.halted || w.tasks < w.until || len(w.gather)+len(w.asked) > 0 {
		return
	}
	w.halted = false
	_, _ = env.Send(w.front, &atRest{poisoned: w.poisoned})
}
