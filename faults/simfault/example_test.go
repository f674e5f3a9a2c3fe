package simfault_test

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/sim"
)

// A node that ticks every 400 ms is paused for a second, and crashed by its own fourth tick.
func ExampleInjector() {
	var in *simfault.Injector
	tick := sim.ActorFunc(func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.TimerFired {
			fmt.Println("tick", c.WorldNow())
			in.OnRecord("a", "clock", "tick", nil)
		}
		c.After(400*time.Millisecond, 0)
	})
	w, _ := sim.New(sim.Config{Seed: 1})
	a, _ := w.AddNode(sim.NodeConfig{Name: "a", Boot: func(b *sim.Booter) {
		if err := b.Spawn("clock", sim.ActorOptions{}, tick); err != nil {
			panic(err)
		}
	}})

	plan, _ := faults.Parse("at 1s for 1s pause a\nwhen a tick 4: crash a")
	var log bytes.Buffer
	in, err := simfault.New(w, simfault.Options{Plan: plan, Log: faults.NewLog(&log)})
	if err != nil {
		panic(err)
	}
	in.Start()
	if err := w.Start(a); err != nil {
		panic(err)
	}
	w.RunUntil(5 * time.Second)
	in.Close()
	for line := range strings.Lines(log.String()) {
		if _, what, ok := strings.Cut(line, `"do":`); ok {
			fmt.Print("the log says ", what)
		}
	}
	// Output:
	// tick 400ms
	// tick 800ms
	// tick 2s
	// tick 2.4s
	// the log says "pause","n":"a"}
	// the log says "resume","n":"a"}
	// the log says "crash","n":"a","inc":1}
}
