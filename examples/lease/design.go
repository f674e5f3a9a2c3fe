package lease

import "time"

// Design says which precautions the system takes. The zero value takes none and trusts
// the lease's time alone; Sound is right.
type Design struct {
	// FenceWrites: the store refuses writes under an older lease than it has seen.
	FenceWrites bool
	// FenceReads: reads show their lease too, so that a reader shuts out older writers.
	FenceReads bool
	// NumberWrites: the writes under one lease are numbered, and the store takes each
	// number once and in order.
	NumberWrites bool
	// SyncTokens: the lock service answers only when the lease's number is on its disk.
	SyncTokens bool
}

// Sound is the design with all precautions.
var Sound = Design{FenceWrites: true, FenceReads: true, NumberWrites: true, SyncTokens: true}

// How long things take, each by the clock of the node that waits.
const (
	leaseTime = 500 * time.Millisecond // a lease, by the lock service's clock
	// useTime is how long the client uses it, from when it asked: the rest is for clocks
	// that differ by up to a fifth.
	useTime  = leaseTime * 8 / 10
	patience = 300 * time.Millisecond // for an answer
	restMax  = 100 * time.Millisecond // between two leases
)

// Classes of messages, for fault plans: requests are data, answers acks.
const (
	classRequest = 0
	classAnswer  = 1
)

// size stands for the bytes of every message.
const size = 32

// Requests to the lock service, and its answers.
type (
	acquire struct{}
	granted struct{ token uint64 } // leases are numbered by tokens, which grow
	busy    struct{}
	release struct{ token uint64 }
)

// Requests to the store, and its answers.
type (
	read    struct{ token uint64 }
	value   struct{ n uint64 }
	write   struct{ token, seq, n uint64 } // the seq-th write under this lease
	done    struct{}
	refused struct{}
)
