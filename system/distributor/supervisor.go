package distributor

import (
	"time"

	"weir/system/message"
	"weir/system/node"
)

// supervisor is the root actor. It owns the table: it takes it from disk or the
// boot configuration, changes it by control documents, and pushes it to the
// workers until each has it. It stops the node in order.
type supervisor struct {
	cfg     *Config
	table   *table // nil until loaded
	serial  uint64 // of the latest push
	workers []follower
	repush  alarm
	store   tableStore
	control []order // documents that wait for the one being persisted
	watch   *watcher
	guard   pauseGuard
	stop    stop
	states  gathers
	scale   *scaler  // nil: the number of workers never changes
	cluster *replica // States Crdt and CrdtCounts only
}

// follower is a worker as the supervisor sees it.
type follower struct {
	name  string
	sent  uint64 // serial of the push that its mailbox took, 0: none
	taken uint64 // serial that it acknowledged
	hand  hand
}

// order is a control document with its sender, or a delta of another distributor.
type order struct {
	reply node.ReplyTo
	doc   []byte
	delta *news // nil: a document
}

// controlsMost bounds the documents that wait while one is persisted.
const controlsMost = 64

// repushWait is when a push that found a mailbox full is tried again.
const repushWait = 5 * time.Millisecond

// Keys of the supervisor's timers.
const (
	keyRepush = iota + 1
	keyLoad
	keyProbe
	keyBeat
	keyStop
	keyState
	keyScale
	keyRound
	keyLate
)

func newSupervisor(cfg *Config, g Gauge) *supervisor {
	s := &supervisor{cfg: cfg, repush: alarm{key: keyRepush}, store: tableStore{file: tableFile, retry: alarm{key: keyLoad}}, scale: newScaler(cfg, g)}
	for i := range cfg.Workers {
		s.workers = append(s.workers, follower{name: workerName(i + 1), hand: hand{place: i}})
	}
	s.guard = pauseGuard{pause: cfg.Detector.Pause, beat: alarm{key: keyBeat}}
	s.stop.limit.key = keyStop
	s.states.limit.key = keyState
	if cfg.Clustered() {
		s.cluster, s.store.file = newReplica(cfg), clusterFile
	}
	if cfg.Central {
		s.watch = newWatcher(cfg, 0, keyProbe)
		s.watch.changed = s.verdict
		s.watch.paused = s.resumed
	}
	return s
}

// Receive handles one event.
func (s *supervisor) Receive(env node.Env, ev *node.Event) {
	if ev.Kind == node.TimerFired {
		s.unset(ev)
	}
	if s.watch != nil {
		if gap := s.guard.check(env); gap > 0 && ev.Kind != node.Started {
			s.resumed(env, gap)
		}
	}
	switch ev.Kind {
	case node.Started:
		s.start(env)
	case node.Delivered:
		s.delivered(env, ev)
	case node.Replied:
		s.replied(env, ev)
	case node.Failed:
		s.cluster.failed(ev.Token)
		if s.watch != nil {
			s.watch.failed(env, ev)
		}
	case node.TimerFired:
		s.due(env, ev.Key)
	case node.DiskDone:
		s.diskDone(env, ev)
	case node.Stopping:
		s.beginStop(env)
	}
}

// unset clears the alarm that went off, before anything may set it again.
func (s *supervisor) unset(ev *node.Event) {
	for _, a := range []*alarm{&s.repush, &s.store.retry, &s.guard.beat, &s.stop.limit, &s.states.limit} {
		a.fired(ev)
	}
	s.cluster.unset(ev)
	if s.watch != nil {
		s.watch.wake.fired(ev)
	}
	if s.scale != nil {
		s.scale.tick.fired(ev)
	}
}

func (s *supervisor) start(env node.Env) {
	s.startScale(env)
	s.cluster.begin(env)
	if s.cfg.Volatile {
		s.useBoot(env)
		return
	}
	s.store.read(env)
}

