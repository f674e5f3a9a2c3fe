package distributor

import (
	"errors"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/spool"
)

// spooling is the ingress with a spool: a packet is written to disk and acknowledged as
// spooled, then given to workers, again and again until it is over. The queue's bounds hold
// for what workers have; what does not fit waits on disk.
type spooling struct {
	cfg     *Config
	sp      *spool.Spool
	ready   bool
	slot    int // the next one to load
	offers  map[message.ID]*offer
	waiting fifo[*offer] // not given to the disk yet
	bytes   int          // of all offers' packets
	batch   *spool.Batch // under way

	queue    fifo[*spool.Entry] // held, by number
	again    fifo[postponed]    // given up by their worker, by time
	resident int                // bytes of the packets in memory that no worker has
	dead     deadFile           // of those that expired
	told     bool               // that something is held

	appending, filling, removing, loading node.Token
	filled                                *spool.Entry // the one that filling is for
	again1, marks, retry                  alarm
	counts                                spoolCounts
}

// offer is a packet that is taken in and not durable yet.
type offer struct {
	entry *spool.Entry
	who   entry // wait for its answer
}

// postponed is a packet that is given to a worker again from a time on.
type postponed struct {
	entry *spool.Entry
	at    time.Duration
}

// spoolCounts are measured.
type spoolCounts struct{ spooled, expired, lost uint64 }

// Keys of the ingress's timers.
const (
	keyAgain = iota + 201
	keyMarks
	keyDiskRetry
)

// Waits of a spool.
const (
	marksWait = 200 * time.Millisecond // the longest that a packet which is over is not noted
	marksMany = 1024                   // as many are noted at once
	diskWait  = 200 * time.Millisecond // before an operation that failed is tried again
)

// batchBytes bounds an append beyond its first packet.
const batchBytes = 1 << 20

func newSpooling(cfg *Config) *spooling {
	if cfg.Spool.Bytes == 0 {
		return nil
	}
	return &spooling{
		cfg: cfg, sp: spool.New(spool.Limits{Bytes: cfg.Spool.Bytes, Items: cfg.Spool.Items}), offers: map[message.ID]*offer{},
		dead: newDeadFile("spool", cfg.DeadBytes), again1: alarm{key: keyAgain}, marks: alarm{key: keyMarks}, retry: alarm{key: keyDiskRetry},
	}
}

// spoolEvent handles what only an ingress with a spool gets.
func (g *ingress) spoolEvent(env node.Env, ev *node.Event) {
	s := g.spool
	switch ev.Kind {
	case node.Started:
		s.load(env)
	case node.DiskDone:
		g.spoolDisk(env, ev)
	case node.TimerFired:
		for _, a := range [...]*alarm{&s.again1, &s.marks, &s.retry, &s.dead.retry} {
			a.fired(ev)
		}
		if !s.ready {
			s.load(env)
		}
		s.dead.next(env)
	}
	g.spoolOn(env)
}

func (g *ingress) spoolDisk(env node.Env, ev *node.Event) {
	s := g.spool
	switch ev.Token {
	case s.loading:
		s.loading = 0
		s.loaded(env, ev)
	case s.appending:
		s.appending = 0
		g.written(env, ev.Err)
	case s.filling:
		s.filling = 0
		g.filled(env, ev)
	case s.removing:
		s.removing = 0
		if ev.Err == nil {
			s.sp.Removed()
		} else {
			s.retry.by(env, env.Now()+diskWait)
		}
	default:
		s.dead.done(env, ev, g.spoolBuried)
	}
}

// spoolOn begins whatever can be done next.
func (g *ingress) spoolOn(env node.Env) {
	s := g.spool
	if !s.ready {
		return
	}
	g.write(env)
	g.feed(env)
	if slot, ok := s.sp.Oldest(); ok && s.removing == 0 && s.retry.timer == 0 {
		s.removing = env.Disk().Remove(spool.FileName(slot))
	}
	if on := s.sp.Held() > 0; on != s.told {
		s.told = on
		env.Log("held").Bool("on", on).End()
	}
	g.checkIdle(env)
}

