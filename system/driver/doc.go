// Package driver is the real world behind the seam: it runs one incarnation of
// one node, with a goroutine and a bounded mailbox for each of its actors, the
// machine's monotonic clock, files with fsync for the node's disk, and a Link that
// carries messages to other nodes. The actors are those of the simulation,
// unchanged: nothing behind system/node can tell which world it is in.
//
// # Evidence
//
// Like the simulation's adapter, the driver writes what happened (start, send,
// recv, fail, drop, synced, stop) and hands actors the rest of the line. The lines
// of one event reach the node's log together, in front of whatever the event
// caused. What an event sends to other nodes is released only when the log's bytes
// that cover it are written to the log's Writer: after a kill -9 the log may lack
// what nobody outside has seen, and nothing else.
//
// # What it is not
//
// It knows no role, no protocol and no fault. Which node may talk to which, and
// how, is the Link's business. It imports system/node and system/record; programs
// that boot real nodes, and the transports, import it.
package driver
