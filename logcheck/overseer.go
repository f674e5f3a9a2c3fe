package logcheck

// The rules R1-R13, F1-F14 and B1-B5 need the same picture of every distributor:
// its workers, their views, credits, verdicts and packets. The overseer keeps that
// picture once; each rule is a face of it. The first face is fed and moves the
// picture on, the others only answer.

// The properties that the overseer judges, in report order.
const (
	ruleR1 = iota
	ruleR3
	ruleR4
	ruleR6
	ruleR7
	ruleR8
	ruleR9
	ruleR10
	ruleR11
	ruleR12
	ruleR13
	ruleR14
	ruleF1
	ruleF2
	ruleF4
	ruleF5
	ruleF6
	ruleF8
	ruleF9
	ruleF13
	ruleF14
	ruleB1
	ruleB2
	ruleB3
	ruleB5
	ruleCount
)

var overseerIDs = [ruleCount]string{
	"R1", "R3", "R4", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14",
	"F1", "F2", "F4", "F5", "F6", "F8", "F9", "F13", "F14", "B1", "B2", "B3", "B5",
}

// overseerKinds are the records that move the picture, reportKinds those that only
// the report needs.
var (
	overseerKinds = Kinds(KindLog, KindEnd, KindStop, KindSend, KindRecv, KindConfig, KindAdmit, KindRefuse, KindJoin, KindSpool,
		KindView, KindCredit, KindPick, KindHealth, KindProbed, KindAttemptFailed, KindDone, KindGaveUp,
		KindDead, KindBudget, KindResumed, KindLeft, KindTrade, KindTally, KindRecover, KindPhase, KindFault, KindStopped, KindCommit, KindEmit, KindOutcome, KindBack)
	reportKinds = Kinds(KindDup)
)

// face is one property of the overseer.
type face struct {
	o  *overseer
	no int
}

// overseerRules makes the faces of one overseer, which must all be fed by the
// same check.
func overseerRules(c *Context) []Rule {
	o := newOverseer(c)
	rules := make([]Rule, ruleCount)
	for i := range rules {
		rules[i] = &face{o: o, no: i}
	}
	return rules
}

func (f *face) ID() string { return overseerIDs[f.no] }

// Kinds lets only the first face be fed: the faces are made together.
func (f *face) Kinds() KindSet {
	switch {
	case f.no != 0:
		return 0
	case f.o.report != nil:
		return overseerKinds | reportKinds
	}
	return overseerKinds
}

func (f *face) Feed(r *Record) { f.o.see(r) }

func (f *face) Finish(end *End) Result {
	f.o.finish(end)
	return f.o.tally[f.no].Result()
}

// overseer is the picture of all distributors. Memory: views, credits and
// verdicts of the workers, and the packets that they hold.
type overseer struct {
	ctx   *Context
	names *Names
	truth *Truth
	tally [ruleCount]Tally

	pol     policy
	m       int64 // configured largest packet
	central bool  // the supervisor decides the verdicts
	tA      int64
	tD, tR  int64
	retry   int64 // longest wait before a retry, jitter included
	apply   int64

	book     *viewBook
	harm     harmonics
	sites    []*site // by File.Index; nil for files that are no distributor's
	nodes    map[Sym]*nodeLife
	pauses   map[pauseKey]pauseSpan
	recovers bool    // analysers log `recover`
	live     []*site // those whose incarnation has not ended, in order of appearance
	fed      *File   // the record seen last
	line     int
	time     int64
	over     bool  // the run is over: what follows is its orderly end
	due      int64 // the next moment at which a pair must be looked at
	late     dueQueue
	spare    []*job

	iso     isolation
	dying   []death
	kept    map[Sym]*buffer // what emitters hold, by node
	stored  map[Sym]*storedConfig
	starts  startCredits
	whole   wholeSum
	counted countLog
	report  *reporter // nil: no report wanted
	done    bool
}

func newOverseer(c *Context) *overseer {
	d := &c.Run.Distributor
	o := &overseer{
		ctx: c, names: c.Names, truth: c.Truth,
		pol: parsePolicy(d.Policy), m: d.PacketMax,
		central: d.Detector.Kind == "central",
		tA:      int64(d.AttemptTimeout), tD: c.Run.DetectMax(), tR: c.Run.RecoverMax(),
		apply: int64(d.ApplyWithin),
		book:  newViewBook(c.Names), nodes: map[Sym]*nodeLife{}, pauses: map[pauseKey]pauseSpan{},
		due: forever, iso: newIsolation(c), kept: map[Sym]*buffer{}, counted: countLog{sums: map[mark]countSet{}}, stored: map[Sym]*storedConfig{},
	}
	o.retry = int64(d.BackoffMax) + int64(d.BackoffMax)/1e6*int64(d.JitterPPM)
	if c.report != nil {
		*c.report = Report{}
		o.report = newReporter(c.report)
	}
	for i := range o.tally {
		o.tally[i].Name = overseerIDs[i]
	}
	return o
}

// site is one incarnation of a distributor.
type site struct {
	file    *File
	node    Sym
	agents  []*agent
	byActor map[Sym]*agent
	last    *agent
	configs []confVersion
	next    int64 // when a configuration must have been applied
	sum     siteSum
	began   int64
	views   bool // it logs views or picks: R1 can be judged
	tells   bool // it logs configurations: R13 can be judged
	sends   bool // it logs packets that it sends
	unread  bool // it could not read its configuration from disk
	follow  []following
	docs    [][]byte // control documents received and not accounted for
	asked   bool     // it logs those that it receives
	joined  map[PacketID]joinMark
	lent    lending // state crdt-counts
	held    held    // what its workers were admitted and have not ended
}

