package faults_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"weir/faults"
)

// A plan is text that reads as it is said and prints back.
func ExampleParse() {
	plan, _ := faults.Parse(`
		at 5s for 3s  pause d1/w2          # one worker
		at 10s        cut d1 -> a2 data
		when a1 commit 100: crash a1 silent`)
	fmt.Print(plan)
	_, err := faults.Parse("at 5s crash a1 loudly")
	fmt.Println(err)
	// Output:
	// at 5s for 3s pause d1/w2
	// at 10s cut d1 -> a2 data
	// when a1 commit 100: crash a1 silent
	// line 1, column 16: "loudly": nothing may follow the action
}

func ExamplePlan_Validate() {
	plan, _ := faults.Parse("at 1s crash a7\nat 2s restart a1")
	fmt.Println(plan.Validate(faults.Topology{Nodes: []faults.TopologyNode{{Name: "a1"}, {Name: "d1"}}}))
	// Output:
	// faults: action 1 (at 1s crash a7): no node a7
	// faults: action 2 (at 2s restart a1): the plan begins nothing that this could end
}

// A group becomes one act for each link, and a `for` the acts that end it.
func ExampleExpand() {
	plan, _ := faults.Parse("at 1s for 2s isolate a1 data")
	world := faults.Topology{Nodes: []faults.TopologyNode{{Name: "a1"}, {Name: "d1"}}}
	steps, _ := faults.Expand(plan.Actions[0], world, rand.New(rand.NewPCG(1, 1)))
	for _, s := range steps {
		fmt.Println(s.After, s.Act)
	}
	// Output:
	// 0s cut a1 -> d1 data
	// 0s cut d1 -> a1 data
	// 2s heal a1 -> d1 data
	// 2s heal d1 -> a1 data
}

func ExampleEvaluator() {
	plan, _ := faults.Parse("when d1 health an=a2 to=down: cut d1 -> a1")
	e := faults.NewEvaluator(plan)
	fields := map[string]string{"an": "a2", "to": "down"}
	e.Observe("d1", "w1", "health", func(key string) string { return fields[key] },
		func(f faults.Firing) { fmt.Println("due:", plan.Actions[f.Action]) })
	fmt.Println("armed:", e.Armed())
	// Output:
	// due: when d1 health an=a2 to=down: cut d1 -> a1
	// armed: false
}

func ExampleLog() {
	var buf bytes.Buffer
	log := faults.NewLog(&buf)
	log.Fault(faults.Stamp{At: time.Second, Event: 7}, faults.Act{Do: faults.Crash, Node: "a1"}, 1)
	log.Close(faults.Stamp{At: 2 * time.Second, Event: 9})
	fmt.Print(buf.String())
	// Output:
	// {"k":"log","a":"-","s":0,"t":0,"m":0,"g":0,"v":1,"node":"faults","inc":1,"role":"faults"}
	// {"k":"fault","a":"faults","s":1,"t":1000000000,"m":1000000000,"g":7,"do":"crash","n":"a1","inc":1}
	// {"k":"end","a":"-","s":0,"t":2000000000,"m":2000000000,"g":9,"n":2,"crc":"afb12b41"}
}
