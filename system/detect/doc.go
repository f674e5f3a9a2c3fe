// Package detect decides whether one analyser is alive, as one observer sees it.
//
// A Detector is a pure state machine for one (worker, analyser) pair. It is told
// the time with every call, as the worker's monotonic time.Duration, gets its
// randomness as a *rand.Rand of its own, and says with the Output of each call
// what to send, what a probe's result counted as and whether the verdict
// changed. It starts no timer: the worker calls Tick at Next.
//
// # Evidence
//
// Active: probes, at most one outstanding (a data probe included), spaced by
// Interval +- Jitter (DownInterval while down), each with a deadline of Timeout
// (DataTimeout for a data probe). Passive: what became of real packets (DataOK,
// DataFailed); an analyser that answers "busy" or whose queue is full is alive,
// so that is no failure. Every verdict rests on the observer's own evidence.
//
// # Verdicts
//
// Threshold: down after Failures consecutive failed probes. Phi: down when the
// silence since the last answered probe is improbable (phi >= PhiThreshold).
// Both: down after DataFailures consecutive failures of real packets, and at
// once after a refused connection if RefusedDown is set.
//
// Up again after Successes consecutive answered probes, all of one incarnation
// of the analyser. After a verdict down by data that does not suffice: probes
// may pass where data does not, so a data probe (an empty packet through the
// whole data and commit path) must succeed too. It is sent when the last of the
// Successes probes was answered; if it fails the count begins again. A data
// probe does not count as one of the Successes.
//
// # What does not count
//
// A probe or packet that was sent before the present incarnation of the analyser
// was first seen, an answer of an older incarnation, an answer to a probe that
// is no longer awaited, a timeout that fell into a pause of the observer itself
// (noticed because its own timer was late by more than Pause), and packets sent
// before the last verdict up.
//
// The package knows no network, log or routing. It imports the standard library
// only; everything in system may import it.
package detect
