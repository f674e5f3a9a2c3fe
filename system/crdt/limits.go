package crdt

import "errors"

// The limits of a state. A message beyond one is refused whole.
const (
	// EntriesMax is the largest number of analysers, tombstones not counted.
	EntriesMax = 16384
	// TombstonesMax is how many tombstones a replica keeps; see Collect.
	TombstonesMax = 4096
	// SitesMax is the largest number of sites that ever made a change, or that
	// count: every restart that is followed by a change adds one, for ever.
	SitesMax = 4096
	// IDMax is the longest id of an analyser or replica, in bytes.
	IDMax = 64
	// AddressMax is the longest address, in bytes.
	AddressMax = 256
	// WeightMax is the largest weight; 0 is registered, but given nothing.
	WeightMax = 1_000_000
	// AheadMax is how far a counter may be ahead of all that a replica has seen.
	// At 1,000 changes a second one is 49 days behind before an honest counter
	// is refused; it then starts again, empty, under a new incarnation.
	// A forger needs 2^30 messages to exhaust the counters.
	AheadMax = 1 << 32
	// CounterMax is the largest counter of a version.
	CounterMax = 1 << 62
	// MessageMax is the longest encoded delta or state, in bytes.
	MessageMax = 16 << 20
)

// The errors that a caller may want to tell apart.
var (
	// ErrGap: the delta's base is not seen yet. Ask for Since(Seen()).
	ErrGap = errors.New("crdt: the base of the delta is not seen yet")
	// ErrAhead: a counter is more than AheadMax ahead, or above CounterMax.
	ErrAhead = errors.New("crdt: counter too far ahead")
	// ErrForged: the message tells of changes of this very incarnation that it
	// did not make: somebody forges them, or runs under the same identity.
	ErrForged = errors.New("crdt: changes of this incarnation that it did not make")
	// ErrSuperseded: a later incarnation of this replica is at work: stop.
	ErrSuperseded = errors.New("crdt: a later incarnation of this replica is at work")
	// ErrLimit: the result would be larger than a limit of this package.
	ErrLimit = errors.New("crdt: over a limit")
	// ErrUnknown: the analyser is not registered.
	ErrUnknown = errors.New("crdt: analyser is not registered")
	// ErrInvalid: a value is out of its range or the form of a message is wrong.
	ErrInvalid = errors.New("crdt: invalid")
)

// validID reports whether s can be the id of an analyser or replica: what the
// log and the policies take.
func validID(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= IDMax
}

// validAddress reports whether s is of at most AddressMax printable bytes
// without blanks; whether it leads anywhere is not for this package.
func validAddress(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= AddressMax
}
