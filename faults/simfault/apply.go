package simfault

import (
	"math/rand/v2"
	"slices"
	"time"

	"weir/faults"
	"weir/sim"
)

// stage is the simulated world as the director sees it.
type stage struct {
	world   *sim.World
	opt     *Options
	refused map[way]faults.ClassSet // by link; looked up only
}

// way is a directed link.
type way struct{ from, to sim.NodeID }

func (s *stage) Now() faults.Stamp {
	return faults.Stamp{At: s.world.Now(), Event: s.world.Events()}
}

func (s *stage) At(at time.Duration, f func()) { s.world.At(at, "fault", func(*sim.World) { f() }) }

func (s *stage) Soon(f func()) { s.world.Soon("fault", func(*sim.World) { f() }) }

// Draws makes the stream anew rather than taking it from the world's table of streams, which would keep one for each
// firing.
func (s *stage) Draws(name string) *rand.Rand { return sim.Stream(s.world.Seed(), name) }

func (s *stage) Running(node string) bool {
	state := s.world.Node(s.id(node)).State
	return state == sim.NodeUp || state == sim.NodePaused
}

func (s *stage) Incarnation(node string) uint32 { return s.world.Node(s.id(node)).Inc }

func (s *stage) Can(act faults.Act) bool {
	i := slices.IndexFunc(nodeVerbs, func(v nodeVerb) bool { return v.do == act.Do })
	return i < 0 || nodeVerbs[i].can == nil || nodeVerbs[i].can(s, s.id(act.Node), act)
}

// Do never fails: that what can be done is done is a promise of the world.
func (s *stage) Do(act faults.Act) error {
	var err error
	if act.IsLink() {
		i := slices.IndexFunc(linkVerbs, func(v linkVerb) bool { return v.do == act.Do })
		assert(i >= 0, "no link verb %s", act.Do)
		err = linkVerbs[i].call(s, s.id(act.From), s.id(act.To), act)
	} else {
		i := slices.IndexFunc(nodeVerbs, func(v nodeVerb) bool { return v.do == act.Do })
		assert(i >= 0, "no node verb %s", act.Do)
		err = nodeVerbs[i].call(s, s.id(act.Node), act)
	}
	assert(err == nil, "%s: %v", act, err)
	return nil
}

func (s *stage) id(name string) sim.NodeID {
	id, found := s.world.NodeByName(name)
	assert(found, "a validated plan names %q, which is no node", name)
	return id
}
