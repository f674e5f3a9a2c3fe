// Package route decides which analyser gets a packet.
//
// A View is an immutable, numbered list of the registered analysers with their
// weights and statuses; its shares are exact fractions of 2^32. A Policy keeps
// one credit for each registered analyser and picks one of a view's eligible
// analysers for each packet, so that the messages decided for an analyser stay
// within a stated bound of its share. Bound computes that bound exactly.
//
// All arithmetic is integer: credits are int64 numbers of parts, 2^32 parts to
// a message, and no float ever decides. A policy reads no clock and owns no
// randomness: the policy "random" is handed one raw draw for each pick, so that
// the draw can be logged and the pick replayed. Nothing here is safe for
// concurrent use except Views, which never change; a policy belongs to one
// actor.
//
// The package does not know which analysers are alive, how packets travel or
// how decisions are logged: that is for the distributor. It imports the
// standard library only; everything in system may import it.
package route
