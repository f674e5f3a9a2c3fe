package analyser

import (
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/store"
)

// Boot returns the boot function of an analyser node. It fails if the
// configuration is invalid.
func Boot(cfg Config) node.Boot {
	return func(b node.Booter) error {
		if err := cfg.Validate(); err != nil {
			return err
		}
		cfg = cfg.WithDefaults()
		if cfg.Workers > 1 || cfg.Store != nil {
			return bootWorkers(b, cfg)
		}
		return b.Spawn(Actor, node.Mailbox{}, newAnalyser(cfg))
	}
}

// Keys of this actor's timers.
const (
	keyAppend  uint64 = iota // a failed append is due again
	keyRead                  // a failed read is due again
	keyCompact               // a failed compaction is due again
	keyDrain                 // an orderly stop waits no longer
)

// analyser is the role's one actor, or with several workers the store that they
// share (see front).
type analyser struct {
	cfg     Config
	front   node.Addr // whom a shared store tells how it is; the zero value: it is alone
	limits  store.Limits
	store   *store.Store // nil until the files are read
	ready   bool         // recovery is complete
	loader  loader
	compact compaction

	waiting []waiting // dispatches that came before recovery was complete
	gather  []*job    // for the next batch
	bytes   int       // size of what waits and what is gathered
	batch   batch     // the append that runs, or is held
	hash    message.Hasher

	stopping   bool
	ended      bool   // the counters are written
	said       bool   // what the front was told last
	commits    uint64 // of this incarnation, each once
	duplicates uint64
	poisoned   uint64
	measured   measures
}

// waiting is a dispatch that is not handled yet.
type waiting struct {
	who    asker
	m      *message.Dispatch
	effect *store.Effect // nil: not measured yet
}

func newAnalyser(cfg Config) *analyser {
	a := &analyser{cfg: cfg, limits: store.Limits{IDs: cfg.DedupMax, Emitters: cfg.EmittersMax, Sources: cfg.SourcesMax}}
	if !cfg.NoResults {
		a.limits.Results = &a.cfg.Results
	}
	return a
}

// Receive implements node.Actor.
func (a *analyser) Receive(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Started:
		a.loader.start(env)
	case node.Delivered:
		a.delivered(env, ev)
	case node.DiskDone:
		a.diskDone(env, ev)
	case node.TimerFired:
		a.timer(env, ev)
	case node.Stopping:
		a.stop(env)
	}
}

func (a *analyser) delivered(env node.Env, ev *node.Event) {
	if a.front != (node.Addr{}) {
		a.asked(env, ev)
		return
	}
	if ev.ReplyTo == (node.ReplyTo{}) {
		return // everything that an analyser understands wants an answer
	}
	switch m := ev.Msg.(type) {
	case *message.Probe:
		ready := a.ready && !a.batch.held && !a.stopping
		// An answer that cannot go out is as good as one that was lost.
		_, _ = env.Reply(ev.ReplyTo, &message.ProbeOK{Number: m.Number, Ready: ready})
	case *message.Dispatch:
		a.enter(env, waiting{who: asker{re: ev.ReplyTo, attempt: m.Attempt}, m: m})
		a.issue(env)
	}
}

// enter takes a dispatch in, unless it must wait or there is no room.
func (a *analyser) enter(env node.Env, w waiting) {
	switch {
	case a.stopping:
		a.answer(env, w.who, w.m.Packet.ID, message.StUnavailable, "stopping")
	case !a.ready && a.full(w.m):
		a.answer(env, w.who, w.m.Packet.ID, message.StBusy, "recovering")
	case !a.ready:
		a.bytes += w.m.Packet.Bytes
		a.waiting = append(a.waiting, w)
	default:
		a.dispatch(env, w)
	}
}

// full reports whether there is no room for another packet.
func (a *analyser) full(m *message.Dispatch) bool {
	n := len(a.gather) + len(a.waiting)
	return n >= a.cfg.PendingMax || n > 0 && a.bytes+m.Packet.Bytes > a.cfg.PendingBytes
}

// answer tells an asker what became of a packet: by a receipt, or as a part of the
// answer to its worker's call. A receipt that cannot go out is as good as one that
// was lost: the distributor tries again.
func (a *analyser) answer(env node.Env, to asker, id message.ID, st message.Status, why string) {
	if to.call != nil {
		a.settle(env, to, verdict{st, why})
		return
	}
	_, _ = env.Reply(to.re, &message.Receipt{ID: id, Attempt: to.attempt, Status: st, Why: why})
}

// timer handles what was put off.
func (a *analyser) timer(env node.Env, ev *node.Event) {
	switch ev.Key {
	case keyAppend:
		a.append(env)
	case keyRead:
		a.loader.again(env)
	case keyCompact:
		a.compact.next(env)
	case keyDrain:
		a.exit(env)
	}
}

// diskDone passes a completion to whoever waits for it.
func (a *analyser) diskDone(env node.Env, ev *node.Event) {
	switch {
	case a.loader.done(env, a, ev):
	case a.compact.done(env, a, ev):
	case ev.Token == a.batch.token:
		a.appended(env, ev.Err)
	}
}

// stop begins an orderly stop: nothing new is taken, and what was taken is
// committed first, unless the disk will not have it in time.
func (a *analyser) stop(env node.Env) {
	if a.stopping {
		return
	}
	a.stopping = true
	for _, w := range a.waiting {
		a.answer(env, w.who, w.m.Packet.ID, message.StUnavailable, "stopping")
	}
	a.waiting = nil
	if a.rest() {
		a.exit(env)
		return
	}
	env.After(a.cfg.DrainMax, keyDrain)
}

// rest reports whether nothing waits for the disk.
func (a *analyser) rest() bool { return len(a.batch.jobs) == 0 && len(a.gather) == 0 }

// exit writes the counters and ends the incarnation.
func (a *analyser) exit(env node.Env) {
	if a.ended {
		return
	}
	a.ended = true
	counter := func(name string, v uint64) { env.Log("counter").Str("name", name).Uint("val", v).End() }
	counter("commits", a.commits)
	counter("duplicates", a.duplicates)
	if a.front != (node.Addr{}) {
		a.tellResults(env)
		_, _ = env.Send(a.front, &atRest{})
		return
	}
	counter("poisoned", a.poisoned)
	a.tellResults(env)
	env.Exit()
}

// backoff is a wait that doubles up to a bound.
type backoff struct{ wait time.Duration }

func (b *backoff) next(cfg *Config) time.Duration {
	b.wait = min(max(2*b.wait, cfg.DiskRetryMin), cfg.DiskRetryMax)
	return b.wait
}

func (b *backoff) reset() { b.wait = 0 }

func assert(ok bool, what string) {
	if !ok {
		panic("analyser: " + what)
	}
}
