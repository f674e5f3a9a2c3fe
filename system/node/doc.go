// Package node is the seam: the one small interface through which every part of
// weir's system sees the world. The simulation implements it in one process
// under a seeded scheduler; the real driver implements it over sockets and
// files. Nothing behind the seam can tell which of the two it runs in.
//
// A node is a process: the unit of crash, restart and identity. It is made of
// actors. An actor is a sequential state machine that receives one Event at a
// time, owns its state, starts no goroutine, takes no lock, never blocks and
// reads no clock but the one its Env gives. A Boot function creates a node's
// actors anew for each incarnation, which is also all that a restart needs.
//
// # Delivery contract
//
// A Send or Request that was accepted is delivered at most once (unless the
// world duplicates it), in no promised order. One that the world cannot take is
// refused at once with an error, and nothing was sent. A failed send may be
// reported by a Failed event; silence proves nothing. The reply or failure of a
// Request, timers and disk completions use slots that were reserved when they
// were asked for, so they are never refused because a mailbox is full, and full
// mailboxes cannot deadlock.
//
// Every address carries an incarnation. A message for another incarnation than
// the one that runs is dropped and logged. Incarnations only grow; actor names
// are never reused within one.
//
// # Evidence
//
// The environment writes what happened (start, stop, send, receive, synced);
// actors write what they decided, with Env.Log. So an actor that lies about its
// messages is caught by its own log.
//
// Messages are plain values, immutable once sent: the sender and all receivers
// may share them. The simulation can be told to pass every message through a
// wire encoding (see Codec), so that nothing rests on shared memory.
//
// The package imports only system/record and the standard library. Everything in
// system may import it.
package node
