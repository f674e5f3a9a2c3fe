package logcheck

// Act is a kind of state that a fault begins and ends, as a bit.
type Act uint32

// The states of a node or actor. ActDown is crash or stop.
const (
	ActDown Act = 1 << iota
	ActPause
	ActSlow
	ActClock // skew, drift, freeze
	ActDisk  // lie, fill, break, stall
	ActLoad
	ActGauge // what the node's process uses cannot be measured
)

// never is a time before every record.
const never = -1 << 62

// Truth is the ground truth: what the fault file says about the present moment of
// the pass, and since when. It never looks at the system's records. Faults that
// are nothing but a moment (jump, tear, rot) only count as a touch. Memory is
// bounded by the number of nodes, actors and links that faults name.
type Truth struct {
	clockError int64
	usual      int64 // attempt_timeout_ns: what every rule allows after the end of a fault
	now        int64
	nodes      map[Sym]*nodeTruth
	actors     map[actorKey]*nodeTruth
	links      map[linkKey]*linkTruth
	anyPause   bool  // something was paused at some time
	loadEnd    int64 // last touch by a load fault, which touches everything
	load       bool
	anyFault   int64 // time of the first fault, never before
	lastAct    int64 // the last fault, heal included, or the begin of heal or settle
	phase      string
	byInc      map[incKey]*File
	newest     map[Sym]uint32 // the newest incarnation of each node that wrote
}

type actorKey struct{ node, actor Sym }
type linkKey struct{ from, to Sym }

// nodeTruth is what is active on a node or on one actor.
type nodeTruth struct {
	active  Act
	since   [7]int64 // per bit of active
	disk    uint8    // which disk states are active
	wrote   int64    // the newest end of a disk state: from then on writes may work again
	clock   uint8    // which clock states are active
	touched int64    // the last moment at which a fault began, ended or acted here
	actors  int      // actors of the node on which a state lasts
}

// linkTruth is what is active on one directed link, per class.
type linkTruth struct {
	cut, hold, refuse, impair Class
	cutSince                  [4]int64 // per class: since when it is cut, held or refused
	touched                   int64
	lag                       int64 // how long the impairments that last delay a message at most
	arrives                   int64 // until then what they delayed may be under way
	healed                    int64 // the last end of a cut, hold, refuse or impair
	gen                       uint64
}

// blocked is the classes of which nothing gets through.
func (l *linkTruth) blocked() Class { return l.cut | l.hold | l.refuse }

// Now is the world time of the newest record of any file.
func (t *Truth) Now() int64 { return t.now }

// Phase is the phase that the fault file named last; empty before the first.
func (t *Truth) Phase() string { return t.phase }

// FirstFault returns the time of the first fault; false when there was none yet.
func (t *Truth) FirstFault() (int64, bool) { return t.anyFault, t.anyFault != never }

// Down reports whether node is crashed or stopped and not yet restarted.
func (t *Truth) Down(node Sym) bool { return t.on(node, ActDown) }

// Paused reports whether the actor of the node, or the whole node, is paused.
func (t *Truth) Paused(node, actor Sym) bool {
	if !t.anyPause { // this is asked for every record
		return false
	}
	if t.on(node, ActPause) {
		return true
	}
	a := t.actors[actorKey{node, actor}]
	return a != nil && a.active&ActPause != 0
}

// Slow reports whether the node is slowed.
func (t *Truth) Slow(node Sym) bool { return t.on(node, ActSlow) }

// Active reports whether any fault state lasts on the node or one of its actors.
func (t *Truth) Active(node Sym) bool {
	n := t.nodes[node]
	return n != nil && (n.active != 0 || n.actors > 0)
}

func (t *Truth) on(node Sym, a Act) bool {
	n := t.nodes[node]
	return n != nil && n.active&a != 0
}

// Since returns when the state a (one bit) of the node began; false when it is
// not active.
func (t *Truth) Since(node Sym, a Act) (int64, bool) {
	n := t.nodes[node]
	if n == nil || n.active&a == 0 {
		return 0, false
	}
	return n.since[bit(uint32(a))], true
}

