package distributor

import (
	"strconv"
	"time"

	"weir/system/detect"
	"weir/system/message"
	"weir/system/node"
	"weir/system/route"
)

// worker takes packets from the ingress and answers for each exactly once: it
// gives a packet to an analyser, retries elsewhere what failed, and stops when
// an analyser committed it, refused it for good, or attempts ended.
type worker struct {
	cfg    *Config
	number int
	name   string

	slots   []*slot // registered analysers, ascending ids: the order of the view
	gone    []*slot // removed ones that still have attempts in flight
	table   *table
	view    *route.View // nil until there is a table
	choose  chooser     // State local
	started bool        // the start phase is over

	fresh   fifo[*job]
	due     fifo[*job]
	later   retryHeap
	blocked *job // OnFull Wait: the packet that holds up the others
	active  int  // packets in progress, those on their way to the dead-letter file not counted
	orders  uint64

	flights  map[node.Token]*flight
	live     flightList
	retrying int           // attempts >= 2 that are in flight or about to be
	holding  bool          // a retry is held back by the budget
	held     time.Duration // when that was last logged
	failing  []*flight

	asking   node.Token // State shared: the request that the router has, 0: none
	batch    []*job     // what it is about
	items    []askItem
	deferred []node.Event // what came meanwhile

	none      bool          // no analyser is eligible
	noneSince time.Duration // since then
	serial    uint64        // of the newest push
	stopping  bool
	drained   bool // DrainMax of a stop is over

	watch                                       *watcher // nil: Central
	guard                                       pauseGuard
	dead                                        deadFile
	timeAlarm                                   alarm // first deadline of live
	retryAlarm, holdAlarm, askAlarm, drainAlarm alarm
	pools                                       pools
	counts                                      totals
	measured                                    measures
	pace                                        pace
	partTo                                      node.ReplyTo // who asked this worker to go
	parted                                      bool         // it said that it did
}

// Keys of a worker's timers.
const (
	keyDeadline = iota + 101
	keyRetry
	keyHold
	keyAsk
	keyDrain
	keyDead
	keyWatch
	keyGuard
)

func workerName(number int) string { return "w" + strconv.Itoa(number) }

func newWorker(cfg *Config, number int) *worker {
	w := &worker{
		cfg: cfg, number: number, name: workerName(number), flights: map[node.Token]*flight{},
		timeAlarm: alarm{key: keyDeadline}, retryAlarm: alarm{key: keyRetry}, holdAlarm: alarm{key: keyHold},
		askAlarm: alarm{key: keyAsk}, drainAlarm: alarm{key: keyDrain},
	}
	w.guard = pauseGuard{pause: cfg.Detector.Pause, beat: alarm{key: keyGuard}}
	w.dead = newDeadFile(w.name, cfg.DeadBytes)
	if cfg.alone() {
		w.choose = newChooser(cfg)
	}
	if !cfg.Central {
		w.watch = newWatcher(cfg, number, keyWatch)
		w.watch.changed = w.verdict
		w.watch.paused = w.resumed
	}
	return w
}

// actor is the address of another actor of this node.
func (w *worker) actor(env node.Env, name string) node.Addr {
	a := env.Self()
	a.Actor = name
	return a
}

// Receive handles one event.
func (w *worker) Receive(env node.Env, ev *node.Event) {
	if ev.Kind == node.TimerFired {
		w.unset(ev)
	}
	if w.parted {
		w.afterwards(env, ev)
		return
	}
	if gap := w.guard.check(env); gap > 0 && ev.Kind != node.Started {
		w.resumed(env, gap)
	}
	// While the router decides, nothing else may change the view: its decisions
	// are then made from the newest one, and none is in vain.
	if w.asking != 0 && !(ev.Token == w.asking && (ev.Kind == node.Replied || ev.Kind == node.Failed)) {
		w.deferred = append(w.deferred, *ev)
		return
	}
	w.handle(env, ev)
	w.pump(env)
	w.leave(env)
}

