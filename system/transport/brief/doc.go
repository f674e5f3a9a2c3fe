// Package brief makes TCP connections cheaper for a process that wakes thousands of times a
// second for a little work each.
//
// A read or write of a socket of package net never blocks: the socket says "not yet", and the
// runtime waits for it with epoll. All the same each is told to the runtime as a system call
// that may block. A runtime that has been idle wakes its monitor at the first one, and that
// watches for long system calls every 20 us for at least a millisecond: at some thousand
// wake-ups a second it always does. In a distributor at a quarter of its load that costs a
// third of the processor time (BENCHMARKS.md). The reads and writes here are the same system
// calls on the same sockets, without telling; the monitor goes on watching while there is
// work, and is woken by everything else that it was woken by.
//
// Deadlines, ends and errors are those of package net. Only on Linux, and not under the race
// detector, to which package syscall tells that what was read comes after what was written.
//
// It knows no protocol and imports the standard library only; package netlimit imports it,
// so that every connection of a real node is such a one.
package brief
