package main

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"weir/logcheck"
	"weir/scenarios"
)

// named is a scenario with the argument that named it.
type named struct {
	arg string
	sc  *scenarios.Scenario
}

// batch is a number of runs: every scenario with every seed.
type batch struct {
	app       *app
	flags     *runFlags
	seeds     seedRange
	catalogue bool // everything that comes with weir: expectations count
	scenarios []named
	inputs    *inputs
	store     *store
	build     string
	tcp       *scenarios.TCP // nil: the simulation
	progress  *progress
	finished  func(*scenarios.Result) // sees each result before it is kept; may be nil
	then      func(*outcome) int      // looks at each outcome and may raise the exit code; may be nil
}

// outcome is one finished run, without its logs.
type outcome struct {
	named
	seed      uint64
	stop      string
	events    uint64
	virtual   time.Duration
	faults    int
	verdict   *logcheck.Verdict
	report    *logcheck.Report
	surprises []string
	notes     []string
	token     scenarios.Token
	dir       string // where it was kept; empty: it was not
	saveErr   error
	err       error  // the run itself could not be made
	panicked  string // what a panic said, with its stack
}

// cutShort says that an interrupt ended the run before it had shown anything: it
// counts as not run.
func (o *outcome) cutShort() bool {
	return o.stop == scenarios.StopInterrupted && o.status() != logcheck.Fail
}

// status is the run's verdict; inconclusive if it was not judged to the end.
func (o *outcome) status() logcheck.Status {
	if o.verdict == nil {
		return logcheck.Inconclusive
	}
	return o.verdict.Status
}

// expected says that the run got the verdict that its scenario expects.
func (o *outcome) expected() bool { return o.verdict != nil && len(o.surprises) == 0 }

// play runs everything and prints the results.
func (s *batch) play() error {
	s.announce()
	out := s.printer()
	if err := out.begin(); err != nil {
		return s.cannotPrint(err)
	}
	s.progress = s.startProgress()
	results := s.start()
	all, err := s.collect(results, out)
	s.progress.stop()
	if err != nil {
		return s.cannotPrint(err)
	}
	for _, text := range s.inputs.changed() {
		s.app.complain("%s; the hash in the replay token no longer describes it", text)
		all.raise(exitInconclusive)
	}
	if err := s.store.prune(); err != nil {
		s.app.complain("%v", err)
	}
	if err := out.end(all); err != nil {
		return s.cannotPrint(err)
	}
	return ended(all.code(s.app.ctx.Err() != nil && s.flags.live == nil)) // an interrupt is how a live run ends
}

func (s *batch) cannotPrint(err error) error { return internal("cannot write the result: %w", err) }

// total is the number of runs.
func (s *batch) total() uint64 { return uint64(len(s.scenarios)) * s.seeds.count() }

// numbered is an outcome with its place in the order of runs.
type numbered struct {
	index uint64
	*outcome
}

// start runs everything on as many goroutines as there are jobs. The channel is
// closed when all are done or an interrupt has ended them.
func (s *batch) start() <-chan numbered {
	indices := make(chan uint64)
	results := make(chan numbered)
	go func() {
		defer close(indices)
		for i := range s.total() {
			select {
			case indices <- i:
			case <-s.app.ctx.Done():
				return
			}
		}
	}()
	var wait sync.WaitGroup
	for range min(uint64(s.flags.jobs), s.total()) {
		wait.Go(func() {
			for i := range indices {
				n := s.scenarios[i/s.seeds.count()]
				results <- numbered{i, s.one(n, s.seeds.of(n.sc, i%s.seeds.count()))}
			}
		})
	}
	go func() {
		wait.Wait()
		close(results)
	}()
	return results
}

// collect prints the outcomes in the order of runs, whatever order they end in.
func (s *batch) collect(results <-chan numbered, out printer) (*summary, error) {
	all := &summary{sweep: s}
	waiting := map[uint64]*outcome{}
	var failed error
	emit := func(o *outcome) {
		if o.cutShort() && !s.single() {
			return
		}
		all.add(o)
		if failed == nil {
			s.progress.hide()
			failed = out.run(o)
		}
	}
	next := uint64(0)
	for r := range results {
		waiting[r.index] = r.outcome
		for waiting[next] != nil {
			emit(waiting[next])
			delete(waiting, next)
			next++
		}
	}
	// After an interrupt there are gaps: what lies behind them is still shown.
	for i := next; len(waiting) > 0; i++ {
		if o := waiting[i]; o != nil {
			emit(o)
			delete(waiting, i)
		}
	}
	return all, failed
}

// one makes a single run, judges and keeps it.
func (s *batch) one(n named, seed uint64) (o *outcome) {
	o = &outcome{named: n, seed: seed}
	s.progress.begin()
	defer s.progress.done(o)
	defer func() {
		if p := recover(); p != nil {
			o.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	codec, err := scenarios.CodecNamed(s.flags.codec)
	if err != nil {
		o.err = err
		return o
	}
	res, err := s.app.run(n.sc, scenarios.Options{
		Seed: seed, Inputs: s.inputs.list(), Codec: codec, TCP: s.tcp, Check: true, Build: s.build,
		Progress:    s.progress.follow(),
		Interrupted: func() bool { return s.app.ctx.Err() != nil },
	})
	if err != nil {
		o.err = err
		return o
	}
	if s.finished != nil {
		s.finished(res)
	}
	o.take(res)
	o.token = scenarios.Token{
		Scenario: n.arg, Set: s.flags.set, Seed: seed, ScenarioHash: n.sc.Hash(), Inputs: s.inputs.tokens(),
		Build: s.build, TraceHash: res.TraceHash, LogHash: res.LogHash,
	}
	if s.tcp != nil {
		o.token.World = scenarios.WorldTCP
	}
	if s.single() || o.status() != logcheck.Pass && !o.cutShort() {
		o.dir, o.saveErr = s.store.save(o, res)
	}
	return o
}

// take keeps of a result all but its logs.
func (o *outcome) take(res *scenarios.Result) {
	o.stop, o.events, o.virtual, o.notes = res.Stop, res.Events, res.Virtual, res.Notes
	o.verdict, o.report = res.Verdict, res.Report
	o.faults = countFaults(res.Faults)
	if o.verdict != nil {
		o.surprises = scenarios.Surprises(o.sc, res)
	}
}
