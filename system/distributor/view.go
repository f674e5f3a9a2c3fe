package distributor

import (
	"slices"
	"strings"

	"weir/system/node"
	"weir/system/route"
)

// slot is an analyser as one worker sees it.
type slot struct {
	id       string
	addr     node.Addr
	weight   uint32
	member   bool // registered
	drain    bool
	down     bool // the detector's verdict
	full     bool // the window was full and has not had room again
	inFlight int
	index    int // in the worker's slots and view, if member
	tally    *tally

	decided, delivered uint64 // messages in first attempts, and committed; since it is a slot
}

func (s *slot) status() route.Status {
	switch {
	case s.drain:
		return route.Drain
	case s.down:
		return route.Down
	case s.full:
		return route.Full
	}
	return route.Up
}

func (s *slot) entry() route.Entry {
	return route.Entry{ID: s.id, Weight: s.weight, Status: s.status()}
}

// eligible reports whether the analyser may be given a packet now.
func (s *slot) eligible() bool { return s.member && s.entry().Eligible() }

// find returns the registered analyser of that id, nil if there is none.
func (w *worker) find(id string) *slot {
	i, ok := slices.BinarySearchFunc(w.slots, id, func(s *slot, id string) int { return strings.Compare(s.id, id) })
	if !ok {
		return nil
	}
	return w.slots[i]
}

// setTable takes what the supervisor pushed, unless it has something newer.
func (w *worker) setTable(env node.Env, m *tableMsg) {
	if m.serial <= w.serial {
		return
	}
	w.serial = m.serial
	if m.table != nil {
		fell := w.setSlots(env, m)
		w.rebuildView(env)
		for _, s := range fell {
			w.failAll(env, s)
		}
	}
	if m.stopping && !w.stopping {
		w.stopping = true
		w.drainAlarm.by(env, env.Now()+w.cfg.DrainMax)
	}
}

// setSlots makes the slots those of the table and returns the ones that the
// supervisor's detectors now hold for down.
func (w *worker) setSlots(env node.Env, m *tableMsg) (fell []*slot) {
	next := make([]*slot, len(m.table.members))
	ids := make([]string, len(next))
	for i, mem := range m.table.members {
		s := w.find(mem.id)
		if s == nil {
			s = w.revive(mem.id)
		}
		s.member, s.index, s.weight, s.drain = true, i, mem.weight, mem.drain
		if m.down != nil && s.down != m.down[i] {
			s.down = m.down[i]
			if w.view != nil { // a new worker's first view tells what it begins with
				w.logCentral(env, s)
			}
			if s.down {
				fell = append(fell, s)
			}
		}
		next[i], ids[i] = s, mem.id
	}
	for _, s := range w.slots {
		if _, ok := m.table.find(s.id); !ok {
			s.member, s.down, s.full = false, false, false
			w.gone = append(w.gone, s)
		}
	}
	w.gone = slices.DeleteFunc(w.gone, func(s *slot) bool { return s.member || s.inFlight == 0 })
	w.slots, w.table = next, m.table
	if w.watch != nil {
		w.watch.sync(env, ids)
	}
	return fell
}

// revive returns the slot of an analyser that was removed and still has attempts
// in flight, so that its window stays true, or a new one.
func (w *worker) revive(id string) *slot {
	for _, s := range w.gone {
		if s.id == id {
			s.full = w.cfg.OnFull == Skip && s.inFlight >= w.cfg.Window
			return s
		}
	}
	return &slot{id: id, addr: node.Addr{Node: id, Actor: analyseActor}, tally: w.measured.of(id)}
}

// logCentral logs that the worker follows the supervisor's verdict.
func (w *worker) logCentral(env node.Env, s *slot) {
	to := "up"
	if s.down {
		to = "down"
	}
	env.Log("health").Str("an", s.id).Str("to", to).Str("why", "central").End()
}

// rebuildView makes a view of all slots, after the table or verdicts on several
// analysers changed.
func (w *worker) rebuildView(env node.Env) {
	entries := make([]route.Entry, len(w.slots))
	for i, s := range w.slots {
		entries[i] = s.entry()
	}
	v, err := route.NewViewAt(w.nextView(), w.table.version, entries)
	assert(err == nil, "view of a valid table: %v", err)
	w.setView(env, v)
}

// updateView takes the changed status of one analyser into the view.
func (w *worker) updateView(env node.Env, s *slot) {
	if !s.member || w.view.Entry(s.index) == s.entry() {
		return
	}
	change := [1]route.Entry{s.entry()}
	v, err := w.view.With(route.Change{Number: w.nextView(), Version: w.table.version, Set: change[:]})
	assert(err == nil, "status %s of a registered analyser: %v", s.status(), err)
	w.setView(env, v)
}

func (w *worker) nextView() uint64 {
	if w.view == nil {
		return 1
	}
	return w.view.Number() + 1
}

// setView logs the change and puts the view in force. A push that changed
// nothing makes no view.
func (w *worker) setView(env node.Env, v *route.View) {
	diff := route.Diff(w.view, v)
	if w.view != nil && diff == "" && w.view.Version() == v.Version() {
		return
	}
	w.view = v
	env.Log("view").Uint("v", v.Number()).Uint("ver", v.Version()).Str("set", diff).End()
	w.start(env)
	if none := v.Eligible() == 0; none != w.none {
		w.none, w.noneSince = none, env.Now()
		env.Log("none_up").Bool("on", none).End()
	}
}

// start is the start phase of a worker that chooses for itself: it begins as if
// it had made a random number of decisions, so that workers do not pick in step.
func (w *worker) start(env node.Env) {
	if w.started || !w.cfg.alone() || w.cfg.State == CrdtCounts || w.view.Eligible() == 0 {
		return
	}
	w.started = true
	route.StartPhase(w.choose.policy, w.view, env.Rand())
	set := route.AppendCredits(nil, w.choose.policy.Credits())
	env.Log("credit").Str("set", string(set)).End()
}

// noteRoom updates whether an analyser's window is full. It is full at Window and
// has room again at three quarters of it, so that the view does not change with
// each packet.
func (w *worker) noteRoom(env node.Env, s *slot) {
	switch {
	case w.cfg.OnFull != Skip || !s.member:
		return
	case !s.full && s.inFlight >= w.cfg.Window:
		s.full = true
	case s.full && s.inFlight <= w.cfg.Window*3/4:
		s.full = false
	default:
		return
	}
	w.updateView(env, s)
}
