package logcheck

import "slices"

// store is the effects of one analyser node over its incarnations. Memory: one bit
// for each effect and the newest commits.
type store struct {
	d    *delivery
	no   int
	node Sym
	file *File // the incarnation that wrote last

	last     uint64 // the newest effect that stands
	synced   uint64 // the newest effect whose operation was synced
	syncedAt Ref
	recover  bool // this incarnation has said what it recovered
	packets  bool // it logs the packets that it receives
	standing *idSet

	ring      []effect // the newest effects, by number modulo its length
	base      uint64   // effects up to this one are no longer in the ring
	ops       map[uint64][]uint64
	spare     [][]uint64
	early     map[uint64]struct{} // synced before its commit was logged
	earlyList []uint64

	msgs     int64  // messages of the effects that stand
	msgless  bool   // which is not known
	lost     uint64 // effects reported lost by the newest recover
	damaged  uint64 // effects reported lost, which may come again
	told     uint64 // how many were in all, by the newest `recover`
	unlogged uint64 // effects that a crash kept out of the log (tcp)
	blank    bool   // more effects were dropped than are remembered
	rot      Ref
	tear     bool
	unsure   bool                  // the newest operation of its disk or store failed
	hindered bool                  // a fault kept its disk from answering or working, or killed a worker
	workers  *sharing              // nil: it has none
	answers  bool                  // it logs receipts
	failing  Ref                   // the newest append of commits failed, none succeeded since
	failT    int64                 // when the first of those failed
	lo       map[sourceKey]lowMark // of this incarnation
	ever     map[sourceKey]uint64  // the same of all
}

// effect is one commit in the ring.
type effect struct {
	id     PacketID
	cs, op uint64
	n      int64 // messages
	at     place
	synced bool
	failed bool // its operation failed; it will be written again
}

type sourceKey struct {
	source Sym
	inc    uint32
}

type lowMark struct {
	lo uint64
	at place
}

// Bounds of what a store remembers.
const (
	effectsMax = 1 << 14
	earlyMax   = 1 << 10
)

// droppedCommit is an effect that a recover dropped though its packet was acked.
type droppedCommit struct {
	id        PacketID
	at, cause Ref
}

// storeOf returns the store of an analyser's file; nil for other roles.
func (d *delivery) storeOf(f *File) *store {
	if f.Role != RoleAnalyser {
		return nil
	}
	s := d.storeAt(f.Node)
	if s.file != f {
		s.file, s.recover, s.packets = f, false, false
		s.ops, s.early, s.earlyList = map[uint64][]uint64{}, map[uint64]struct{}{}, nil
		s.lo = map[sourceKey]lowMark{}
		if s.workers != nil {
			s.workers.renew()
		}
	}
	return s
}

// storeAt returns the store of a node, made on first use.
func (d *delivery) storeAt(node Sym) *store {
	s := d.byNode[node]
	if s == nil {
		s = &store{d: d, no: len(d.stores), node: node, standing: newIDSet(), ring: make([]effect, 256), ever: map[sourceKey]uint64{}}
		d.byNode[node] = s
		d.stores = append(d.stores, s)
	}
	return s
}

// at returns effect number cs; nil when it is no longer remembered.
func (s *store) at(cs uint64) *effect {
	if cs <= s.base || cs > s.last {
		return nil
	}
	return &s.ring[cs&uint64(len(s.ring)-1)]
}

// push appends the next effect.
func (s *store) push(e effect) {
	if n := uint64(len(s.ring)); s.last-s.base == n {
		if n < effectsMax {
			bigger := make([]effect, 2*n)
			for cs := s.base + 1; cs <= s.last; cs++ {
				bigger[cs&(2*n-1)] = s.ring[cs&(n-1)]
			}
			s.ring = bigger
		} else {
			s.base++
		}
	}
	s.last++
	e.cs = s.last
	s.ring[s.last&uint64(len(s.ring)-1)] = e
}

// covers notes that operation op covers effect cs.
func (s *store) covers(op, cs uint64) {
	if _, ok := s.early[op]; ok {
		s.sync(cs, Ref{})
		return
	}
	list, ok := s.ops[op]
	if n := len(s.spare); !ok && n > 0 {
		list, s.spare = s.spare[n-1][:0], s.spare[:n-1]
	}
	s.ops[op] = append(list, cs)
}

// sync marks effect cs durable.
func (s *store) sync(cs uint64, at Ref) {
	if e := s.at(cs); e != nil {
		e.synced, e.failed = true, false
	}
	if cs > s.synced && cs <= s.last {
		s.synced, s.syncedAt = cs, at
	}
}

// disk takes a synced or diskfail record of the analyser.
func (s *store) disk(r *Record) {
	op := r.Uint(KeyTok)
	s.unsure = r.Kind == KindDiskfail
	list, ok := s.ops[op]
	if r.Kind == KindDiskfail {
		if ok {
			if !s.failing.valid() {
				s.failT = r.T
			}
			s.failing = r.Ref()
		}
		for _, cs := range list {
			if e := s.at(cs); e != nil {
				e.failed = true
			}
		}
	} else if ok {
		s.failing = Ref{}
		for _, cs := range list {
			s.sync(cs, r.Ref())
		}
	} else {
		s.remember(op)
	}
	if ok {
		delete(s.ops, op)
		s.spare = append(s.spare, list)
	}
}

// remember keeps a synced token whose commits may be logged after it.
func (s *store) remember(op uint64) {
	if len(s.earlyList) == earlyMax {
		delete(s.early, s.earlyList[0])
		s.earlyList = append(s.earlyList[:0], s.earlyList[1:]...)
	}
	s.early[op] = struct{}{}
	s.earlyList = append(s.earlyList, op)
}

