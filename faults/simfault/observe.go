package simfault

import (
	"weir/faults"
	"weir/sim"
)

// Now is the stamp of a record written at this point of the run.
func (in *Injector) Now() faults.Stamp { return in.stage.Now() }

// Phase notes in the fault log that a phase begins: warmup, faults, heal, settle, end.
func (in *Injector) Phase(name string) { in.opt.Log.Phase(in.Now(), name) }

// Stopped notes why the run ended.
func (in *Injector) Stopped(why string) { in.opt.Log.Stopped(in.Now(), why) }

// Close ends the fault log. Nothing may be injected or noted after it.
func (in *Injector) Close() { in.opt.Log.Close(in.Now()) }

// Lost notes a lost message; the runner's observer calls it. Messages within a node are left out, as they are from
// the nodes' logs. Why is told in the words of the log: a stopped receiver is "down", a full mailbox "queue".
func (in *Injector) Lost(m sim.MsgInfo, why sim.Why) {
	if crosses(m) {
		in.opt.Log.Lost(in.Now(), in.sent(m), lostWhy(why))
	}
}

// Duplicated notes that the world made copies of a message, the original counted; the runner's observer calls it.
func (in *Injector) Duplicated(m sim.MsgInfo, copies int) {
	assert(copies >= 2, "a duplicated message has %d copies", copies)
	if crosses(m) {
		in.opt.Log.Dup(in.Now(), in.sent(m), copies-1)
	}
}

// crosses says whether a message goes from one node to another; one from outside the world has no sender's node.
func crosses(m sim.MsgInfo) bool { return m.From.Node >= 0 && m.From.Node != m.To.Node }

// NodeChanged tells the injector of ends of nodes; the runner's observer calls it. Without it a restart that comes
// before an orderly stop has ended never happens.
func (in *Injector) NodeChanged(id sim.NodeID, _ uint32, s sim.NodeState) {
	if s == sim.NodeStopped || s == sim.NodeDown {
		in.NodeEnded(in.names[id], s == sim.NodeStopped)
	}
}

func (in *Injector) sent(m sim.MsgInfo) faults.Sent {
	return faults.Sent{
		Node: in.names[m.From.Node], Incarnation: m.From.Inc, Token: uint64(m.Token), To: in.names[m.To.Node],
	}
}

func lostWhy(why sim.Why) string {
	switch why {
	case sim.WhyStop:
		return "down"
	case sim.WhyFull:
		return "queue"
	}
	return string(why)
}
