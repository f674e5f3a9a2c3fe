package scenarios

import (
	"strings"
	"testing"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/sim"
	"weir/system/node"
)

// simArm is the simulation as a world of the conformance tests: this package's own
// adapter on a world of package sim.
type simArm struct {
	t *testing.T
	w *world
}

func newSimArm(t *testing.T) *simArm {
	a := &simArm{t: t, w: &world{byName: map[string]sim.NodeID{}, writtenMax: 1 << 30}}
	r := &run{world: a.w}
	var err error
	a.w.sim, err = sim.New(sim.Config{Seed: 1, Observer: observer{r: r}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"n1", "n2", "n3"} {
		if _, err := a.w.add(name, "operator", nil, sim.NodeConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	r.injector, err = simfault.New(a.w.sim, simfault.Options{Log: faults.NewLog(&r.faults)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *simArm) boot(name string, boot node.Boot) {
	a.t.Helper()
	id := a.w.byName[name]
	start := a.w.sim.Start
	if a.w.hosts[id].boot != nil {
		start = a.w.sim.Restart
	}
	a.w.hosts[id].boot = boot
	if err := start(id); err != nil {
		a.t.Fatal(err)
	}
}

func (a *simArm) stop(name string) {
	id := a.w.byName[name]
	if err := a.w.sim.Stop(id); err != nil {
		a.t.Fatal(err)
	}
	a.settle("stop of "+name, func() bool { return a.w.sim.Node(id).State == sim.NodeStopped })
}

func (a *simArm) settle(what string, done func() bool) {
	a.t.Helper()
	for range 1000 {
		if done() {
			return
		}
		a.w.sim.RunUntil(a.w.sim.Now() + 10*time.Millisecond)
	}
	a.t.Fatalf("%s: still not after %v", what, a.w.sim.Now())
}

func (a *simArm) logs() map[string]string {
	all := map[string]string{}
	files, _ := a.w.files()
	for _, f := range files {
		all[strings.TrimSuffix(strings.TrimPrefix(f.Name, "logs/"), ".jsonl")] = string(f.Data.Bytes())
	}
	return all
}

func TestConformanceSim(t *testing.T) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) { p.body(t, newSimArm(t)) })
	}
}
