package swarm

import (
	"fmt"
	"time"
)

// Whether one analyser's trouble is its own (property B5) shows only when one fault
// lasts for long and nothing else happens: one world in twenty is like that.

// loneFaults is how long the faults phase of such a world is.
const loneFaults = 13 * time.Second

func (w *world) lone() bool { return w.dice("lone").chance(5) }

// lonePlan draws the one fault.
func (w *world) lonePlan() string {
	d := w.dice("lone fault")
	a := fmt.Sprintf("a%d", d.between(1, w.sc.Analysers.Count))
	at := w.sc.Phases.Warmup + d.time(1500*time.Millisecond, 3000*time.Millisecond)
	what := one(d, "crash "+a, "crash "+a+" silent", "pause "+a, "cut d* <-> "+a, "cut "+a+" -> d*", "hold d* -> "+a, "slow "+a+" 2000%",
		"disk_stall "+a, "disk_break "+a, fmt.Sprintf("impair d* <-> %s loss %d%%", a, d.between(5, 30)))
	return fmt.Sprintf("at %v for %v %s\n", at, d.time(7*time.Second, 10*time.Second), what)
}
