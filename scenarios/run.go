package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/logcheck"
	"weir/sim"
	"weir/system/node"
)

// Options steers one run. The zero value runs with seed 0 and does not judge.
type Options struct {
	// Seed decides everything random in the run.
	Seed uint64
	// Inputs take the generators' place, dealt to the emitters in turn; nil: generators.
	Inputs []Input
	// Codec, if not nil, is a wire encoding that every message between nodes passes through.
	Codec node.Codec
	// TCP, if not nil, has the scenario played by real processes over real sockets
	// instead of in the simulation.
	TCP *TCP
	// Check has the logs judged in memory.
	Check bool
	// Rules are judged after the checker's own; with Check.
	Rules []logcheck.NewRule
	// Build names the program, for the header; empty: unknown.
	Build string
	// Progress is told now and then how far the run is; may be nil.
	Progress func(events uint64, virtual time.Duration)
	// Interrupted is asked now and then; true ends the run with what there is. May be nil.
	Interrupted func() bool
	// Trace, if not nil, shows the run while it goes on (simulation only).
	Trace *Trace

	choose func(n int) int // of Explore: in place of the scenario's deviations
}

// The worlds that a scenario can be played in.
const (
	WorldSim = "sim" // the simulation
	WorldTCP = "tcp" // real processes over real sockets
)

// TCP says with what a scenario is played for real.
type TCP struct {
	// Program is the path of weir-node.
	Program string
	// Transport is how nodes talk: grpc (also if empty), http, or mixed, where it depends
	// on the pair and on the kind of traffic.
	Transport string
	// Live, if not nil, is told now and then how the cluster stands, and makes the run
	// go on, without phases, until Options.Interrupted ends it in order.
	Live func(Live)
	// Store, if not nil, is the store of every analyser, in the form of weir-node's
	// configuration; nil: weir-node's default.
	Store map[string]any
	// Follow, if not nil, is a file that the emitter follows in place of its generator;
	// the scenario has one emitter.
	Follow *Grows
}

// sharedStore reports whether all analysers have one store: a server, under one name.
func (t *TCP) sharedStore() bool {
	server, _ := t.Store["redis"].(map[string]any)
	name, _ := server["name"].(string)
	return t.Store["kind"] == "redis" && name != ""
}

// Input is one real log file for the emitters.
type Input struct {
	// Name is shown in logs and used as the messages' source.
	Name string
	// Path is where real processes find it (Options.TCP); the simulation uses Open.
	Path string
	// Open opens it at an offset in bytes; the content must not change during the run.
	Open func(offset int64) (io.ReadCloser, error)
	// SHA256 is the content's hash in hexadecimal, for the replay token.
	SHA256 string
	// Lines is how many lines it has, or more: reading it is spread over the time until
	// the end of the heal phase. 0: at the generator's rate.
	Lines int64
}

// Result is a run and what was found of it.
type Result struct {
	Scenario  string
	Seed      uint64
	Stop      string        // why the run ended, see the Stop constants
	Events    uint64        // scheduler events
	Virtual   time.Duration // virtual time at the end
	Records   uint64        // lines of all logs
	TraceHash uint64        // running hash over all scheduler events
	LogHash   uint64        // over the names and bytes of all logs
	Header    []byte        // run.json
	Logs      []File        // logs/NODE.INC.jsonl, in name order
	Faults    []byte        // faults.jsonl
	Metrics   []File        // metrics/NODE.INC.prom, of real nodes before their orderly end
	// Notes lists what the plan asked for and the simulation could not do, and state
	// triggers that nothing set off.
	Notes   []string
	Verdict *logcheck.Verdict // nil unless Options.Check
	Report  *logcheck.Report  // what the run did with its traffic; nil unless Options.Check
}

// Why a run ended. Limits have the simulator's names.
const (
	StopSettled     = "settled"     // every packet has an outcome and all nodes stopped in order
	StopHalted      = "halted"      // settle time was over first
	StopInterrupted = "interrupted" // Options.Interrupted said so
	StopLogBytes    = "log_bytes"   // the logs reached their limit
	StopEnough      = "enough"      // Options.Trace wanted no more
)

// step is how much virtual time passes between two looks from outside. It has no
// influence on the run: everything that changes it is an event inside.
const step = 50 * time.Millisecond

// tail is how long the world goes on after the last outcome, so that stragglers
// (late receipts, probes under way) still arrive.
const tail = time.Second

// stopMax bounds the orderly stop of all nodes of one role.
const stopMax = 30 * time.Second

// Run runs a scenario in the simulation, or with Options.TCP for real. In the
// simulation the result follows from the scenario, the seed and the inputs alone.
func Run(sc *Scenario, opt Options) (*Result, error) {
	if opt.TCP != nil {
		res, err := runTCP(sc, opt)
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
		}
		return res, nil
	}
	r, err := newRun(sc, opt)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
	}
	if err := r.play(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
	}
	if err := r.world.broken; err != nil {
		return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
	}
	return r.result()
}

// run is one run under way.
type run struct {
	sc          *Scenario
	opt         Options
	world       *world
	injector    *simfault.Injector
	log         *faults.Log
	faults      bytes.Buffer
	stop        string
	gauges      map[string]faults.Verb // what was last done to a distributor's
	undelivered []string               // control documents that the operator could not take
}

