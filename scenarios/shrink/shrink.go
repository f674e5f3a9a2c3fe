package shrink

import (
	"errors"
	"fmt"
	"slices"

	"weir/scenarios"
	"weir/scenarios/sweep"
)

// Options steers a search. The zero value runs until nothing more can be taken away.
type Options struct {
	// Run makes a run; nil: scenarios.Run.
	Run func(*scenarios.Scenario, scenarios.Options) (*scenarios.Result, error)
	// Base is passed on to each run, but for Check, Progress and Interrupted.
	Base scenarios.Options
	// Property is which failure to keep; empty: the first one that the run has.
	Property string
	// Stop is asked before each run; true ends the search with what it has. May be nil.
	Stop func() bool
	// Progress is told after each run; may be nil.
	Progress func(Progress)
	// RunsMax bounds the runs of the search. 0: 2,000.
	RunsMax int
}

// Progress is how far a search is.
type Progress struct {
	Runs    int    // made so far
	Kept    int    // of them were smaller and still failed
	Actions int    // of the smallest plan so far
	Events  uint64 // of the smallest run so far
	Trying  string // what is being tried
}

// Result is what a search found.
type Result struct {
	// Scenario is the smallest world that fails; Text its file, with a comment.
	Scenario *scenarios.Scenario
	Text     []byte
	// Failure is what it shows.
	Failure sweep.Failure
	// First and Last describe the run before and after.
	First, Last Size
	// Without says for each action of the plan what the run does without it.
	Without []Without
	// Runs is how many runs it took. Stopped says that it was ended early.
	Runs    int
	Stopped bool
}

// Size is how large a run is.
type Size struct {
	Actions, Nodes int
	Packets        int64
	Events         uint64
}

// Without is what the run does when one action is left out.
type Without struct {
	Action string
	// Then is pass, or the property that fails then.
	Then string
}

// ErrNoFailure says that the run does not fail.
var ErrNoFailure = errors.New("the run does not fail: there is nothing to shrink")

// search is one search under way.
type search struct {
	opt      Options
	seed     uint64
	target   sweep.Failure
	best     *scenarios.Scenario
	size     Size
	progress Progress
	tried    map[string]bool // hashes of what was run
	stopped  bool
}

// runsMax bounds a search unless told otherwise.
const runsMax = 2000

// Shrink searches for the smallest world that fails like this one with its seed
// (Options.Base.Seed). An error is ErrNoFailure, or that the scenario cannot be run.
func Shrink(sc *scenarios.Scenario, opt Options) (*Result, error) {
	if opt.Run == nil {
		opt.Run = scenarios.Run
	}
	if opt.RunsMax == 0 {
		opt.RunsMax = runsMax
	}
	s := &search{opt: opt, seed: opt.Base.Seed, tried: map[string]bool{}}
	start := prepare(sc, s.seed)
	o, size, err := s.run(start)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(o, func(f sweep.Failure) bool {
		return f.Status == "fail" && (opt.Property == "" || f.Property == opt.Property)
	})
	if i < 0 {
		return nil, ErrNoFailure
	}
	s.target, s.best, s.size = o[i], start, size
	res := &Result{Failure: o[i], First: size}
	s.reduce()
	res.Scenario, res.Last, res.Stopped = s.best, s.size, s.stopped
	res.Without = s.without()
	res.Runs = s.progress.Runs
	res.Text = text(sc, res)
	return res, nil
}

// prepare is the scenario without what it expects, which a smaller world may not fulfil:
// what must fail is the search's own business.
func prepare(sc *scenarios.Scenario, seed uint64) *scenarios.Scenario {
	c := sc.Clone()
	c.Seed = int64(seed &^ (1 << 63))
	c.Check.MinPackets, c.Check.Require = 0, nil
	c.Check.Expect, c.Check.ExpectFail = "pass", nil
	if c.Analysers.List == nil && len(sc.AnalyserList()) <= listMax {
		c.Analysers = scenarios.Analysers{List: sc.AnalyserList()} // one by one, so that any can go
	}
	return c
}

// listMax is up to how many analysers are listed one by one.
const listMax = 64

// reduce goes through all ways of making the world smaller until none helps any more.
func (s *search) reduce() {
	for before := -1; before != s.progress.Kept && !s.stopped; {
		before = s.progress.Kept
		s.actions()
		s.nodes()
		s.load()
		s.settings()
		s.phases()
		s.phrases()
	}
}

// try makes a change to a copy of the best scenario and keeps it if that still fails in
// the same way. What is no valid scenario is none the smaller.
func (s *search) try(what string, change func(*scenarios.Scenario)) bool {
	if s.stopped || s.opt.Stop != nil && s.opt.Stop() || s.progress.Runs >= s.opt.RunsMax {
		s.stopped = true
		return false
	}
	c := s.best.Clone()
	change(c)
	next, err := scenarios.Parse(c.Name, c.Brief())
	if err != nil || s.tried[next.Hash()] || next.Hash() == s.best.Hash() {
		return false
	}
	s.tried[next.Hash()] = true
	s.progress.Trying = what
	failures, size, err := s.run(next)
	if err != nil || !slices.Contains(failures, s.target) {
		s.tell()
		return false
	}
	s.best, s.size = next, size
	s.progress.Kept++
	s.tell()
	return true
}

func (s *search) tell() {
	s.progress.Actions, s.progress.Events = len(s.best.Plan().Actions), s.size.Events
	if s.opt.Progress != nil {
		s.opt.Progress(s.progress)
	}
}

// run plays a scenario and lists what is wrong with the run, whatever is expected.
func (s *search) run(sc *scenarios.Scenario) (failures []sweep.Failure, size Size, err error) {
	s.progress.Runs++
	opt := s.opt.Base
	opt.Check, opt.Progress, opt.Interrupted = true, nil, nil
	size = Size{Actions: len(sc.Plan().Actions), Nodes: len(sc.Nodes()) - 1}
	defer func() {
		if p := recover(); p != nil {
			failures = sweep.Broken(sweep.Run{}, nil, panicText(p)).Failures
		}
	}()
	res, err := s.opt.Run(sc, opt)
	if err != nil {
		return nil, size, fmt.Errorf("shrink: %w", err)
	}
	size.Events, size.Packets = res.Events, res.Report.Totals.Emitted
	return sweep.FailuresOf(res.Verdict), size, nil
}