// agent is one actor of a distributor: worker, router, supervisor or ingress.
type agent struct {
	site  *site
	actor Sym

	v, ver  uint64
	entries []entry
	view    *viewState // nil: no view yet
	viewRef Ref
	old     []oldView // state shared: earlier views, oldest first
	stopped bool
	began   int64 // time of its first view

	chooser *chooser
	trading trading // state crdt-counts
	jobs    map[PacketID]*job
	active  int // packets admitted to this worker and not ended
	fresh   int // those of them that were never given to anybody
	peak    peak
	retries int   // sent retries without an end
	held    int64 // last `budget` record
	resumed int64 // last `resumed` record

	emptyEnd int64 // last moment without any eligible analyser
	pairs    []*pair
	byAn     map[Sym]*pair
	ask      ask // ingress: the submission in hand
}

func (o *overseer) siteOf(r *Record) *site {
	i := r.File.Index
	for i >= len(o.sites) {
		o.sites = append(o.sites, nil)
	}
	if s := o.sites[i]; s != nil {
		return s
	}
	s := &site{joined: map[PacketID]joinMark{}, file: r.File, node: r.File.Node, byActor: map[Sym]*agent{}, next: forever, began: r.T}
	assert(r.File.Role == RoleDistributor, "a site of role %s", r.File.Role)
	o.sites[i] = s
	o.live = append(o.live, s)
	return s
}

func (s *site) agent(actor Sym) *agent {
	if s.last != nil && s.last.actor == actor {
		return s.last
	}
	a := s.byActor[actor]
	if a == nil {
		a = &agent{site: s, actor: actor, jobs: map[PacketID]*job{}, byAn: map[Sym]*pair{}, emptyEnd: never, held: never}
		s.byActor[actor] = a
		s.agents = append(s.agents, a)
	}
	s.last = a
	return a
}

// see moves the picture on by one record.
func (o *overseer) see(r *Record) {
	o.time = r.T
	if len(o.dying) > 0 && !r.File.Faults {
		o.bury(r.T)
	}
	if r.T > o.due && !o.over {
		o.lookAtPairs()
	}
	if s := &o.iso; s.state == isoTrial && !s.open && r.T >= s.trial.from {
		o.openTrial()
	}
	switch {
	case r.File.Faults:
		o.seeFault(r)
		o.bury(r.T - o.ctx.ClockError)
	case r.File.Role == RoleDistributor:
		o.seeDistributor(r)
	case r.File.Role == RoleAnalyser:
		o.seeAnalyser(r)
	case r.File.Role == RoleEmitter:
		o.seeEmitter(r)
	}
}

// seeDistributor takes a record of a distributor's file.
func (o *overseer) seeDistributor(r *Record) {
	s := o.siteOf(r)
	if r.T > s.next && !o.over {
		o.configDue(s)
	}
	if len(s.follow) > 0 && r.T > s.follow[0].by && !o.over {
		o.followDue(s, r)
	}
	if len(o.late.list) > o.late.head && r.T > o.late.list[o.late.head].at && !o.over {
		o.failoverDue()
	}
	switch r.Kind {
	case KindLog, KindEnd:
		o.lifeOf(s.node).see(r)
		if r.Kind == KindEnd {
			o.leave(s)
		}
		return
	case KindConfig:
		o.seeConfig(s, r)
		return
	case KindAdmit:
		o.seeAdmit(s, r)
		return
	case KindTally:
		o.seeTally(s, r)
		return
	}
	a := s.agent(r.Actor)
	switch r.Kind {
	case KindPick:
		s.views = true
		o.seePick(a, r)
	case KindSend:
		o.seeSend(a, r)
	case KindRecv:
		o.seeRecv(a, r)
	case KindView:
		s.views = true
		o.seeView(a, r)
	case KindCredit:
		o.seeCredit(a, r)
	case KindTrade:
		o.seeTrade(a, r)
	case KindHealth:
		o.seeHealth(a, r)
	case KindProbed:
		o.seeProbed(a, r)
	case KindAttemptFailed:
		o.seeAttemptFailed(a, r)
	case KindDone, KindGaveUp, KindDead:
		o.seeEnded(a, r)
	case KindRefuse, KindJoin, KindSpool:
		o.seeAnswer(a, r)
	case KindBudget:
		a.held = r.T
	case KindResumed:
		a.resumed = r.T
		for _, p := range a.pairs {
			p.restart() // a detector may begin its counts anew after its own pause
		}
	case KindLeft:
		o.release(a)
	case KindStop:
		o.release(a)
		o.askDone(a, r)
	}
}

// release ends what an actor that ends, or has left, was to do: it watches nobody any more.
func (o *overseer) release(a *agent) {
	a.stopped = true
	for _, p := range a.pairs {
		o.plan(p)
	}
}

// leave forgets an incarnation that ended or crashed.
func (o *overseer) leave(s *site) {
	for i, x := range o.live {
		if x == s {
			o.live = append(o.live[:i], o.live[i+1:]...)
			for _, a := range s.agents {
				if a.chooser != nil {
					o.closeEpoch(a.chooser)
				}
			}
			o.closeSum(s)
			s.agents, s.byActor, s.last, s.configs, s.next = nil, map[Sym]*agent{}, nil, nil, forever
			return
		}
	}
}

// finish judges what the end of the log decides; once.
func (o *overseer) finish(end *End) {
	if o.done {
		return
	}
	o.done = true
	for len(o.live) > 0 {
		o.leave(o.live[len(o.live)-1])
	}
	if o.report != nil {
		o.report.finish(o, end.Time)
	}
	assert(len(o.live) == 0, "%d incarnations left", len(o.live))
	o.starts.judge(&o.tally[ruleR4], o.ctx.Run.Distributor.alone() && !o.ctx.Run.Distributor.counts())
}

// forever is a time after every record.
const forever = 1<<62 - 1
