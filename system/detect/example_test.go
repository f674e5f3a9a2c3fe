package detect_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"weir/system/detect"
)

// An analyser that never answers: the worker calls Tick when Next says so, and
// sends what the output asks for.
func Example() {
	cfg := detect.Config{Interval: time.Second, Jitter: -1, Timeout: 300 * time.Millisecond, Failures: 3}
	d, err := detect.New(cfg, 0, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	for d.State() == detect.Up {
		out := d.Tick(d.Next())
		if out.Counted != detect.ResultNone {
			fmt.Println("probe", out.CountedNumber, out.Counted)
		}
		if out.Changed {
			fmt.Println(out.Change.From, "->", out.Change.To, "because of", out.Change.Cause)
		}
	}
	fmt.Println("at most", cfg.DetectMax())
	// Output:
	// probe 1 timeout
	// probe 2 timeout
	// probe 3 timeout
	// up -> down because of probe
	// at most 3.3s
}
