// Package shrink makes of a run that fails a smaller one that fails in the same way: fewer
// faults, shorter ones, fewer nodes, fewer packets, plainer settings.
//
// What it is: a search over scenarios, greedy and deterministic. It removes parts by
// delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
// Input", IEEE TSE 28(2), 2002), tries plainer values one by one, and repeats both until
// nothing more can be taken away. Every step that is kept has been run and has failed
// with the same property and signature, so the result does, too. It works because every
// draw of a run is keyed by what it is for: taking one fault away moves nothing else.
//
// What it is not: a proof that there is no smaller world. It changes neither the seed nor
// the program.
//
// Who may import it: commands and tests.
package shrink
