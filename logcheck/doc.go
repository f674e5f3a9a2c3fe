// Package logcheck judges the logs of a run: it reads a directory (or memory) in
// the form that FORMAT.md fixes, merges the files into one order and feeds every
// record once to a list of rules, each of which answers pass, fail, vacuous or
// unknown for one property.
//
// It is an independent judge: it imports nothing of this module, shares no code
// with the writer of the logs and knows the system only by FORMAT.md. It is not a
// tool to repair or to summarise logs.
//
// Anyone may import it: the harness to judge its runs, the command to judge a
// directory, another project to judge its own system (Options.Custom adds
// properties). Time arrives as the nanoseconds written in the records; there is
// no clock, no randomness, no goroutine and no global state here. Only dir.go
// touches the file system.
//
// The check is one pass. Memory is bounded by what is in flight (packets without
// an outcome, unanswered sends, unsynced commits) plus one bit for each packet
// and store; it does not grow otherwise with the length of the log.
package logcheck
