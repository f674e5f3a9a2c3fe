package simfault

import (
	"errors"
	"slices"

	"weir/faults"
	"weir/sim"
)

// nodeVerb says how the world does one flat verb on a node.
type nodeVerb struct {
	do faults.Verb
	// can says whether the node's state lets the act change anything; nil: the director knows. When it says yes, call
	// does not fail.
	can  func(s *stage, id sim.NodeID, act faults.Act) bool
	call func(s *stage, id sim.NodeID, act faults.Act) error
}

// nodeVerbs is the dispatch table of node verbs.
var nodeVerbs = slices.Concat(processVerbs, clockVerbs, diskVerbs)

var processVerbs = []nodeVerb{
	{faults.Crash, nil, func(s *stage, id sim.NodeID, act faults.Act) error {
		return s.world.Crash(id, sim.CrashOptions{Silent: act.Args.Silent})
	}},
	{faults.Stop, asked, func(*stage, sim.NodeID, faults.Act) error { return nil }},
	{faults.Restart, nil, func(s *stage, id sim.NodeID, _ faults.Act) error { return s.world.Restart(id) }},
	{faults.Kill, canPause, func(s *stage, id sim.NodeID, act faults.Act) error {
		return s.world.KillActor(id, act.Actor)
	}},
	{faults.Pause, canPause, func(s *stage, id sim.NodeID, act faults.Act) error {
		if act.Actor != "" {
			return s.world.PauseActor(id, act.Actor)
		}
		return s.world.Pause(id)
	}},
	{faults.Resume, canPause, func(s *stage, id sim.NodeID, act faults.Act) error {
		if act.Actor != "" {
			return s.world.ResumeActor(id, act.Actor)
		}
		return s.world.Resume(id)
	}},
	{faults.Slow, nil, func(s *stage, id sim.NodeID, act faults.Act) error {
		return s.world.Slow(id, int64(act.Args.Percent), 100)
	}},
	{faults.Normal, nil, func(s *stage, id sim.NodeID, _ faults.Act) error { return s.world.Normal(id) }},
}

// asked asks a node to stop. Asking is the only way to learn whether there is a root actor to be asked, and it
// changes nothing at once: the root is told by an event of its own.
func asked(s *stage, id sim.NodeID, act faults.Act) bool {
	err := s.world.Stop(id)
	assert(err == nil || errors.Is(err, sim.ErrNoActor), "%s: %v", act, err)
	return err == nil
}

// canPause: a process that runs can be paused, one that is paused resumed, and so an actor that it has.
func canPause(s *stage, id sim.NodeID, act faults.Act) bool {
	node := s.world.Node(id)
	switch {
	case act.Actor != "":
		return s.Running(act.Node) && slices.Contains(node.Actors, act.Actor)
	case act.Do == faults.Pause:
		return node.State == sim.NodeUp
	}
	return node.State == sim.NodePaused
}

var clockVerbs = []nodeVerb{
	{faults.Skew, nil, func(s *stage, id sim.NodeID, act faults.Act) error {
		s.world.Clock(id).Skew(act.Args.Shift)
		return nil
	}},
	{faults.Drift, nil, func(s *stage, id sim.NodeID, act faults.Act) error {
		return s.world.Clock(id).Drift(act.Args.DriftPPM)
	}},
	{faults.Jump, nil, func(s *stage, id sim.NodeID, act faults.Act) error {
		s.world.Clock(id).Jump(act.Args.Shift)
		return nil
	}},
	{faults.Resync, nil, func(s *stage, id sim.NodeID, _ faults.Act) error {
		s.world.Clock(id).Skew(0)
		return s.world.Clock(id).Drift(0)
	}},
	{faults.Freeze, nil, onClock((*sim.Clock).Freeze)},
	{faults.Thaw, nil, onClock((*sim.Clock).Thaw)},
}

var diskVerbs = []nodeVerb{
	{faults.DiskLie, nil, onDisk((*sim.Disk).Lie)},
	{faults.DiskHonest, nil, onDisk((*sim.Disk).Honest)},
	{faults.DiskTear, nil, onDisk((*sim.Disk).TearNext)},
	{faults.DiskRot, canRot, func(s *stage, id sim.NodeID, act faults.Act) error {
		return s.world.Disk(id).Rot(act.Args.File, act.Args.Offset, act.Args.Bits)
	}},
	{faults.DiskFill, nil, onDisk((*sim.Disk).Fill)},
	{faults.DiskFree, nil, onDisk((*sim.Disk).Free)},
	{faults.DiskBreak, nil, onDisk((*sim.Disk).Break)},
	{faults.DiskRepair, nil, onDisk((*sim.Disk).Repair)},
	{faults.DiskStall, nil, onDisk((*sim.Disk).Stall)},
	{faults.DiskFlow, nil, onDisk((*sim.Disk).Flow)},
}

