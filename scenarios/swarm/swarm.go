package swarm

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"weir/faults"
	"weir/scenarios"
)

// Budget is what a limited world does at most, in words: what the system promises to
// survive with every property intact. The generator keeps to it; a test holds it to it.
const Budget = `every fault ends by the end of the faults phase, and a drain that is for a while,
disks sync what they say they synced and keep it, loss is at most 30 %, duplication 20 %, corruption 2 %, delay 500 ms, a
clock drifts by at most 500 ppm and stands still for at most 2 s, at least one analyser
with weight stays in every table, and full windows are carried by the links and served by
the analysers within half a probe's timeout and a quarter of an attempt's, full queues by the
workers too, and workers wait for a store they share as long as its disk takes`

// Options says what kind of worlds to make.
type Options struct {
	// Unlimited lets the faults go beyond the budget.
	Unlimited bool
	// Packets is about how many packets a world has at most, 50 to 100,000. 0: 1,500.
	Packets int
}

// PacketsMax is how many packets a world has at most unless told otherwise.
const PacketsMax = 1500

// Prefixes of the names of worlds; the seed follows.
const (
	prefix          = "swarm-"
	prefixUnlimited = "swarm-unlimited-"
)

// world is a scenario being drawn.
type world struct {
	seed   uint64
	opt    Options
	sc     *scenarios.Scenario
	favour []string // kinds of faults that its theme wants

	loadOnly bool // nothing but loads and gauges is disturbed
}

// Scenario makes the world of a seed. Its name says the seed, its field seed too.
func Scenario(seed uint64, opt Options) (*scenarios.Scenario, error) {
	if opt.Packets == 0 {
		opt.Packets = PacketsMax
	}
	if opt.Packets < 50 || opt.Packets > 100_000 {
		return nil, fmt.Errorf("swarm: %d packets: want 50 to 100000", opt.Packets)
	}
	w := &world{seed: seed, opt: opt, sc: scenarios.Default()}
	w.name()
	w.phases()
	w.topology()
	w.network()
	w.load()
	w.policy()
	w.detector()
	w.analysers()
	w.schedule()
	w.rare()
	w.cluster()
	w.autoscale()
	w.sharing()
	w.spool()
	w.fit()
	w.backlog()
	w.patience()
	w.sc.Faults = w.plan()
	w.judge()
	return scenarios.Parse(w.sc.Name, w.sc.Brief())
}

// name gives the world its name.
func (w *world) name() {
	w.sc.Name = prefix
	if w.opt.Unlimited {
		w.sc.Name = prefixUnlimited
	}
	w.sc.Name += strconv.FormatUint(w.seed, 10)
	w.sc.About = fmt.Sprintf("A random world, made from seed %d.", w.seed)
	w.sc.Seed = int64(w.seed &^ (1 << 63))
	w.sc.Inputs = false
}

// Parse reads the short form of a world's name, swarm:SEED or swarm-unlimited:SEED;
// false if it is no such name.
func Parse(arg string) (seed uint64, opt Options, ok bool) {
	kind, digits, found := strings.Cut(arg, ":")
	switch {
	case !found:
		return 0, opt, false
	case kind == strings.TrimSuffix(prefixUnlimited, "-"):
		opt.Unlimited = true
	case kind != strings.TrimSuffix(prefix, "-"):
		return 0, opt, false
	}
	seed, err := strconv.ParseUint(digits, 10, 63)
	return seed, opt, err == nil
}

// Arg is the short form of a world's name, which Parse reads.
func Arg(seed uint64, opt Options) string {
	kind := prefix
	if opt.Unlimited {
		kind = prefixUnlimited
	}
	return strings.TrimSuffix(kind, "-") + ":" + strconv.FormatUint(seed, 10)
}

// dice is a stream of draws about one subject.
type dice struct{ *rand.Rand }

func (w *world) dice(subject string) dice {
	return dice{faults.Stream(w.seed, "swarm "+subject)}
}

// between is a whole number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// chance is true n times in a hundred.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// time is a time from low to high in whole milliseconds.
func (d dice) time(low, high time.Duration) time.Duration {
	return low + time.Duration(d.Int64N(int64((high-low)/time.Millisecond)+1))*time.Millisecond
}

// one picks one of the values; pick it with weights by naming one several times.
func one[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// judge says what the checker is to expect.
func (w *world) judge() {
	c := &w.sc.Check
	c.Require = []string{"C1"}
	c.MinPackets = 0 // a small world may have none before its first fault
	if e := &w.sc.Emitters; e.Arrivals == "constant" && e.Rate >= 5_000 && !strings.Contains(w.sc.Faults, "when ") {
		c.MinPackets = 1 // ten are offered before it
	}
	if strings.Contains(w.sc.Faults, "disk_lie") {
		c.Ignore = []string{"C2", "C10"} // what it forgets
	}
}

func (w *world) phases() {
	d := w.dice("phases")
	p := &w.sc.Phases
	p.Warmup = 2 * time.Second
	p.Faults = d.time(4*time.Second, 12*time.Second).Round(time.Second)
	if w.lone() {
		p.Faults = loneFaults
	}
	p.Heal = 6 * time.Second
	p.Settle = time.Minute
}
