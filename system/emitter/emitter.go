package emitter

import (
	"time"

	"weir/system/digest"
	"weir/system/message"
	"weir/system/node"
)

// inputsMax bounds how many inputs one emitter reads.
const inputsMax = 1 << 16

// Boot returns the boot function of an emitter node. It fails if the
// configuration is invalid.
func Boot(cfg Config) node.Boot {
	return func(b node.Booter) error {
		if err := cfg.Validate(); err != nil {
			return err
		}
		return b.Spawn(Actor, node.Mailbox{}, newEmitter(cfg.WithDefaults(), b.Name(), b.Incarnation()))
	}
}

// emitter is the role's one actor.
type emitter struct {
	cfg   Config
	name  string
	idInc uint32     // incarnation in the ids of packets: 0 for those of inputs
	gen   *generator // one of gen and in is set
	in    *inputs
	book  book
	send  sender
	hash  message.Hasher
	meter *digest.Meter // for the log; nil: it tells no sums
	young uint64        // no older sequence can expire any more, see oldest

	wake   node.Timer // the one timer of this actor
	wakeAt time.Duration

	stopping bool
	stopAt   time.Duration // when an orderly stop waits no longer
	drained  bool          // written
	version  uint64        // control documents accepted
	emitted  uint64
	ended    [verdicts]uint64
	measured measures
}

func newEmitter(cfg Config, name string, inc uint32) *emitter {
	e := &emitter{cfg: cfg, name: name, idInc: inc, book: *newBook(1), wakeAt: never}
	if !cfg.NoResults {
		e.meter = digest.NewMeter(digest.Limits{}, nil)
	}
	e.send.open = map[node.Token]uint64{}
	e.send.avoid = make([]time.Duration, len(cfg.Distributors))
	if cfg.Generator == nil {
		e.idInc = 0
		e.in = newInputs(&e.cfg)
	}
	return e
}

// Receive implements node.Actor.
func (e *emitter) Receive(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Started:
		e.started(env)
	case node.Delivered:
		if m, ok := ev.Msg.(*message.Control); ok {
			e.control(env, ev, m)
		}
	case node.Replied:
		if r, ok := ev.Msg.(*message.Result); ok {
			e.result(env, ev, r)
		}
	case node.Failed:
		e.failed(env, ev)
	case node.TimerFired:
		if ev.Timer == e.wake {
			e.wake, e.wakeAt = 0, never
		}
	case node.DiskDone:
		if e.in != nil {
			e.in.diskDone(env, e, ev)
		}
	case node.Stopping:
		e.stop(env)
	}
	e.work(env)
}

func (e *emitter) started(env node.Env) {
	e.send.cursor = env.Rand().IntN(len(e.cfg.Distributors))
	if e.cfg.Generator != nil {
		e.gen = newGenerator(env, e.cfg.Generator, e.name)
		return
	}
	e.in.start(env)
}

// work does what is due, then sets the timer for what is due next.
func (e *emitter) work(env node.Env) {
	e.timeouts(env)
	e.expire(env)
	e.resubmit(env)
	if e.gen != nil {
		e.produce(env)
	} else {
		e.in.work(env, e)
	}
	if e.over() && e.book.count == 0 && !e.drained {
		e.drained = true
		if e.in != nil {
			e.in.account(env)
		}
		env.Log("drained").End()
	}
	if e.drained && e.cfg.ExitDrained {
		e.exit(env)
		return
	}
	if e.stopping && (e.book.count == 0 && e.idle() || env.Now() >= e.stopAt) {
		e.exit(env)
		return
	}
	e.arm(env)
}

// over reports whether no further packet will be made.
func (e *emitter) over() bool {
	if e.gen != nil {
		return e.gen.over && len(e.gen.batch) == 0
	}
	return e.in.over()
}

// idle reports whether nothing of the source waits for the disk.
func (e *emitter) idle() bool { return e.in == nil || e.in.idle() }

// arm sets the timer to the next time at which something is due.
func (e *emitter) arm(env node.Env) {
	at := never
	if d := e.send.overdue.front(); d != nil {
		at = min(at, d.at)
	}
	if len(e.send.due) > 0 {
		at = min(at, e.send.due[0].at)
	}
	if e.cfg.Horizon > 0 && !e.stopping {
		if h := e.book.find(e.oldest()); h != nil && h.state == live {
			at = min(at, h.born+e.cfg.Horizon)
		}
	}
	if e.stopping {
		at = min(at, e.stopAt)
	}
	if e.gen != nil && !e.gen.over {
		at = min(at, e.gen.due())
	} else if e.in != nil {
		at = min(at, e.in.due(env.Now()))
	}
	if at == never || e.wakeAt <= at {
		return // a timer that fires too early does no harm
	}
	if e.wake != 0 {
		env.Cancel(e.wake)
	}
	e.wakeAt = at
	e.wake = env.After(at-env.Now(), 0)
}

// due is when the generator has something to do next.
func (g *generator) due() time.Duration {
	at := g.arrivals.next
	if g.cfg.Until != 0 {
		at = min(at, g.cfg.Until)
	}
	if len(g.batch) > 0 {
		at = min(at, g.linger)
	}
	return at
}

// stop begins an orderly stop: production ends, and the outcomes of what is under
// way are awaited, but not for ever.
func (e *emitter) stop(env node.Env) {
	if e.stopping {
		return
	}
	e.stopping = true
	e.stopAt = env.Now() + e.cfg.DrainMax
	if e.gen == nil {
		e.in.stop()
		return
	}
	e.flush(env, 0)
	e.gen.over = true
	if e.gen.blocked {
		e.gen.unblock(env)
	}
}

// exit writes the counters and ends the incarnation.
func (e *emitter) exit(env node.Env) {
	counter := func(name string, v uint64) { env.Log("counter").Str("name", name).Uint("val", v).End() }
	counter("emitted", e.emitted)
	counter("acked", e.ended[acked])
	counter("rejected", e.ended[rejected])
	counter("expired", e.ended[expired])
	counter("submits", e.send.submits)
	if n, ok := e.dropped(); ok {
		counter("dropped", n)
	}
	if e.cfg.Ended != nil {
		e.cfg.Ended(Totals{Emitted: e.emitted, Acked: e.ended[acked], Rejected: e.ended[rejected], Expired: e.ended[expired]})
	}
	env.Exit()
}

// dropped is how many messages inputs did not take in, if any counts them.
func (e *emitter) dropped() (n uint64, ok bool) {
	for i := range e.cfg.Inputs {
		if f := e.cfg.Inputs[i].Dropped; f != nil {
			n, ok = n+f(), true
		}
	}
	return n, ok
}
