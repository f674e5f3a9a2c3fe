package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/sim"
	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/emitter"
	"weir/system/message"
	"weir/system/node"
	"weir/system/operator"
)

// newRun builds the world of a scenario, with every node still down.
func newRun(sc *Scenario, opt Options) (*run, error) {
	r := &run{sc: sc, opt: opt}
	r.world = &world{byName: map[string]sim.NodeID{}, codec: opt.Codec, writtenMax: int64(sc.Limits.LogBytes), halt: opt.Interrupted}
	schedule, err := sc.Schedule.sim()
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	if opt.choose != nil {
		schedule.Choose = opt.choose
	}
	r.world.sim, err = sim.New(sim.Config{
		Seed:     opt.Seed,
		Schedule: schedule,
		Limits:   sim.Limits{Events: uint64(sc.Limits.Events), Time: sc.TimeMax(), Outstanding: sc.outstanding()},
		Observer: observer{r: r},
	})
	if err != nil {
		return nil, err
	}
	if err := r.world.sim.SetDefaultLink(sc.link()); err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	for _, n := range sc.Nodes() {
		if _, err := r.world.add(n.Name, string(n.Role), r.bootOf(n), sc.simNode(n)); err != nil {
			return nil, err
		}
	}
	r.log = faults.NewLog(&r.faults)
	r.injector, err = simfault.New(r.world.sim, simfault.Options{
		Plan: *sc.Plan(), Log: r.log, Actors: sc.Topology().Nodes, Configure: r.configure, Load: r.load, Gauge: r.breakGauge,
	})
	if err != nil {
		return nil, err
	}
	r.world.watch = r.observe
	if opt.Trace != nil {
		r.world.trace = &tracer{Trace: opt.Trace, r: r}
	}
	return r, nil
}

// bootOf returns what starts a node's incarnations.
func (r *run) bootOf(n Node) node.Boot {
	switch n.Role {
	case RoleEmitter:
		return emitter.Boot(r.sc.Emitter(r.inputsOf(n.Index)))
	case RoleDistributor:
		return distributor.BootGauged(r.sc.Distributor(), r.gaugeOf(n.Name))
	case RoleAnalyser:
		return analyser.Boot(r.sc.AnalyserConfig())
	case RoleOperator:
		return operator.Boot(r.sc.Operator())
	}
	panic("scenarios: node " + n.Name + " has the unknown role " + string(n.Role))
}

// inputsOf is what an emitter reads. With inputs, an emitter that gets none still
// must not make up messages: it reads an empty one.
func (r *run) inputsOf(i int) (mine []emitter.Input, lines int64) {
	if len(r.opt.Inputs) == 0 {
		return nil, 0
	}
	for _, in := range r.opt.dealt(i, r.sc.Emitters.Count) {
		mine = append(mine, emitter.Input{Name: in.Name, Open: in.Open})
		lines += in.Lines
	}
	if mine == nil {
		mine = []emitter.Input{emptyInput}
	}
	return mine, lines
}

// dealt deals the inputs to so many emitters in turn, and returns those of one.
func (o *Options) dealt(i, emitters int) (mine []Input) {
	for j, in := range o.Inputs {
		if j%emitters == i {
			mine = append(mine, in)
		}
	}
	return mine
}

// emptyInput is what an emitter reads when there are fewer inputs than emitters.
var emptyInput = emitter.Input{
	Name: "empty",
	Open: func(int64) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil },
}

// outstandingMin is what an actor may have open whatever the scenario: pushes of
// the table, probes, disk operations. outstandingMax is the simulator's limit.
const (
	outstandingMin = 4096
	outstandingMax = 1 << 30
)

// outstanding is how many requests an actor may have open, so that only the
// bounds of the scenario ever refuse one: an emitter has one for each packet of
// its buffer, an ingress one for each packet in progress, a worker a window for
// each analyser beside its probes.
func (s *Scenario) outstanding() int {
	analysers := len(s.AnalyserList())
	worker := min((s.Distributors.Window+1)*analysers, outstandingMax)
	return min(max(s.Emitters.Buffer.Packets, s.Distributors.Queue.Items, worker)+outstandingMin, outstandingMax)
}

// link is the configuration of every link.
func (s *Scenario) link() sim.LinkConfig {
	l := &s.Links
	return sim.LinkConfig{
		Latency: l.Latency.Draws(), Ordered: l.Ordered, Rate: int64(l.Rate),
		QueueItems: l.Queue.Items, QueueBytes: int64(l.Queue.Bytes),
	}
}

// simNode is the simulator's configuration of a node: its processor and disk.
func (s *Scenario) simNode(n Node) sim.NodeConfig {
	var cfg sim.NodeConfig
	cfg.DiskSyncLatency = s.Analyser.Disk.Latency.Draws()
	switch n.Role {
	case RoleDistributor:
		cfg.Cores = s.Distributors.Cores
		cfg.Service = serviceOf(s.Distributors.Service, isWorker)
	case RoleAnalyser:
		cfg.Cores = s.Analyser.Cores
		cfg.Service = serviceOf(s.Analyser.Service, func(actor string) bool { return s.Analyser.Workers == 1 || isWorker(actor) })
		cfg.DiskBytes = int64(s.Analyser.Disk.Size)
	}
	return cfg
}

// isWorker reports whether an actor of a distributor or an analyser is a worker.
func isWorker(actor string) bool { return strings.HasPrefix(actor, "w") }

// carrier is a message that carries a packet; handling it costs processor time.
type carrier interface{ Carries() *message.Packet }

// serviceOf charges the packets that certain actors handle; nil if they cost nothing.
func serviceOf(v Service, charged func(actor string) bool) sim.ServiceFunc {
	if v == (Service{}) {
		return nil
	}
	return func(actor string, ev *sim.Event) time.Duration {
		c, ok := ev.Msg.(carrier)
		if !ok || ev.Kind != sim.Delivered || !charged(actor) {
			return 0
		}
		return v.Time(c.Carries().Count())
	}
}

// configure has the operator deliver a document; the fault plan calls it.
func (r *run) configure(target string, doc []byte) {
	actorName := distributor.Supervisor
	if r.world.hosts[r.world.byName[target]].role == string(RoleEmitter) {
		actorName = emitter.Actor
	}
	order := &operator.Order{To: node.Addr{Node: target, Actor: actorName}, Doc: slices.Clone(doc)}
	op := sim.Addr{Node: r.world.byName[OperatorName], Actor: operator.Actor}
	if err := r.world.sim.Inject(op, sim.Class(node.ClassControl), order.Size(), order); err != nil {
		r.undelivered = append(r.undelivered, fmt.Sprintf("control document for %s: %v", target, err))
	}
}

// load changes what an emitter offers, in percent of what was planned.
func (r *run) load(target string, percent int) {
	doc, err := json.Marshal(struct {
		Op      string `json:"op"`
		Percent int    `json:"percent"`
	}{"load", percent})
	assert(err == nil, "a load document: %v", err)
	r.configure(target, doc)
}

// observe feeds a finished line to the plan's triggers.
func (r *run) observe(h *host, line []byte) {
	if !r.injector.Armed() {
		r.world.watch = nil
		return
	}
	kind := line[len(`{"k":"`):]
	kind = kind[:bytes.IndexByte(kind, '"')]
	r.injector.OnRecord(h.name, fieldOf(line, "a"), string(kind), func(key string) string { return fieldOf(line, key) })
}