// play starts all nodes, lets the phases pass and stops the nodes in order.
func (r *run) play() error {
	w := r.world.sim
	for id := range r.world.hosts {
		if err := w.Start(sim.NodeID(id)); err != nil {
			return err
		}
	}
	p := r.sc.Phases
	r.injector.Phase("warmup")
	r.injector.Start()
	w.At(p.Warmup, "phase faults", func(*sim.World) { r.injector.Phase("faults") })
	w.At(p.FaultsEnd(), "phase heal", func(*sim.World) {
		r.injector.Phase("heal")
		r.injector.HealAll()
	})
	loadEnd := max(p.LoadEnd(), r.sc.ProduceFor())
	w.At(loadEnd, "phase settle", func(*sim.World) { r.injector.Phase("settle") })
	emitters := r.sc.Emitters.Count
	over := r.advance(loadEnd, nil) &&
		r.advance(loadEnd+p.Settle, func() bool { return r.world.drained() >= emitters && !r.world.held() })
	if !over {
		return nil // interrupted, or a limit
	}
	if r.world.drained() < emitters || r.world.held() {
		r.stop = StopHalted
	}
	if !r.advance(w.Now()+tail, nil) {
		return nil
	}
	r.injector.Phase("end") // what follows is the orderly end of all nodes
	for _, role := range []Role{RoleEmitter, RoleDistributor, RoleAnalyser, RoleOperator} {
		if !r.stopAll(role) {
			return nil
		}
	}
	if r.stop == "" {
		r.stop = StopSettled
	}
	return nil
}

// advance lets virtual time pass until done says so, or the time is reached. It
// returns false if the run ended instead.
func (r *run) advance(until time.Duration, done func() bool) bool {
	w := r.world.sim
	for w.Now() < until && (done == nil || !done()) {
		reason := w.RunUntil(min(w.Now()+step, until))
		if reason == sim.Quiet {
			return true // nothing will ever happen again
		}
		if reason != sim.Until {
			r.stop = stopName(reason)
			return false
		}
		if r.opt.Progress != nil {
			r.opt.Progress(w.Events(), w.Now())
		}
		if r.opt.Interrupted != nil && r.opt.Interrupted() {
			r.stop = StopInterrupted
			return false
		}
	}
	return true
}

// stopName is the reason's name in logs and results: what this package halts for
// has its own, the simulator's limits keep theirs.
func stopName(reason sim.StopReason) string {
	for _, own := range []string{StopLogBytes, StopInterrupted, StopEnough} {
		if reason == sim.Halted(own) {
			return own
		}
	}
	return string(reason)
}

// stopAll stops the running nodes of a role in order and waits for them.
func (r *run) stopAll(role Role) bool {
	w := r.world.sim
	stopping := func() (n int) {
		for _, h := range r.world.hosts {
			if h.role == string(role) && h.log != nil {
				n++
			}
		}
		return n
	}
	w.Soon("stop", func(*sim.World) {
		for _, h := range r.world.hosts {
			if h.role == string(role) && w.Node(h.id).State == sim.NodeUp {
				if err := w.Stop(h.id); err != nil {
					panic("scenarios: stop of " + h.name + ": " + err.Error())
				}
			}
		}
	})
	ok := r.advance(w.Now()+stopMax, func() bool { return stopping() == 0 })
	if ok && stopping() > 0 {
		r.stop = StopHalted
	}
	return ok
}

// result gathers the files and has them judged.
func (r *run) result() (*Result, error) {
	w := r.world.sim
	res := &Result{
		Scenario: r.sc.Name, Seed: r.opt.Seed, Stop: r.stop,
		Events: w.Events(), Virtual: w.Now(), TraceHash: w.Hash(), Notes: r.notes(),
	}
	var err error
	if res.Header, err = json.MarshalIndent(r.sc.header(r.opt), "", "  "); err != nil {
		return nil, fmt.Errorf("run.json: %w", err)
	}
	if t := r.world.trace; t != nil && r.stop == StopInterrupted {
		t.over = true // no node ended: only the logs do
	}
	r.injector.Stopped(r.stop)
	r.injector.Close()
	res.Logs, res.LogHash = r.world.files()
	if t := r.world.trace; t != nil {
		t.faults()
	}
	res.Records = r.world.lines + r.log.Lines()
	res.Faults = r.faults.Bytes()
	if r.opt.Check {
		res.Report = &logcheck.Report{}
		res.Verdict, err = logcheck.Check(res.source(), r.sc.header(r.opt), logcheck.Options{Report: res.Report, Custom: r.opt.Rules})
	}
	return res, err
}

// source gives the logs to the checker without a copy.
func (res *Result) source() logcheck.Source {
	return files(slices.Concat(res.Logs, res.Metrics, []File{{"faults.jsonl", Text{res.Faults}}}))
}

func (r *run) notes() []string {
	var notes []string
	for _, err := range r.injector.NotApplicable() {
		notes = append(notes, "not applicable: "+err.Error())
	}
	for _, s := range r.injector.Skipped() {
		notes = append(notes, fmt.Sprintf("skipped at %v: %s: %s", s.At, s.Action, s.Reason))
	}
	for _, a := range r.injector.Unfired() {
		notes = append(notes, fmt.Sprintf("never set off: %s", a))
	}
	return append(notes, r.undelivered...)
}

// Grows is a log file that grows while real processes run.
type Grows struct {
	// Path is the file, which may be rotated.
	Path string
	// Lines is how many lines were written in all, once no more will be; -1 before. The
	// run settles until the emitter has sent so many.
	Lines func() int64
}
