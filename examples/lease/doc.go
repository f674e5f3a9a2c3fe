// Package lease is an example: a lock service, its clients and a store, tested by weir's
// simulation without any of weir's own system. See README.md for the story.
//
// What it is: three clients add to a counter in a store. Each reads the counter and writes
// it back one higher, and to be alone it first takes a lease from the lock service. A
// [Design] says which precautions are taken. With all of them no increment is ever lost,
// whatever messages, clocks and processes do; without any one of them a random fault plan
// finds the lost increment.
//
// What it is not: a library. It is meant to be read, and copied from: design.go, lock.go,
// store.go and client.go are the system, world.go puts it into the simulation, plan.go
// draws faults, check.go judges the log and knows nothing of the rest.
//
// Who may import it: nobody needs to. It imports sim, faults and simfault only.
package lease
