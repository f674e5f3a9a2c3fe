package logcheck

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
)

// The distributors' own durability: what a spool has taken on is synced before it is
// acknowledged (C9), is seen through (C2), is not given up as done with (C11) and outlives
// crashes (C15).

// spoolBook is what one distributor's spool holds, over its incarnations.
type spoolBook struct {
	node    Sym
	live    map[PacketID]*kept
	waiting []PacketID             // not in an append yet, of the newest incarnation
	ops     map[spoolOp][]PacketID // appends that are under way
	promise *idSet                 // ids that were durable here at some time
	sources map[sourceKey]*spoolLow
	top     uint64 // highest number told
	spools  uint64 // records of it
	synced  int    // live ones that are durable for certain
	since   Ref    // when one became so
	rot     Ref
	tear    bool
	regain  *File // the incarnation that has told what it regained
}

type spoolOp struct {
	file *File
	op   uint64
}

// kept is a packet that a spool holds.
type kept struct {
	no     uint64
	at     place
	m      int64
	synced bool
}

// spoolLow finds the lowest sequence of a source that is held.
type spoolLow struct {
	live map[uint64]struct{}
	low  uint64
}

func (d *delivery) spoolAt(node Sym) *spoolBook {
	b := d.spools[node]
	if b == nil {
		b = &spoolBook{node: node, live: map[PacketID]*kept{}, ops: map[spoolOp][]PacketID{}, promise: newIDSet(), sources: map[sourceKey]*spoolLow{}}
		d.spools[node] = b
	}
	return b
}

// spoolFeed takes the records of a spool.
func (d *delivery) spoolFeed(r *Record) {
	switch r.Kind {
	case KindSpool:
		d.spool(r)
	case KindFlush:
		d.flush(r)
	case KindUnspool:
		d.unspool(r)
	case KindRegain:
		d.regained(r)
	}
}

// spool takes in that a packet is to be written.
func (d *delivery) spool(r *Record) {
	if r.Pkt == nil {
		return
	}
	d.came(r)
	b, no := d.spoolAt(r.Node()), r.Uint(KeyNo)
	d.c15.Case()
	if no <= b.top {
		d.c15.Failf([]Ref{r.Ref()}, "number %d of the spool of %s again, the newest is %d", no, d.names.Name(b.node), b.top)
	}
	b.top, b.spools = max(b.top, no), b.spools+1
	b.waiting = append(b.waiting, r.id)
	b.hold(d, r, no)
}

// flush takes in that an append has begun with what waits up to a number.
func (d *delivery) flush(r *Record) {
	b := d.spoolAt(r.Node())
	op := spoolOp{r.File, r.Uint(KeyOp)}
	n := 0
	for n < len(b.waiting) {
		if k := b.live[b.waiting[n]]; k != nil && k.no > r.Uint(KeyNo) {
			break
		}
		n++
	}
	b.ops[op] = append(b.ops[op], b.waiting[:n]...)
	b.waiting = append(b.waiting[:0], b.waiting[n:]...)
}

func (b *spoolBook) hold(d *delivery, r *Record, no uint64) {
	if k := b.live[r.id]; k == nil {
		r.Pkt.spooled++
	} else if k.synced {
		b.synced--
	}
	b.live[r.id] = &kept{no: no, at: r.place(), m: r.M}
	key := sourceKey{r.id.Source, r.id.Inc}
	s := b.sources[key]
	if s == nil {
		s = &spoolLow{live: map[uint64]struct{}{}, low: r.id.Seq}
		b.sources[key] = s
	}
	s.live[r.id.Seq] = struct{}{}
	s.low = min(s.low, r.id.Seq)
}

// lowest is the lowest sequence that is held, but at most bound.
func (s *spoolLow) lowest(bound uint64) uint64 {
	if len(s.live) == 0 {
		return bound
	}
	for s.low < bound {
		if _, ok := s.live[s.low]; ok {
			return s.low
		}
		s.low++
	}
	return bound
}

// release ends that a packet is held.
func (b *spoolBook) release(d *delivery, id PacketID) {
	k := b.live[id]
	if k == nil {
		return
	}
	delete(b.live, id)
	if k.synced {
		b.synced--
	}
	if s := b.sources[sourceKey{id.Source, id.Inc}]; s != nil {
		delete(s.live, id.Seq)
	}
	if p := d.ledger.live[id]; p != nil {
		p.spooled--
	}
}

