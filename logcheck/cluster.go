package logcheck

import (
	"bytes"
	"fmt"
	"slices"
)

// The rules G1-G10 need one picture: what each distributor's replica of the shared table
// has seen, and who told it. The first rule is fed and moves the picture on.

const (
	ruleG1 = iota
	ruleG2
	ruleG3
	ruleG4
	ruleG5
	ruleG6
	ruleG7
	ruleG8
	ruleG9
	ruleG10
	clusterCount
)

var clusterIDs = [clusterCount]string{"G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10"}

var clusterKinds = Kinds(KindLog, KindEnd, KindStart, KindStop, KindConfig, KindSeed, KindChange, KindReplica, KindMember, KindTally, KindSend, KindRecv,
	KindAdmit, KindPick, KindFault, KindPhase, KindStopped, KindOutcome)

// tombstonesMax is how many removed analysers a replica remembers at most.
const tombstonesMax = 4096

// cluster is the picture of all replicas.
type cluster struct {
	ctx      *Context
	names    *Names
	tally    [clusterCount]Tally
	book     *changeBook
	sets     *viewBook
	reps     []*replica // by File.Index
	order    []*replica // those that run, by appearance
	digests  map[string]digestOf
	boots    map[string]bootName  // by the table
	kept     map[Sym]*keptChanges // by node
	pairs    []*gossipPair
	folds    map[siteID][]folding // state crdt-counts
	within   int64                // T_G
	due      int64                // when the pairs must be looked at
	over     bool
	splits   []*split
	equal    int64 // since when all that run have seen the same; forever: they have not
	takeover takeover
}

// replica is what an incarnation of a distributor has of the shared table.
type replica struct {
	file    *File
	node    Sym
	began   int64
	seen    vector
	told    bool // there was a record of it
	at      Ref
	conf    []entry // of its newest accepted configuration
	confRef Ref
	ver     uint64
	change  *change // of the record before, which a replica record must follow
	dead    uint64
	sent    map[uint64]vector     // what its deltas told, by serial
	got     map[siteSerial]uint32 // deltas that came whole, and which incarnation had been heard of by then; and those before
	older   map[siteSerial]uint32
	incs    map[Sym]uint32
	admits  int64
	picks   int64

	counted   vector // of the counts, state crdt-counts
	countAt   Ref
	countSent map[uint64]vector
}

// siteSerial names a delta.
type siteSerial struct {
	siteID
	serial uint64
}

// digestOf is the digest of who has seen something.
type digestOf struct {
	dig string
	at  Ref
}

// keptChanges is what a node must still have after a restart.
type keptChanges struct {
	own    vector // its own changes, which were durable before anybody was told
	seen   vector // all that it had seen
	at     Ref
	newest uint32
	spoilt bool // its disk lied, rotted or failed: nothing is promised
}

// gossipMemory bounds the deltas remembered of each replica.
const gossipMemory = 4096

func clusterRules(c *Context) []Rule {
	j := &cluster{
		ctx: c, names: c.Names, book: newChangeBook(c.Names), sets: newViewBook(c.Names),
		reps: make([]*replica, len(c.Files)), digests: map[string]digestOf{}, boots: map[string]bootName{}, kept: map[Sym]*keptChanges{}, folds: map[siteID][]folding{},
		within: int64(c.Run.Distributor.ConvergeWithin), due: forever, equal: forever, takeover: newTakeover(c.Run),
	}
	rules := make([]Rule, clusterCount)
	for i := range rules {
		j.tally[i].Name = clusterIDs[i]
		rules[i] = &clusterFace{j, i}
	}
	return rules
}

// clusterFace is one property of the picture.
type clusterFace struct {
	j  *cluster
	no int
}

func (f *clusterFace) ID() string { return clusterIDs[f.no] }

// Kinds lets only the first face be fed.
func (f *clusterFace) Kinds() KindSet {
	if f.no != 0 || !f.j.ctx.Run.Distributor.clustered() && f.j.distributors() < 2 {
		return 0
	}
	return clusterKinds
}

func (f *clusterFace) Feed(r *Record) { f.j.feed(r) }

func (f *clusterFace) Finish(*End) Result {
	return f.j.tally[f.no].Result()
}

