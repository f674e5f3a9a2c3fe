package logcheck

// faultBook judges H4: the injector's book is in order and what it says happened
// can be seen in the logs.
type faultBook struct {
	Tally
	ctx      *Context
	err      int64
	known    map[Sym]bool
	down     map[Sym]Ref
	stopping map[Sym]bool     // down by an orderly stop
	paused   map[actorKey]Ref // actor 0: the whole node
	restarts map[Sym]restart
	logged   map[Sym]int64 // when the newest incarnation began
	links    map[linkKey]Ref
	stopped  Ref
	sus      suspect
}

// restart is a restart whose new incarnation has not been seen.
type restart struct {
	at  Ref
	t   int64
	inc uint32 // that it tells; 0: none
}

func newFaultBook(c *Context) *faultBook {
	b := &faultBook{Tally: Tally{Name: "H4"}, ctx: c, err: c.ClockError, known: map[Sym]bool{}, down: map[Sym]Ref{}, stopping: map[Sym]bool{},
		paused: map[actorKey]Ref{}, restarts: map[Sym]restart{}, logged: map[Sym]int64{}, links: map[linkKey]Ref{}}
	for _, n := range c.Run.Nodes {
		b.known[c.Names.InternString(n.Name)] = true
	}
	return b
}

// Kinds asks for faults, the first lines of logs and messages, which leak through
// a cut that is none.
func (b *faultBook) Kinds() KindSet {
	return Kinds(KindLog, KindSend, KindRecv, KindFault, KindStopped)
}

// Feed judges one record.
func (b *faultBook) Feed(r *Record) {
	b.sus.settle(r, &b.Tally)
	switch r.Kind {
	case KindLog:
		b.boot(r)
	case KindSend:
		if len(b.links) > 0 {
			b.sent(r)
		}
	case KindRecv:
		if r.Sent != nil && r.Sent.cutGen > 0 {
			b.received(r)
		}
	case KindStopped:
		if b.stopped.valid() {
			b.Failf([]Ref{b.stopped, r.Ref()}, "the run stopped twice")
		}
		b.stopped = r.Ref()
	case KindFault:
		b.Case()
		b.fault(r)
	}
}

func (b *faultBook) boot(r *Record) {
	if r.File.Faults {
		return
	}
	b.logged[r.File.Node] = r.T
	if w, ok := b.restarts[r.File.Node]; ok && r.T+b.err >= w.t {
		if w.inc != 0 && w.inc != r.File.Inc {
			b.Failf([]Ref{w.at, r.Ref()}, "the restart tells incarnation %d of %s, %d came", w.inc, b.ctx.Names.Name(r.File.Node), r.File.Inc)
		}
		delete(b.restarts, r.File.Node)
	}
}

func (b *faultBook) fault(r *Record) {
	do := r.Str(KeyDo)
	v, ok := verbs[do]
	if !ok {
		b.Failf([]Ref{r.Ref()}, "unknown fault %q", do)
		return
	}
	if v.link != linkNone {
		b.linkFault(r, v)
		return
	}
	node := r.Sym(KeyN)
	if node == 0 && v.act == ActLoad {
		return
	}
	if !b.known[node] {
		b.Failf([]Ref{r.Ref()}, "%s of a node that run.json does not know", do)
		return
	}
	switch v.act {
	case ActDown:
		b.judgeInc(r, node, v.begin)
		b.life(r, node, v.begin, do == "stop")
	case ActPause:
		b.pause(r, actorKey{node, r.Sym(KeyAct)}, v.begin)
	}
}

// judgeInc judges the incarnation that a fault names: the newest one goes down, and
// a later one comes up. In the simulation the first line of the new one precedes the
// restart's record, and one that went down in the event of its start has no file.
func (b *faultBook) judgeInc(r *Record, node Sym, down bool) {
	inc, newest := r.Uint(KeyInc), uint64(b.ctx.Truth.newest[node])
	if inc == 0 || newest == 0 {
		return
	}
	at, begun := b.logged[node]
	_, starting := b.restarts[node]
	ok := inc > newest
	switch {
	case down:
		ok = inc == newest || inc > newest && (starting || b.err > 0)
	case begun && at == r.T && b.err == 0:
		ok = inc == newest
	}
	if !ok {
		b.Failf([]Ref{r.Ref()}, "%s of incarnation %d of %s, the newest is %d", r.Str(KeyDo), inc, b.ctx.Names.Name(node), newest)
	}
}