// spoolDisk takes a synced or diskfail record of a distributor.
func (d *delivery) spoolDisk(r *Record) {
	b := d.spools[r.Node()]
	if b == nil {
		return
	}
	op := spoolOp{r.File, r.Uint(KeyTok)}
	for _, id := range b.ops[op] {
		k := b.live[id]
		switch {
		case k == nil:
		case r.Kind == KindDiskfail:
			b.release(d, id)
		case !k.synced:
			k.synced = true
			b.synced, b.since = b.synced+1, r.Ref()
			b.promise.add(id)
		}
	}
	delete(b.ops, op)
}

// unwritten takes out a packet that was refused instead of written.
func (d *delivery) unwritten(r *Record) {
	if b := d.spools[r.Node()]; b != nil && r.Pkt != nil && !r.Is(KeyWhy, "many_waiting") {
		if k := b.live[r.id]; k != nil && !k.synced && k.at.file == r.File {
			b.release(d, r.id)
		}
	}
}

// tellsSpooled judges that what is told spooled is durable (C9).
func (d *delivery) tellsSpooled(r *Record) {
	d.c9.Case()
	if b := d.spools[r.Node()]; b == nil || !b.promise.has(r.id) {
		d.c9.Failf([]Ref{r.Ref()}, "%s is told spooled before it was synced", d.text(r.Pkt))
	}
}

// unspool judges why a packet is held no more.
func (d *delivery) unspool(r *Record) {
	p := r.Pkt
	if p == nil {
		return
	}
	b := d.spoolAt(r.Node())
	k := b.live[r.id]
	switch string(r.Bytes(KeyWhy)) {
	case "committed":
		d.c9.Case()
		if !p.Forgotten && !containsFile(p.doneIn, r.File) {
			d.c9.Failf([]Ref{r.Ref()}, "%s leaves the spool as committed and no worker completed it", d.text(p))
		}
	case "dead":
		d.c9.Case()
		if !p.Forgotten && !d.deadIn(p, r.File) {
			d.c9.Failf([]Ref{r.Ref()}, "%s leaves the spool as dead and no worker declared it so", d.text(p))
		}
		p.excused = true
	case "expired":
		d.spoolExpired(r, k)
		p.excused = true
	case "damaged":
		d.c15.Case()
		if !b.rot.valid() {
			d.c15.Failf([]Ref{r.Ref()}, "%s is given up as damaged and nothing damaged the disk of %s", d.text(p), d.names.Name(b.node))
		}
		p.excused = true
	}
	b.release(d, r.id)
}

// spoolExpired judges that an expired packet was old enough (C14). A spool's time stands
// still while its node is down, so what an earlier incarnation took in is not measured.
func (d *delivery) spoolExpired(r *Record, k *kept) {
	d.c14.Case()
	age := int64(d.run.Distributor.SpoolAge)
	switch {
	case age == 0:
		d.c14.Failf([]Ref{r.Ref()}, "%s expired in a spool, where nothing expires", d.text(r.Pkt))
	case k != nil && k.at.file == r.File && r.M-k.m < age:
		d.c14.Failf([]Ref{k.at.ref(), r.Ref()}, "%s expired in the spool after %d ns, not %d", d.text(r.Pkt), r.M-k.m, age)
	}
}

// deadIn reports whether a worker of that incarnation declared a packet dead.
func (d *delivery) deadIn(p *Packet, f *File) bool {
	for i := range p.works {
		if p.works[i].dead.set() && p.works[i].dead.file == f {
			return true
		}
	}
	return false
}

// spoolCursor judges that analysers are not told to forget what is held (C11).
func (d *delivery) spoolCursor(r *Record) {
	b := d.spools[r.Node()]
	if b == nil {
		return
	}
	s := b.sources[sourceKey{r.id.Source, r.id.Inc}]
	if s == nil {
		return
	}
	d.c11.Case()
	lo := r.Uint(KeyLo)
	if low := s.lowest(lo); low < lo {
		id := PacketID{r.id.Source, r.id.Inc, low}
		d.c11.Failf([]Ref{b.live[id].at.ref(), r.Ref()}, "an analyser is told that the source needs nothing below %d, and the spool holds %s", lo, id.Text(d.names))
	}
}

