package logcheck

// Kind is the kind of a record (key `k`).
type Kind uint8

// The kinds that FORMAT.md defines. KindX stands for every kind that begins with
// x_ (Record.KindName has its text).
const (
	KindNone Kind = iota
	KindLog
	KindEnd
	KindStart
	KindStop
	KindSend
	KindRecv
	KindFail
	KindDrop
	KindSynced
	KindDiskfail
	KindEmit
	KindOutcome
	KindInput
	KindSubmitFailed
	KindBack
	KindKeptOut
	KindDrained
	KindConfig
	KindAdmit
	KindJoin
	KindRefuse
	KindView
	KindCredit
	KindPick
	KindHealth
	KindProbed
	KindAttemptFailed
	KindRetry
	KindDone
	KindGaveUp
	KindDead
	KindSpool
	KindFlush
	KindUnspool
	KindRegain
	KindHeld
	KindBudget
	KindNoneUp
	KindResumed
	KindScale
	KindCrew
	KindLeft
	KindSeed
	KindChange
	KindReplica
	KindNotTaken
	KindMember
	KindTrade
	KindTally
	KindRecover
	KindCommit
	KindDup
	KindPoisoned
	KindTake
	KindCounts
	KindDigest
	KindCounter
	KindPhase
	KindFault
	KindLost
	KindWorldDup
	KindNoeffect
	KindStopped
	KindX
	kindCount
)

// kindText gives the text of each kind. `dup` names two kinds: in a node's file
// the analyser's suppression (KindDup), in the fault file the world's extra
// copies (KindWorldDup).
var kindText = [kindCount]string{
	KindLog: "log", KindEnd: "end", KindStart: "start", KindStop: "stop",
	KindSend: "send", KindRecv: "recv", KindFail: "fail", KindDrop: "drop",
	KindSynced: "synced", KindDiskfail: "diskfail",
	KindEmit: "emit", KindOutcome: "outcome", KindInput: "input", KindSubmitFailed: "submit_failed", KindBack: "back",
	KindKeptOut: "kept_out", KindDrained: "drained", KindJoin: "join",
	KindConfig: "config", KindAdmit: "admit", KindRefuse: "refuse", KindView: "view",
	KindCredit: "credit", KindPick: "pick", KindHealth: "health", KindProbed: "probed",
	KindAttemptFailed: "attempt_failed", KindRetry: "retry", KindDone: "done",
	KindGaveUp: "gave_up", KindDead: "dead", KindSpool: "spool", KindFlush: "flush", KindUnspool: "unspool", KindRegain: "regain", KindHeld: "held", KindBudget: "budget", KindNoneUp: "none_up",
	KindResumed: "resumed", KindScale: "scale", KindCrew: "crew", KindLeft: "left",
	KindSeed: "seed", KindChange: "change", KindReplica: "replica", KindNotTaken: "not_taken", KindMember: "member",
	KindTrade: "trade", KindTally: "tally",
	KindRecover: "recover", KindCommit: "commit", KindDup: "dup", KindPoisoned: "poisoned",
	KindTake: "take", KindCounts: "counts",
	KindDigest:  "digest",
	KindCounter: "counter",
	KindPhase:   "phase", KindFault: "fault", KindLost: "lost", KindWorldDup: "dup",
	KindNoeffect: "noeffect", KindStopped: "stopped", KindX: "x_",
}

// String returns the kind's text in the log.
func (k Kind) String() string {
	if k < kindCount {
		return kindText[k]
	}
	return "?"
}

// KindSet is a set of kinds.
type KindSet uint64

// All kinds but KindNone fit, now to the last bit: this does not compile with one more.
const _ = uint(64 - (kindCount - 1))

// Kinds makes a set.
func Kinds(list ...Kind) KindSet {
	var s KindSet
	for _, k := range list {
		s |= 1 << (k - 1)
	}
	return s
}

// Has reports whether k is in s.
func (s KindSet) Has(k Kind) bool { return s>>(k-1)&1 == 1 }

// AllKinds holds every kind.
const AllKinds KindSet = 1<<(kindCount-1) - 1

// Msg is the name of a message (key `msg` of send and recv).
type Msg uint8

// The messages that FORMAT.md defines.
const (
	MsgNone Msg = iota
	MsgSubmit
	MsgResult
	MsgPacket
	MsgReceipt
	MsgProbe
	MsgProbeOK
	MsgControl
	MsgControlOK
	MsgState
	MsgStateOK
	MsgGossip
	MsgGossipOK
	msgCount
)

var msgText = [msgCount]string{"", "submit", "result", "packet", "receipt", "probe", "probe_ok", "control", "control_ok", "state", "state_ok", "gossip", "gossip_ok"}

// String returns the message's name in the log.
func (m Msg) String() string {
	if m < msgCount {
		return msgText[m]
	}
	return "?"
}

// Class is a set of traffic classes (key `c` of send and recv, `cls` of faults).
type Class uint8

// The classes of traffic; a fault on a link acts on one of them or on all.
const (
	ClassData Class = 1 << iota
	ClassAck
	ClassProbe
	ClassControl
	ClassAll Class = 15
)

// parseClass reads a class; all is known only to faults.
func parseClass(b []byte) (Class, bool) {
	switch string(b) {
	case "data":
		return ClassData, true
	case "ack":
		return ClassAck, true
	case "probe":
		return ClassProbe, true
	case "control":
		return ClassControl, true
	case "all", "":
		return ClassAll, true
	}
	return 0, false
}

// Role is what a node is for (key `role` of log).
type Role uint8

// The roles of nodes; RoleFaults is the fault file itself.
const (
	RoleNone Role = iota
	RoleEmitter
	RoleDistributor
	RoleAnalyser
	RoleOperator
	RoleFaults
)

var roleText = [...]string{"", "emitter", "distributor", "analyser", "operator", "faults"}

// String returns the role's text in the log.
func (r Role) String() string { return roleText[r] }

// parseRole reads a role.
func parseRole(b []byte) (Role, bool) {
	for i := 1; i < len(roleText); i++ {
		if roleText[i] == string(b) {
			return Role(i), true
		}
	}
	return RoleNone, false
}
