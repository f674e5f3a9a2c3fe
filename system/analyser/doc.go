// Package analyser is the role that receives packets and commits each one's
// effect once: it counts messages by level, source and emitter, and what they say
// (package digest), in a store on the node's disk, and acknowledges a packet after its
// commit is durable.
//
// What it promises: a receipt `committed` or `duplicate` means that the effect is
// in the store, synced (or, for an id below the source's low-watermark, that the
// source has had an outcome already). What it does not promise: that no other
// analyser committed the same packet too; its memory of ids is its own.
//
// The store's form and recovery are package store's; this package is the actor
// around it: batches, disk errors, probes, limits. Time and randomness come from
// the Env only. It imports system/digest, system/message, system/node, system/record
// and system/store; worlds import it.
package analyser