func (j *cluster) feed(r *Record) {
	if r.T > j.due {
		j.judgePairs(r.T)
	}
	switch r.Kind {
	case KindFault, KindPhase, KindStopped:
		j.fault(r)
		return
	case KindOutcome:
		j.takeover.end(j, r)
		return
	}
	if r.File.Role == RoleEmitter && r.Pkt != nil {
		j.takeover.submission(j, r)
	}
	if r.File.Role != RoleDistributor && r.Kind != KindLog {
		return
	}
	switch r.Kind {
	case KindLog:
		j.incarnation(r)
	case KindEnd:
		j.leave(r.File.Index)
	case KindSend:
		j.sent(r)
	case KindRecv:
		j.received(r)
	case KindAdmit:
		j.rep(r).admits++
	case KindPick:
		j.rep(r).picks++
	case KindConfig:
		if r.Bool(KeyOK) {
			p := j.rep(r)
			p.conf, _ = j.sets.apply(nil, r.Bytes(KeySet)) // a wrong one is R13's
			p.ver, p.confRef = r.Uint(KeyVer), r.Ref()
		}
	case KindSeed:
		j.seed(r)
	case KindChange:
		j.changed(r)
	case KindReplica:
		j.replica(r)
	case KindTally:
		j.tallied(r)
	case KindMember:
		j.member(r)
	}
}

// rep is the replica of a record's file.
func (j *cluster) rep(r *Record) *replica {
	p := j.reps[r.File.Index]
	if p == nil {
		p = &replica{file: r.File, node: r.File.Node, began: r.T, sent: map[uint64]vector{}, countSent: map[uint64]vector{}, got: map[siteSerial]uint32{}, incs: map[Sym]uint32{}}
		j.reps[r.File.Index] = p
	}
	return p
}

func (j *cluster) site(p *replica) siteID { return siteID{p.node, p.file.Inc} }

func (j *cluster) keptAt(node Sym) *keptChanges {
	k := j.kept[node]
	if k == nil {
		k = &keptChanges{}
		j.kept[node] = k
	}
	return k
}

// incarnation notes a node's newest incarnation (G10).
func (j *cluster) incarnation(r *Record) {
	k := j.keptAt(r.File.Node)
	k.newest = max(k.newest, r.File.Inc)
}

// leave forgets an incarnation that ended or crashed.
func (j *cluster) leave(file int) {
	p := j.reps[file]
	i := slices.Index(j.order, p)
	if p == nil || i < 0 {
		return
	}
	j.order = slices.Delete(j.order, i, i+1)
	j.pairs = slices.DeleteFunc(j.pairs, func(g *gossipPair) bool { return g.from == p || g.to == p })
	j.same(j.ctx.Truth.Now())
}

// sent notes what a delta tells: all that its sender has seen by now.
func (j *cluster) sent(r *Record) {
	if r.Msg != MsgGossip || r.Uint(KeyOff) != 0 {
		return
	}
	p := j.rep(r)
	if len(p.sent) >= gossipMemory {
		delete(p.sent, r.Uint(KeySer)-gossipMemory)
		delete(p.countSent, r.Uint(KeySer)-gossipMemory)
	}
	p.sent[r.Uint(KeySer)] = p.seen
	if p.counted != nil {
		p.countSent[r.Uint(KeySer)] = p.counted
	}
}

// received notes that the last part of a delta came.
func (j *cluster) received(r *Record) {
	if r.Msg != MsgGossip || r.Uint(KeyOff)+r.Uint(KeyB) != r.Uint(KeyTotal) {
		return
	}
	p := j.rep(r)
	if len(p.got) >= gossipMemory {
		p.older, p.got = p.got, map[siteSerial]uint32{}
	}
	from := siteID{r.Sym(KeyFr), uint32(r.Uint(KeyFI))}
	p.got[siteSerial{from, r.Uint(KeySer)}] = p.incs[from.node]
}

// member judges that a replica's news of others' incarnations never goes back (G10).
func (j *cluster) member(r *Record) {
	p, of, t := j.rep(r), r.Sym(KeyNode), &j.tally[ruleG10]
	inc := uint32(r.Uint(KeyInc))
	t.Case()
	if inc < p.incs[of] {
		t.Failf([]Ref{r.Ref()}, "incarnation %d of %s was heard of, then %d", p.incs[of], j.names.Name(of), inc)
	}
	p.incs[of] = max(p.incs[of], inc)
}

// alive judges that no replica works on once a later incarnation of its node began (G10).
func (j *cluster) alive(r *Record) {
	j.tally[ruleG10].Case()
	if k := j.keptAt(r.File.Node); r.File.Inc < k.newest && j.ctx.ClockError == 0 {
		j.tally[ruleG10].Failf([]Ref{r.Ref()}, "incarnation %d of %s changes the table after incarnation %d began", r.File.Inc, j.names.Name(r.File.Node), k.newest)
	}
}

