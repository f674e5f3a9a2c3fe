package weirtest

import (
	"os"
	"testing"

	"weir/scenarios"
)

// Options steers Run and Swarm. The zero value plays ten seeds and shrinks the first that
// fails.
type Options struct {
	// Seeds is how many seeds are played, from seed 1 on, up to 1,000,000; WEIR_SEED and
	// WEIR_SEEDS go before it. 0: 10.
	Seeds uint64
	// NoShrink leaves failing runs as they are. Shrinking makes up to 500 runs.
	NoShrink bool
	// Judge, if not nil, looks at each run beside the checker and reports by t what it
	// does not like: the logs are in res.Logs, what the run did in res.Report. What it
	// alone does not like is not shrunk.
	Judge func(t testing.TB, res *scenarios.Result)
}

// seedsDefault is how many seeds are played unless told otherwise.
const seedsDefault = 10

// shrinkRuns bounds the runs of a search for a smaller world.
const shrinkRuns = 500

func (o Options) seeds() uint64 {
	if o.Seeds == 0 {
		return seedsDefault
	}
	return o.Seeds
}

// Load reads a scenario: of weir's catalogue by its name, or from a file if there is one
// of this name. Each of set changes a field, such as distributors.workers=8. What cannot
// be read or is invalid ends the test.
func Load(t testing.TB, name string, set ...string) *scenarios.Scenario {
	t.Helper()
	load := scenarios.Load
	if _, err := os.Stat(name); err == nil {
		load = scenarios.ParseFile
	}
	sc, err := load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}
