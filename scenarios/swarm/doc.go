// Package swarm makes random worlds: from a seed a whole scenario, with its topology,
// load, policy, detectors and fault plan.
//
// What it is: swarm testing (Groce and others, "Swarm Testing", ISSTA 2012). Each seed
// turns whole kinds of faults off and draws how often the others come, so that a kind
// that hides another does not hide it everywhere. At least a quarter of the periods of
// every plan is calm. What a limited world does to the system stays within its budget:
// what the system promises to survive (see the package's Budget). An unlimited one goes
// beyond it, and only what must hold even then is judged.
//
// What it is not: it runs nothing and judges nothing. The result is an ordinary
// scenario, whose text says everything; the seed is only where it came from.
//
// Who may import it: commands and tests. Every draw comes from a stream keyed by seed
// and subject, so that a change in how one thing is drawn moves no other.
package swarm
