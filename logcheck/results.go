package logcheck

import "strconv"

// What analysers compute: a digest of the messages, of which the log has linear sums
// (`dg`): the sum of a digest is the sum of its packets' sums modulo 2^64, so that it can
// be proved without a text, whatever the order. D1: a digest is that of the effects that
// stand. D2: an effect counts what its emitter cut. D3: nothing but effects changes it.

var resultIDs = []string{"D1", "D2", "D3"}

// results judges D1-D3. Memory: the newest effects of each store, and two sums for each
// packet in flight.
type results struct {
	ctx        *Context
	d1, d2, d3 Tally
	stores     map[Sym]*digests
	packets    []packetSums // by Packet.Slot
}

// packetSums are what the emitter and the first analyser said of a packet.
type packetSums struct {
	gen       uint32
	emit      place
	commit    place
	emitted   uint64
	committed uint64
}

// digests is one store over its incarnations.
type digests struct {
	node     Sym
	last     uint64 // the newest effect that stands
	lost     uint64 // as told
	known    bool   // what stands is known: the fields below are what a digest must say
	sum      uint64
	packets  int64
	messages int64
	ring     []share // the newest effects, by number modulo its length
	base     uint64  // effects up to this one are not in the ring

	told   place // the newest digest; unset once something changed after it
	hash   string
	errors uint64
}

// share is what an effect adds.
type share struct {
	sum uint64
	n   int64
	at  place
}

// resultRules makes D1-D3.
func resultRules(c *Context) []Rule {
	s := &results{ctx: c, stores: map[Sym]*digests{}}
	var rules []Rule
	for i, t := range []*Tally{&s.d1, &s.d2, &s.d3} {
		t.Name = resultIDs[i]
		rules = append(rules, &resultPart{Tally: t, of: s, lead: i == 0})
	}
	return rules
}

// resultPart is one property of the picture; the first feeds it.
type resultPart struct {
	*Tally
	of   *results
	lead bool
}

// Kinds implements Rule, as do the methods below.
func (p *resultPart) Kinds() KindSet {
	if p.lead {
		return Kinds(KindEmit, KindCommit, KindRecover, KindDigest)
	}
	return 0
}

func (p *resultPart) Feed(r *Record) {
	if r.Kind == KindEmit {
		p.of.emit(r)
		return
	}
	if r.File.Role != RoleAnalyser {
		return // C6 says so of a commit
	}
	s := p.of.store(r.Node())
	switch r.Kind {
	case KindCommit:
		p.of.commit(r, s)
	case KindRecover:
		p.of.recover(r, s)
	case KindDigest:
		p.of.digest(r, s)
	}
}

func (p *resultPart) Finish(*End) Result { return p.Tally.Result() }

func (x *results) store(node Sym) *digests {
	s := x.stores[node]
	if s == nil {
		s = &digests{node: node, known: true, ring: make([]share, 256)}
		x.stores[node] = s
	}
	return s
}

// sums returns what is known of the record's packet, nil for none.
func (x *results) sums(r *Record) *packetSums {
	p := r.Pkt
	if p == nil || p.Forgotten {
		return nil
	}
	for len(x.packets) <= p.Slot {
		x.packets = append(x.packets, packetSums{})
	}
	s := &x.packets[p.Slot]
	if s.gen != p.Gen {
		*s = packetSums{gen: p.Gen}
	}
	return s
}

// emit judges D2 where the commit came first, as it may in tcp.
func (x *results) emit(r *Record) {
	s := x.sums(r)
	if s == nil || !r.Has(KeyDG) {
		return
	}
	s.emit, s.emitted = r.place(), hex64(r, KeyDG)
	if s.commit.set() {
		x.agree(r, s, s.commit, s.committed, s.emitted)
	}
}

// agree judges one case of D2.
func (x *results) agree(r *Record, s *packetSums, other place, a, b uint64) {
	if x.d2.Case(); a != b {
		x.d2.Failf([]Ref{other.ref(), r.Ref()}, "%s counts as %016x in one place and as %016x in another", r.Pkt.ID.Text(x.ctx.Names), a, b)
	}
}

