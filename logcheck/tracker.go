package logcheck

import "slices"

// delivery follows every packet through emitter, distributor and analyser and
// judges C1-C14 and O1 from that one picture.
type delivery struct {
	ctx    *Context
	run    *Run
	ledger *ledger
	names  *Names

	c1, c2, c3, c4, c5, c6, c7, c9, c10, c11, c12, c13, c14, c15, o1 Tally
	a1, a2, a3, a4, a5                                               Tally

	stores    []*store // by number
	byNode    map[Sym]*store
	spools    map[Sym]*spoolBook // by distributor
	views     map[int]*eligible  // per worker, by Record.Who
	syncedAt  map[int]place      // a distributor's actor, by Record.Who: its newest synced
	weights   configState
	dropped   []droppedCommit // acked ids whose effect a recover dropped (C2)
	unproven  []unproven      // ids used before their emit (only with a clock error)
	uncommits []unproven      // acked before their commit (only with a clock error)
	claims    []claim         // duplicates that may rest on another analyser's effect

	seenThere  []claim // ids that an analyser says it found, and no log tells who has them
	manyClaims bool    // more than are remembered
	order      map[orderKey]orderMark
	ordered    bool    // O1 applies
	logs       []told  // by File.Index
	open       []int64 // by File.Index: packets that it emitted and that have no outcome
	drained    []place // by File.Index: its `drained`
	timeout    int64
	over       bool // the run was stopped
}

// told says which records a file has: what needs others is judged only where its
// writer logs those (FORMAT.md, logs of another writer).
type told uint8

const (
	tellsSubmitted told = 1 << iota // received submits
	tellsAdmitted                   // admissions
	tellsAttempts                   // sent packets
	tellsDone                       // completions
	tellsAnswers                    // an emitter's submits and their results
)

// tells reports whether the file of r has such records so far.
func (d *delivery) tells(r *Record, what told) bool { return d.logs[r.File.Index]&what != 0 }

// unproven is a record that needs another one which may come within the clock
// error.
type unproven struct {
	id PacketID
	at Ref
}

// memoMax bounds each list of records that wait for the end of the run.
const memoMax = 1 << 16

// deliveryKinds are the records that move the picture.
var deliveryKinds = Kinds(KindSend, KindRecv, KindSynced, KindDiskfail, KindEmit, KindOutcome, KindAdmit,
	KindRefuse, KindView, KindConfig, KindAttemptFailed, KindDone, KindGaveUp, KindDead, KindRecover,
	KindCommit, KindDup, KindFault, KindRetry, KindDrained,
	KindJoin, KindPoisoned, KindNoneUp, KindStopped, KindCounter, KindEnd, KindTake, KindCounts,
	KindSpool, KindFlush, KindUnspool, KindRegain)

// part is one property of the picture; the first part feeds it.
type part struct {
	*Tally
	d    *delivery
	lead bool
}

// Kinds asks for the picture's records once.
func (p *part) Kinds() KindSet {
	if p.lead {
		return deliveryKinds
	}
	return 0
}

// Feed moves the picture on.
func (p *part) Feed(r *Record) { p.d.feed(r) }

// Finish closes the picture with the first part and gives the part's verdict.
func (p *part) Finish(end *End) Result {
	if p.lead {
		p.d.finish(end)
	}
	return p.Tally.Result()
}

// deliveryRules makes C1-C14, O1 and A1-A5.
func deliveryRules(c *Context) []Rule {
	d := &delivery{ctx: c, run: c.Run, ledger: c.ledger, names: c.Names,
		byNode: map[Sym]*store{}, spools: map[Sym]*spoolBook{}, syncedAt: map[int]place{}, views: map[int]*eligible{}, order: map[orderKey]orderMark{},
		ordered: c.Run.Emitter.BufferPackets == 1 && c.Run.Distributor.Workers == 1,
		logs:    make([]told, len(c.Files)), open: make([]int64, len(c.Files)), drained: make([]place, len(c.Files)),
		timeout: int64(c.Run.Distributor.AttemptTimeout)}
	d.weights.boot(c)
	var rules []Rule
	for i, t := range []*Tally{&d.c1, &d.c2, &d.c3, &d.c4, &d.c5, &d.c6, &d.c7, &d.c9, &d.c10, &d.c11, &d.c12, &d.c13, &d.c14, &d.c15, &d.o1, &d.a1, &d.a2, &d.a3, &d.a4, &d.a5} {
		t.Name = deliveryIDs[i]
		rules = append(rules, &part{Tally: t, d: d, lead: i == 0})
	}
	return rules
}

