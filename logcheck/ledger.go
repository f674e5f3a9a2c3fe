package logcheck

// Packet is what the rules share about one packet id. The engine makes it at the
// first record that names the id and frees it when the packet is long finished.
type Packet struct {
	// ID is the packet's id.
	ID PacketID
	// Slot is a small number, free for reuse once the packet is finished; Gen tells
	// two uses of a slot apart. Rules may keep their own slices by slot.
	Slot int
	Gen  uint32
	// N, B and Hash are the messages, bytes and payload hash of the `emit`.
	N, B uint64
	Hash [8]byte
	// Emitted is true once the `emit` was read.
	Emitted bool
	// Forgotten is true when the packet was finished and freed, and a late record
	// names it again: what it was is known only in part.
	Forgotten bool

	emit      place // the emit record
	emitM     int64 // its node time
	emitT     int64 // its world time
	claimed   place // the first message that carried n, b, h (before the emit)
	outcome   place // the newest outcome
	outcomeIs outcome
	definite  bool  // outcome rejected with def
	told      place // the newest `result committed` received
	kept      place // the newest `result spooled` received
	poison    place // the newest `result poison` received
	certain   place // the newest of those that was definite
	stopping  place // a gave_up with why stopping during a fault stop
	submits   int32
	firstTo   Sym // the analyser of the first attempt
	commits   []commitMark
	works     []work
	doneIn    []int32 // files of distributors that logged done
	cameTo    []int32 // files of distributors that received a submit
	open      bool    // counted in delivery.open
	arrivals  []arrival
	takes     []taken
	spooled   int32 // spools that hold it
	promised  bool  // acked from a spool
	excused   bool  // a spool gave it up, and has a reason
	heldBy    Sym   // the distributor of the newest submission that is not answered (G9)
	heldSince int64 // when it was sent
	heldAt    place
}

// place is where a record was, small enough to keep for every packet.
type place struct {
	file *File
	line int32
}

func (p place) ref() Ref  { return Ref{file: p.file, Line: int(p.line)} }
func (p place) set() bool { return p.line > 0 }

// place returns where r is, in the small form.
func (r *Record) place() place { return place{r.File, int32(r.Line)} }

// outcome is the `out` of an outcome.
type outcome uint8

const (
	outNone outcome = iota
	outAcked
	outRejected
	outExpired
)

// commitMark is one effect of a packet in one store.
type commitMark struct {
	store   int32
	dropped bool // a later recover dropped it
	cs      uint64
	at      place
}

// work is what one worker (actor of an incarnation) does for a packet.
type work struct {
	who      int32
	open     bool   // admitted, not done, given up or dead
	admitted int32  // admissions so far
	failed   uint32 // attempts 1..failed have failed, in this admission
	sent     uint32 // the newest attempt sent
	due      int64  // when the next attempt may be sent, in node time
	sentM    int64  // when, in node time
	failedAt place  // the newest attempt_failed
	sentAt   place
	admitAt  place
	done     place
	poison   place         // a receipt poison received
	dead     place         // declared dead
	poisonBy []Sym         // all that refused it
	receipts []receiptMark // receipts committed or duplicate that were received
}

// receiptMark is a receipt that a worker received.
type receiptMark struct {
	att  uint32
	dup  bool // duplicate, not committed
	from Sym
}

// arrival counts the copies of a packet that reached an incarnation of an analyser
// while it was not below the source's acked_below.
type arrival struct {
	file     int32
	fresh    bool
	at       place // the newest copy
	late     place
	answered bool
}

// ledgerMin is how many packets are kept at least before finished ones are freed,
// so that late records still find them.
const ledgerMin = 1 << 11

// ledger holds the packets that are in flight and one bit for every other.
type ledger struct {
	ctx     *Context
	probe   Sym
	live    map[PacketID]*Packet
	ring    []*Packet // all live packets in the order of their first record
	head    int
	count   int
	free    []*Packet
	slots   int
	emitted *idSet // ids freed after an emit
	acked   *idSet // ids freed after outcome acked
	last    *Packet

	lostWithEmitter int64 // freed without an outcome
}

func newLedger(c *Context) *ledger {
	return &ledger{ctx: c, probe: c.Names.InternString("probe"), live: map[PacketID]*Packet{},
		emitted: newIDSet(), acked: newIDSet(), ring: make([]*Packet, 1024)}
}

