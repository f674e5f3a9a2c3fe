package weirtest

import (
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"weir/scenarios"
	"weir/scenarios/swarm"
	"weir/sim/simtest"
)

// Run plays a scenario in the simulation, once for each seed as a subtest, and fails the
// seeds whose verdict is not the one that the scenario expects. sc is not changed.
func Run(t *testing.T, sc *scenarios.Scenario, opt Options) {
	t.Helper()
	s := &session{opt: opt}
	simtest.Seeds(t, opt.seeds(), func(t *testing.T, seed uint64) {
		t.Helper()
		s.play(t, trial{sc: sc, seed: seed, arg: argument(sc)})
	})
	s.end(t)
}

// Swarm plays a random world for each seed, as a subtest: the one that weir run
// swarm:SEED plays. Seeds are below 2^63.
func Swarm(t *testing.T, worlds swarm.Options, opt Options) {
	t.Helper()
	s := &session{opt: opt}
	simtest.Seeds(t, opt.seeds(), func(t *testing.T, seed uint64) {
		t.Helper()
		if seed >= 1<<63 {
			t.Fatalf("%s=%d: random worlds have seeds below 2^63", simtest.EnvSeed, seed)
		}
		sc, err := swarm.Scenario(seed, worlds)
		if err != nil {
			t.Fatal(err)
		}
		one := trial{sc: sc, seed: seed}
		if worlds.Packets == 0 { // the command makes worlds of the usual size only
			one.arg = swarm.Arg(seed, worlds)
		}
		s.play(t, one)
	})
	s.end(t)
}

// session is one call of Run or Swarm.
type session struct {
	opt    Options
	shrunk bool // a failing seed was: another would take as long and rarely show more

	over bool   // the test's time is
	left uint64 // the first seed that was not judged for it
}

// end says that seeds were left out: a test that ran out of time has not passed.
func (s *session) end(t *testing.T) {
	t.Helper()
	if s.over {
		t.Errorf("the test's time (-timeout) is nearly over: seed %d and those after it were not judged", s.left)
	}
}

// trial is one seed to play.
type trial struct {
	sc   *scenarios.Scenario
	seed uint64
	arg  string // how a command line names the scenario; empty: only by a file
}

// argument is how a command line names a scenario that is as it came: with weir, or from
// its file.
func argument(sc *scenarios.Scenario) string {
	if own, err := scenarios.Load(sc.Name); err == nil && own.Hash() == sc.Hash() {
		return sc.Name
	}
	file, err := filepath.Abs(sc.File())
	if err != nil || sc.File() == "" {
		return ""
	}
	if own, err := scenarios.ParseFile(file); err != nil || own.Hash() != sc.Hash() {
		return ""
	}
	return quote(file)
}

// build names the program in the logs.
const build = "go test"

// play makes one run and judges it.
func (s *session) play(t *testing.T, one trial) {
	t.Helper()
	if s.over || late(t) {
		s.runOut(t, one.seed)
	}
	res, err := run(one.sc, scenarios.Options{Seed: one.seed, Check: true, Build: build, Interrupted: func() bool { return late(t) }})
	switch {
	case err != nil:
		t.Errorf("%v", err)
	case res.Stop == scenarios.StopInterrupted:
		s.runOut(t, one.seed)
	default:
		if bad := scenarios.Surprises(one.sc, res); len(bad) > 0 {
			t.Errorf("%s: %s", one.sc.Name, strings.Join(bad, "\n"))
		}
		if s.opt.Judge != nil {
			s.opt.Judge(t, res)
		}
	}
	if t.Failed() {
		s.report(t, one, res)
	}
}

// runOut skips a seed for which there is no time.
func (s *session) runOut(t *testing.T, seed uint64) {
	if !s.over {
		s.over, s.left = true, seed
	}
	t.SkipNow()
}

// run is scenarios.Run, with a panic as an error: it is one seed's failure, and the others
// shall run.
func run(sc *scenarios.Scenario, opt scenarios.Options) (res *scenarios.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("scenario %s panics: %v\n%s", sc.Name, p, debug.Stack())
		}
	}()
	return scenarios.Run(sc, opt)
}

// spare is how much of the test's time is left for its end.
const spare = time.Second

// late says that the test is about to be ended from outside.
func late(t *testing.T) bool {
	end, ok := t.Deadline()
	return ok && time.Until(end) < spare
}
