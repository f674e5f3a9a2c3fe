package lease

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"weir/faults"
)

// RandomPlan draws a fault plan from a seed: up to eight faults, each with an end, most of
// them at a time, some when the system is at a certain point. The store itself is never
// crashed; what reaches it, and when, is anybody's guess.
func RandomPlan(seed uint64) faults.Plan {
	d := faults.Stream(seed, "lease plan")
	var b strings.Builder
	for range d.IntN(9) {
		fmt.Fprintf(&b, "%s%s\n", when(d), fault(d))
	}
	plan, err := faults.Parse(b.String())
	if err != nil {
		panic(err) // a mistake in this file
	}
	return plan
}

// when draws the beginning of a line, how long it lasts included.
func when(d *rand.Rand) string {
	long := millis(d, 50, 3000)
	if d.IntN(3) == 0 {
		return fmt.Sprintf("when %s %d for %v:", pick(d, "lock granted", "store written", "c* acked"), 1+d.IntN(60), long)
	}
	return fmt.Sprintf("at %v for %v", millis(d, 200, int(faultsEnd/time.Millisecond)-1), long)
}

// fault draws what breaks.
func fault(d *rand.Rand) string {
	one := fmt.Sprintf("c%d", 1+d.IntN(Clients))
	some := pick(d, one, "c*")
	link := some + pick(d, " -> ", " <-> ") + pick(d, "lock", "store", "store", "{lock,store}")
	switch d.IntN(9) {
	case 0:
		return pick(d, " crash ", " pause ") + some
	case 1:
		return " crash lock"
	case 2:
		return " pause " + pick(d, "lock", "store")
	case 3:
		return " freeze " + pick(d, one, "lock")
	case 4:
		return fmt.Sprintf(" drift %s %s%dppm", pick(d, one, "lock"), pick(d, "+", "-"), 1+d.IntN(100_000))
	case 5:
		return pick(d, " cut ", " hold ") + link
	case 6:
		return fmt.Sprintf(" impair %s delay %v jitter %v", link, millis(d, 1, 500), millis(d, 1, 2000))
	case 7:
		return fmt.Sprintf(" impair %s duplicate %d%% jitter %v", link, 10+d.IntN(50), millis(d, 1, 500))
	default:
		return fmt.Sprintf(" impair %s loss %d%%", link, 1+d.IntN(30))
	}
}

func millis(d *rand.Rand, low, high int) time.Duration {
	return time.Duration(low+d.IntN(high-low+1)) * time.Millisecond
}

func pick(d *rand.Rand, of ...string) string { return of[d.IntN(len(of))] }
