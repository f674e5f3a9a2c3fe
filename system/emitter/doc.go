// Package emitter is the role that makes packets of log messages and sees each
// one through to exactly one outcome: acknowledged (an analyser committed and
// synced it), rejected (no analyser will ever take it), or expired (it grew older
// than the horizon).
//
// Messages come from a generator, an open-loop load with chosen arrivals and
// sizes, or from inputs, the lines of real log files. A packet is submitted to
// one of the emitter's distributors and submitted again, unchanged and under the
// same id, until it has its outcome: with exponential backoff, jitter, and
// preferably elsewhere. What waits for an outcome is bounded in packets and in
// bytes; beyond the bound arrivals are kept out and counted, and inputs wait.
//
// Packets of a generator die with the incarnation that made them. Packets of
// inputs outlive it: what was cut is on the emitter's disk before it is sent, and
// so is every outcome before it is told, so that a restart neither loses nor
// invents a line.
//
// It promises no order of packets. Time and randomness come from the Env only;
// inputs are opened by the function that the configuration gives. It imports
// system/node, system/message, system/record and emitter/lines; worlds import it.
package emitter
