package sim

// MsgInfo describes a message for an Observer.
type MsgInfo struct {
	From  Addr
	To    Addr // Inc is 0 where the sender left it open
	Token Token
	Class Class
	Size  int
	Msg   any
	Reply bool // a Reply; To then names the requester
}

// Why says how a message was lost.
type Why string

// The ways to lose a message.
const (
	WhyCut     Why = "cut"     // the link was cut at the send or while it travelled
	WhyReset   Why = "reset"   // the link was reset while it travelled
	WhyLoss    Why = "loss"    // impairment: loss
	WhyCorrupt Why = "corrupt" // impairment: corruption, detected at the receiver
	WhyDown    Why = "down"    // the receiving node had vanished (silent crash)
	WhyCrash   Why = "crash"   // it waited in a node that crashed
	WhyStop    Why = "stop"    // it waited in an actor or node that stopped
	WhyFull    Why = "full"    // a reply to a forgotten request met a full mailbox
)

// Observer is told, synchronously and in event order, what no actor sees. With
// it, every message that Send, Request or Reply accepted has exactly one fate:
// its receiver's Handle ran with it, or one of Lost, Refused and DroppedStale
// was called, or it is still under way when the run ends. A duplicated
// message has as many fates as Duplicated said copies.
//
// A method must not call the World's control functions, except At and Soon.
type Observer interface {
	// Lost: the message vanished; nobody is told, except that a corrupt or
	// reset one may cause a Failed event at its sender.
	Lost(m MsgInfo, why Why)
	// Refused: the message reached a node that would not take it; err is
	// ErrRefused (down, or no such actor) or ErrRemoteFull. A Failed event is
	// on its way to the sender.
	Refused(m MsgInfo, err error)
	// DroppedStale: the message was for another incarnation of its receiver.
	DroppedStale(m MsgInfo)
	// Duplicated: the link made copies messages (2 or more) of this one.
	Duplicated(m MsgInfo, copies int)
	// ActorStarted: the actor was spawned; its Started event follows.
	ActorStarted(a Addr)
	// ActorStopped: the actor stopped, or its node crashed or stopped.
	ActorStopped(a Addr)
	// NodeChanged: the node entered a state; inc is its incarnation. When it
	// ends, this follows the ActorStopped of all its actors.
	NodeChanged(id NodeID, inc uint32, s NodeState)
}

// NopObserver observes nothing. Embed it to implement only some methods.
type NopObserver struct{}

// Lost does nothing.
func (NopObserver) Lost(MsgInfo, Why) {}

// Refused does nothing.
func (NopObserver) Refused(MsgInfo, error) {}

// DroppedStale does nothing.
func (NopObserver) DroppedStale(MsgInfo) {}

// Duplicated does nothing.
func (NopObserver) Duplicated(MsgInfo, int) {}

// ActorStarted does nothing.
func (NopObserver) ActorStarted(Addr) {}

// ActorStopped does nothing.
func (NopObserver) ActorStopped(Addr) {}

// NodeChanged does nothing.
func (NopObserver) NodeChanged(NodeID, uint32, NodeState) {}
