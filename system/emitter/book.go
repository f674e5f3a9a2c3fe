package emitter

import (
	"time"

	"weir/system/message"
	"weir/system/node"
)

// state says how far a packet has come.
type state uint8

const (
	vacant  state = iota // no packet: never was, or has its outcome
	cutting              // its cut is not durable yet (inputs only)
	live                 // under way
	decided              // its outcome is not durable yet (inputs only)
)

// held is a packet without an outcome.
type held struct {
	packet    *message.Packet
	born      time.Duration // when it was emitted
	token     node.Token    // its newest submission, 0 if none is open
	late      node.Token    // its newest submission, if overdue or failed, and not answered
	notBefore time.Duration // a late answer asked for no submission before then
	tries     uint32        // submissions so far, accepted or not
	target    int           // distributor of the newest submission
	stay      bool          // target has it on its disk, and will say when an analyser has it
	state     state
	out       outcome // decided only
}

// book holds the packets without an outcome. Their sequence numbers are dense, so
// it is a ring: a lookup is an index, not a hash. All operations take constant
// time, but for growing.
type book struct {
	ring  []held // its length is a power of two
	low   uint64 // every lower sequence has its outcome
	next  uint64 // the next sequence to be given
	count int    // packets held
	bytes int    // their size in bytes
}

func newBook(first uint64) *book { return &book{ring: make([]held, 64), low: first, next: first} }

// span is how many sequences the ring must hold.
func (b *book) span() int { return int(b.next - b.low) }

// add takes in a packet under the next sequence number and returns its slot.
func (b *book) add(p *message.Packet, s state, now time.Duration) *held {
	assert(p.ID.Seq == b.next, "packets are added in the order of their sequence numbers")
	assert(s != vacant, "a packet added has a state")
	if b.span() == len(b.ring) {
		b.grow()
	}
	h := &b.ring[b.next&uint64(len(b.ring)-1)]
	assert(h.state == vacant, "a slot of the ring is used twice")
	*h = held{packet: p, born: now, state: s}
	b.next++
	b.count++
	b.bytes += p.Bytes
	return h
}

func (b *book) grow() {
	ring := make([]held, 2*len(b.ring))
	for seq := b.low; seq < b.next; seq++ {
		ring[seq&uint64(len(ring)-1)] = b.ring[seq&uint64(len(b.ring)-1)]
	}
	b.ring = ring
}

// find returns the slot of a packet that is held, or nil. The slot is valid until
// the next add.
func (b *book) find(seq uint64) *held {
	if seq < b.low || seq >= b.next {
		return nil
	}
	if h := &b.ring[seq&uint64(len(b.ring)-1)]; h.state != vacant {
		return h
	}
	return nil
}

// release forgets a packet that has its outcome and moves low up.
func (b *book) release(seq uint64) {
	h := b.find(seq)
	assert(h != nil, "a packet is released once")
	b.count--
	b.bytes -= h.packet.Bytes
	*h = held{}
	assert(b.count >= 0 && b.bytes >= 0, "the book never holds less than nothing")
	for b.low < b.next && b.ring[b.low&uint64(len(b.ring)-1)].state == vacant {
		b.low++
	}
}

// skip gives up the sequences from next to seq: no packet will ever have them.
func (b *book) skip(seq uint64) {
	assert(seq >= b.next, "sequences are skipped forward")
	if b.count == 0 {
		b.low = seq
	}
	for seq-b.low > uint64(len(b.ring)) {
		b.grow()
	}
	b.next = seq
}

func assert(ok bool, what string) {
	if !ok {
		panic("emitter: " + what)
	}
}
