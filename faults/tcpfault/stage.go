package tcpfault

import (
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"weir/faults"
)

// stage is the cluster as the director sees it. The injector's mu is held in every call.
type stage struct {
	in        *Injector
	processes map[string]Process
	dirs      map[string]string
	lanes     map[laneKey][]Lane
	scheduled int
	rots      int // so far
}

type laneKey struct {
	from, to string
	class    faults.Class
}

func newStage(in *Injector) *stage {
	s := &stage{in: in, processes: make(map[string]Process), dirs: make(map[string]string), lanes: make(map[laneKey][]Lane)}
	for _, n := range in.opt.Nodes {
		s.processes[n.Name], s.dirs[n.Name] = n.Process, n.Dir
	}
	for _, c := range in.opt.Carriers {
		k := laneKey{c.From, c.To, c.Class}
		s.lanes[k] = append(s.lanes[k], c.Lane)
	}
	return s
}

func (s *stage) Now() faults.Stamp { return faults.Stamp{At: time.Since(s.in.opt.Began)} }

func (s *stage) At(at time.Duration, f func()) {
	heap.Push(&s.in.due, event{at, s.scheduled, f})
	s.scheduled++
	select {
	case s.in.wake <- struct{}{}:
	default:
	}
}

func (s *stage) Soon(f func()) { s.At(s.Now().At, f) }

func (s *stage) Draws(name string) *rand.Rand { return faults.Stream(s.in.opt.Seed, name) }

func (s *stage) Running(node string) bool { return s.processes[node].Running() }

func (s *stage) Incarnation(node string) uint32 { return s.processes[node].Incarnation() }

func (s *stage) Can(act faults.Act) bool {
	switch act.Do {
	case faults.Pause, faults.Resume:
		return s.Running(act.Node)
	case faults.DiskRot:
		return s.canRot(act)
	}
	return true
}

func (s *stage) Do(act faults.Act) error {
	if act.IsLink() {
		return s.doLink(act)
	}
	for _, v := range nodeVerbs {
		if v.do == act.Do {
			return v.call(s, s.processes[act.Node], act)
		}
	}
	return fmt.Errorf("tcpfault: nothing carries out %s", act)
}

func (s *stage) doLink(act faults.Act) error {
	var bad []error
	for _, v := range linkVerbs {
		for c := faults.Class(0); c < faults.NClasses && v.do == act.Do; c++ {
			if !act.Classes.Has(c) {
				continue
			}
			for _, lane := range s.lanes[laneKey{act.From, act.To, c}] {
				bad = append(bad, v.call(lane, act))
			}
		}
	}
	return errors.Join(bad...)
}

// nodeVerbs says how each flat verb is done to a process.
var nodeVerbs = []struct {
	do   faults.Verb
	call func(*stage, Process, faults.Act) error
}{
	{faults.Crash, func(_ *stage, p Process, _ faults.Act) error { return p.Kill() }},
	{faults.Stop, (*stage).stop},
	{faults.Restart, func(_ *stage, p Process, _ faults.Act) error { return p.Start() }},
	{faults.Pause, func(_ *stage, p Process, _ faults.Act) error { return p.Pause() }},
	{faults.Resume, func(_ *stage, p Process, _ faults.Act) error { return p.Resume() }},
	{faults.Slow, func(_ *stage, p Process, act faults.Act) error { return p.Slow(act.Args.Percent) }},
	{faults.Normal, func(_ *stage, p Process, _ faults.Act) error { p.Normal(); return nil }},
	{faults.DiskRot, (*stage).rot},
}

// linkVerbs says how each is done to a lane.
var linkVerbs = []struct {
	do   faults.Verb
	call func(Lane, faults.Act) error
}{
	{faults.Cut, plain(Lane.Cut)},
	{faults.Heal, func(l Lane, _ faults.Act) error { l.Heal(); return l.Accept() }},
	{faults.Hold, plain(Lane.Hold)},
	{faults.Release, plain(Lane.Release)},
	{faults.Mend, plain(Lane.Mend)},
	{faults.Impair, func(l Lane, act faults.Act) error { return l.Impair(act.Args.Impair) }},
	{faults.Reset, plain(Lane.Reset)},
	{faults.Refuse, plain(Lane.Refuse)},
	{faults.Truncate, func(l Lane, _ faults.Act) error { l.Truncate(truncateBytes, truncateWithin); return nil }},
}

// What a truncated connection still passes: less than the header of an HTTP/2 frame or the first line of a request.
// On an idle one nothing comes; it breaks all the same, while the act still counts as its cause.
const (
	truncateBytes  = 7
	truncateWithin = 100 * time.Millisecond
)

func plain(f func(Lane)) func(Lane, faults.Act) error {
	return func(l Lane, _ faults.Act) error { f(l); return nil }
}

// stop asks the process to end and has the director told once it has.
func (s *stage) stop(p Process, act faults.Act) error {
	exited, incarnation := p.Exited(), p.Incarnation()
	if err := p.Terminate(); err != nil {
		return err
	}
	s.in.running.Add(1)
	go func() {
		defer s.in.running.Done()
		select {
		case <-s.in.quit:
			return
		case <-exited:
		}
		s.in.mu.Lock()
		defer s.in.mu.Unlock()
		if p.Incarnation() == incarnation && !s.in.closed {
			s.in.director.NodeEnded(act.Node, true)
		}
	}()
	return nil
}

// Verbs lists the flat verbs that this package carries out.
func Verbs() []faults.Verb {
	list := faults.HookVerbs()
	for _, v := range nodeVerbs {
		list = append(list, v.do)
	}
	for _, v := range linkVerbs {
		list = append(list, v.do)
	}
	return list
}
