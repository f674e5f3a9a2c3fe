// Package scenarios holds what a run is made of and runs it: the scenario
// language (Scenario, Parse, Set, Schema), the catalogue of scenarios that come
// with weir, the replay token, and the runner, which builds a simulated world
// from a scenario, lets it go under its faults, records every node's log and has
// the logs judged.
//
// It is not a library of parts: it is the one package that knows the simulator,
// the faults, the system and the checker, and nothing but commands and tests may
// import it.
//
// Time and randomness: parsing uses neither. A run's time is the simulator's, and
// everything random in it comes from Options.Seed; two runs of one scenario with
// one seed are equal byte for byte.
package scenarios

import "fmt"

// assert panics when a promise inside this package is broken: a bug, never a bad
// scenario.
func assert(ok bool, format string, args ...any) {
	if !ok {
		fail(format, args...)
	}
}

// fail is what assert does when the rule is broken. Hot paths test the rule
// themselves and call fail: the arguments of assert would be allocated each time.
func fail(format string, args ...any) {
	panic("scenarios: " + fmt.Sprintf(format, args...))
}
