// Package simfault carries out a fault plan on a simulated world and writes the ground truth of it.
//
// What it is: the applier of package faults for package sim. It schedules timed actions, evaluates state triggers
// on the records that the runner feeds it, turns each flat act into a call of the world, and writes every act
// that took effect (or could not) to the fault log, together with the messages that the world lost or doubled.
//
// What it is not: it makes no plan, knows no system under test and judges nothing. Configuration documents and
// load changes reach the system through two hooks of the runner.
//
// Who may import it: scenarios. It imports faults and sim.
//
// Time and randomness: both come from the world. The draws of each action have a stream of their own, named by
// [faults.Plan.StreamName].
//
// How the runner uses it:
//
//	in, err := simfault.New(w, simfault.Options{Plan: plan, Log: log, Configure: ..., Load: ...})
//	in.Start()                    // before the run: timed actions
//	in.Phase("faults")            // at each phase, from an event of the world
//	in.OnRecord(...)              // for every record of the system's logs, in order
//	in.Lost / Duplicated / NodeChanged  // from the world's observer
//	in.HealAll()                  // at the heal phase, from an event of the world
//	in.Stopped(reason); in.Close()
package simfault

import "fmt"

// assert panics when a promise of this package or of the world is broken: that is a bug, never a bad plan.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("simfault: " + fmt.Sprintf(format, args...))
	}
}
