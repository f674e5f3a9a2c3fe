// Package cluster says with which other distributors one shares its routing state,
// which of them are there, and whose turn it is. It is a plain state machine: no
// clock, no goroutine, no network. What is exchanged is system/crdt's, who sends it
// is the distributor's supervisor.
//
// A View knows of its peers only what it heard: a word from a peer, of the newest
// incarnation or a later one, makes it alive; silence makes it suspect, and then
// failed. That decides whom gossip is sent to first and on whom tombstones wait, and
// nothing else: it is told to nobody, and says nothing of analysers.
package cluster
