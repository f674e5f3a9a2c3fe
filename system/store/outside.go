package store

// A store may also be kept outside the node's files, by a database. What follows is
// what such a store and package analyser tell each other.

// Held is what a store holds of one analyser: its effects are numbered 1 to N in the
// order in which they were taken in.
type Held struct {
	N        uint64
	Messages uint64 // of these effects
}

// Batch is what is committed together. A store remembers the newest batch of each
// analyser and what came of it: the same one again gets the same answer and changes
// nothing.
type Batch struct {
	Inc     uint32 // the incarnation of the analyser's node
	Seq     uint64 // 1, 2, 3 ... within it
	Effects []*Effect
}

// Result is what became of one effect.
type Result struct {
	// Standing is Fresh if it was taken in now, else why it was not.
	Standing Standing
	// Number is the effect's if it was taken in, else 0.
	Number uint64
}
