package spool

import (
	"fmt"
	"strconv"
	"time"

	"weir/system/message"
)

// Slots is how many files a spool has at most: spool.0 and so on.
const Slots = 32

// shares is into how many files the bytes of a spool are cut, so that there are always
// slots left for the newest one.
const shares = 24

// Limits bound a spool.
type Limits struct {
	Bytes int // on disk, 64 KiB..2 GiB
	Items int // packets held, at least 1
}

// remembered is how many ids are known of packets that are over.
const remembered = 1 << 16

// State says where an entry is.
type State uint8

// The states of an entry.
const (
	Writing State = iota // not durable yet
	Waiting              // held
	Away                 // given to a worker, or on its way to the dead letters
	Over                 // held no more
)

// Entry is a packet of the spool.
type Entry struct {
	ID     message.ID
	Number uint64
	Hash   uint32
	Bytes  int             // about
	Stamp  time.Duration   // time of the spool at which it came, see Now
	Packet *message.Packet // nil: on disk only
	State  State
	file   *file
}

// file is one of the spool's.
type file struct {
	slot    int
	base    uint64 // the number before its first
	newest  uint64 // the highest that was read in it
	blank   bool   // nothing in it could be read
	closing bool   // it is being removed
	size    int
	held    int
}

// Spool is the state. Use New, then Load for each slot and Begin.
type Spool struct {
	limits  Limits
	files   []*file // oldest first, the last one is appended to
	last    uint64  // highest number that was given or may have been
	linked  uint64  // highest that was not given up
	bytes   int     // of the files
	coming  int     // about what the entries being written will add
	held    int     // entries, those being written included
	sources map[key]*source
	over    []message.ID // known to be over, oldest first
	marks   []mark       // over, not yet noted on disk
	open    bool         // a batch is under way
	lag     time.Duration
	hasher  message.Hasher
	read    *reading // until Begin
}

// New returns a spool that has read nothing yet.
func New(l Limits) *Spool {
	return &Spool{limits: l, sources: map[key]*source{}, read: &reading{over: map[uint64]mark{}}}
}

// FileName is the name of a slot's file.
func FileName(slot int) string { return "spool." + strconv.Itoa(slot) }

// Held is how many packets are held, durable or not.
func (s *Spool) Held() int { return s.held }

// Bytes is how many bytes the files have.
func (s *Spool) Bytes() int { return s.bytes }

// Now is the time of the spool after the node has run for so long: it goes on where the
// newest packet of earlier incarnations came, and stands still in between, so that a packet
// never seems older than it is.
func (s *Spool) Now(run time.Duration) time.Duration { return s.lag + run }

// Known is what is known of an id.
type Known struct {
	Entry *Entry // nil: it is over
	Hash  uint32
	Dead  bool // it is over because no analyser takes it; else because one has it
}

// Find says what is known of an id, if anything is.
func (s *Spool) Find(id message.ID) (k Known, known bool) {
	src := s.sources[key{id.Source, id.Inc}]
	if src == nil {
		return Known{}, false
	}
	i, found := src.find(id.Seq)
	if !found {
		return Known{}, false
	}
	it := &src.items[i]
	return Known{it.entry, it.hash, it.dead}, true
}

// Learn takes in that a source has an outcome for every sequence below lo.
func (s *Spool) Learn(id message.ID, lo uint64) {
	if src := s.sources[key{id.Source, id.Inc}]; src != nil {
		src.raise(lo)
		s.tidy(id, src)
	}
}

// Outdated reports whether a packet is one that its source has an outcome of: a copy that
// comes late. Analysers may have been told so, and would take it for one that they had.
func (s *Spool) Outdated(id message.ID) bool {
	src := s.sources[key{id.Source, id.Inc}]
	return src != nil && id.Seq < src.lo
}

// Low is what analysers may be told of a packet's source: no packet below it is or will be
// held. It is at most the sequence of any packet that is held.
func (s *Spool) Low(id message.ID) uint64 {
	if src := s.sources[key{id.Source, id.Inc}]; src != nil {
		return src.low()
	}
	return 1
}

// frameMore bounds what a packet's frame has beside its entries' texts, but for attributes.
const frameMore = 256