// unset clears the alarm that went off, before anything may set it again.
func (w *worker) unset(ev *node.Event) {
	for _, a := range [...]*alarm{&w.timeAlarm, &w.retryAlarm, &w.holdAlarm, &w.askAlarm, &w.drainAlarm, &w.dead.retry, &w.guard.beat} {
		if a.fired(ev) {
			return
		}
	}
	if w.watch != nil {
		w.watch.wake.fired(ev)
	}
}

func (w *worker) handle(env node.Env, ev *node.Event) {
	switch ev.Kind {
	case node.Delivered:
		w.delivered(env, ev)
	case node.Replied:
		w.replied(env, ev)
	case node.Failed:
		w.requestFailed(env, ev)
	case node.TimerFired:
		w.timer(env, ev.Key)
	case node.DiskDone:
		w.dead.done(env, ev, w.buried)
	}
}

func (w *worker) delivered(env node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *assign:
		w.assign(env, ev.ReplyTo, m)
	case *tableMsg:
		w.setTable(env, m)
		answer(env, ev.ReplyTo, &tableTaken{serial: m.serial})
	case *count:
		answer(env, ev.ReplyTo, &counted{counts: w.total()})
	case *look:
		answer(env, ev.ReplyTo, &seen{serial: m.serial, rows: w.look(m.ids)})
	case *gauge:
		answer(env, ev.ReplyTo, &gauged{pace: w.pace})
	case *trade:
		w.trade(env, ev.ReplyTo, m)
	case *part:
		w.partTo = ev.ReplyTo
	}
}

func (w *worker) replied(env node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *told:
		w.decided(env, ev.Token, m)
		return
	case *message.Receipt:
		if f := w.flights[ev.Token]; f != nil {
			w.receipt(env, f, m, ev.From.Inc)
			return
		}
	}
	if w.watch != nil && w.watch.answered(env, ev) {
		return
	}
	if f := w.flights[ev.Token]; f != nil { // an answer that is no receipt
		w.fail(env, f, whyReset)
	}
}

func (w *worker) requestFailed(env node.Env, ev *node.Event) {
	if ev.Token == w.asking {
		w.unasked(env)
		return
	}
	if w.watch != nil && w.watch.failed(env, ev) {
		return
	}
	if f := w.flights[ev.Token]; f != nil {
		w.fail(env, f, whyOf(ev.Err))
	}
}

func (w *worker) timer(env node.Env, key uint64) {
	switch key {
	case keyDeadline:
		w.expireFlights(env)
	case keyRetry:
		w.ripen(env)
	case keyDrain:
		w.endDrain(env)
	case keyDead:
		w.dead.next(env)
	case keyWatch:
		w.watch.tick(env)
	}
	// The others only had to wake the worker up: pump does the rest.
}

// assign takes a packet into progress.
func (w *worker) assign(env node.Env, from node.ReplyTo, m *assign) {
	j := w.pools.job()
	j.packet, j.lo, j.reply, j.since, j.state = m.packet, m.lo, from, env.Now(), jobTaken
	j.came = m.at
	w.pace.waited.add(env.Now() - m.at)
	w.active++
	if w.drained {
		w.giveUp(env, j, "stopping")
		return
	}
	j.state = jobFresh
	w.fresh.push(j)
}

// verdict takes a change of the detectors' opinion of an analyser into the view.
func (w *worker) verdict(env node.Env, id string, to detect.State) {
	s := w.find(id)
	assert(s != nil, "a verdict on %s, which is not registered", id)
	s.down = to == detect.Down
	w.updateView(env, s)
	if s.down {
		w.failAll(env, s)
	}
}

// resumed logs that the worker was paused, once for each pause, and gives what
// came meanwhile and is still in the mailbox the time to be handled first.
func (w *worker) resumed(env node.Env, gap time.Duration) {
	if !w.guard.first(env.Now()) {
		return
	}
	env.Log("resumed").Uint("gap", uint64(gap)).End()
	if w.watch != nil {
		w.watch.resumed(env)
	}
	grace := env.Now() + w.cfg.Detector.Timeout
	for f := w.live.first; f != nil && f.deadline < grace; f = f.next {
		f.deadline = grace
	}
}
