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
// With several workers it is several actors: the front deals packets to workers, which
// check and measure them and have one store take them in, a call at a time. The store is
// that of the node's files, or one outside (Store): a database behind one small
// interface, which the world asks beside the actors. Copies that went to different
// workers meet in the store. A worker that is gone is replaced; what it had is answered
// by nobody and comes again. An outside store that other analysers share also
// suppresses what they committed.
//
// The store's form and recovery are package store's; this package is the actor
// around it: batches, disk errors, probes, limits. Time and randomness come from
// the Env only. It imports system/digest, system/message, system/node, system/record
// and system/store; worlds import it.
package analyser
