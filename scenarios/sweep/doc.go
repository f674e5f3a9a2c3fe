// Package sweep collects what many runs found: each distinct failure once, with the run
// that shows it fastest, and what all of them together exercised.
//
// What it is: a report that runs are added to in any order, and that reports of other
// machines are merged into, always with the same result.
//
// What it is not: it starts no run, prints nothing and keeps no run's logs; whoever
// wants them makes the run again, for a run follows from its scenario and seed.
//
// Who may import it: commands and tests.
package sweep
