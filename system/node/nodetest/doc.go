// Package nodetest is a node in a test's hands: a manual Env for one actor or a
// few. It records what the actors send, reply, ask of the disk and log; the test
// moves time, delivers messages, answers or fails requests and completes disk
// operations. Nothing happens that the test did not ask for, except that
// messages between actors of the node are delivered at once, in order.
//
// It is not a simulation: there are no other nodes, links, latencies or faults
// beyond those that a test makes by hand. Tests of system packages import it;
// nothing else does. Time is a number that Advance moves; randomness is a PCG
// stream keyed by seed and actor name.
package nodetest
