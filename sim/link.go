package sim

import (
	"errors"
	"fmt"
	"time"
)

// LinkConfig describes one direction between two nodes. A message that is
// accepted at time t leaves at max(t, when the one before has left) + size /
// Rate, and arrives a latency later.
type LinkConfig struct {
	Latency    Latency
	Ordered    bool  // messages never overtake each other, whatever their delays
	Rate       int64 // bytes a second; 0 = no limit
	QueueItems int   // messages accepted and not yet arrived; 0 = 4,096
	QueueBytes int64 // bytes of them; 0 = 64 MiB
}

func (c LinkConfig) withDefaults() LinkConfig {
	def(&c.QueueItems, 4096)
	def(&c.QueueBytes, 64<<20)
	return c
}

// Validate reports everything that is wrong with the configuration.
func (c LinkConfig) Validate() error {
	errs := []error{c.Latency.Validate()}
	if c.Rate < 0 || c.QueueItems < 0 || c.QueueBytes < 0 {
		errs = append(errs, fmt.Errorf("%w: link with Rate %d, QueueItems %d, QueueBytes %d, one below 0",
			ErrConfig, c.Rate, c.QueueItems, c.QueueBytes))
	}
	return errors.Join(errs...)
}

// refuses returns why the link cannot take a message, or nil.
func (c *LinkConfig) refuses(l *link, size int) error {
	if int64(size) > c.QueueBytes {
		return ErrTooLarge
	}
	if l.items >= c.QueueItems || int64(size) > c.QueueBytes-l.bytes {
		return ErrLinkFull
	}
	return nil
}

// link is one direction between two nodes.
type link struct {
	from, to NodeID
	id       int32
	explicit bool // has its own configuration
	draining bool // a drain event is queued
	cut      ClassSet
	held     ClassSet
	impaired ClassSet
	refused  ClassSet
	cfg      LinkConfig
	imp      *[classCount]Impairment
	seed     uint64
	count    uint64 // messages so far: the counter of draws
	fails    uint64 // failures so far, which draw by a counter of their own

	items     int // accepted and not yet arrived
	bytes     int64
	busyUntil int64 // when the last byte accepted so far has left
	chain     chain // of ordered arrivals

	epoch    [classCount]uint32 // breaks so far: what left before one is lost
	why      [classCount]Why    // of the last break
	waiting  [classCount]int32  // held messages
	heldHead int32
	heldTail int32
}

// link returns the link from one node to another, which exists from its first
// use on.
func (w *World) link(from, to NodeID) *link {
	k := uint64(from)<<32 | uint64(to) // never 0, because from differs from to
	if i := w.linkAt.get(k); i != none {
		return w.links[i]
	}
	name := w.node(from).cfg.Name + "\x00" + w.node(to).cfg.Name
	l := &link{
		from: from, to: to, id: int32(len(w.links)), heldHead: none, heldTail: none,
		seed: scramble(w.seed ^ scramble(hashName(name))),
	}
	w.links = append(w.links, l)
	w.linkAt.put(k, l.id)
	return l
}

// config returns the configuration in force.
func (w *World) config(l *link) *LinkConfig {
	if l.explicit {
		return &l.cfg
	}
	return &w.linkDef
}

// transmit sends slot i down the link; the caller checked that it has room.
func (w *World) transmit(l *link, i int32) {
	s := &w.slots[i]
	assert(s.link == none && l.from != l.to, "a message takes one link, to another node")
	cfg := w.config(l)
	s.link, s.epoch = l.id, l.epoch[s.class]
	n := l.count
	l.count++
	if l.cut.Has(s.class) {
		w.lose(i, WhyCut)
		return
	}
	var imp *Impairment
	if l.impaired.Has(s.class) {
		imp = &l.imp[s.class]
	}
	s.due = l.depart(w.now, int(s.size), imp.rate(cfg.Rate))
	copies := 1
	if imp != nil {
		if hits(draw(l.seed, n, drawLoss), imp.LossPPM) {
			w.lose(i, WhyLoss)
			return
		}
		if hits(draw(l.seed, n, drawCorrupt), imp.CorruptPPM) {
			s.flags |= flagCorrupt
		}
		if hits(draw(l.seed, n, drawDuplicate), imp.DuplicatePPM) {
			copies = 2
		}
	}
	if cfg.Ordered {
		s.flags |= flagFIFO
	}
	if copies == 2 {
		w.observer.Duplicated(w.info(i), copies)
		j := w.twin(i)
		w.travel(l, cfg, imp, j, n, drawCopy)
		s = &w.slots[i]
	}
	s.flags |= flagLinked
	l.items++
	l.bytes += int64(s.size)
	w.travel(l, cfg, imp, i, n, 0)
}

// depart returns when the last byte of a message has left.
func (l *link) depart(now int64, size int, rate int64) int64 {
	if rate == 0 {
		return now
	}
	l.busyUntil = satAdd(max(now, l.busyUntil), mulDivUp(int64(size), int64(time.Second), rate))
	return l.busyUntil
}

// twin copies slot i. The copy takes no room in the link's queue: it arose
// beyond it.
func (w *World) twin(i int32) int32 {
	j, t := w.alloc(slotSend)
	gen := t.gen
	*t = w.slots[i]
	t.gen = gen
	w.bodies[j] = w.bodies[i]
	w.addBytes(int(t.size))
	return j
}

// travel schedules the arrival of slot i.
func (w *World) travel(l *link, cfg *LinkConfig, imp *Impairment, i int32, n uint64, copy purpose) {
	d := cfg.Latency.draw(l.seed, n, copy)
	if imp != nil {
		d = satAdd(d, imp.delay(l.seed, n, copy))
	}
	if w.priorities != nil {
		d = satAdd(d, w.priorities.lag(w.addressee(i)))
	}
	at := satAdd(w.slots[i].due, d)
	if cfg.Ordered {
		w.scheduleAfter(&l.chain, at, i)
	} else {
		w.schedule(at, i)
	}
}

// leaveLink takes slot i, which has come to the end of its link, off it,
// unless the link holds it.
func (w *World) leaveLink(i int32) {
	s := &w.slots[i]
	l := w.links[s.link]
	if s.epoch == l.epoch[s.class] && (l.held.Has(s.class) || w.config(l).Ordered && l.waiting[s.class] > 0) {
		l.hold(w, i)
		return
	}
	w.land(l, i)
}

// land ends the journey of slot i: it reaches its node unless the link broke
// while it travelled.
func (w *World) land(l *link, i int32) {
	s := &w.slots[i]
	if s.flags&flagLinked != 0 {
		s.flags &^= flagLinked
		l.items--
		l.bytes -= int64(s.size)
		assert(l.items >= 0 && l.bytes >= 0, "a link gives back what was taken")
	}
	if s.epoch == l.epoch[s.class] {
		w.admit(i)
		return
	}
	why := l.why[s.class]
	if why == WhyReset && s.kind != slotFail && s.flags&flagRequest == 0 && w.actors[s.from].alive {
		w.failAt(i, failReset, w.now, nil)
	}
	w.lose(i, why)
}

// wayBack returns when a failure that leaves now arrives over l, or false if
// it is lost.
func (w *World) wayBack(l *link, c Class) (at int64, ok bool) {
	n := l.fails
	l.fails++
	if l.cut.Has(c) {
		return 0, false
	}
	return satAdd(w.now, w.config(l).Latency.draw(l.seed, n, drawFail)), true
}
