package logcheck

// The rules S1-S8 on the autoscaler share one picture of each distributor: its decisions,
// and the workers that come and go by them. The first face feeds it.

const (
	ruleS1 = iota // limits
	ruleS2        // steps and cooldowns
	ruleS3        // tolerance
	ruleS4        // the decision is what the signals and the windows make of it
	ruleS5        // no flapping
	ruleS6        // it follows the load in time
	ruleS7        // workers go without loss
	ruleS8        // new ones begin anew
	scaleRules
)

var scaleIDs = []string{"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"}

// scaleJudge is the picture. Memory: the workers of each distributor's newest
// incarnation, and as many decisions as there are numbers of workers.
type scaleJudge struct {
	ctx   *Context
	run   *RunScale // nil: none is promised
	want  []signal
	tally [scaleRules]Tally
	sites map[Sym]*scaleSite
	offer offer
}

// scaleFace is one property of it.
type scaleFace struct {
	j  *scaleJudge
	no int
}

func scaleFaces(c *Context) []Rule {
	j := &scaleJudge{ctx: c, run: c.Run.Distributor.Scale, sites: map[Sym]*scaleSite{}}
	if j.run != nil {
		j.want = j.run.signals()
		j.offer.boot(c, j.run)
	} else {
		j.offer.off = true
	}
	rules := make([]Rule, scaleRules)
	for i := range rules {
		j.tally[i].Name = scaleIDs[i]
		rules[i] = &scaleFace{j, i}
	}
	return rules
}

func (f *scaleFace) ID() string { return scaleIDs[f.no] }

// Kinds implements Rule, as do the methods below.
func (f *scaleFace) Kinds() KindSet {
	switch {
	case f.no != 0:
		return 0
	case f.j.run == nil:
		return Kinds(KindScale, KindCrew)
	}
	return Kinds(KindLog, KindStart, KindStop, KindScale, KindCrew, KindLeft, KindAdmit, KindRefuse, KindDone, KindGaveUp, KindDead,
		KindView, KindCredit, KindPick, KindBack, KindFault, KindPhase, KindStopped, KindSend, KindRecv, KindAttemptFailed, KindNoneUp)
}

func (f *scaleFace) Feed(r *Record) {
	j := f.j
	switch {
	case j.run == nil:
		j.tally[ruleS1].Failf([]Ref{r.Ref()}, "run.json promises no autoscaler")
	case r.File.Faults:
		j.offer.fault(&j.tally[ruleS6], r)
	case r.Kind == KindBack:
		j.offer.back(r)
	case r.File.Role != RoleDistributor:
	case r.Kind == KindSend, r.Kind == KindRecv, r.Kind == KindAttemptFailed, r.Kind == KindNoneUp:
		j.offer.room(r)
	default:
		s := j.sites[r.Node()]
		if s == nil || r.Kind == KindLog {
			s = &scaleSite{j: j, n: j.ctx.Run.Distributor.Workers, starts: map[Sym]int64{}, workers: map[Sym]*scaleWorker{}}
			j.sites[r.Node()] = s
		}
		s.feed(r)
	}
}

func (f *scaleFace) Finish(*End) Result {
	if f.no == 0 {
		for _, s := range f.j.sites { //weir:anyorder each only has what is missing, and the first by name is told
			s.finish()
		}
		f.j.offer.finish(&f.j.tally[ruleS6])
	}
	return f.j.tally[f.no].Result()
}

// scaleSite is one distributor.
type scaleSite struct {
	j       *scaleJudge
	n       int           // of workers that there are to be
	active  int           // there are, by its own records of who came and goes
	newest  Ref           // decision
	starts  map[Sym]int64 // actors, by their own clock
	up      stairs
	down    stairs
	grew    waiting // the newest increase
	moved   waiting // the newest change
	began   bool
	workers map[Sym]*scaleWorker
	ended   place // a worker's stop that nobody announced
}

func (s *scaleSite) feed(r *Record) {
	if s.ended.set() && r.Kind != KindStop {
		s.j.tally[ruleS7].Failf([]Ref{s.ended.ref(), r.Ref()}, "a worker stopped that was not let go, while its node went on")
		s.ended = place{}
	}
	switch r.Kind {
	case KindStart:
		s.starts[r.Actor] = r.M
	case KindScale:
		s.decision(r)
	case KindCrew:
		s.crew(r)
	case KindRefuse:
		s.j.offer.refused = true
	case KindAdmit:
		s.j.offer.admit(r)
		s.worker(r.Sym(KeyW)).admit(s, r)
	case KindView, KindCredit, KindPick, KindDone, KindGaveUp, KindDead, KindLeft, KindStop:
		switch r.Kind {
		case KindPick:
			s.j.offer.pick(r)
		case KindDone, KindGaveUp, KindDead:
			s.j.offer.over(r)
		}
		if w := s.workers[r.Actor]; w != nil {
			w.did(s, r)
		} else if r.Kind == KindView {
			s.worker(r.Actor)
		}
	}
}

// worker is one by name, known from now on.
func (s *scaleSite) worker(name Sym) *scaleWorker {
	w := s.workers[name]
	if w == nil {
		w = &scaleWorker{}
		s.workers[name] = w
	}
	return w
}
