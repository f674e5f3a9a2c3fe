package analyser

import (
	"errors"
	"fmt"
	"strconv"

	"weir/system/message"
	"weir/system/node"
)

// keeper is the actor name of the store that the workers share.
const keeper = "store"

// bootWorkers spawns an analyser of several actors: the front, to which packets and
// probes go, the workers, and the store.
func bootWorkers(b node.Booter, cfg Config) error {
	f := &front{cfg: cfg, lame: map[string]bool{}, lows: newLows(cfg.EmittersMax)}
	if err := b.Spawn(Actor, node.Mailbox{}, f); err != nil {
		return fmt.Errorf("analyser %s: %w", b.Name(), err)
	}
	self := node.Addr{Node: b.Name(), Inc: b.Incarnation()}
	f.at = self
	at := func(actor string) node.Addr {
		self.Actor = actor
		return self
	}
	var behind node.Actor
	if cfg.Store != nil {
		behind = newOutside(cfg, at(Actor))
	} else {
		a := newAnalyser(cfg)
		a.front = at(Actor)
		behind = a
	}
	// Each worker has one call under way, those that were replaced as well.
	box := node.Mailbox{Items: max(2*cfg.Workers, 1024)}
	if err := b.Spawn(keeper, box, behind); err != nil {
		return fmt.Errorf("analyser %s: %w", b.Name(), err)
	}
	for range cfg.Workers {
		if err := f.hire(b.Spawn); err != nil {
			return fmt.Errorf("analyser %s: %w", b.Name(), err)
		}
	}
	return nil
}

// front deals packets to the workers in turn, so that copies of one packet go to
// different workers, and answers probes. A worker that is gone is replaced when it
// is to be given something: what it had is answered by nobody, and comes again.
type front struct {
	cfg     Config
	at      node.Addr // this node
	workers []hand
	next    int             // whose turn it is
	hired   int             // workers so far, which gives them their names
	lame    map[string]bool // workers that await the store for too long; looked up only
	lows    *lows
	open    bool // the store can commit

	stopping bool
	resting  int // workers that have said so since the stop
	poisoned uint64
	replaced bool // a worker took its count of poison with it
}

// hand is one worker.
type hand struct {
	name  string
	tasks uint64 // given to it
}

// hire adds a worker under a name of its own.
func (f *front) hire(spawn func(string, node.Mailbox, node.Actor) error) error {
	h, box, w := f.recruit()
	if err := spawn(h.name, box, w); err != nil {
		return err
	}
	f.workers = append(f.workers, h)
	return nil
}

func (f *front) recruit() (hand, node.Mailbox, *worker) {
	f.hired++
	front, shared := f.at, f.at
	front.Actor, shared.Actor = Actor, keeper
	items := f.cfg.PendingMax + boxSlack
	return hand{name: "w" + strconv.Itoa(f.hired)},
		node.Mailbox{Items: items, Bytes: f.cfg.PendingBytes + items*localSize},
		&worker{cfg: &f.cfg, front: front, store: shared}
}

// boxSlack is room in a mailbox for what is no packet.
const boxSlack = 64

// Receive implements node.Actor.
func (f *front) Receive(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Delivered:
		f.delivered(env, ev)
	case node.TimerFired:
		f.rest(env) // an orderly stop waits no longer for the workers
	case node.Stopping:
		f.stop(env)
	}
}

func (f *front) delivered(env node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *message.Probe:
		if ev.ReplyTo != (node.ReplyTo{}) {
			f.bury(env)
			_, _ = env.Reply(ev.ReplyTo, &message.ProbeOK{Number: m.Number, Ready: f.ready()})
		}
	case *message.Dispatch:
		if ev.ReplyTo != (node.ReplyTo{}) {
			f.dispatch(env, ev.ReplyTo, m)
		}
	case *state:
		f.state(ev.From.Actor, m.ok)
	case *atRest:
		f.rested(env, ev.From.Actor, m)
	}
}

// ready reports whether the store can commit and lets nobody wait.
func (f *front) ready() bool { return f.open && len(f.lame) == 0 && !f.stopping }

