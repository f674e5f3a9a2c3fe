package logcheck

// probeRule judges F15: the probes of a detector to an analyser keep their distance
// within the jitter, which is there, and one that counts as timed out was not
// awaited for longer than the timeout and a pause that is none. Data probes come
// beside them and are not judged. Memory: one entry a detector and analyser.
type probeRule struct {
	Tally
	run   *RunDetector
	truth *Truth
	most  int64 // the longest distance: a probe and a data probe may be awaited in between
	nodes map[Sym]map[probeKey]*probing
	gaps  sameness
}

type probeKey struct{ actor, an Sym }

// probing is the newest probe.
type probing struct {
	pn  uint64
	m   int64
	t   int64
	ref Ref
	old bool // an analyser may have been registered anew since, or the observer paused
}

// Kinds implements Rule, as do the methods below.
func (b *probeRule) Kinds() KindSet {
	return Kinds(KindLog, KindSend, KindProbed, KindConfig, KindResumed)
}

func (b *probeRule) Feed(r *Record) {
	book := b.nodes[r.Node()]
	if book == nil || r.Kind == KindLog {
		book = map[probeKey]*probing{}
		b.nodes[r.Node()] = book
	}
	switch {
	case r.Kind == KindConfig && r.Bool(KeyOK):
		for _, p := range book { //weir:anyorder all are set alike
			p.old = true // who was removed and comes back is watched from the start
		}
	case r.Kind == KindResumed:
		for key, p := range book { //weir:anyorder those of the actor are set alike
			p.old = p.old || key.actor == r.Actor
		}
	case r.Kind == KindSend && r.Msg == MsgProbe:
		b.sent(book, r)
	case r.Kind == KindProbed && !r.Bool(KeyDP) && r.Is(KeyRes, "timeout"):
		p := book[probeKey{r.Actor, r.Sym(KeyAn)}]
		if p == nil || p.pn != r.Uint(KeyPN) || b.run.Timeout <= 0 || b.run.Pause <= 0 {
			return
		}
		b.Case()
		if waited, most := r.M-p.m, int64(b.run.Timeout+b.run.Pause); waited > most {
			b.Failf([]Ref{p.ref, r.Ref()}, "a probe timed out after %d ns, the timeout is %d and a pause from %d on does not count", waited, int64(b.run.Timeout), int64(b.run.Pause))
		}
	}
}

// sent judges the distance from the probe before.
func (b *probeRule) sent(book map[probeKey]*probing, r *Record) {
	key := probeKey{r.Actor, r.Sym(KeyTo)}
	p := book[key]
	if p == nil {
		p = &probing{old: true}
		book[key] = p
	}
	least := int64(min(b.run.Interval, b.run.DownInterval) - b.run.Jitter)
	if !p.old && least > 0 {
		b.Case()
		gap := r.M - p.m
		if gap < least {
			b.Failf([]Ref{p.ref, r.Ref()}, "two probes %d ns apart, the shortest interval less its jitter is %d", gap, least)
		}
		if gap > b.most && b.truth.Touched(r.Node(), r.Node()) < p.t {
			b.Failf([]Ref{p.ref, r.Ref()}, "two probes %d ns apart, the longest distance is %d", gap, b.most)
		}
		if b.run.Jitter > 0 && gap <= int64(b.run.Interval+b.run.Jitter) {
			b.gaps.note(gap, r.Ref())
		}
	}
	*p = probing{pn: r.Uint(KeyPN), m: r.M, t: r.T, ref: r.Ref()}
}

func (b *probeRule) Finish(*End) Result {
	if s := &b.gaps; s.bad() {
		b.Failf([]Ref{s.first, s.last}, "%d probes are all %d ns apart: they have no jitter", s.n, s.value)
	}
	return b.Result()
}
