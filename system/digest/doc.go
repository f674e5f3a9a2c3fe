// Package digest is what a set of log messages adds up to: how many there were by
// level, emitter, source, time and template. It is a function of the set of packets
// and of nothing else: not of their order, of who counted them, of how they were
// shared out among analysers, nor of restarts between them.
//
// # What makes it so
//
//   - Everything is a sum, a least or a greatest, so that merging is commutative and
//     associative. It is not idempotent: who adds a packet once is package store.
//   - Every table has a bound, and one rule for what exceeds it that does not look at
//     the order: the keys that are least in a fixed order stay, with all their
//     counts, and the others' counts go to one rest. Keys only leave when enough
//     lesser ones were seen, so whoever is among the least was never without its cell,
//     and whoever is not has all its counts in the rest. That is bottom-k sampling
//     (Cohen and Kaplan, 2007; KMV of Bar-Yossef and others, 2002). Names and
//     templates are ordered by hash, buckets of time from the newest. The price: with
//     more templates than room, those that are told are a fair sample, and the most
//     frequent one may not be among them. A bounded memory that always had it, exact
//     and whatever the order, cannot exist. The sum says how much is not told.
//   - A message's template follows from its text alone (see Template): variable parts
//     are masked by form. What learns from the messages before, as Drain (He and
//     others, 2017) does, gives other templates for another order, so what is learned
//     here is learned when a report is made, from the whole set (see Refine).
//
// # Evidence
//
// Sum is linear: the sum of a digest is the sum over its packets' digests, modulo
// 2^64, whatever was kept by name. So who has written down each packet's sum can prove
// a digest without knowing one text.
//
// The package knows no clock, no randomness and no actor. It imports system/message;
// the store, the emitter and the command import it.
package digest
