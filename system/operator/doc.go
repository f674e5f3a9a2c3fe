// Package operator is the role that hands configuration documents to nodes: the
// person, or the tool, behind `weir-node control`. It delivers each document
// until the node answers it, or gives up after a bounded number of attempts.
//
// It does not read the documents: whether one is valid is for the node that gets
// it to say. It writes no records of its own; the environment's send and recv
// records tell the story.
//
// The world boots it and hands it Orders; it reads time and randomness from its
// Env only. It imports system/node, system/message and system/record.
package operator