func (s *supervisor) delivered(env node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *message.Control:
		s.order(env, order{reply: ev.ReplyTo, doc: m.Doc})
	case *message.State:
		s.tell(env, ev.ReplyTo, m)
	case *message.Membership:
		s.reported(env, ev.ReplyTo, m)
	case *message.Gossip:
		s.gossiped(env, ev, m)
	}
}

func (s *supervisor) replied(env node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *tableTaken:
		for i := range s.workers {
			if f := &s.workers[i]; f.name == ev.From.Actor {
				f.taken = max(f.taken, m.serial)
			}
		}
	case *idle:
		s.ingressIdle(env)
	case *counted:
		s.countedOne(env, m)
	case *seen:
		s.seenBy(env, ev.From.Actor, m)
	case *traded:
		s.cluster.shared.traded(ev.From.Actor, m)
	case *gauged:
		s.gauged(ev.From.Actor, m)
	case *dismiss:
		s.idleWorker(env, m.worker)
	case *parted:
		s.parted(env, ev.From.Actor, m)
	case *message.GossipOK:
		s.cluster.answered(env, ev, m)
	default:
		if s.watch != nil {
			s.watch.answered(env, ev)
		}
	}
}

func (s *supervisor) due(env node.Env, key uint64) {
	switch key {
	case keyRepush:
		s.pushBehind(env)
		s.askStop(env)
		s.runErrands(env)
	case keyLoad:
		s.store.read(env)
	case keyProbe:
		s.watch.tick(env)
	case keyState:
		s.overdue(env)
	case keyScale:
		s.rescale(env)
	case keyRound:
		s.cluster.shared.publish(env, s.table, s.cluster.cfg.ConvergeMax())
		s.cluster.turn(env, s.table.version)
		s.trade(env)
	case keyLate:
		s.cluster.overdue(env)
	case keyStop:
		env.Exit() // somebody does not answer: the counters would be wrong
	}
}

// push gives the present table, verdicts and state of the stop to all workers.
func (s *supervisor) push(env node.Env) {
	s.serial++
	s.pushBehind(env)
}

// pushBehind sends the newest push to each worker whose mailbox did not take it
// yet. An older one that a worker still has to take does no harm: serials grow.
func (s *supervisor) pushBehind(env node.Env) {
	var m *tableMsg
	for i := range s.workers {
		f := &s.workers[i]
		if f.sent == s.serial {
			continue
		}
		if m == nil {
			m = &tableMsg{serial: s.serial, table: s.table, down: s.verdicts(), stopping: s.stop.begun}
		}
		to := env.Self()
		to.Actor = f.name
		if _, err := env.Request(to, m); err != nil {
			s.repush.by(env, env.Now()+repushWait)
			continue
		}
		f.sent = s.serial
	}
}

// adopt puts a table in force.
func (s *supervisor) adopt(env node.Env, t *table, from string) {
	if s.table != nil {
		assert(t.version > s.table.version, "table %d after %d", t.version, s.table.version)
	}
	s.table = t
	env.Log("config").Uint("ver", t.version).Bool("ok", true).Cut("set", t.text(), setMost).Str("from", from).End()
	s.cluster.inForce(env, t.version)
	if s.watch != nil {
		ids := make([]string, len(t.members))
		for i := range t.members {
			ids[i] = t.members[i].id
		}
		s.watch.sync(env, ids)
	}
	s.push(env)
	s.nextOrder(env)
}

// setMost is more than the text of the largest table has.
const setMost = analysersMost * (64 + 1 + 7 + 1 + 5 + 1)

func (s *supervisor) useBoot(env node.Env) {
	t := bootTable(s.cfg.Analysers, s.cfg.Drained...)
	s.cluster.seed(env, t)
	s.adopt(env, t, "boot")
}

// refuse logs and answers that a configuration from somewhere is not accepted.
func (s *supervisor) refuse(env node.Env, to node.ReplyTo, why, from string) {
	version := uint64(0)
	if s.table != nil {
		version = s.table.version
	}
	env.Log("config").Uint("ver", version).Bool("ok", false).Cut("why", why, 512).Str("from", from).End()
	answer(env, to, &message.ControlOK{Version: version, Why: why})
}