// seed takes the registrations of a boot table, which are the same changes whoever begins
// with them: the n-th of the configuration before it, in ascending order, has counter n.
func (j *cluster) seed(r *Record) {
	p, by := j.rep(r), siteID{r.Sym(KeyBy), 1}
	known := j.book.known[by]
	j.sameName(p, by, r)
	var before vector
	for i, e := range p.conf {
		c := &change{mark: mark{by, uint64(i + 1)}, ctx: before, weight: e.weight, at: r.Ref()}
		c.weightBy = c.mark
		if e.status == statusDrain {
			c.drains = 1
		}
		before = vector{c.mark}
		if known == 0 {
			j.book.add(e.id, c)
		} else if !slices.ContainsFunc(j.book.of[e.id], func(d *change) bool { return d.mark == c.mark && d.weight == c.weight && d.drains == c.drains }) {
			j.tally[ruleG1].Failf([]Ref{p.confRef, r.Ref()}, "%s is another boot table here than elsewhere", j.names.Name(by.node))
		}
	}
	if known > 0 && known != uint64(len(p.conf)) {
		j.tally[ruleG1].Failf([]Ref{p.confRef, r.Ref()}, "%s is another boot table here than elsewhere", j.names.Name(by.node))
	}
}

// sameName holds that equal boot tables have one name: otherwise a boot registers again
// what others have removed since (G4).
func (j *cluster) sameName(p *replica, by siteID, r *Record) {
	var text []byte
	for _, e := range p.conf {
		text = fmt.Appendf(text, "%d=%d:%d,", e.id, e.weight, e.status)
	}
	if before, ok := j.boots[string(text)]; !ok {
		j.boots[string(text)] = bootName{by.node, r.Ref()}
	} else if before.by != by.node {
		j.tally[ruleG4].Failf([]Ref{before.at, r.Ref()}, "the same boot table is registered by %s and by %s", j.names.Name(before.by), j.names.Name(by.node))
	}
}

// bootName is the name that a boot table has as a site.
type bootName struct {
	by Sym
	at Ref
}

// changed takes a change that a replica made, and judges its version: later than all that
// the replica knew, and its own.
func (j *cluster) changed(r *Record) {
	p := j.rep(r)
	j.alive(r)
	by := mark{j.site(p), r.Uint(KeyCtr)}
	ctx, ok := parseVector(r.Bytes(KeySeen), j.names)
	t := &j.tally[ruleG5]
	t.Case()
	switch {
	case !ok:
		j.tally[ruleG2].Failf([]Ref{r.Ref()}, "what was seen is not name/inc=counter, ascending")
		return
	case !slices.Equal(ctx, p.seen):
		j.tally[ruleG2].Failf([]Ref{p.at, r.Ref()}, "a change says that its replica had seen something else than it had")
	case by.ctr <= ctx.newest():
		t.Failf([]Ref{p.at, r.Ref()}, "change %d is not later than what its replica had seen, up to %d", by.ctr, ctx.newest())
	}
	c, ok := j.book.make(by, r.Str(KeyOp), r.Sym(KeyAn), r.Uint(KeyWeight), ctx)
	if !ok {
		j.tally[ruleG4].Failf([]Ref{p.at, r.Ref()}, "%s of %s does not apply to what its replica had seen", r.Str(KeyOp), j.names.Name(r.Sym(KeyAn)))
		return
	}
	c.at = r.Ref()
	p.change = c
	j.book.add(r.Sym(KeyAn), c)
	k := j.keptAt(p.node)
	k.own = k.own.join(vector{by}, j.names)
}

// replica takes what a replica is now.
func (j *cluster) replica(r *Record) {
	p := j.rep(r)
	j.alive(r)
	text := bytes.Clone(r.Bytes(KeySeen))
	seen, ok := parseVector(text, j.names)
	if !ok {
		j.tally[ruleG2].Failf([]Ref{r.Ref()}, "what was seen is not name/inc=counter, ascending")
		return
	}
	first := !p.told
	j.grows(p, seen, r)
	before := p.seen
	p.seen, p.told, p.at, p.change, p.dead = seen, true, r.Ref(), nil, r.Uint(KeyDead)
	if first {
		p.began = r.T
		j.enter(p)
	}
	k := j.keptAt(p.node)
	k.seen, k.at = seen, r.Ref()
	j.judgeTable(p, text, r)
	if !slices.Equal(before, seen) || first {
		j.news(p, r.T, false)
	}
}