func (d *delivery) feed(r *Record) {
	switch r.Kind {
	case KindSend:
		d.send(r)
	case KindRecv:
		d.recv(r)
	case KindEmit:
		d.emit(r)
	case KindOutcome:
		d.outcome(r)
	case KindAdmit:
		d.admit(r)
	case KindAttemptFailed:
		d.attemptFailed(r)
	case KindDone:
		d.done(r)
	case KindGaveUp:
		d.gaveUp(r)
	case KindDead:
		d.dead(r)
	case KindRefuse:
		d.refuse(r)
	case KindView:
		d.view(r)
	case KindConfig:
		d.weights.accept(r)
	case KindCommit:
		d.commit(r)
	case KindRecover:
		d.recover(r)
	case KindCounter:
		r.File.counted = true
	case KindEnd:
		d.ended(r)
	case KindSynced, KindDiskfail:
		d.disk(r)
	case KindSpool, KindFlush, KindUnspool, KindRegain:
		d.spoolFeed(r)
	case KindDup:
		d.suppressed(r)
	case KindRetry:
		d.retry(r)
	case KindDrained:
		d.drain(r)
	case KindJoin:
		d.came(r)
	case KindPoisoned:
		d.arrived(r)
	case KindTake:
		d.take(r)
	case KindCounts:
		d.counts(r)
	case KindNoneUp:
		d.noneUp(r)
	case KindFault:
		d.fault(r)
	case KindStopped:
		d.over = true
	}
}

// disk takes what became of an append.
func (d *delivery) disk(r *Record) {
	if r.File.Role == RoleDistributor {
		if r.Kind == KindSynced {
			d.syncedAt[r.Who] = r.place()
		}
		d.spoolDisk(r)
	}
	if s := d.storeOf(r.File); s != nil {
		s.disk(r)
	}
}

// send looks at messages that carry or answer a packet.
func (d *delivery) send(r *Record) {
	if r.Msg == MsgProbeOK {
		d.probeAnswered(r)
	}
	if r.Pkt == nil {
		return
	}
	switch r.Msg {
	case MsgSubmit:
		d.logs[r.File.Index] |= tellsAnswers
		d.carries(r)
		d.submit(r)
	case MsgPacket:
		d.logs[r.File.Index] |= tellsAttempts
		d.carries(r)
		d.attempt(r)
		d.spoolCursor(r)
	case MsgResult:
		switch {
		case r.Is(KeyOut, "committed") && d.tells(r, tellsDone|tellsAdmitted):
			d.tellsCommitted(r)
		case r.Is(KeyOut, "poison"):
			d.tellsPoison(r)
		case r.Is(KeyOut, "spooled"):
			d.tellsSpooled(r)
		}
	case MsgReceipt:
		d.receiptSent(r)
	}
}

// recv looks at messages that carry or answer a packet.
func (d *delivery) recv(r *Record) {
	if r.Pkt == nil {
		return
	}
	switch r.Msg {
	case MsgSubmit:
		f := int32(r.File.Index)
		if d.logs[f] |= tellsSubmitted; !slices.Contains(r.Pkt.cameTo, f) {
			r.Pkt.cameTo = append(r.Pkt.cameTo, f)
		}
	case MsgResult:
		d.logs[r.File.Index] |= tellsAnswers
		d.result(r)
	case MsgPacket:
		d.arrive(r)
	case MsgReceipt:
		d.receiptGot(r)
	}
}

// fault notes what the disk of an analyser suffered and every stop.
func (d *delivery) fault(r *Record) {
	switch string(r.Bytes(KeyDo)) {
	case "disk_rot":
		d.storeAt(r.Sym(KeyN)).rot = r.Ref()
		d.spoolAt(r.Sym(KeyN)).rot = r.Ref()
	case "disk_tear":
		d.storeAt(r.Sym(KeyN)).tear = true
		d.spoolAt(r.Sym(KeyN)).tear = true
	case "stop":
		d.c12.Case()
	case "disk_fill", "disk_break", "disk_stall":
		d.storeAt(r.Sym(KeyN)).hindered = true
	case "kill":
		d.killed(r)
	}
	d.outages(r)
}

// finish judges what only the end decides.
func (d *delivery) finish(end *End) {
	d.finishEmitted(end)
	d.finishClaims()
	d.finishEffects()
	d.finishSpools(end)
}
