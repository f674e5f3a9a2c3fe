package tcpfault

import (
	"container/heap"
	"errors"
	"sync"
	"time"

	"weir/faults"
)

// Injector carries out one plan on one cluster. Make it with [New], then Start it; Close ends it.
type Injector struct {
	opt     Options
	running sync.WaitGroup
	wake    chan struct{} // something is due earlier than the loop knows
	quit    chan struct{}

	mu       sync.Mutex // guards what follows, the log, and whatever an act touches
	director *faults.Director
	stage    *stage
	due      events
	closed   bool
	lag      time.Duration
}

// New checks the options and the plan against the nodes; the error joins everything that is wrong. Actions that this
// world or its hooks cannot do are no error: see [Injector.NotApplicable].
func New(o Options) (*Injector, error) {
	in := &Injector{opt: o, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	in.stage = newStage(in)
	var t faults.Topology
	for _, n := range o.Nodes {
		t.Nodes = append(t.Nodes, faults.TopologyNode{Name: n.Name, Actors: n.Actors})
	}
	director, err := faults.NewDirector(faults.DirectorConfig{
		Plan: o.Plan, Topology: t, World: faults.TCP, Stage: in.stage, Log: o.Log,
		Hooks: faults.Hooks{Configure: o.Configure, Load: o.Load},
	})
	if err = errors.Join(o.Validate(), err); err != nil {
		return nil, err
	}
	in.director = director
	return in, nil
}

// Start schedules the timed actions and begins to carry out what is due. Call it once.
func (in *Injector) Start() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.director.Start()
	in.running.Add(1)
	go in.loop()
}

// OnRecord feeds one record of a node's log to the state triggers: call it for every record of a file, in order, as it
// is read. written is the record's world time. field is as in [faults.Director.OnRecord]. What a record sets off runs
// soon after, on the injector's own goroutine.
func (in *Injector) OnRecord(written time.Duration, node, actor, kind string, field func(key string) string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	before := len(in.due)
	in.director.OnRecord(node, actor, kind, field)
	if len(in.due) > before {
		in.lag = max(in.lag, in.stage.Now().At-written)
	}
}

// Lag is the longest time from the writing of a record to the moment at which OnRecord saw that it set something off.
func (in *Injector) Lag() time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.lag
}

// Armed says whether any state trigger can still fire; when not, OnRecord need not be called any more.
func (in *Injector) Armed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.director.Armed()
}

// NotApplicable lists, in plan order, why actions cannot be done here, as [faults.Director.NotApplicable] does.
func (in *Injector) NotApplicable() []error { return in.director.NotApplicable() }

// Skipped lists what was due and not carried out: what is not applicable, what began after [Injector.HealAll], and
// what was tried and failed.
func (in *Injector) Skipped() []faults.Skip {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.director.Skipped()
}

// ActiveStates is the number of fault states in force now; 0 after HealAll, unless a node is still stopping.
func (in *Injector) ActiveStates() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.director.ActiveStates()
}

// HealAll ends every fault state in force, for good, and disarms the triggers. The error joins what could not be ended.
func (in *Injector) HealAll() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.director.HealAll()
}

// Phase notes in the fault log that a phase begins: warmup, faults, heal, settle, end.
func (in *Injector) Phase(name string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.opt.Log.Phase(in.stage.Now(), name)
}

// Stopped notes why the run ended.
func (in *Injector) Stopped(why string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.opt.Log.Stopped(in.stage.Now(), why)
}

// Close carries out nothing more, waits for the injector's goroutines and ends the fault log. States in force stay: see
// HealAll. Nothing may be called after it but the questions.
func (in *Injector) Close() {
	in.mu.Lock()
	first := !in.closed
	in.closed = true
	in.mu.Unlock()
	if !first {
		return
	}
	close(in.quit)
	in.running.Wait()
	in.opt.Log.Close(in.stage.Now())
}

// event is something that is due.
type event struct {
	at    time.Duration
	order int // among those of one time: as they were scheduled
	run   func()
}

// events is a heap by time and order.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push is for package heap.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop is for package heap.
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return x
}

// loop carries out what is due until Close.
func (in *Injector) loop() {
	defer in.running.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-in.quit:
			return
		case <-in.wake:
		case <-timer.C:
		}
		if wait, some := in.runDue(); some {
			timer.Reset(wait)
		}
	}
}

// runDue runs everything that is due and says how long the next has time.
func (in *Injector) runDue() (wait time.Duration, some bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.due) > 0 && !in.closed {
		if wait = in.due[0].at - in.stage.Now().At; wait > 0 {
			return wait, true
		}
		heap.Pop(&in.due).(event).run()
	}
	return 0, false
}
