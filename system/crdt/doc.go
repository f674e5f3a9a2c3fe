// Package crdt is the routing state that several distributors share without a
// coordinator: which analysers are registered, where, with what weight, and
// which are drained. It is a delta-state CRDT: replicas change their copies
// alone, exchange deltas or whole states in any order, and those that have
// seen the same changes have the same table. Failure verdicts have no place
// in it. It is a plain data structure: no clock, no goroutine, no network.
//
// # Changes and what is seen
//
// Every change (Put, SetWeight, SetDrain, Remove) has a version: a Lamport
// counter, the replica and its incarnation, so that no two changes share one
// as long as a replica never starts twice under one incarnation. A change
// writes one dot, which stands for all it knew of that analyser and replaces
// the dots that it had seen. A replica's Vector says up to which counter it
// has seen the changes of every incarnation. A dot that one side lacks
// although its vector covers it was replaced there, so the join drops it; a
// dot that the vector does not cover is news. That is the whole join.
//
// # Conflicts
//
// What a change had seen, it overrides. Of changes that did not see one
// another:
//
//   - a write (Put, SetWeight, SetDrain) wins over Remove: a registration lost
//     unseen would lose traffic, one too many is kept from traffic by the
//     detectors, is plain to see, and is removed again by asking again;
//   - of two weights or addresses the greater version wins (counter, replica,
//     incarnation): neither is more right, so the rule need only be the same
//     everywhere. A weight and an address set apart are both kept;
//   - drain wins over undrain: an operator drains before taking something
//     away, and undrain can be repeated. Drains are counted (odd: drained)
//     and the greater count wins, so a drain loses to a side that meanwhile
//     drained and undrained again.
//
// # Deltas
//
// A Delta tells what is beyond its Base. It is taken only by a replica that
// has seen Base (ErrGap otherwise), which makes the result exactly that of
// joining the sender's whole state. What was lost or came too early is brought
// by the next Since of what the receiver says it has seen.
//
// # Bounds
//
// A removed analyser leaves a tombstone for deltas to tell of it. Collect drops
// those that all members have seen, and the oldest beyond TombstonesMax in any
// case. Both are safe at all times, since vectors and not tombstones decide
// what is news: whoever missed a dropped one gets a whole state in place of a
// delta, however long it was away, and nothing removed comes back.
//
// Vectors have one counter for every incarnation that ever made a change, at
// most SitesMax: beyond that changes of new incarnations are refused.
//
// # Counts
//
// Counts is the map of PN-counters of the variant that shares counts as well. It is
// apart from the table: it needs no causal order, and its rule for what is over is its own.
package crdt