// resolve sets r.Pkt, except for data probes.
func (l *ledger) resolve(r *Record) {
	if r.id.Source == l.probe {
		return
	}
	if l.last != nil && l.last.ID == r.id {
		r.Pkt = l.last
		return
	}
	p := l.live[r.id]
	if p == nil {
		p = l.add(r.id)
	}
	l.last, r.Pkt = p, p
}

func (l *ledger) add(id PacketID) *Packet {
	for tries := 0; l.count >= ledgerMin && tries < 2; tries++ {
		l.retire()
	}
	var p *Packet
	if n := len(l.free); n > 0 {
		p = l.free[n-1]
		l.free = l.free[:n-1]
		p.reuse()
	} else {
		p = &Packet{Slot: l.slots}
		l.slots++
	}
	p.ID = id
	p.Forgotten = l.emitted.has(id)
	p.Emitted = p.Forgotten
	l.live[id] = p
	l.push(p)
	return p
}

// reuse clears a freed packet but keeps its slices.
func (p *Packet) reuse() {
	*p = Packet{Slot: p.Slot, Gen: p.Gen + 1, commits: p.commits[:0], works: p.works[:0],
		doneIn: p.doneIn[:0], cameTo: p.cameTo[:0], arrivals: p.arrivals[:0], takes: p.takes[:0]}
}

func (l *ledger) push(p *Packet) {
	if l.count == len(l.ring) {
		bigger := make([]*Packet, 2*len(l.ring))
		n := copy(bigger, l.ring[l.head:])
		copy(bigger[n:], l.ring[:l.head])
		l.ring, l.head = bigger, 0
	}
	l.ring[(l.head+l.count)&(len(l.ring)-1)] = p
	l.count++
}

// retire frees the oldest packet if it is finished, and else puts it behind the
// youngest.
func (l *ledger) retire() {
	p := l.ring[l.head]
	l.head = (l.head + 1) & (len(l.ring) - 1)
	l.count--
	if !l.finished(p) {
		l.push(p)
		return
	}
	if p.Emitted && !p.Forgotten && !p.outcome.set() {
		l.lostWithEmitter++
	}
	if p.Emitted {
		l.emitted.add(p.ID)
	}
	if p.outcomeIs == outAcked {
		l.acked.add(p.ID)
	}
	delete(l.live, p.ID)
	if l.last == p {
		l.last = nil
	}
	l.free = append(l.free, p)
}

// finished reports whether nothing is known to be under way for p.
func (l *ledger) finished(p *Packet) bool {
	if p.Emitted && !p.Forgotten && !p.outcome.set() && !p.emit.file.Crashed && !p.emit.file.stopped {
		return false
	}
	if p.spooled > 0 || p.promised && !p.excused && !p.effective() {
		return false
	}
	for i := range p.works {
		if w := &p.works[i]; w.open && !l.ctx.FileOf(int(w.who)).Closed {
			return false
		}
	}
	for i := range p.arrivals {
		if a := &p.arrivals[i]; !a.answered && !l.ctx.Files[a.file].Closed {
			return false
		}
	}
	return true
}

// effective reports whether an effect of p stands, as far as is remembered.
func (p *Packet) effective() bool {
	for i := range p.commits {
		if !p.commits[i].dropped {
			return true
		}
	}
	return false
}

// work returns the state of the worker `who` for p, made on first use.
func (p *Packet) work(who int) *work {
	for i := range p.works {
		if p.works[i].who == int32(who) {
			return &p.works[i]
		}
	}
	n := len(p.works)
	if n < cap(p.works) {
		p.works = p.works[:n+1]
	} else {
		p.works = append(p.works, work{})
	}
	w := &p.works[n]
	*w = work{who: int32(who), receipts: w.receipts[:0]}
	return w
}

// arrivalAt returns p's arrivals at an analyser's incarnation; nil when there is
// none.
func (p *Packet) arrivalAt(file int) *arrival {
	for i := range p.arrivals {
		if p.arrivals[i].file == int32(file) {
			return &p.arrivals[i]
		}
	}
	return nil
}

// each calls f for every live packet, oldest first.
func (l *ledger) each(f func(*Packet)) {
	for i := 0; i < l.count; i++ {
		f(l.ring[(l.head+i)&(len(l.ring)-1)])
	}
}
