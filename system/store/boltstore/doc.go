// Package boltstore keeps an analyser's effects in a bbolt database: one file on the
// node's disk, for as many ids as the disk has room for.
//
// A batch is one transaction, durable when Commit returns (bbolt syncs data and
// metadata). What it promises is what the node's own files promise: a crash at any
// point leaves the whole batch or nothing of it. What it does not: damage within the
// file is not repaired; bbolt's checks find some of it, and then the store does not
// open. One process at a time has the file.
//
// What the messages say (package digest) is part of the transaction of the effects that
// it counts; of the digest a batch writes what it adds.
//
// bbolt was chosen over modernc.org/sqlite by measurement (DESIGN.md).
//
// It belongs to the driver's side: it blocks, and package analyser calls it through
// node.Waiter only. It imports system/digest, system/store and bbolt.
package boltstore
