package scenarios

import (
	"errors"

	"weir/sim"
)

// observer takes what the simulator saw and no actor: the fate of messages that
// nobody handled goes to the fault log, the ends of incarnations to the nodes' logs.
type observer struct {
	sim.NopObserver
	r *run
}

// Lost implements sim.Observer, as do the methods below.
func (o observer) Lost(m sim.MsgInfo, why sim.Why) { o.r.injector.Lost(m, why) }

// The fates that are nobody's fault, in the words of FORMAT.md section 6.
const (
	whyStale   sim.Why = "stale"
	whyNoActor sim.Why = "no_actor"
	whyFull    sim.Why = "full"
)

func (o observer) Refused(m sim.MsgInfo, err error) {
	why := whyNoActor
	if errors.Is(err, sim.ErrRemoteFull) {
		why = whyFull
	} else if o.r.world.sim.Node(m.To.Node).State == sim.NodeDown {
		why = sim.WhyDown
	}
	o.r.injector.Lost(m, why)
}

func (o observer) DroppedStale(m sim.MsgInfo) { o.r.injector.Lost(m, whyStale) }

func (o observer) Duplicated(m sim.MsgInfo, copies int) { o.r.injector.Duplicated(m, copies) }

func (o observer) ActorStopped(a sim.Addr) {
	if s := o.r.world.sim.Node(a.Node).State; s == sim.NodeUp || s == sim.NodePaused { // it alone
		o.r.world.hosts[a.Node].gone(a.Actor)
	}
}

func (o observer) NodeChanged(id sim.NodeID, inc uint32, s sim.NodeState) {
	o.r.world.nodeChanged(id, s)
	if o.r.injector != nil {
		o.r.injector.NodeChanged(id, inc, s)
	}
}
