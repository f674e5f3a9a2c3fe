package logcheck

import (
	"strings"
	"time"
)

// newTruth makes the ground truth of a run before any fault.
func newTruth(c *Context) *Truth {
	t := &Truth{
		clockError: c.ClockError, usual: int64(c.Run.Distributor.AttemptTimeout),
		nodes: map[Sym]*nodeTruth{}, actors: map[actorKey]*nodeTruth{}, links: map[linkKey]*linkTruth{},
		loadEnd: never, anyFault: never, lastAct: 0,
		byInc: map[incKey]*File{}, newest: map[Sym]uint32{},
	}
	for _, f := range c.Files {
		if !f.Faults {
			t.byInc[incKey{f.Node, f.Inc}] = f
		}
	}
	return t
}

// verb says what a fault verb does to a state; begin false ends it. A momentary
// verb has neither.
type verb struct {
	act   Act
	begin bool
	sub   uint8 // which disk or clock state
	link  linkState
}

type linkState uint8

const (
	linkNone linkState = iota
	linkCut
	linkHold
	linkImpair
	linkRefuse // ended by heal, as cut is
	linkBreak  // a moment
)

const (
	subLie uint8 = 1 << iota
	subFill
	subBreak
	subStall
)

const (
	subSkew uint8 = 1 << iota
	subDrift
	subFreeze
)

// verbs are FORMAT.md section 6.
var verbs = map[string]verb{
	"crash": {act: ActDown, begin: true}, "stop": {act: ActDown, begin: true}, "restart": {act: ActDown},
	"pause": {act: ActPause, begin: true}, "resume": {act: ActPause},
	"slow": {act: ActSlow, begin: true}, "normal": {act: ActSlow},
	"cut": {link: linkCut, begin: true}, "heal": {link: linkCut},
	"refuse": {link: linkRefuse, begin: true}, "reset": {link: linkBreak}, "truncate": {link: linkBreak},
	"hold": {link: linkHold, begin: true}, "release": {link: linkHold},
	"impair": {link: linkImpair, begin: true}, "mend": {link: linkImpair},
	"skew": {act: ActClock, begin: true, sub: subSkew}, "drift": {act: ActClock, begin: true, sub: subDrift},
	"resync": {act: ActClock, sub: subSkew | subDrift},
	"freeze": {act: ActClock, begin: true, sub: subFreeze}, "thaw": {act: ActClock, sub: subFreeze},
	"disk_lie": {act: ActDisk, begin: true, sub: subLie}, "disk_honest": {act: ActDisk, sub: subLie},
	"disk_fill": {act: ActDisk, begin: true, sub: subFill}, "disk_free": {act: ActDisk, sub: subFill},
	"disk_break": {act: ActDisk, begin: true, sub: subBreak}, "disk_repair": {act: ActDisk, sub: subBreak},
	"disk_stall": {act: ActDisk, begin: true, sub: subStall}, "disk_flow": {act: ActDisk, sub: subStall},
	"gauge_lost": {act: ActGauge, begin: true}, "gauge_nan": {act: ActGauge, begin: true}, "gauge_back": {act: ActGauge},
	"load": {act: ActLoad, begin: true}, "unload": {act: ActLoad},
	"kill": {}, "jump": {}, "disk_tear": {}, "disk_rot": {}, "configure": {},
}

// apply moves the truth on by one record of the fault file.
func (t *Truth) apply(r *Record) {
	switch r.Kind {
	case KindPhase:
		t.phase = r.Str(KeyName)
		if t.phase == "heal" || t.phase == "settle" {
			t.lastAct = max(t.lastAct, r.T)
		}
	case KindFault:
		v, ok := verbs[string(r.Bytes(KeyDo))]
		t.lastAct = max(t.lastAct, r.T)
		if t.anyFault == never {
			t.anyFault = r.T
		}
		switch {
		case !ok:
			return // H4 says so
		case v.link != linkNone:
			t.applyLink(r, v)
		case v.act == ActLoad:
			t.load, t.loadEnd = v.begin, r.T
		case r.Is(KeyDo, "configure"):
		default:
			t.applyNode(r, v)
		}
	}
}

func (t *Truth) applyNode(r *Record, v verb) {
	node := r.Sym(KeyN)
	if r.Has(KeyAct) && v.act != ActDown {
		t.applyActor(r, actorKey{node, r.Sym(KeyAct)}, v)
		return
	}
	n := t.node(node)
	n.touched = r.T
	t.anyPause = t.anyPause || v.act == ActPause
	n.change(v, r.T)
	if v.act == ActDown && v.begin {
		t.life(r, node)
	}
}

