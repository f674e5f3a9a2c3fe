package node

import (
	"errors"
	"math/rand/v2"
	"time"

	"weir/system/record"
)

// Addr names an actor of an incarnation of a node. Inc 0 means whichever
// incarnation is running when the message arrives.
type Addr struct {
	Node  string
	Inc   uint32
	Actor string
}

// Class groups messages for the faults and limits of links.
type Class uint8

// The classes of messages.
const (
	ClassData    Class = iota // packets on their way to an analyser
	ClassAck                  // what answers them
	ClassProbe                // health probes and their answers
	ClassControl              // configuration
	classes
)

var classNames = [classes]string{"data", "ack", "probe", "control"}

// String returns the class's name in the log.
func (c Class) String() string {
	if c >= classes {
		return "invalid"
	}
	return classNames[c]
}

// Message is a plain value that actors exchange. It must not change once sent.
type Message interface {
	// Name is the message's name in the log.
	Name() string
	// Class is the traffic class that link faults select by.
	Class() Class
	// Size is the message's size in bytes, about as long as on the wire: queues
	// and link rates count it.
	Size() int
	// Describe appends the message's keys to a send or recv record.
	Describe(*record.Line)
}

// Token identifies an accepted send, request or disk operation. Tokens start at
// 1 and are unique within an incarnation of a node.
type Token uint64

// ReplyTo is the handle with which a request is answered. It is a plain value:
// any actor of the node that received the request may use it, once.
type ReplyTo struct {
	From   Addr   // the requester
	Token  Token  // its request; 0: nobody awaits an answer
	Handle uint64 // the world's own, opaque to actors
}

// Timer identifies a running timer of an actor; 0 is none.
type Timer uint64

// Kind says what an Event is.
type Kind uint8

// The kinds of events that an actor receives.
const (
	Started    Kind = iota // first event of every actor
	Delivered              // a message arrived; ReplyTo is set if it is a request
	Replied                // the answer to a request of this actor
	Failed                 // a send or request of this actor failed (Err says how)
	TimerFired             // a timer of this actor is due
	DiskDone               // a disk operation of this actor completed
	Stopping               // the node is asked to stop in order; root actor only
)

// Event is one thing that happened to an actor. It is valid during Receive only.
type Event struct {
	Kind    Kind
	From    Addr    // Delivered, Replied: the sender
	Token   Token   // Delivered: the sender's token; Replied, Failed, DiskDone: this actor's token
	ReplyTo ReplyTo // Delivered: how to answer; the zero value if no answer is awaited
	Msg     Message // Delivered, Replied
	Timer   Timer   // TimerFired
	Key     uint64  // TimerFired: the key given to After
	Err     error   // Failed, DiskDone: nil or one of this package's errors
	Data    []byte  // DiskDone of a Read: the file's content, nil if there is none
}

// Errors that Send, Request and Reply return, and that Failed and DiskDone carry.
var (
	ErrFull        = errors.New("queue full")                // the receiver's mailbox or the link's queue has no room
	ErrOutstanding = errors.New("too many open requests")    // the actor reached its limit of open requests
	ErrTooLarge    = errors.New("message too large")         // the message exceeds the world's size limit
	ErrUnknown     = errors.New("unknown address")           // no such node or local actor
	ErrRefused     = errors.New("refused")                   // nothing listens there
	ErrReset       = errors.New("connection reset")          // the connection broke while the message was under way
	ErrCorrupt     = errors.New("corruption detected")       // the bytes were damaged on the way
	ErrDiskFull    = errors.New("disk full")                 // no room for an append
	ErrDiskIO      = errors.New("disk error")                // the disk failed
	ErrNameUsed    = errors.New("actor name already used")   // names are never reused within an incarnation
	ErrNoFile      = errors.New("no such file")              // rename or remove of a file that is not there
	ErrBadName     = errors.New("not a valid actor or file") // names match [A-Za-z0-9._-]{1,64}
)

