// Package spool is a distributor's durable queue: which packets it has taken upon itself,
// and what of them is on disk. It is a state machine over bytes: it says what to append to
// which file and rebuilds itself from what the files hold; package distributor does the
// writing and the sending.
//
// # Form
//
// Up to Slots files, each a row of frames (package store has their form). A frame 'q' is a
// packet under its number: 1, 2, 3 ... over all incarnations. It tells the number before it
// that was not given up by a failed append, and the number before the file's first, so that
// any sound frame shows what must have been there. A frame 'x' lists numbers that are
// over. There is no ledger that could disagree with the data: the files are all there is. A
// file is closed when it is large enough, and removed once all in it and in every older
// one is over; so a mark 'x' is never removed before what it is about.
//
// # Recovery
//
// What is sound and not marked as over is held. A torn end was never acknowledged. Numbers
// that must have been there and are not are reported as lost, each once, nothing is made up,
// and the time that it takes is linear in the bytes.
//
// # Ids
//
// A resubmission of what is held, or was until a while ago, is recognised by its id. Low is
// what analysers may be told of a source: no packet below it will be sent any more.
//
// It knows no clock, no randomness and no actor. It imports system/message and system/store;
// the distributor imports it.
package spool