// asked is the origin of a configuration that a document makes. What a client hands in
// that is no node, nobody else has in a log.
func asked(by node.ReplyTo) string {
	if by.From.Node == "" {
		return "client"
	}
	return "control"
}

// order handles a control document, or keeps it while another is persisted or
// the table is not loaded yet.
func (s *supervisor) order(env node.Env, o order) {
	if len(s.control) >= controlsMost {
		s.refuse(env, o.reply, "too many documents wait", asked(o.reply))
		return
	}
	s.control = append(s.control, o)
	s.nextOrder(env)
}

// nextOrder handles waiting documents up to the next one that must be persisted.
func (s *supervisor) nextOrder(env node.Env) {
	for len(s.control) > 0 && s.table != nil && s.store.saving == nil {
		o := s.control[0]
		s.control = s.control[1:]
		s.execute(env, o)
	}
}

func (s *supervisor) execute(env node.Env, o order) {
	if o.delta != nil {
		s.merge(env, o)
		return
	}
	if s.stop.begun {
		s.refuse(env, o.reply, "stopping", asked(o.reply))
		return
	}
	c, err := parseControl(o.doc)
	if err != nil {
		s.refuse(env, o.reply, err.Error(), asked(o.reply))
		return
	}
	next, err := s.table.with(c, s.cfg.PacketMax)
	if err != nil {
		s.refuse(env, o.reply, err.Error(), asked(o.reply))
		return
	}
	if err := s.cluster.change(c); err != nil {
		s.refuse(env, o.reply, err.Error(), asked(o.reply))
		return
	}
	s.install(env, next, o.reply)
}

// install puts a table in force once it is durable.
func (s *supervisor) install(env node.Env, t *table, to node.ReplyTo) {
	if s.cfg.Volatile {
		s.accept(env, t, to)
		return
	}
	data := t.encode()
	if s.cluster != nil {
		data = s.cluster.encode(t.version)
	}
	s.store.save(env, t, data, to)
}

func (s *supervisor) accept(env node.Env, t *table, to node.ReplyTo) {
	if s.cluster.merging() {
		s.merged(env, t, to)
		return
	}
	answerAfter := &message.ControlOK{OK: true, Version: t.version}
	s.adopt(env, t, asked(to))
	answer(env, to, answerAfter)
}

// diskDone goes on with loading or saving the table.
func (s *supervisor) diskDone(env node.Env, ev *node.Event) {
	if ev.Token != s.store.token {
		return
	}
	if s.store.saving != nil {
		s.saved(env, ev.Err)
		return
	}
	data, again := s.store.loaded(env, ev)
	switch {
	case again:
	case data == nil && ev.Err == nil:
		s.useBoot(env)
	case ev.Err != nil:
		s.refuse(env, node.ReplyTo{}, "disk: "+ev.Err.Error(), "disk")
		s.useBoot(env)
	default:
		t, err := s.decode(env, data)
		if err != nil {
			s.refuse(env, node.ReplyTo{}, err.Error(), "disk")
			s.useBoot(env)
			return
		}
		s.adopt(env, t, "disk")
	}
}

// decode reads what the file says.
func (s *supervisor) decode(env node.Env, data []byte) (*table, error) {
	if s.cluster != nil {
		return s.cluster.decode(env, data, s.cfg.PacketMax)
	}
	return decodeTable(data, s.cfg.PacketMax)
}

// saved goes on with the table that is being saved.
func (s *supervisor) saved(env node.Env, err error) {
	saving := s.store.saving
	done := s.store.step(env, err)
	if !done {
		return
	}
	if err != nil {
		if !s.unmerged(env, saving.reply, err) {
			s.refuse(env, saving.reply, "not persisted: "+err.Error(), asked(saving.reply))
		}
		s.nextOrder(env)
		return
	}
	s.accept(env, saving.table, saving.reply)
}

// resumed logs that the supervisor was paused, once for each pause.
func (s *supervisor) resumed(env node.Env, gap time.Duration) {
	if s.guard.first(env.Now()) {
		env.Log("resumed").Uint("gap", uint64(gap)).End()
		s.watch.resumed(env)
	}
}
