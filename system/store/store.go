package store

import (
	"slices"

	"weir/system/digest"
	"weir/system/message"
)

// Standing is what a store knows of a packet.
type Standing uint8

// The standings of a packet.
const (
	Fresh    Standing = iota // not committed here
	Seen                     // committed and durable
	Pending                  // reserved, or committed and not yet durable
	Below                    // under its source's low-watermark: it has had its outcome
	Conflict                 // another content was committed under the same id
	NoRoom                   // fresh, but a limit is reached and it is not its source's oldest
)

// String returns the standing's name.
func (s Standing) String() string {
	return [...]string{"fresh", "seen", "pending", "below", "conflict", "no room"}[s]
}

// Store is the state. Use New or Recover.
type Store struct {
	limits   Limits
	n        uint64 // highest commit number
	durable  uint64 // highest that is known to be durable
	lost     uint64 // of 1..n, how many were not found
	ids      int
	totals   Totals // without Emitters and Sources
	sources  tally
	emitters []*emitter
	byName   map[string]*emitter // never ranged over
	scratch  Effect
	results  *digest.Digest // of what the effects' messages say; nil: not wanted
	meter    *digest.Meter
}

// New returns an empty store. The limits must be valid.
func New(l Limits) *Store {
	if err := l.Validate(); err != nil {
		panic(err)
	}
	s := &Store{limits: l, sources: newTally(l.Sources), byName: map[string]*emitter{}}
	if l.Results != nil {
		s.results = digest.New(*l.Results)
		s.meter = digest.NewMeter(*l.Results, s.results)
	}
	return s
}

// N returns the highest commit number.
func (s *Store) N() uint64 { return s.n }

// Lost returns how many of the commits 1 to N were known to be there once and
// could not be found.
func (s *Store) Lost() uint64 { return s.lost }

// IDs returns how many packet ids are remembered.
func (s *Store) IDs() int { return s.ids }

// DurableN returns the highest commit number that is known to be durable.
func (s *Store) DurableN() uint64 { return s.durable }

// Messages returns how many messages the effects of N commits count.
func (s *Store) Messages() uint64 { return s.totals.Messages }

// Totals returns a copy of the counts.
func (s *Store) Totals() Totals {
	t := s.totals
	t.Sources = slices.Clone(s.sources.list)
	for _, e := range s.emitters {
		t.Emitters = append(t.Emitters, Named{Name: e.name, Packets: e.packets, Messages: e.messages})
	}
	return t
}

// Look says where a packet stands. O(log ids of its source).
//
// The oldest packet of which a source awaits the outcome is fresh even when no more ids
// can be remembered: only its commit moves the low-watermark, which alone makes room.
// So Limits.IDs may be exceeded by one id for each incarnation of a source.
func (s *Store) Look(id message.ID, hash uint32) Standing {
	e := s.byName[id.Source]
	if e == nil {
		if len(s.emitters) >= s.limits.Emitters {
			return NoRoom
		}
		return s.fresh(id.Seq == 1)
	}
	if e.forgotten(id.Inc) {
		return Below
	}
	w := e.window(id.Inc)
	if w == nil {
		return s.fresh(id.Seq == 1)
	}
	if id.Seq < w.lo {
		return Below
	}
	i, found := w.find(id.Seq)
	switch {
	case !found:
		return s.fresh(id.Seq == max(w.lo, 1))
	case w.items[i].hash != hash:
		return Conflict
	case w.items[i].number <= s.durable:
		return Seen
	}
	return Pending
}

func (s *Store) fresh(oldest bool) Standing {
	if s.ids >= s.limits.IDs && !oldest {
		return NoRoom
	}
	return Fresh
}

// Learn takes in that a source has an outcome for every sequence below lo: those
// ids need not be remembered, and are Below from now on. Of a source for which
// there is no room nothing is kept; nothing of it is Fresh either.
func (s *Store) Learn(source string, inc uint32, lo uint64) {
	e := s.byName[source]
	if lo <= 1 || e == nil && len(s.emitters) >= s.limits.Emitters || e != nil && e.forgotten(inc) {
		return
	}
	s.ids -= s.open(source, inc).raise(lo)
}

