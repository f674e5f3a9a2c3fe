package sim

// slotKind says what a slot holds; the first group becomes an Event.
type slotKind uint8

const (
	slotFree    slotKind = iota
	slotTimer            // a timer of target
	slotSend             // a message: local if link < 0
	slotReply            // an answer to request key of target
	slotFail             // a failure of target's send token
	slotStarted          // target's first event
	slotStopping
	slotDisk     // a finished disk operation of target
	slotComplete // target's service time is over
	slotDrain    // the next message that ordered link key releases
	slotTicket   // the next operation of node toNode's disk is due
	slotCall     // a control function
)

// Flags of a slot.
const (
	flagRequest   uint8 = 1 << iota // a send that wants an answer
	flagReserved                    // holds one of target's request or disk slots
	flagCounted                     // holds room in target's mailbox
	flagLinked                      // holds room in its link's queue
	flagServed                      // its service time has passed already
	flagCancelled                   // a cancelled timer
	flagCorrupt                     // corrupted on the way
	flagFIFO                        // must stay behind earlier ones of its sender
)

// none is the index that names nothing.
const none = -1

// slot is one event under way, in the queue, a mailbox or a held link. It is one
// cache line: with 10,000 nodes the misses cost more than the work.
type slot struct {
	kind   slotKind
	class  Class
	flags  uint8
	fail   failure
	gen    uint32  // grows with each use, so that an old TimerID names nothing
	next   int32   // in a mailbox, held link or the free list
	target ActorID // receiver, once known
	key    uint64  // timer: its key; reply: the request's token; disk: DiskOp
	token  Token
	due    int64 // timer: node time; message: when its last byte left the sender
	from   ActorID
	toNode NodeID
	size   int32
	link   int32
	toInc  uint32
	epoch  uint32 // the link's break count at the send
}

// body is the part of a slot that a timer does not need.
type body struct {
	msg  any
	name string // a message's addressee; disk: the file
}

// alloc returns a free slot with its link and actors unset. It ends the run
// when more are in use than Limits.Pending.
func (w *World) alloc(kind slotKind) (int32, *slot) {
	w.used++
	if w.used > w.limits.Pending {
		w.end(LimitPending)
	}
	i := w.freeSlot
	if i == none {
		w.slots = append(w.slots, slot{})
		w.bodies = append(w.bodies, body{})
		i = int32(len(w.slots) - 1)
	} else {
		w.freeSlot = w.slots[i].next
	}
	s := &w.slots[i]
	assert(s.kind == slotFree, "a slot is free before it is used")
	s.kind, s.next, s.target, s.from, s.link = kind, none, none, none, none
	return i, s
}

// free gives a slot back.
func (w *World) free(i int32) {
	s := &w.slots[i]
	assert(s.kind != slotFree, "a slot is freed once")
	if s.kind == slotTimer { // only what a timer sets needs clearing
		s.kind, s.flags, s.gen, s.key, s.due = slotFree, 0, s.gen+1, 0, 0
	} else {
		*s = slot{gen: s.gen + 1}
		w.bodies[i] = body{}
	}
	s.next = w.freeSlot
	w.freeSlot = i
	w.used--
}

// chain is the last place in the queue that a first-in-first-out sequence took.
type chain struct {
	at  int64
	tie uint64
}

// tie returns the seeded tie-break of the next sequence number: 1 to tieMax.
// 0 is kept for control functions.
func (w *World) tie() uint64 {
	w.seq++
	return max(scramble(w.seq^w.tieSeed)>>seqBits, 1)
}

// schedule queues slot i at a time, not before now.
func (w *World) schedule(at int64, i int32) {
	assert(at >= w.now, "an event is never scheduled in the past")
	t := w.tie()
	w.queue.push(key{at: at, ord: t<<seqBits | w.seq, slot: i, actor: w.slots[i].target})
}

// scheduleAfter queues slot i at a time, or later, behind all that went
// through the same chain: equal times take the larger of both ties, and then
// the sequence number decides.
func (w *World) scheduleAfter(c *chain, at int64, i int32) {
	at = max(at, c.at)
	assert(at >= w.now, "an event is never scheduled in the past")
	t := w.tie()
	if at == c.at {
		t = max(t, c.tie)
	}
	c.at, c.tie = at, t
	w.queue.push(key{at: at, ord: t<<seqBits | w.seq, slot: i, actor: w.slots[i].target})
}

// scheduleLocal queues slot i now, behind earlier ones of the same pair of
// actors. Pairs share a fixed number of chains: two that share one are merely
// kept in order where they need not be.
func (w *World) scheduleLocal(from, to ActorID, i int32) {
	h := (uint64(uint32(from))<<32 | uint64(uint32(to))) * mixA
	c := &w.pairs[h>>(64-pairBits)]
	if c.at != w.now {
		*c = chain{at: w.now}
	}
	w.scheduleAfter(c, w.now, i)
}

const pairBits = 10