// canRot: the file must have so many bits, from the offset on if one is given.
func canRot(s *stage, id sim.NodeID, act faults.Act) bool {
	data, _ := s.world.Disk(id).Bytes(act.Args.File)
	return (int64(len(data))-max(act.Args.Offset, 0))*8 >= int64(act.Args.Bits)
}

func onClock(f func(*sim.Clock)) func(*stage, sim.NodeID, faults.Act) error {
	return func(s *stage, id sim.NodeID, _ faults.Act) error {
		f(s.world.Clock(id))
		return nil
	}
}

func onDisk(f func(*sim.Disk)) func(*stage, sim.NodeID, faults.Act) error {
	return func(s *stage, id sim.NodeID, _ faults.Act) error {
		f(s.world.Disk(id))
		return nil
	}
}

// linkCall does a verb on a directed link.
type linkCall func(s *stage, from, to sim.NodeID, act faults.Act) error

// linkVerb says how the world does one verb on a link.
type linkVerb struct {
	do   faults.Verb
	call linkCall
}

var linkVerbs = []linkVerb{
	{faults.Cut, plainLink((*sim.World).Cut)},
	{faults.Heal, heal},
	{faults.Hold, plainLink((*sim.World).Hold)},
	{faults.Release, plainLink((*sim.World).Release)},
	{faults.Mend, plainLink((*sim.World).Mend)},
	{faults.Impair, func(s *stage, from, to sim.NodeID, act faults.Act) error {
		return s.world.Impair(from, to, s.opt.classes(act.Classes), impairment(act.Args.Impair))
	}},
	{faults.Reset, jointly((*sim.World).Reset)},
	{faults.Truncate, jointly((*sim.World).Reset)},
	{faults.Refuse, refuse},
}

// jointly does it to a link's classes and to those that share their connections.
func jointly(f func(*sim.World, sim.NodeID, sim.NodeID, sim.ClassSet) error) linkCall {
	return func(s *stage, from, to sim.NodeID, act faults.Act) error {
		return errors.Join(f(s.world, from, to, s.opt.classes(act.Classes)), f(s.world, to, from, s.opt.classes(act.Classes.Joint())))
	}
}

func refuse(s *stage, from, to sim.NodeID, act faults.Act) error {
	s.refused[way{from, to}] |= act.Classes
	return jointly((*sim.World).Refuse)(s, from, to, act)
}

// heal ends cuts of the link, and refusals of both directions as far as none of the other direction lasts.
func heal(s *stage, from, to sim.NodeID, act faults.Act) error {
	bad := s.world.Heal(from, to, s.opt.classes(act.Classes))
	mine, other := way{from, to}, way{to, from}
	if s.refused[mine]&act.Classes == 0 {
		return bad
	}
	s.refused[mine] &^= act.Classes
	return errors.Join(bad, s.accept(mine, other), s.accept(other, mine))
}

// accept ends the refusal of what neither the link nor the one back refuses.
func (s *stage) accept(mine, back way) error {
	free := faults.AllClasses &^ (s.refused[mine] | s.refused[back].Joint())
	if free == 0 {
		return nil
	}
	return s.world.Accept(mine.from, mine.to, s.opt.classes(free))
}

func plainLink(f func(*sim.World, sim.NodeID, sim.NodeID, sim.ClassSet) error) linkCall {
	return func(s *stage, from, to sim.NodeID, act faults.Act) error {
		return f(s.world, from, to, s.opt.classes(act.Classes))
	}
}

// impairment restates what the link does; the shares were checked to lie in 0..1,000,000.
func impairment(m faults.Impairment) sim.Impairment {
	return sim.Impairment{
		ExtraDelay: m.Delay, Jitter: m.Jitter,
		LossPPM: uint32(m.LossPPM), DuplicatePPM: uint32(m.DuplicatePPM),
		ReorderPPM: uint32(m.ReorderPPM), ReorderDelay: m.ReorderDelay,
		CorruptPPM: uint32(m.CorruptPPM), Rate: m.Rate,
	}
}

// Verbs lists the flat verbs that this package carries out.
func Verbs() []faults.Verb {
	list := append(faults.HookVerbs(), faults.GaugeVerbs()...)
	for _, v := range nodeVerbs {
		list = append(list, v.do)
	}
	for _, v := range linkVerbs {
		list = append(list, v.do)
	}
	return list
}
