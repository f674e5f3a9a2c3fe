// Package scale decides how many workers there should be: a pure controller after the
// Kubernetes HPA. It is given measured signals and the time, and says how many there
// are to be and why. It knows no worker: who asks it starts and stops them.
//
// Each signal with a target asks for ceil(n * value / target) workers, n being those
// there are, or for n within the tolerance or without a value; the largest ask counts.
// Then come the limits, the stabilisation windows, the largest step and the cooldowns,
// in this order. All arithmetic is in integers; logcheck/FORMAT.md states it exactly.
package scale
