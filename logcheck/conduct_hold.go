package logcheck

import "time"

// holdRule judges F12: while a worker has nobody to choose, a packet is held for
// hold_ns and then given back, neither sooner nor later. Memory: the packets that
// workers hold.
type holdRule struct {
	Tally
	run   *RunDistributor
	nodes map[Sym]map[Sym]*holdBook // node, worker
}

// holdBook is one worker of the newest incarnation.
type holdBook struct {
	on    bool
	since int64 // by the node's own clock
	ref   Ref
	slept bool // it was paused since
	jobs  map[PacketID]waiting
}

// Kinds implements Rule, as do the methods below.
func (b *holdRule) Kinds() KindSet {
	return Kinds(KindLog, KindNoneUp, KindAdmit, KindDone, KindGaveUp, KindDead, KindResumed)
}

func (b *holdRule) Feed(r *Record) {
	if b.run.Hold <= 0 {
		return // no hold is promised
	}
	if r.Kind == KindLog {
		delete(b.nodes, r.Node())
		return
	}
	worker := r.Actor
	if r.Kind == KindAdmit {
		worker = r.Sym(KeyW)
	}
	w := b.book(r.Node(), worker)
	id, _ := r.ID()
	switch r.Kind {
	case KindNoneUp:
		if w.on && !r.Bool(KeyOn) && !w.slept {
			b.overdue(w, r)
		}
		w.on, w.since, w.ref, w.slept = r.Bool(KeyOn), r.M, r.Ref(), false
	case KindResumed:
		w.slept = true
	case KindAdmit:
		w.jobs[id] = waiting{m: r.M, ref: r.Ref()}
	default:
		delete(w.jobs, id)
		if r.Kind == KindGaveUp && w.on && r.Is(KeyWhy, "no_analyser") {
			b.Case()
			if held := r.M - w.since; held < int64(b.run.Hold) {
				b.Failf([]Ref{w.ref, r.Ref()}, "given up for want of an analyser after %d ns without one, hold_ns is %d", held, int64(b.run.Hold))
			}
		}
	}
}

func (b *holdRule) book(node, worker Sym) *holdBook {
	m := b.nodes[node]
	if m == nil {
		m = map[Sym]*holdBook{}
		b.nodes[node] = m
	}
	w := m[worker]
	if w == nil {
		w = &holdBook{jobs: map[PacketID]waiting{}}
		m[worker] = w
	}
	return w
}

// overdue judges at the end of a time without analysers that nothing was held for
// longer: a packet may have had an attempt open when it began, and a retry to wait for.
func (b *holdRule) overdue(w *holdBook, r *Record) {
	slack := b.run.AttemptTimeout + b.run.BackoffMax + b.run.BackoffMax/1_000_000*time.Duration(b.run.JitterPPM) + b.run.Detector.Pause
	var worst waiting
	late := 0
	for _, j := range w.jobs { //weir:anyorder the smallest line is told
		if r.M-max(j.m, w.since) <= int64(b.run.Hold+slack) {
			continue
		}
		if late++; late == 1 || j.ref.Line < worst.ref.Line {
			worst = j
		}
	}
	b.Case()
	if late > 0 {
		b.Failf([]Ref{worst.ref, w.ref, r.Ref()}, "%d packets were held for over %d ns without an analyser, hold_ns is %d", late, int64(b.run.Hold+slack), int64(b.run.Hold))
	}
}

func (b *holdRule) Finish(*End) Result { return b.Result() }