// regained judges what a spool held after a restart (C15).
func (d *delivery) regained(r *Record) {
	b := d.spoolAt(r.Node())
	d.c15.Case()
	name := d.names.Name(b.node)
	if b.regain == r.File {
		d.c15.Failf([]Ref{r.Ref()}, "%s regains its spool twice in one incarnation", name)
	}
	b.regain = r.File
	n, lost := r.Uint(KeyN), r.Uint(KeyLost)
	unsure := uint64(len(b.live) - b.synced)
	switch {
	case n < uint64(b.synced) && !(b.rot.valid() && n+lost >= uint64(b.synced)):
		d.c15.Failf([]Ref{b.since, b.rot, r.Ref()}, "%s regained %d packets (%d reported lost), %d were held for certain", name, n, lost, b.synced)
	case n > b.spools, r.Uint(KeyNo) > b.top && d.run.World == "sim" && !b.rot.valid():
		d.c15.Failf([]Ref{r.Ref()}, "%s regained %d packets up to number %d, it had taken in %d up to %d", name, n, r.Uint(KeyNo), b.spools, b.top)
	case lost > unsure+1 && !b.rot.valid() && !b.tear:
		d.c15.Failf([]Ref{r.Ref()}, "%s reports %d packets of its spool lost, and nothing damaged its disk", name, lost)
	}
	b.top = r.Uint(KeyNo) // what was told to nobody may be told again
	d.forgive(r, b)
}

// forgive takes out what was reported lost, and what was under way and may be gone.
func (d *delivery) forgive(r *Record, b *spoolBook) {
	ranges, ok := parseRanges(r.Bytes(KeySet))
	if !ok {
		d.c15.Failf([]Ref{r.Ref()}, "the lost numbers of %s are no list of ranges", d.names.Name(b.node))
	}
	ids := make([]PacketID, 0, len(b.live))
	for id := range b.live { //weir:anyorder they are sorted next
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y PacketID) int { return cmp.Compare(b.live[x].no, b.live[y].no) })
	for _, id := range ids {
		k := b.live[id]
		if !inRanges(ranges, k.no) {
			if !k.synced { // held or not: nobody was told, but it may be told now
				b.promise.add(id)
				b.release(d, id)
			}
			continue
		}
		if k.synced && !b.rot.valid() {
			d.c15.Failf([]Ref{k.at.ref(), r.Ref()}, "%s was synced and is reported lost, and nothing damaged the disk of %s", id.Text(d.names), d.names.Name(b.node))
		}
		if p := d.ledger.live[id]; p != nil {
			p.excused = true
		}
		b.release(d, id)
	}
	d.forgetOps(r, b)
}

// forgetOps drops the appends of earlier incarnations.
func (d *delivery) forgetOps(r *Record, b *spoolBook) {
	b.waiting = nil
	for op := range b.ops { //weir:anyorder each is dropped or not by itself
		if op.file != r.File {
			delete(b.ops, op)
		}
	}
}

type spoolRange struct{ from, to uint64 }

// parseRanges reads "5-7,9".
func parseRanges(text []byte) (list []spoolRange, ok bool) {
	for _, part := range bytes.Split(text, []byte(",")) {
		if len(part) == 0 {
			continue
		}
		low, high, span := bytes.Cut(part, []byte("-"))
		from, err := strconv.ParseUint(string(low), 10, 64)
		to := from
		if err == nil && span {
			to, err = strconv.ParseUint(string(high), 10, 64)
		}
		if err != nil || to < from {
			return nil, false
		}
		list = append(list, spoolRange{from, to})
	}
	return list, true
}

func inRanges(list []spoolRange, n uint64) bool {
	for _, s := range list {
		if n >= s.from && n <= s.to {
			return true
		}
	}
	return false
}

// finishSpools judges C2 on what a spool acknowledged and no store holds.
func (d *delivery) finishSpools(end *End) {
	ways := newWays(d.ctx, &d.weights)
	held := int64(0)
	d.ledger.each(func(p *Packet) {
		if !p.promised || p.excused || d.stands(p) {
			return
		}
		switch {
		case !end.LivenessDue:
			d.c2.Unknownf("%s is in a spool and the run ended early (%s)", d.text(p), end.Why)
		case ways.blocked(p.emit.file.Node) != "":
			held++
		default:
			d.c2.Failf([]Ref{p.outcome.ref()}, "%s was acked from a spool and no store holds it", d.text(p))
		}
	})
	if held > 0 {
		d.c2.note = "in_spool " + strconv.FormatInt(held, 10)
	}
}
