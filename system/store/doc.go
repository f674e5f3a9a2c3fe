// Package store is the analyser's memory: which packets were committed, and what
// they add up to. It is a state machine over bytes: it says what to append to
// which file, and rebuilds itself from what the files hold; package analyser does
// the writing.
//
// # Form
//
// Every effect is a frame: magic, kind, body length, commit number, header
// checksum, body, body checksum (CRC-32C). Commits are numbered 1, 2, 3 ... over
// all incarnations. Effects go to one of two log files; a snapshot holds the state
// after its commit number, written twice in a row in the same file, so that one
// damaged place does not lose it. Compaction switches to the other log, writes the
// snapshot under a temporary name, renames it, and removes the old log: after a
// crash at any point the snapshot and both logs together still hold everything.
//
// # Recovery
//
// Recover takes effects with numbers above the snapshot's, in order, each once. It
// tolerates a torn end, skips what is damaged and finds the next sound frame, and
// never takes in an effect whose checksums do not hold. What it knows was there
// and cannot find is counted as lost.
//
// # Bounds
//
// Ids above their sources' low-watermarks, emitters, sources and the digest are bounded
// by Limits. The files hold at most two snapshots, one log of the compaction size,
// and what is appended while a compaction runs.
//
// It knows no clock, no randomness and no actor. It imports system/digest and
// system/message; the analyser imports it.
package store