// load reads the next slot.
func (s *spooling) load(env node.Env) {
	if s.loading == 0 && s.retry.timer == 0 {
		s.loading = env.Disk().Read(spool.FileName(s.slot))
	}
}

// loaded takes in a slot; after the last one the spool is ready.
func (s *spooling) loaded(env node.Env, ev *node.Event) {
	if ev.Err != nil {
		s.retry.by(env, env.Now()+diskWait)
		return
	}
	s.sp.Load(s.slot, ev.Data)
	if s.slot++; s.slot < spool.Slots {
		s.load(env)
		return
	}
	s.ready = true
	rep := s.sp.Begin()
	for _, e := range rep.Held {
		s.queue.push(e)
	}
	lost, text := uint64(0), ""
	for _, r := range rep.Lost {
		lost += r.To - r.From + 1
		text = appendRange(text, r)
	}
	s.counts.lost += lost
	env.Log("regain").Uint("n", uint64(len(rep.Held))).Uint("no", rep.Last).Uint("lost", lost).Cut("set", text, setMost).End()
}

// spoolSubmit takes a packet in, recognises it, or refuses it.
func (g *ingress) spoolSubmit(env node.Env, from node.ReplyTo, m *message.Submit) {
	s, p := g.spool, m.Packet
	if !s.ready {
		g.refuse(env, from, p, "recovering")
		return
	}
	s.sp.Learn(p.ID, m.AckedBelow)
	if k, known := s.sp.Find(p.ID); known {
		g.again(env, from, p, k)
		return
	}
	switch {
	case s.sp.Outdated(p.ID):
		g.refuse(env, from, p, "outdated")
	case !s.sp.Fits(p):
		answer(env, from, &message.Result{ID: p.ID, Out: message.Poisoned, Why: "size", Definite: true})
	case g.stopping:
		g.refuse(env, from, p, "stopping")
	case !s.sp.Room(p):
		g.refuse(env, from, p, "spool_full")
	case len(s.offers) >= g.cfg.QueueItems || len(s.offers) > 0 && s.bytes+p.Bytes > g.cfg.QueueBytes:
		g.refuse(env, from, p, "spool_busy")
	default:
		o := &offer{entry: s.sp.Reserve(p, m.AckedBelow), who: entry{reply: from}}
		s.offers[p.ID] = o
		s.bytes += p.Bytes
		s.waiting.push(o)
		p.ID.Log(env.Log("spool")).Uint("no", o.entry.Number).End()
		g.spoolOn(env)
	}
}

// again answers for a packet whose id is known.
func (g *ingress) again(env node.Env, from node.ReplyTo, p *message.Packet, k spool.Known) {
	r := &message.Result{ID: p.ID, Out: message.Spooled}
	switch {
	case k.Hash != p.Hash:
		r.Out, r.Why = message.Poisoned, "conflict"
	case k.Entry == nil && k.Dead:
		r.Out, r.Why = message.Poisoned, "dead" // why is in the dead-letter file
	case k.Entry == nil:
		r.Out = message.Committed
	default:
		writing := k.Entry.State == spool.Writing
		if writing && !g.spool.offers[p.ID].who.join(from) {
			g.refuse(env, from, p, "many_waiting")
			return
		}
		g.joined++
		p.ID.Log(env.Log("join")).End()
		if writing {
			return
		}
	}
	if r.Out == message.Spooled {
		r.Wait = g.cfg.RefuseWait // for who waits for more
	}
	answer(env, from, r)
}

// diskWhy names the failure of an append.
func diskWhy(err error) string {
	if errors.Is(err, node.ErrDiskFull) {
		return "disk_full"
	}
	return "disk_error"
}
