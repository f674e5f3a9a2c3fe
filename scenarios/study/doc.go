// Package study answers questions about designs with designed sets of runs: factors
// with levels, a scenario for each combination of them, seeds, and what is measured.
//
// What it is: the studies as data, the measuring of a run from its logs, and the table,
// the plot and the page of the results, all in integers, so that they are the same bytes
// on every machine.
//
// What it is not: it starts no run and writes no file; cmd/weir does.
//
// Who may import it: commands and tests.
package study
