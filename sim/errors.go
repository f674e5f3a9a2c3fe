package sim

import "errors"

// Errors that Send, Request and Reply return at once: the message was never
// accepted, has no token and no fate.
var (
	// ErrMailboxFull: the receiver is on the same node and its mailbox is full.
	ErrMailboxFull = errors.New("sim: mailbox full")
	// ErrLinkFull: the link holds as many items or bytes as it may.
	ErrLinkFull = errors.New("sim: link queue full")
	// ErrOutstanding: the actor has as many open requests or disk operations
	// as Limits.Outstanding allows.
	ErrOutstanding = errors.New("sim: too many outstanding requests")
	// ErrTooLarge: the message could never fit into the link or mailbox.
	ErrTooLarge = errors.New("sim: message larger than the queue it must pass")
	// ErrNoNode: no node has this id.
	ErrNoNode = errors.New("sim: no such node")
)

// Errors that arrive later, in Event.Err of a Failed event (a send to an
// unknown actor of the own node returns ErrRefused at once).
var (
	// ErrRefused: the node is down (and not silent) or has no such actor.
	ErrRefused = errors.New("sim: refused")
	// ErrReset: the path or the peer broke while the send was under way.
	ErrReset = errors.New("sim: reset")
	// ErrRemoteFull: the mailbox of the remote actor was full.
	ErrRemoteFull = errors.New("sim: remote mailbox full")
)

// Errors of disk operations, in Event.Err of a DiskDone event.
var (
	// ErrDiskFull: the disk has no room for the bytes of an append.
	ErrDiskFull = errors.New("sim: disk full")
	// ErrDiskIO: the disk is broken.
	ErrDiskIO = errors.New("sim: disk error")
	// ErrNoFile: the file does not exist.
	ErrNoFile = errors.New("sim: no such file")
)

// Errors of spawning and of control.
var (
	// ErrNameUsed: an actor of this incarnation has, or had, this name.
	ErrNameUsed = errors.New("sim: actor name already used in this incarnation")
	// ErrNoActor: the node runs no actor of this name.
	ErrNoActor = errors.New("sim: no such actor")
	// ErrNodeState: the node is not in a state in which the act makes sense.
	ErrNodeState = errors.New("sim: wrong node state")
	// ErrConfig: a configuration is invalid; the message lists every fault.
	ErrConfig = errors.New("sim: invalid configuration")
)

// failure is the cause of a Failed event in one byte, so that event slots
// need no error value.
type failure uint8

const (
	failNone failure = iota
	failRefused
	failReset
	failRemoteFull
	failOutstanding
	failDiskFull
	failDiskIO
	failNoFile
)

var failureErrors = [...]error{
	nil, ErrRefused, ErrReset, ErrRemoteFull, ErrOutstanding, ErrDiskFull, ErrDiskIO, ErrNoFile,
}

// err returns the exported error of a failure.
func (f failure) err() error {
	return failureErrors[f]
}

// assert panics when a promise of this package's own code, or of its caller's
// contract, is broken. It is for bugs, never for what a run can meet.
func assert(ok bool, msg string) {
	if !ok {
		panic("sim: assertion failed: " + msg)
	}
}
