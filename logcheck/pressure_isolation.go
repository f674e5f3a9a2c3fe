package logcheck

// B5: while one analyser is disturbed and nothing else, the others go on. Two
// windows are compared: A, a calm span before the fault, shows what the others
// take of the load; B is the fault itself, once its detection and the first
// retries are due. pressure_isolation_judge.go says what must hold of them.

// What a window needs to be judged.
const (
	calmTime  = 2_000_000_000 // shortest A, nanoseconds
	trialTime = 1_000_000_000 // shortest B
	warmTime  = 1_000_000_000 // from the first commit to the earliest A
	flowMin   = 50            // packets emitted in A, and in B
	sizeMax   = 1 << 20       // messages of a packet, by FORMAT.md; more is taken for that many
)

// flow counts the traffic of a window from `from` on.
type flow struct {
	from, to  int64
	packets   int64  // emitted
	messages  int64  // emitted
	squares   uint64 // sum of the squares of the packets' messages, saturating
	largest   int64  // messages of the largest packet
	committed int64  // messages: all of A's own (A), those of the others (B)
}

// emit counts a packet of n messages.
func (f *flow) emit(n int64) {
	f.packets++
	f.messages += n
	f.squares = addSquare(f.squares, n)
	f.largest = max(f.largest, n)
}

// sizeOf is a packet's messages, bounded so that no sum of a log overflows.
func sizeOf(r *Record) int64 { return int64(min(r.Uint(KeyN), sizeMax)) }

type isoState uint8

const (
	isoCalm   isoState = iota // window A grows
	isoTrial                  // one analyser is disturbed
	isoSpoilt                 // something else is: wait until all is well
	isoOff                    // never judged
)

// emitMark remembers a packet that was emitted in window A, by Packet.Slot.
type emitMark struct {
	gen uint32
	on  bool // emitted in this window and not committed yet
	t   int64
}

// isolation is B5's picture. Memory: one mark for each packet in flight, a number
// for each analyser, and the nodes and links that faults act on at present.
type isolation struct {
	state     isoState
	wait      int64 // from the fault to window B: detection, the last attempt, its retry
	settle    int64 // from a disturbance to window A
	first     int64 // the first commit; forever before
	analysers map[Sym]bool
	emitters  int

	busyNodes map[Sym]struct{}     // nodes that a fault acts on
	busyLinks map[linkKey]struct{} // links that a fault acts on
	suspects  [2]Sym               // who the disturbed analyser may be; 0: none
	begin     Ref                  // the fault

	calm    flow
	marks   []emitMark
	got     map[Sym]int64 // messages of A by the analyser that committed them first
	latency int64         // the longest from emit to commit in A

	trial   flow
	open    bool  // window B has begun
	left    bool  // the log does not show that the load fits: not judged
	lag     int64 // the end of B in which nothing need be committed yet
	tail    emitTail
	crowded bool  // one of the others may have had little room in B
	slack   int64 // see openTrial
	blocked Ref   // the first refusal or back-pressure in B

	back     map[Sym]bool // emitters that keep arrivals out
	backs    int
	allSince int64 // since when all of them do; forever: they do not
	allBack  int64 // how long all of them did in B
}

func newIsolation(c *Context) isolation {
	d := &c.Run.Distributor
	s := isolation{
		first: forever, wait: c.Run.DetectMax() + int64(d.AttemptTimeout) + int64(d.BackoffMax) + c.ClockError,
		settle:    int64(d.AttemptTimeout),
		analysers: map[Sym]bool{}, busyNodes: map[Sym]struct{}{}, busyLinks: map[linkKey]struct{}{},
		got: map[Sym]int64{}, back: map[Sym]bool{}, allSince: forever,
	}
	for _, n := range c.Run.Nodes {
		switch n.Role {
		case "analyser":
			s.analysers[c.Names.InternString(n.Name)] = true
		case "emitter":
			s.emitters++
		}
	}
	if d.OnFull != "skip" || c.Run.DetectMax() <= 0 {
		s.state = isoOff // one that is full may hold up all, or no detection is promised
	}
	s.calm.from = forever
	return s
}

// stir begins window A anew: what is seen at t is not calm.
func (s *isolation) stir(t int64) {
	s.calm = flow{from: forever}
	if s.first != forever {
		s.calm.from = max(t+s.settle, s.first+warmTime)
	}
	s.latency = 0
	clear(s.got)
}

// unsettle is stir for a record that is not calm, but spoils no trial.
func (s *isolation) unsettle(t int64) {
	if s.state == isoCalm {
		s.stir(t)
	}
}