// Actor is a sequential state machine.
type Actor interface {
	// Receive handles one event. It must not keep ev or env.
	Receive(env Env, ev *Event)
}

// Mailbox bounds what may wait for an actor; zero fields mean the world's
// default (1024 items, 64 MiB).
type Mailbox struct {
	Items int // messages waiting, reserved slots not counted
	Bytes int // their size in bytes
}

// Env is an actor's world during one Receive.
type Env interface {
	// Self is the actor's own full address.
	Self() Addr
	// Now is the node's monotonic time. It never goes back.
	Now() time.Duration
	// Wall is the node's wall clock. It may jump: nothing may be timed by it.
	Wall() time.Time
	// Rand is the actor's own random stream.
	Rand() *rand.Rand

	// Send sends m without awaiting an answer.
	Send(to Addr, m Message) (Token, error)
	// Request sends m and reserves a slot for one answer or failure, until that
	// arrives or Forget is called.
	Request(to Addr, m Message) (Token, error)
	// Reply answers a request that this node received.
	Reply(to ReplyTo, m Message) (Token, error)
	// Forget gives up a request's slot. An answer that comes later is delivered
	// only if the mailbox has room, and a failure not at all.
	Forget(Token)

	// After asks for a TimerFired event with the key once d has passed on the
	// node's monotonic clock; d <= 0 is due at once, but never during this Receive.
	After(d time.Duration, key uint64) Timer
	// Cancel stops a timer; of one that fired or was cancelled it is a no-op.
	Cancel(Timer)

	// Spawn creates an actor on this node.
	Spawn(name string, box Mailbox, a Actor) error
	// StopActor ends an actor of this node after its current event; what waits
	// for it is dropped.
	StopActor(name string)
	// Exit ends this incarnation of the node in order, once this Receive returns.
	Exit()

	// Disk is the node's durable storage.
	Disk() Disk

	// Log begins a record of the given kind in the node's event log. The caller
	// appends its keys and ends the line before anything else.
	Log(kind string) *record.Line
}

// Disk is a node's durable storage: flat named files. Every operation completes
// later by a DiskDone event with its token. Operations on one file take effect
// in the order in which they were asked for.
type Disk interface {
	// Append adds data to the end of a file, creating it. With sync the
	// completion means that this and every earlier byte of the file is durable;
	// without, a crash may lose or tear it. The caller must not change data
	// before the completion.
	Append(file string, data []byte, sync bool) Token
	// Read completes with the whole content of a file, or nil Data if there is none.
	Read(file string) Token
	// Rename moves a file in the place of another, durably and atomically.
	Rename(from, to string) Token
	// Remove deletes a file, durably; of a file that is not there it is a no-op.
	Remove(file string) Token
}

// Waiter is the Env of a world that can wait for something outside, as a database.
type Waiter interface {
	// Await has work done beside the actors, after what the node's disk was asked for
	// before; it completes by a DiskDone event, as a synced append to that file would:
	// without an error, what work did is durable. Its error, if any, is one of the disk's.
	// What work writes, the actor may read once it completed.
	Await(file string, work func() error) Token
}

// Booter creates the first actors of an incarnation.
type Booter interface {
	// Name is the node's name.
	Name() string
	// Incarnation counts the node's lives from 1.
	Incarnation() uint32
	// Spawn creates an actor; the first one is the root, which receives Stopping.
	Spawn(name string, box Mailbox, a Actor) error
}

// Boot starts an incarnation of a node. It is called anew for each incarnation
// and must not keep state from an earlier one.
type Boot func(Booter) error

// Codec is a wire encoding of messages. A world that is given one passes every
// message between nodes through it, so that sender and receiver share nothing.
type Codec interface {
	// Encode appends the encoding of m to b.
	Encode(b []byte, m Message) ([]byte, error)
	// Decode returns the message that b encodes. It must not keep b.
	Decode(b []byte) (Message, error)
}

// ValidName reports whether s may name a node, an actor, an analyser or a file:
// [A-Za-z0-9._-]{1,64}.
func ValidName(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