// commit adds an effect, once.
func (x *results) commit(r *Record, s *digests) {
	s.told = place{}
	dg, has := hex64(r, KeyDG), r.Has(KeyDG)
	if p := x.sums(r); p != nil && has {
		if p.emit.set() {
			x.agree(r, p, p.emit, p.emitted, dg)
		} else if p.commit.set() {
			x.agree(r, p, p.commit, p.committed, dg)
		}
		if !p.commit.set() {
			p.commit, p.committed = r.place(), dg
		}
	}
	cs := r.Uint(KeyCS)
	if cs <= s.last {
		if e := s.at(cs); e != nil && has && e.sum != dg {
			x.d1.Failf([]Ref{e.at.ref(), r.Ref()}, "%s: effect number %d is written again and counts otherwise", x.ctx.Names.Name(s.node), cs)
		}
		return
	}
	s.known = s.known && has && cs == s.last+1
	if cs != s.last+1 {
		s.base, s.last = cs-1, cs-1 // C6 says so
	}
	s.push(share{dg, r.Int(KeyN), r.place()})
}

// at returns an effect that is remembered, or nil.
func (s *digests) at(cs uint64) *share {
	if cs <= s.base || cs > s.last {
		return nil
	}
	return &s.ring[cs&uint64(len(s.ring)-1)]
}

func (s *digests) push(e share) {
	if n := uint64(len(s.ring)); s.last-s.base == n {
		if n < effectsMax {
			bigger := make([]share, 2*n)
			for cs := s.base + 1; cs <= s.last; cs++ {
				bigger[cs&(2*n-1)] = s.ring[cs&(n-1)]
			}
			s.ring = bigger
		} else {
			s.base++
		}
	}
	s.last++
	s.ring[s.last&uint64(len(s.ring)-1)] = e
	s.sum += e.sum
	s.packets++
	s.messages += e.n
}

// recover takes the effects back that did not survive. Where it is not known which
// those are, the next digest is taken as it is, and what follows is judged from there.
func (x *results) recover(r *Record, s *digests) {
	n, lost := r.Uint(KeyN), r.Uint(KeyLost)
	if n != s.last || lost != s.lost {
		s.told = place{}
	}
	s.known = s.known && n <= s.last && lost == s.lost
	for ; s.last > n; s.last-- {
		e := s.at(s.last)
		if e == nil {
			s.known = false
			break
		}
		s.sum -= e.sum
		s.packets--
		s.messages -= e.n
	}
	s.last, s.lost = n, lost
	s.base = min(s.base, n)
	if !s.known {
		s.base = n
	}
}

// digest judges D1 and D3.
func (x *results) digest(r *Record, s *digests) {
	n, lost, sum, errors := r.Uint(KeyN), r.Uint(KeyLost), hex64(r, KeyDG), r.Uint(KeyErrs)
	packets, messages := r.Int(KeyPkts), r.Int(KeyMsgs)
	name := x.ctx.Names.Name(s.node)
	if n != s.last {
		x.d1.Failf([]Ref{r.Ref()}, "%s: a digest of %d effects, %d stand", name, n, s.last)
	}
	if s.known {
		x.d1.Case()
		if sum != s.sum || packets != s.packets || messages != s.messages {
			x.d1.Failf([]Ref{r.Ref()}, "%s: a digest of %d packets with %d messages and the sum %016x; the %d effects that stand are %d with %d and %016x",
				name, packets, messages, sum, s.last, s.packets, s.messages, s.sum)
		}
	}
	if s.told.set() && lost == s.lost {
		x.d3.Case()
		if s.hash != r.Str(KeyHash) || s.errors != errors || s.sum != sum {
			x.d3.Failf([]Ref{s.told.ref(), r.Ref()}, "%s: the digest changed, and no effect came or went", name)
		}
	}
	s.known, s.sum, s.packets, s.messages = true, sum, packets, messages
	s.told, s.hash, s.errors = r.place(), r.Str(KeyHash), errors
}

// hex64 is the value of 16 hex digits, 0 if there are none.
func hex64(r *Record, k Key) uint64 {
	v, _ := strconv.ParseUint(string(r.Bytes(k)), 16, 64)
	return v
}