// spoil ends a trial without a verdict.
func (s *isolation) spoil() {
	if s.state != isoOff {
		s.state = isoSpoilt
	}
}

// reconfigured takes a new configuration: the shares of A no longer hold.
func (s *isolation) reconfigured(t int64) {
	s.unsettle(t)
	if s.state == isoTrial {
		s.spoil()
	}
}

// seeEmit counts a packet cut.
func (s *isolation) seeEmit(r *Record) {
	n := sizeOf(r)
	switch {
	case s.state == isoTrial && s.open:
		s.trial.emit(n)
		s.tail.add(r.T, n)
	case s.state == isoCalm && r.T >= s.calm.from && r.Pkt != nil && !r.Pkt.Forgotten:
		s.calm.emit(n)
		for r.Pkt.Slot >= len(s.marks) {
			s.marks = append(s.marks, emitMark{})
		}
		s.marks[r.Pkt.Slot] = emitMark{gen: r.Pkt.Gen, on: true, t: r.T}
	}
}

// seeCommit counts an effect. In A only packets emitted in A count, once, so that
// a backlog of before does not raise the demand; in B everything counts.
func (s *isolation) seeCommit(r *Record) {
	if s.first == forever {
		s.first = r.T
		s.unsettle(r.T)
	}
	switch {
	case s.state == isoTrial && s.open:
		if r.Node() != s.suspects[0] {
			s.trial.committed += sizeOf(r)
		}
	case s.state == isoCalm && r.T >= s.calm.from && r.Pkt != nil && r.Pkt.Slot < len(s.marks):
		m := &s.marks[r.Pkt.Slot]
		if m.on && m.gen == r.Pkt.Gen && m.t >= s.calm.from {
			m.on = false
			s.calm.committed += sizeOf(r)
			s.got[r.Node()] += sizeOf(r)
			s.latency = max(s.latency, r.T-m.t)
		}
	}
}

// seeIsolationFault follows the ground truth: who is disturbed, and since when.
func (o *overseer) seeIsolationFault(r *Record) {
	s := &o.iso
	if s.state == isoOff {
		return
	}
	begins, who := s.touch(o.truth, r)
	busy := len(s.busyNodes) + len(s.busyLinks)
	if o.truth.load {
		busy++
	}
	switch s.state {
	case isoCalm:
		if !begins || who == [2]Sym{} || s.backs > 0 {
			s.stir(r.T)
			if busy > 0 {
				s.spoil()
			}
			return
		}
		s.state, s.suspects, s.begin = isoTrial, who, r.Ref()
		s.calm.to, s.open, s.left, s.crowded, s.blocked = r.T, false, false, false, Ref{}
		s.trial = flow{from: r.T + s.wait}
	case isoTrial:
		s.suspects = common(s.suspects, who)
		switch {
		case s.suspects == [2]Sym{}:
			s.spoil()
		case busy == 0:
			o.judgeIsolation(r)
		}
	}
	if busy == 0 {
		s.state = isoCalm
		s.stir(r.T)
	}
}

// touch keeps the sets of nodes and links that faults act on, and returns whether
// the fault begins a state, and which analysers it touches alone or by a link.
func (s *isolation) touch(t *Truth, r *Record) (begins bool, who [2]Sym) {
	v, ok := verbs[string(r.Bytes(KeyDo))]
	switch {
	case !ok || v.act == ActLoad || r.Is(KeyDo, "configure"):
		return false, who
	case v.link != linkNone:
		k := linkKey{r.Sym(KeyFrom), r.Sym(KeyTo)}
		if t.LinkTouched(k.from, k.to) {
			s.busyLinks[k] = struct{}{}
		} else {
			delete(s.busyLinks, k)
		}
		who = [2]Sym{k.from, k.to}
	default:
		n := r.Sym(KeyN)
		if t.Active(n) {
			s.busyNodes[n] = struct{}{}
		} else {
			delete(s.busyNodes, n)
		}
		who[0] = n
	}
	for i := range who {
		if !s.analysers[who[i]] {
			who[i] = 0
		}
	}
	if who[0] == 0 {
		who[0], who[1] = who[1], 0
	}
	return v.begin, who
}

// common returns the names in both pairs, those of a in front.
func common(a, b [2]Sym) (both [2]Sym) {
	n := 0
	for _, x := range a {
		if x != 0 && (x == b[0] || x == b[1]) {
			both[n] = x
			n++
		}
	}
	return both
}
