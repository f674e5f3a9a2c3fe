// Package proxy is one directed TCP connection path between two processes, with faults on demand.
//
// What it is: a [Link] listens on loopback, dials its target for each connection, and forwards bytes both ways. Its
// two [Lane] values, Forward (from who dials) and Backward (to who dials), take the link verbs of package faults:
// cut/heal, hold/release, impair/mend. The link itself takes what concerns connections: reset, refuse/accept,
// truncate, another target.
//
// What it is not: it knows no protocol and no message. It does not decide when to act (package tcpfault does).
//
// Who may import it: scenarios and tests. It imports faults.
//
// # What each verb does to connections
//
// One goroutine a direction of a connection, in flight at most [Config.Buffer] bytes each; beyond that the sender
// feels back-pressure. What the kernel took from the proxy before an act arrives all the same: an act is about bytes
// that reach the proxy or wait in it.
//
//   - Cut: bytes that wait in the lane and all that come are swallowed, ends of stream and resets too. A new
//     connection is accepted; while Forward is cut its target never hears of it, while only Backward is cut its
//     Forward bytes flow. At heal every connection that lost anything is reset at both ends, so that no half frame is
//     ever completed by later bytes; the others go on. In one direction that is cut the other still flows.
//   - Hold: bytes wait, ends of stream and resets too; nothing is lost. Release lets them go in order.
//   - Impair: delay and jitter move each piece later, order kept. Rate is shared by all connections of the lane. Of
//     the pieces (what one read gave, at most 32 KiB) the share corrupt is hit: nothing is flipped, the connection is
//     reset at both ends, as after a failed checksum. Loss, duplication and reordering are refused. Mend, or another
//     impairment, lets what waits go at once.
//   - Reset: every open connection is reset at both ends, whatever is cut or held.
//   - Refuse: the port is closed. A link's Refuse lets open connections stay, a lane's resets them. Accept opens it.
//   - Truncate: every open connection passes at most n more bytes in that direction within a time and is then reset.
//
// When the target cannot be dialled, the client's connection is reset, as if by the Backward lane: at heal if that is
// cut, at release if it is held. When one end breaks, the other is reset by the lane that leads there.
package proxy

import "fmt"

// assert panics when a promise inside this package is broken.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("proxy: " + fmt.Sprintf(format, args...))
	}
}
