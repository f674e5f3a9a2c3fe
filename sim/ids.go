package sim

// NodeID names a node of one world: 0, 1, 2, ... in the order of AddNode.
type NodeID int32

// ActorID is an actor's index over all actors of all incarnations of a world,
// in the order of spawning. It is never reused.
type ActorID int32

// Token names one send, request, reply or disk operation of a node. Tokens of
// one (node, incarnation) are unique and start at 1, so 0 means none.
type Token uint64

// TimerID names one pending timer; 0 is never a timer. It is meaningful to
// the actor that set the timer only.
type TimerID uint64

// Addr names an actor: the node, the node's incarnation and the actor's name
// within that incarnation.
type Addr struct {
	Node  NodeID
	Inc   uint32 // incarnation, from 1; 0 = whichever incarnation runs at arrival
	Actor string
}

// ReplyTo is what a request's receiver needs in order to answer. Any actor of
// the receiver's node may use it, more than once. The zero value answers
// nobody: the message was a plain send.
type ReplyTo struct {
	Node  NodeID  // the requester's node
	Inc   uint32  // the requester's incarnation
	Actor ActorID // the requester
	Token Token   // the request's token, as Request returned it
}

// None reports whether there is nobody to answer.
func (r ReplyTo) None() bool { return r.Token == 0 }

// Class is the kind of a message, 0 to 7, chosen by the user, so that faults
// can hit one kind of traffic ("acks are lost, data passes").
type Class uint8

// ClassSet is a set of classes, one bit a class.
type ClassSet uint8

// AllClasses holds every class.
const AllClasses ClassSet = 0xff

// classCount is the number of classes, fixed by the width of ClassSet.
const classCount = 8

// Classes returns the set that holds exactly the given classes. It panics on
// a class above 7, which is a bug of the caller.
func Classes(classes ...Class) ClassSet {
	var s ClassSet
	for _, c := range classes {
		assert(c < classCount, "a class is 0 to 7")
		s |= 1 << c
	}
	return s
}

// Has reports whether the set holds c.
func (s ClassSet) Has(c Class) bool { return s>>c&1 != 0 }
