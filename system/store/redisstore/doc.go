// Package redisstore keeps an analyser's effects in Redis, for workers on many
// machines: analysers that name the same store share its memory of ids, so that none
// takes in what another has, and their counts.
//
// A batch is one Lua script, which Redis runs as a whole. Each analyser's effects are
// numbered by themselves; its newest batch and what came of it are kept, so that a
// batch whose answer was lost is committed again and gets the same answer.
//
// What the messages say (package digest) changes in the same script. Each analyser has
// the digest of its own effects, so those of all that share a store add up to the store's.
//
// # Promise
//
// An answer means what Redis means by it. With durability "always" (the default) the
// server must say `appendonly yes` and `appendfsync always`, and then a crash of it
// loses nothing that was answered. With "unchecked" nothing is asked, and what the
// server loses in a crash is lost. With Replicas above 0 each batch also waits until so
// many replicas have it (WAIT): a failover to one of them may still lose what only
// others had, for Redis replicates without consensus. A server that has fewer effects
// of this analyser than it had is not used any more. An older incarnation of an
// analyser is fenced off once a newer one has loaded.
//
// It belongs to the driver's side: it blocks, and package analyser calls it through
// node.Waiter only. It imports system/digest, system/store and go-redis.
package redisstore
