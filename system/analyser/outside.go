package analyser

import (
	"time"

	"weir/system/digest"
	"weir/system/message"
	"weir/system/node"
	"weir/system/store"
)

// Store keeps the effects of an analyser outside its node's files. Its methods may
// take their time: the world calls them beside the actors, never two at once.
type Store interface {
	// Name is the store's name in the log.
	Name() string
	// Load returns what the store holds of this analyser, and what the messages of these
	// effects add up to, or nil if it does not keep that.
	Load() (store.Held, *digest.Digest, error)
	// Commit takes in those of the batch's effects whose ids it does not remember, all or
	// none, and durably, and says in their order what became of each. An error says that
	// it is not known whether it did. With no effect it still writes something.
	Commit(store.Batch) ([]store.Result, store.Held, error)
}

// outside is the actor of a store outside: what the workers ask for it has the store
// commit in batches, one after the other. A batch that failed is committed again
// until it is known what became of it, which the store remembers.
type outside struct {
	cfg   Config
	front node.Addr
	held  bool // the batch failed, and waits to be tried again
	ready bool // what the store holds is known
	said  bool
	wait  backoff

	gather []waiting
	batch  []waiting
	order  store.Batch // the batch's effects
	token  node.Token
	since  time.Duration // when the batch began
	loaded loaded        // by the operation that runs; not to be read before it completed
	n      uint64        // the highest number known
	counts counts        // as the store told them last

	results bool                  // the store keeps what messages say
	levels  [digest.Levels]uint64 // the messages of that

	stopping   bool
	closing    bool // what the store holds is read for the last time
	ended      bool
	commits    uint64
	messages   uint64
	duplicates uint64
	batches    uint64
	toCommit   node.Times
}

// loaded is what an operation of the store brought.
type loaded struct {
	results []store.Result
	held    store.Held
	digest  *digest.Digest
}

func newOutside(cfg Config, front node.Addr) *outside { return &outside{cfg: cfg, front: front} }

// Receive implements node.Actor.
func (o *outside) Receive(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Started:
		o.load(env)
	case node.Delivered:
		o.asked(env, ev)
	case node.DiskDone:
		if ev.Token == o.token {
			o.token = 0
			o.done(env, ev)
		}
	case node.TimerFired:
		o.timer(env, ev.Key)
	}
}

// await has the world carry out an operation of the store.
func (o *outside) await(env node.Env, work func() error) {
	assert(o.token == 0, "one operation at a time")
	o.token = env.(node.Waiter).Await(o.cfg.Store.Name(), work)
}

func (o *outside) load(env node.Env) {
	into := &o.loaded
	o.await(env, func() (err error) {
		into.held, into.digest, err = o.cfg.Store.Load()
		return err
	})
}

// asked gathers what a worker wants committed.
func (o *outside) asked(env node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *call:
		for _, w := range m.open(ev.ReplyTo) {
			switch {
			case o.stopping:
				o.settle(env, w, message.StUnavailable, "stopping")
			case o.held:
				o.settle(env, w, message.StUnavailable, "store")
			case len(o.gather) >= o.cfg.PendingMax:
				o.settle(env, w, message.StBusy, "pending")
			default:
				o.gather = append(o.gather, w)
			}
		}
		o.issue(env)
	case *halt:
		o.stopping = true
		env.After(o.cfg.DrainMax, keyDrain)
		if len(o.batch)+len(o.gather) == 0 || !o.ready {
			o.last(env)
		}
	}
}

// issue commits what is gathered, unless an operation runs or is held.
func (o *outside) issue(env node.Env) {
	if !o.ready || o.token != 0 || o.held || len(o.gather) == 0 {
		return
	}
	n := min(len(o.gather), o.cfg.BatchMax)
	o.batch = append(o.batch[:0], o.gather[:n]...)
	rest := copy(o.gather, o.gather[n:])
	clear(o.gather[rest:])
	o.gather = o.gather[:rest]
	o.order = store.Batch{Inc: env.Self().Inc, Seq: o.order.Seq + 1}
	for _, w := range o.batch {
		if !isProbe(w.m.Packet) {
			o.order.Effects = append(o.order.Effects, w.effect)
		}
	}
	o.since = env.Now()
	o.commit(env)
}

// commit has the store commit the batch, for the first time or again.
func (o *outside) commit(env node.Env) {
	into, order := &o.loaded, o.order
	o.await(env, func() (err error) {
		into.results, into.held, err = o.cfg.Store.Commit(order)
		return err
	})
}

// done handles the end of an operation.
func (o *outside) done(env node.Env, ev *node.Event) {
	if o.closing {
		o.closed(env, ev.Err)
		return
	}
	if ev.Err != nil {
		o.hold(env)
		return
	}
	o.held = false
	o.wait.reset()
	switch {
	case !o.ready:
		o.recovered(env, o.loaded.held, o.loaded.digest)
	default:
		o.committed(env, ev.Token)
	}
	o.report(env)
	o.issue(env)
	if o.stopping && len(o.batch)+len(o.gather) == 0 {
		o.last(env)
	}
}