// life judges that only the living crash and only the dead restart. An orderly stop
// takes its time: a node may crash in the middle of it, and a paused one stays
// paused until it is resumed or crashes.
func (b *faultBook) life(r *Record, node Sym, down, orderly bool) {
	was, isDown := b.down[node]
	switch {
	case down && isDown && b.stopping[node] && !orderly:
		b.down[node] = r.Ref()
		b.stopping[node] = false
		b.unpause(node)
	case down && isDown:
		b.Failf([]Ref{was, r.Ref()}, "%s is down already", b.ctx.Names.Name(node))
	case down:
		b.down[node] = r.Ref()
		b.stopping[node] = orderly
		if !orderly {
			b.unpause(node)
		}
		if w, ok := b.restarts[node]; ok && r.T > w.t+b.bootTime() {
			b.Failf([]Ref{w.at, r.Ref()}, "a restart of %s had no effect", b.ctx.Names.Name(node))
		}
		delete(b.restarts, node)
	case !isDown:
		b.Failf([]Ref{r.Ref()}, "%s is restarted and was not down", b.ctx.Names.Name(node))
	default:
		delete(b.down, node)
		if at, ok := b.logged[node]; !ok || at+b.err < r.T {
			b.restarts[node] = restart{r.Ref(), r.T, uint32(r.Uint(KeyInc))}
		}
	}
}

func (b *faultBook) unpause(node Sym) {
	for key := range b.paused { //weir:anyorder all of the node's entries go
		if key.node == node {
			delete(b.paused, key)
		}
	}
}

func (b *faultBook) pause(r *Record, key actorKey, begin bool) {
	was, paused := b.paused[key]
	switch {
	case begin && paused:
		b.Failf([]Ref{was, r.Ref()}, "%s is paused already", b.ctx.Names.Name(key.node))
	case begin:
		b.paused[key] = r.Ref()
	case !paused:
		b.Failf([]Ref{r.Ref()}, "%s is resumed and was not paused", b.ctx.Names.Name(key.node))
	default:
		delete(b.paused, key)
	}
}

func (b *faultBook) linkFault(r *Record, v verb) {
	key := linkKey{r.Sym(KeyFrom), r.Sym(KeyTo)}
	if !b.known[key.from] || !b.known[key.to] {
		b.Failf([]Ref{r.Ref()}, "a fault on a link between nodes that run.json does not know")
		return
	}
	if v.begin && v.link != linkImpair {
		b.links[key] = r.Ref()
	}
}

// sent marks a message that is sent into a cut, held or refused link.
func (b *faultBook) sent(r *Record) {
	if r.Sent == nil {
		return
	}
	key := linkKey{r.File.Node, r.Sent.To}
	t := b.ctx.Truth
	if since, cut := t.CutSince(key.from, key.to, r.Class); cut && r.T > since+b.err {
		r.Sent.cutGen = t.links[key].gen
	}
}

// received judges that nothing passes a link between a cut and its heal.
func (b *faultBook) received(r *Record) {
	key := linkKey{r.Sent.From.Node, r.File.Node}
	l := b.ctx.Truth.links[key]
	if l == nil || l.gen != r.Sent.cutGen || l.blocked()&r.Class == 0 || b.sus.on {
		return
	}
	b.sus = suspect{on: true, t: r.T, g: r.G, refs: []Ref{b.links[key], r.Sent.At, r.Ref()},
		text: "a message passed a link that was cut, held or refused all the time"}
}

// bootSlack is how long a real process may take to write its first line.
const bootSlack = 5_000_000_000

// bootTime is how long an incarnation may go without a line: in the simulation no
// time.
func (b *faultBook) bootTime() int64 {
	if b.err == 0 {
		return 0
	}
	return bootSlack
}

// Finish judges the restarts that nothing followed.
func (b *faultBook) Finish(end *End) Result {
	if b.sus.on {
		b.Failf(b.sus.refs, "%s", b.sus.text)
	}
	var refs []Ref
	for _, w := range b.restarts { //weir:anyorder the list is sorted below
		if end.Time-w.t > b.bootTime() {
			refs = append(refs, w.at)
		}
	}
	sortRefs(refs)
	for _, at := range refs {
		b.Failf([]Ref{at}, "a restart had no effect: no new incarnation")
	}
	return b.Result()
}
