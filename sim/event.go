package sim

import "time"

// EventKind says what an actor is told.
type EventKind uint8

const (
	// Started is the first event of every actor.
	Started EventKind = iota + 1
	// Delivered: a message from a Send, Request or Inject. From, Token and Sent
	// (both the sender's), Class, Size and Msg are set; ReplyTo too if it was a
	// Request.
	Delivered
	// Replied: the answer to a request. Token is the request's, From the
	// answering actor; Sent, Class, Size and Msg are the answer's.
	Replied
	// Failed: a send, request or reply of this actor failed. Token is the
	// send's and Err one of ErrRefused, ErrReset, ErrRemoteFull; Msg, Class and
	// Size are those of what was sent, and From is the address it was sent to.
	Failed
	// TimerFired: Timer and Key are those of After.
	TimerFired
	// DiskDone: Token, DiskOp, File, Err and, for a read, Data are set.
	DiskDone
	// Stopping: the node was asked to stop; told to its root actor only, which
	// calls Ctx.Exit when it is ready.
	Stopping
)

var eventKindNames = [...]string{"none", "started", "delivered", "replied", "failed", "timer", "disk", "stopping"}

// String returns the kind's name in lower case.
func (k EventKind) String() string {
	if int(k) < len(eventKindNames) {
		return eventKindNames[k]
	}
	return "unknown"
}

// Event is what an actor handles. It belongs to the world and is valid until
// Handle returns; an actor may keep what Msg and Data refer to, but must not
// change Msg, nor the Event itself. Fields that the kind does not name are zero.
type Event struct {
	Kind    EventKind
	Class   Class
	DiskOp  DiskOp
	From    Addr
	Token   Token
	Sent    Token // the token under which a message's sender sent it
	ReplyTo ReplyTo
	Msg     any
	Size    int // bytes, as given to Send
	Timer   TimerID
	Key     uint64
	Err     error
	Data    []byte
	File    string // of a DiskDone; for a rename the new name
}

// Actor is a sequential state machine: Handle is called with one event at a
// time and must not block, start goroutines, or read any clock or randomness
// but those of its Ctx.
type Actor interface {
	Handle(c *Ctx, ev *Event)
}

// ActorFunc makes an Actor of a function.
type ActorFunc func(c *Ctx, ev *Event)

// Handle calls f.
func (f ActorFunc) Handle(c *Ctx, ev *Event) { f(c, ev) }

// ActorOptions are the bounds of one actor.
type ActorOptions struct {
	MailboxItems int   // messages waiting; 0 = Limits.MailboxItems
	MailboxBytes int64 // bytes of messages waiting; 0 = Limits.MailboxBytes
}

// ServiceFunc returns the virtual CPU time that handling ev costs the named
// actor; it must be a pure function of its arguments. Negative counts as 0.
type ServiceFunc func(actor string, ev *Event) time.Duration