// state notes whether the store can commit, by its own word or a worker's.
func (f *front) state(of string, ok bool) {
	switch {
	case of == keeper:
		f.open = ok
	case ok:
		delete(f.lame, of)
	case f.find(of) >= 0: // the last word of one that is gone counts no more
		f.lame[of] = true
	}
}

func (f *front) find(name string) int {
	for i := range f.workers {
		if f.workers[i].name == name {
			return i
		}
	}
	return -1
}

// dispatch gives a packet to the next worker that has room for it.
func (f *front) dispatch(env node.Env, re node.ReplyTo, m *message.Dispatch) {
	if f.stopping {
		refuse(env, re, m, message.StUnavailable, "stopping")
		return
	}
	t := &task{re: re, m: m, lo: m.AckedBelow}
	if !isProbe(m.Packet) {
		t.lo = f.lows.learn(m.Packet.ID.Source, m.Packet.ID.Inc, m.AckedBelow)
	}
	for range f.workers {
		i := f.next
		f.next = (f.next + 1) % len(f.workers)
		if f.give(env, i, t) {
			return
		}
	}
	refuse(env, re, m, message.StBusy, "pending")
}

// bury replaces workers that waited for the store and are gone: while the analyser is
// not ready no packet comes that would find out.
func (f *front) bury(env node.Env) {
	for i := range f.workers {
		name := f.workers[i].name
		if !f.lame[name] || f.stopping {
			continue
		}
		if _, err := env.Send(f.actor(name), &knock{}); errors.Is(err, node.ErrRefused) {
			f.replace(env, i)
		}
	}
}

// give gives a task to a worker, or to its successor if it is gone.
func (f *front) give(env node.Env, i int, t *task) bool {
	h := &f.workers[i]
	_, err := env.Send(f.actor(h.name), t)
	if errors.Is(err, node.ErrRefused) {
		f.replace(env, i)
		_, err = env.Send(f.actor(h.name), t)
	}
	if err == nil {
		h.tasks++
	}
	return err == nil
}

// replace puts a new worker in the place of one that is gone.
func (f *front) replace(env node.Env, i int) {
	delete(f.lame, f.workers[i].name)
	h, box, w := f.recruit()
	err := env.Spawn(h.name, box, w)
	assert(err == nil, "the names of workers are new")
	f.workers[i], f.replaced = h, true
}

func (f *front) actor(name string) node.Addr {
	a := f.at
	a.Actor = name
	return a
}

// stop begins an orderly stop: nothing new is taken, the workers finish what they
// have, and then the store does. Each has DrainMax for it.
func (f *front) stop(env node.Env) {
	if f.stopping {
		return
	}
	f.stopping = true
	for i := range f.workers {
		h := &f.workers[i]
		if _, err := env.Send(f.actor(h.name), &halt{tasks: h.tasks}); err != nil {
			f.resting++ // it is gone
			f.replaced = true
		}
	}
	if f.resting == len(f.workers) {
		f.rest(env)
		return
	}
	env.After(f.cfg.DrainMax, 0)
}

// rested counts who has finished, and ends the incarnation after the store.
func (f *front) rested(env node.Env, who string, m *atRest) {
	if who == keeper {
		if !f.replaced {
			env.Log("counter").Str("name", "poisoned").Uint("val", f.poisoned).End()
		}
		env.Exit()
		return
	}
	f.poisoned += m.poisoned
	if f.resting++; f.resting == len(f.workers) {
		f.rest(env)
	}
}

// rest asks the store to finish.
func (f *front) rest(env node.Env) {
	f.replaced = f.replaced || f.resting < len(f.workers) // somebody's count is not known
	f.resting = len(f.workers) + 1                        // once
	_, _ = env.Send(f.actor(keeper), &halt{})
}

func refuse(env node.Env, re node.ReplyTo, m *message.Dispatch, st message.Status, why string) {
	_, _ = env.Reply(re, &message.Receipt{ID: m.Packet.ID, Attempt: m.Attempt, Status: st, Why: why})
}