// entryMore is the same for each entry.
const entryMore = 16

// Fits reports whether a packet can ever be taken in.
func (s *Spool) Fits(p *message.Packet) bool {
	return p.Bytes+p.Count()*entryMore+frameMore <= s.limits.Bytes-s.limits.Bytes/shares
}

// Open reports whether there is room for small packets at least.
func (s *Spool) Open() bool {
	return s.held < s.limits.Items && s.bytes+s.coming+s.limits.Bytes/shares <= s.limits.Bytes && len(s.files) < Slots
}

// Room reports whether a packet may be taken in.
func (s *Spool) Room(p *message.Packet) bool {
	need := p.Bytes + p.Count()*entryMore + frameMore
	return s.held < s.limits.Items && s.bytes+s.coming+need <= s.limits.Bytes && len(s.files) < Slots
}

// Reserve takes a packet in that is not durable yet and gives it its number; its id must
// not be known.
func (s *Spool) Reserve(p *message.Packet, lo uint64) *Entry {
	src := s.source(p.ID)
	src.raise(lo)
	s.last++
	e := &Entry{ID: p.ID, Number: s.last, Hash: p.Hash, Bytes: p.Bytes, Packet: p}
	src.put(item{seq: p.ID.Seq, hash: p.Hash, entry: e})
	s.coming += e.need()
	s.held++
	return e
}

func (e *Entry) need() int { return e.Packet.Bytes + e.Packet.Count()*entryMore + frameMore }

func (s *Spool) source(id message.ID) *source {
	k := key{id.Source, id.Inc}
	src := s.sources[k]
	if src == nil {
		src = &source{lo: 1}
		s.sources[k] = src
	}
	return src
}

// tidy forgets a source of which nothing is known.
func (s *Spool) tidy(id message.ID, src *source) {
	if len(src.items) == 0 {
		delete(s.sources, key{id.Source, id.Inc})
	}
}

// Withdraw takes back an entry that could not be written.
func (s *Spool) Withdraw(e *Entry) {
	assert(e.State == Writing, "packet %s is withdrawn in state %d", e.ID, e.State)
	s.coming -= e.need()
	s.forget(e)
}

// forget drops an entry and what is known of its id.
func (s *Spool) forget(e *Entry) {
	src := s.source(e.ID)
	if i, found := src.find(e.ID.Seq); found && src.items[i].entry == e {
		src.remove(i)
	}
	s.tidy(e.ID, src)
	e.State = Over
	s.held--
}

// Ending is how a packet is over.
type Ending uint8

// The endings.
const (
	Committed Ending = iota // an analyser has it
	Dead                    // no analyser takes it
	Forgotten               // neither: its id is forgotten too, and it may come again
)

// mark is a packet that is over.
type mark struct {
	number uint64
	how    Ending
}

// End says that a packet is over: it is held no more.
func (s *Spool) End(e *Entry, how Ending) {
	assert(e.State == Away || e.State == Waiting, "packet %s ends in state %d", e.ID, e.State)
	e.file.held--
	s.marks = append(s.marks, mark{e.Number, how})
	e.Packet = nil
	if how == Forgotten {
		s.forget(e)
		return
	}
	s.held--
	s.settle(e, how == Dead)
}

// settle keeps an id that is over, as long as its source may submit it again.
func (s *Spool) settle(e *Entry, dead bool) {
	e.State = Over
	src := s.source(e.ID)
	i, found := src.find(e.ID.Seq)
	assert(found, "packet %s was held and is not known", e.ID)
	if e.ID.Seq < src.lo {
		src.remove(i)
		s.tidy(e.ID, src)
		return
	}
	src.items[i].entry, src.items[i].dead = nil, dead
	s.over = append(s.over, e.ID)
	if len(s.over) > remembered {
		s.drop(s.over[0])
		s.over = s.over[1:]
	}
}

// drop forgets an id that is over.
func (s *Spool) drop(id message.ID) {
	src := s.sources[key{id.Source, id.Inc}]
	if src == nil {
		return
	}
	if i, found := src.find(id.Seq); found && src.items[i].entry == nil {
		src.remove(i)
	}
	s.tidy(id, src)
}

func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("spool: " + fmt.Sprintf(format, args...))
	}
}
