package lease

import (
	"bytes"
	"fmt"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/sim"
)

// The phases of a run.
const (
	faultsEnd = 8 * time.Second // whatever is broken is healed
	runEnd    = 10 * time.Second
)

// Result is a run: its log, and the hash over everything that happened in it.
type Result struct {
	Records []Record
	Hash    uint64
}

// observer tells the injector what only the world knows.
type observer struct {
	sim.NopObserver
	in *simfault.Injector
}

// NodeChanged tells of nodes that stopped.
func (o *observer) NodeChanged(id sim.NodeID, inc uint32, s sim.NodeState) {
	if o.in != nil {
		o.in.NodeChanged(id, inc, s)
	}
}

// Run plays the system under a fault plan in the simulation. The result follows from the
// arguments alone. The error says what is wrong with the plan.
func Run(seed uint64, d Design, plan faults.Plan) (*Result, error) {
	obs := &observer{}
	w, err := sim.New(sim.Config{Seed: seed, Observer: obs})
	if err != nil {
		return nil, err
	}
	if err := w.SetDefaultLink(sim.LinkConfig{Latency: sim.Exponential(time.Millisecond, 3*time.Millisecond, 50*time.Millisecond)}); err != nil {
		return nil, err
	}
	log := &recorder{world: w}
	if err := build(w, d, log); err != nil {
		return nil, err
	}
	var truth bytes.Buffer
	in, err := simfault.New(w, simfault.Options{Plan: plan, Log: faults.NewLog(&truth)})
	if err != nil {
		return nil, err
	}
	obs.in, log.injector = in, in
	in.Start()
	for id := range w.Nodes() {
		if err := w.Start(sim.NodeID(id)); err != nil {
			return nil, err
		}
	}
	w.At(faultsEnd, "heal", func(*sim.World) { in.HealAll() })
	if why := w.RunUntil(runEnd); why != sim.Until {
		return nil, fmt.Errorf("the run ended early: %s", why)
	}
	in.Close()
	return &Result{Records: log.records, Hash: w.Hash()}, nil
}

// Clients is how many clients there are: c1, c2 and so on.
const Clients = 3

// build adds the nodes: lock, store and the clients.
func build(w *sim.World, d Design, log *recorder) error {
	add := func(name string, boot func() sim.Actor) (sim.Addr, error) {
		id, err := w.AddNode(sim.NodeConfig{
			Name: name, DiskSyncLatency: sim.Uniform(time.Millisecond, 10*time.Millisecond),
			Boot: func(b *sim.Booter) { // a restart begins with nothing but the disk
				if err := b.Spawn("main", sim.ActorOptions{}, boot()); err != nil {
					panic(err)
				}
			},
		})
		return sim.Addr{Node: id, Actor: "main"}, err
	}
	l, err := add("lock", func() sim.Actor { return &lock{design: d, log: log} })
	if err != nil {
		return err
	}
	s, err := add("store", func() sim.Actor { return &store{design: d, log: log} })
	if err != nil {
		return err
	}
	for i := range Clients {
		name := fmt.Sprintf("c%d", i+1)
		if _, err := add(name, func() sim.Actor { return &client{log: log, lock: l, store: s} }); err != nil {
			return err
		}
	}
	return nil
}