// Reserve notes that a packet is about to be committed, so that another copy of
// it is not. Its standing must be Fresh.
func (s *Store) Reserve(id message.ID, hash uint32, lo uint64) {
	assert(s.Look(id, hash) == Fresh, "only a fresh packet is reserved")
	w := s.open(id.Source, id.Inc)
	s.ids -= w.raise(lo)
	if id.Seq >= w.lo {
		s.ids += w.put(item{seq: id.Seq, hash: hash, number: reserved})
	}
}

// Withdraw takes a reservation back.
func (s *Store) Withdraw(id message.ID) {
	e := s.byName[id.Source]
	if e == nil || e.window(id.Inc) == nil {
		return
	}
	w := e.window(id.Inc)
	if i, found := w.find(id.Seq); found {
		assert(w.items[i].number == reserved, "what is committed is not withdrawn")
		s.ids -= w.drop(id.Seq)
	}
}

// Commit gives a reserved packet the next commit number, takes in its effect and
// appends the frame that makes it durable to b. It must not be Below by now.
func (s *Store) Commit(b []byte, p *message.Packet, lo uint64) ([]byte, uint64) {
	assert(s.Look(p.ID, p.Hash) == Pending, "only a reserved packet is committed")
	s.scratch.measure(p, lo)
	return s.take(b, p, &s.scratch)
}

// CommitEffect is Commit of a packet that was measured before.
func (s *Store) CommitEffect(b []byte, p *message.Packet, e *Effect) ([]byte, uint64) {
	assert(s.Look(e.id, e.hash) == Pending, "only a reserved packet is committed")
	own := *e // who made it may still read it
	return s.take(b, p, &own)
}

// take gives an effect its number and takes it in.
func (s *Store) take(b []byte, p *message.Packet, e *Effect) ([]byte, uint64) {
	e.number = s.n + 1
	if s.results != nil {
		e.results = s.meter.Packet(p)
		s.scratch.results = e.results // for ResultsSum
	}
	b = appendEffect(b, e)
	s.apply(e)
	return b, e.number
}

// Durable notes that every commit up to that number is durable.
func (s *Store) Durable(number uint64) {
	assert(number <= s.n, "what was not committed cannot be durable")
	s.durable = max(s.durable, number)
}

// Probe appends a frame that does nothing to b.
func (s *Store) Probe(b []byte) []byte {
	start := len(b)
	return endFrame(beginFrame(b, kindProbe, s.n), start)
}

// open returns the window of a source's incarnation, made if need be.
func (s *Store) open(source string, inc uint32) *window {
	e := s.byName[source]
	if e == nil {
		e = s.addEmitter(source)
	}
	w, forgot := e.open(inc)
	s.ids -= forgot
	return w
}

func (s *Store) addEmitter(name string) *emitter {
	e := &emitter{name: name}
	s.emitters = append(s.emitters, e)
	s.byName[name] = e
	return e
}

// apply takes in an effect under its number, which must be above all others.
func (s *Store) apply(e *Effect) {
	assert(e.number > s.n, "commit numbers only grow")
	s.n = e.number
	s.totals.Packets++
	s.totals.Messages += e.messages
	s.totals.Bytes += e.bytes
	for i, v := range e.levels {
		s.totals.Levels[i] += v
	}
	s.count(e)
	for _, src := range e.sources {
		if !s.sources.add(src.Name, src.Messages) {
			s.totals.Others += src.Messages
		}
	}
	em := s.byName[e.id.Source]
	if em == nil {
		em = s.addEmitter(e.id.Source)
	}
	em.packets++
	em.messages += e.messages
	if em.forgotten(e.id.Inc) {
		return
	}
	w := s.open(e.id.Source, e.id.Inc)
	s.ids -= w.raise(e.lo)
	if e.id.Seq >= w.lo {
		s.ids += w.put(item{seq: e.id.Seq, hash: e.hash, number: e.number})
	}
}
