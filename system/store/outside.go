package store

// A store may also be kept outside the node's files, by a database. What follows is
// what such a store and package analyser tell each other.

// Held is what a store holds of one analyser: its effects are numbered 1 to N in the
// order in which they were taken in.
type Held struct {
	N        uint64
	Messages uint64 // of these effects
}

// Result is what became of one effect.
type Result struct {
	// Standing is Fresh if it was taken in now, else why it was not.
	Standing Standing
	// Number is the effect's, if this analyser has it: now or from before. 0: it was
	// not taken in, or another analyser that shares the store has it.
	Number uint64
}
