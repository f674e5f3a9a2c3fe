// Package simtest runs a test body once for each of many seeds, inside go test.
//
// What it is: [Seeds] makes one subtest a seed, named seed=17, so that go test's own
// -run, -v, -failfast and -json work on seeds. A seed that fails is printed as one command
// to paste. The environment says which seeds, without a change of the test:
//
//	WEIR_SEED=17 go test ./lease             one seed
//	WEIR_SEEDS=1..100000 go test ./lease     a range, both ends included
//	WEIR_SEEDS=500 go test ./lease           the seeds 1 to 500
//
// Seeds are decimal, or hexadecimal with 0x, from 0 to 2^64-1, at most a million a test.
// Anything else in the variables fails the test with one message that says what is wrong.
//
// What it is not: it knows no world and no system. What a seed means is the body's business:
// usually the Seed of a sim.Config, and of the fault plan drawn for it.
//
// Who may import it: tests of anything that is made from a seed.
package simtest