// Cut reports whether all classes of c on the directed link are cut, held or refused now.
func (t *Truth) Cut(from, to Sym, c Class) bool {
	l := t.links[linkKey{from, to}]
	return l != nil && l.blocked()&c == c
}

// Vanishes reports whether what is sent on the directed link in any class of c is
// swallowed now: cut, not merely held.
func (t *Truth) Vanishes(from, to Sym, c Class) bool {
	l := t.links[linkKey{from, to}]
	return l != nil && l.cut&c != 0
}

// CutAny reports whether any class of c on the directed link is cut, held or refused now.
func (t *Truth) CutAny(from, to Sym, c Class) bool {
	l := t.links[linkKey{from, to}]
	return l != nil && l.blocked()&c != 0
}

// CutSince returns the time since when all classes of c on the directed link are
// cut, held or refused without a break; false when one is not.
func (t *Truth) CutSince(from, to Sym, c Class) (int64, bool) {
	l := t.links[linkKey{from, to}]
	if l == nil || l.blocked()&c != c {
		return 0, false
	}
	since := int64(never)
	for i := range l.cutSince {
		if c>>i&1 == 1 {
			since = max(since, l.cutSince[i])
		}
	}
	return since, true
}

// Impaired reports whether any class of c on the directed link is impaired now.
func (t *Truth) Impaired(from, to Sym, c Class) bool {
	l := t.links[linkKey{from, to}]
	return l != nil && l.impair&c != 0
}

// LinkTouched reports whether anything (cut, hold, refuse, impair) acts on the directed
// link now.
func (t *Truth) LinkTouched(from, to Sym) bool {
	l := t.links[linkKey{from, to}]
	return l != nil && l.blocked()|l.impair != 0
}

// Touched returns the last moment, up to now, at which a fault acted on the nodes
// w or a or on the links between them, in either direction; the present time
// while one is active; a very small number when none ever did. The end of a fault
// is a touch. A long delay lasts until what was delayed has arrived, less the attempt
// timeout, for on an ordered link nothing overtakes it.
func (t *Truth) Touched(w, a Sym) int64 {
	last := max(t.nodeTouched(w), t.nodeTouched(a), t.linkTouched(w, a), t.linkTouched(a, w), t.loadEnd)
	if t.load {
		return t.now
	}
	return last
}

// Healed returns the last moment at which a link fault between w and a ended.
func (t *Truth) Healed(w, a Sym) int64 {
	last := int64(never)
	for _, k := range [2]linkKey{{w, a}, {a, w}} {
		if l := t.links[k]; l != nil {
			last = max(last, l.healed)
		}
	}
	return last
}

// Calm reports whether nothing touched w, a and the links between them in
// [from, now], with no heal in the `after` nanoseconds before from (FORMAT.md,
// section 7). The clock error widens the span at both ends.
func (t *Truth) Calm(w, a Sym, from, after int64) bool {
	from -= t.clockError
	return t.Touched(w, a) < from && t.Healed(w, a) < from-after
}

func (t *Truth) nodeTouched(node Sym) int64 {
	n := t.nodes[node]
	switch {
	case n == nil:
		return never
	case n.active != 0 || n.actors > 0:
		return t.now
	}
	return n.touched
}

func (t *Truth) linkTouched(from, to Sym) int64 {
	l := t.links[linkKey{from, to}]
	switch {
	case l == nil:
		return never
	case l.blocked()|l.impair != 0:
		return t.now
	}
	return max(l.touched, min(l.arrives-t.usual, t.now))
}

// bit returns the number of the lowest bit set.
func bit(v uint32) int {
	for i := 0; i < 32; i++ {
		if v>>i&1 == 1 {
			return i
		}
	}
	return 0
}

// pausedSince returns when the pause of the actor or its node began.
func (t *Truth) pausedSince(node, actor Sym) int64 {
	since := int64(never)
	for _, n := range [2]*nodeTruth{t.nodes[node], t.actors[actorKey{node, actor}]} {
		if n != nil && n.active&ActPause != 0 {
			since = max(since, n.since[bit(uint32(ActPause))])
		}
	}
	return since
}