func (t *Truth) applyActor(r *Record, key actorKey, v verb) {
	a := t.actors[key]
	if a == nil {
		a = &nodeTruth{touched: never, wrote: never}
		t.actors[key] = a
	}
	was := a.active != 0
	t.anyPause = t.anyPause || v.act == ActPause
	a.change(v, r.T)
	n := t.node(key.node)
	n.touched = r.T
	if is := a.active != 0; is && !was {
		n.actors++
	} else if was && !is {
		n.actors--
	}
}

// change begins or ends the state that v names.
func (n *nodeTruth) change(v verb, at int64) {
	switch v.act {
	case 0:
	case ActDisk:
		n.disk = toggle(n.disk, v)
		if !v.begin {
			n.wrote = at
		}
		n.set(v.act, n.disk != 0, at)
	case ActClock:
		n.clock = toggle(n.clock, v)
		n.set(v.act, n.clock != 0, at)
	default:
		n.set(v.act, v.begin, at)
	}
}

func toggle(state uint8, v verb) uint8 {
	if v.begin {
		return state | v.sub
	}
	return state &^ v.sub
}

// life notes which incarnation a crash or stop ended; a pause does not outlive it.
func (t *Truth) life(r *Record, node Sym) {
	n := t.node(node)
	n.set(ActPause, false, r.T)
	for key, a := range t.actors { //weir:anyorder every actor of the node is changed alike
		if key.node == node && a.active != 0 {
			a.active = 0
			n.actors--
		}
	}
	inc := uint32(r.Uint(KeyInc))
	if inc == 0 {
		inc = t.newest[node]
	}
	if f := t.byInc[incKey{node, inc}]; f != nil && r.Is(KeyDo, "crash") {
		f.Crashed, f.crashT, f.crashG, f.crashRef = true, r.T, r.G, r.Ref()
	} else if f != nil {
		f.stopped, f.stopT, f.stopRef = true, r.T, r.Ref()
	}
}

// node returns the truth of a node, made on first use.
func (t *Truth) node(s Sym) *nodeTruth {
	n := t.nodes[s]
	if n == nil {
		n = &nodeTruth{touched: never, wrote: never}
		t.nodes[s] = n
	}
	return n
}

func (n *nodeTruth) set(a Act, on bool, at int64) {
	if on && n.active&a == 0 {
		n.active |= a
		n.since[bit(uint32(a))] = at
	} else if !on {
		n.active &^= a
	}
}

func (t *Truth) applyLink(r *Record, v verb) {
	key := linkKey{r.Sym(KeyFrom), r.Sym(KeyTo)}
	l := t.links[key]
	if l == nil {
		l = &linkTruth{touched: never, healed: never, arrives: never}
		t.links[key] = l
	}
	c := r.Class
	if c == 0 {
		c = ClassAll
	}
	l.touched = r.T
	if v.link == linkBreak {
		return
	}
	before := l.blocked()
	set := [...]*Class{linkCut: &l.cut, linkHold: &l.hold, linkImpair: &l.impair, linkRefuse: &l.refuse}[v.link]
	if v.begin {
		*set |= c
	} else {
		*set &^= c
		l.healed = r.T
		if v.link == linkCut {
			l.refuse &^= c
		}
	}
	l.delay(r, v)
	l.gen++
	for i := range l.cutSince {
		if bit := Class(1) << i; before&bit == 0 && l.blocked()&bit != 0 {
			l.cutSince[i] = r.T
		}
	}
}

// delayMax bounds what is believed of a delay, nanoseconds.
const delayMax = 24 * 3600 * 1_000_000_000

// delay follows how long messages on the link are under way because of impairments.
func (l *linkTruth) delay(r *Record, v verb) {
	if v.link != linkImpair {
		return
	}
	l.arrives = max(l.arrives, r.T+l.lag)
	if l.impair == 0 {
		l.lag = 0
	}
	if v.begin {
		l.lag = max(l.lag, delayOf(r.Str(KeyVal)))
	}
}

// delayOf reads the longest delay that an impairment's text tells, in nanoseconds:
// "delay" and "jitter", each followed by a time. 0: none.
func delayOf(val string) (sum int64) {
	words := strings.Fields(val)
	for i := 0; i+1 < len(words); i++ {
		if words[i] == "delay" || words[i] == "jitter" {
			if d, err := time.ParseDuration(words[i+1]); err == nil && d > 0 {
				sum += min(int64(d), delayMax)
			}
		}
	}
	return min(sum, delayMax)
}