// recovered notes what the store holds.
func (o *outside) recovered(env node.Env, held store.Held, d *digest.Digest) {
	o.ready, o.n, o.counts = true, held.N, counts{held.N, held.Messages}
	env.Log("recover").Uint("n", held.N).Uint("lost", 0).Uint("msgs", held.Messages).End()
	if d != nil {
		o.results, o.levels = true, d.Total().Levels
		tellDigest(env, held.N, 0, d)
	}
}

// last reads what the store holds once more, for what the messages add up to, and ends.
func (o *outside) last(env node.Env) {
	if !o.ready || !o.results || o.token != 0 || o.ended {
		o.exit(env)
		return
	}
	o.closing = true
	o.load(env)
}

func (o *outside) closed(env node.Env, err error) {
	if err == nil && o.loaded.digest != nil && !o.ended {
		tellDigest(env, o.loaded.held.N, 0, o.loaded.digest)
	}
	o.exit(env)
}

// committed tells what became of the batch.
func (o *outside) committed(env node.Env, op node.Token) {
	results := o.loaded.results
	o.counts = counts{o.loaded.held.N, o.loaded.held.Messages}
	for _, w := range o.batch {
		if isProbe(w.m.Packet) {
			o.settle(env, w, message.StCommitted, "")
			continue
		}
		r := results[0]
		results = results[1:]
		o.one(env, w, r, op)
	}
	o.batches++
	clear(o.batch)
	o.batch = o.batch[:0]
}

// one tells what became of one effect.
func (o *outside) one(env node.Env, w waiting, r store.Result, op node.Token) {
	p := w.m.Packet
	switch {
	case r.Standing == store.Fresh:
		assert(r.Number == o.n+1, "the store numbers this analyser's effects one by one")
		o.n = r.Number
		o.commits++
		o.messages += w.effect.Messages()
		ln := p.ID.Log(env.Log("commit")).Int("n", int64(len(p.Entries))).
			Hex32("h", p.Hash).Uint("cs", r.Number).Uint("op", uint64(op))
		if o.results && w.effect.Results() != nil {
			ln.Hex64("dg", w.effect.ResultsSum())
			for i, n := range w.effect.Levels() {
				o.levels[i] += n
			}
		}
		ln.End()
		o.toCommit.Add(env.Now() - o.since)
		o.settle(env, w, message.StCommitted, "")
	case r.Standing == store.NoRoom:
		o.settle(env, w, message.StBusy, "memory of ids")
	case r.Standing == store.Conflict:
		o.dup(env, p.ID, "conflict")
		o.settle(env, w, message.StPoison, "conflict")
	case r.Standing == store.Below:
		o.dup(env, p.ID, "below")
		o.settle(env, w, message.StDuplicate, "below")
	default:
		o.dup(env, p.ID, "seen")
		o.settle(env, w, message.StDuplicate, "seen")
	}
}

func (o *outside) dup(env node.Env, id message.ID, why string) {
	o.duplicates++
	id.Log(env.Log("dup")).Str("why", why).End()
}

// settle notes what became of one item of a call, once; see openCall.
func (o *outside) settle(env node.Env, w waiting, st message.Status, why string) {
	c := w.who.call
	if c == nil {
		return // it was told when the batch failed
	}
	c.list[w.who.item] = verdict{st, why}
	if c.left--; c.left == 0 {
		_, _ = env.Reply(c.re, &verdicts{list: c.list, counts: o.counts})
	}
}

// hold keeps the batch for another try and tells everyone who waits.
func (o *outside) hold(env node.Env) {
	o.held = true
	for _, list := range [2][]waiting{o.batch, o.gather} {
		for i := range list {
			o.settle(env, list[i], message.StUnavailable, "store")
			list[i].who.call = nil
		}
	}
	clear(o.gather)
	o.gather = o.gather[:0]
	o.report(env)
	env.After(o.wait.next(&o.cfg), keyAppend)
}

func (o *outside) timer(env node.Env, key uint64) {
	switch {
	case key == keyDrain:
		o.exit(env)
	case o.token != 0:
	case !o.ready:
		o.load(env)
	case o.held:
		o.commit(env)
	}
}

func (o *outside) report(env node.Env) {
	if ok := o.ready && !o.held; ok != o.said {
		o.said = ok
		_, _ = env.Send(o.front, &state{ok: ok})
	}
}

// exit writes the counters and says that nothing more comes.
func (o *outside) exit(env node.Env) {
	if o.ended {
		return
	}
	o.ended = true
	counter := func(name string, v uint64) { env.Log("counter").Str("name", name).Uint("val", v).End() }
	counter("commits", o.commits)
	counter("duplicates", o.duplicates)
	_, _ = env.Send(o.front, &atRest{})
}