// recover judges C10 and drops the effects that did not survive.
func (d *delivery) recover(r *Record) {
	s := d.storeOf(r.File)
	if s == nil {
		return
	}
	n, lost := r.Uint(KeyN), r.Uint(KeyLost)
	if s.recover {
		d.c6.Failf([]Ref{r.Ref()}, "%s recovers twice in one incarnation", d.names.Name(s.node))
	}
	s.recover = true
	d.survive(r, s, n, lost)
	s.damaged += lost
	if n > s.last {
		d.phantom(r, s, n, lost)
	}
	s.told = lost
	for cs := s.last; cs > n; cs-- {
		e := s.at(cs)
		if e == nil {
			s.blank, s.msgless = true, true
			break
		}
		s.msgs -= e.n
		d.drop(r, s, e)
	}
	if s.last > n {
		s.last, s.base = n, min(s.base, n)
	}
	for left := n - s.base; left > 0; left-- { // n may be the largest number there is
		s.ring[(s.base+left)&uint64(len(s.ring)-1)].synced = true
	}
	s.synced = n
	s.syncedAt = r.Ref()
	d.judgeMessages(r, s, lost)
}

// survive judges C10: what was synced before is there after, unless the disk
// rotted, and what is missing is reported.
func (d *delivery) survive(r *Record, s *store, n, lost uint64) {
	if s.synced == 0 && lost <= s.last+1 {
		return
	}
	d.c10.Case()
	refs := []Ref{s.syncedAt, s.rot, r.Ref()}
	switch {
	case n < s.synced && !(s.rot.valid() && n+lost >= s.synced):
		d.c10.Failf(refs, "%s recovered %d effects (%d reported lost), %d were synced", d.names.Name(s.node), n, lost, s.synced)
	case lost > s.last-s.synced+1 && !s.rot.valid() && !s.tear:
		d.c10.Failf(refs, "%s reports %d effects lost, and nothing damaged its disk", d.names.Name(s.node), lost)
	}
}

// phantom handles more effects than were logged: possible only where a crash can
// cut off the log's tail, and where a disk rotted, if those are reported lost: what
// cannot be read any more may have been no effect.
func (d *delivery) phantom(r *Record, s *store, n, lost uint64) {
	rotten := s.rot.valid() && lost > s.told && n-s.last <= lost-s.told
	if d.run.World == "sim" && !rotten {
		d.c6.Failf([]Ref{r.Ref()}, "%s recovered %d effects, it had committed %d", d.names.Name(s.node), n, s.last)
	} else {
		s.unlogged += n - s.last
	}
	s.last, s.base = n, n // nothing is known of them
	s.msgless = true
}

// drop takes effect e out of the store. Another effect of the same packet may
// still stand there: C6 has failed then, but C2 must not.
func (d *delivery) drop(r *Record, s *store, e *effect) {
	if e.at.file == nil || e.id.Source == d.ledger.probe {
		return
	}
	acked, another := d.ledger.acked.has(e.id), false
	if p := d.ledger.live[e.id]; p != nil {
		acked = acked || p.outcomeIs == outAcked
		if p.promised {
			acked = false // its spool sees to it, see finishSpools
		}
		for i := range p.commits {
			switch c := &p.commits[i]; {
			case c.store != int32(s.no) || c.dropped:
			case c.cs == e.cs:
				c.dropped = true
			default:
				another = true
			}
		}
	}
	if !another {
		s.standing.remove(e.id)
	}
	if acked && len(d.dropped) < memoMax {
		d.dropped = append(d.dropped, droppedCommit{e.id, e.at.ref(), r.Ref()})
	}
}

// stands reports whether some store holds an effect of p.
func (d *delivery) stands(p *Packet) bool {
	return p.effective() || d.standsID(p.ID)
}

func (d *delivery) standsID(id PacketID) bool {
	for _, s := range d.stores {
		if s.standing.has(id) {
			return true
		}
	}
	return false
}

// unheld takes an acked packet without an effect: a loss, unless a store's log is
// missing.
func (d *delivery) unheld(at Ref, id string) {
	for _, n := range d.ctx.Run.Nodes {
		if n.Role == "analyser" && !slices.ContainsFunc(d.ctx.Files, func(f *File) bool { return f.Node == d.names.InternString(n.Name) }) {
			d.c2.Unknownf("%s was acked and no store holds it, but the log of %s is missing", id, n.Name)
			return
		}
	}
	d.c2.Failf([]Ref{at}, "%s was acked and no store holds it", id)
}

// finishEffects judges what only the end decides: acked packets without an effect
// (C2) and effects of packets that were never emitted (C3).
func (d *delivery) finishEffects() {
	for _, x := range d.dropped {
		if !d.standsID(x.id) {
			d.c2.Failf([]Ref{x.at, x.cause}, "%s was acked and its effect was lost", x.id.Text(d.names))
		}
	}
	for _, x := range d.uncommits {
		if !d.standsID(x.id) {
			d.unheld(x.at, x.id.Text(d.names))
		}
	}
	for _, s := range d.stores {
		if s.blank {
			d.c2.Unknownf("%s lost more effects than are remembered (%d)", d.names.Name(s.node), effectsMax)
		}
	}
	for _, x := range d.unproven {
		if p := d.ledger.live[x.id]; p == nil && !d.ledger.emitted.has(x.id) || p != nil && !p.Emitted {
			d.c3.Failf([]Ref{x.at}, "%s was never emitted", x.id.Text(d.names))
		}
	}
}
