// Package tcpfault carries out a fault plan on real processes and TCP connections, in real time, and writes the ground
// truth of it.
//
// What it is: the applier of package faults for the world tcp. It runs timed actions by the host's monotonic clock,
// state triggers on the records that the runner reads from the nodes' logs, and each act on the processes and proxy
// lanes that the runner hands it. What begins is written to the fault log once it is in force, what ends before it
// acts (logcheck/FORMAT.md, section 2).
//
// What it is not: it starts no cluster, opens no socket and judges nothing. Acts that no TCP world can do are reported
// by NotApplicable and noted when they fall due. Restarts that wait for an orderly stop wait as long as it takes: a
// process that never ends is the system's failure, and the checker's to tell.
//
// Who may import it: scenarios. It imports faults; packages proxy and proc fit its interfaces.
//
// Concurrency: an [Injector] may be used from any goroutine. One of its own carries out what is due. Acts and hooks
// run one at a time under its lock, so a hook must neither call the injector nor wait for the system.
package tcpfault
