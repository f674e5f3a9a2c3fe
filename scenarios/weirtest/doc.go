// Package weirtest runs weir's scenarios and random worlds inside go test.
//
// What it is: [Run] plays one scenario with many seeds, [Swarm] another random world for
// each seed. Each seed is a subtest, judged by the checker as weir run does; see package
// simtest for WEIR_SEED and WEIR_SEEDS, which choose seeds from the environment.
//
//	func TestFailover(t *testing.T) {
//		sc := weirtest.Load(t, "crash", "distributors.workers=8")
//		weirtest.Run(t, sc, weirtest.Options{Seeds: 20})
//	}
//
//	func TestAnything(t *testing.T) {
//		weirtest.Swarm(t, swarm.Options{}, weirtest.Options{Seeds: 50})
//	}
//
// A failing seed prints what the checker says with its witness, the go test command that
// repeats this seed alone, and the weir command that plays it outside the test. The first
// failing seed is shrunk to a smaller world that fails in the same way, which is printed
// too: an ordinary scenario file. With go test -artifacts all of it is kept on disk: the
// logs, a replay token (weir replay DIR, weir shrink DIR, weir check DIR), scenario.yaml
// and shrunk.yaml.
//
// A test whose time (go test -timeout) is nearly over stops, fails, and says from which seed
// on nothing was judged.
//
// What it is not: a way to test another system. That takes packages sim, faults and
// simtest only; examples/lease shows it whole.
//
// Who may import it: tests.
//
// A run takes virtual time only, its result follows from scenario and seed, and two runs
// of one seed are equal byte for byte.
package weirtest
