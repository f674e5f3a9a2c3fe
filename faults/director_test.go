package faults

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// stageLog is a world of one process that writes down, between the lines of the fault log, what it was told to do.
type stageLog struct {
	log   bytes.Buffer
	now   time.Duration
	due   []func() // in order; the tests run them by hand
	down  bool
	fails Verb // this one cannot be done
	told  []string
}

func (s *stageLog) Now() Stamp                   { return Stamp{At: s.now} }
func (s *stageLog) At(_ time.Duration, f func()) { s.due = append(s.due, f) }
func (s *stageLog) Soon(f func())                { s.At(0, f) }
func (s *stageLog) Draws(string) *rand.Rand      { return rand.New(rand.NewPCG(1, 1)) }
func (s *stageLog) Running(string) bool          { return !s.down }
func (s *stageLog) Incarnation(string) uint32    { return 1 }
func (s *stageLog) Can(Act) bool                 { return true }
func (s *stageLog) drain()                       { s.told = append(s.told, records(s.log.Next(s.log.Len()))...) }
func records(b []byte) (list []string) {
	for line := range strings.Lines(string(b)) {
		for _, kind := range []string{"fault", "noeffect"} {
			if strings.Contains(line, `"k":"`+kind+`"`) {
				_, verb, _ := strings.Cut(line, `"do":"`)
				verb, _, _ = strings.Cut(verb, `"`)
				list = append(list, kind+" "+verb)
			}
		}
	}
	return list
}

func (s *stageLog) Do(act Act) error {
	s.drain()
	s.told = append(s.told, "do "+string(act.Do))
	if act.Do == s.fails {
		return errors.New("broken")
	}
	switch act.Do {
	case Crash:
		s.down = true
	case Restart:
		s.down = false
	}
	return nil
}

func direct(t *testing.T, w World, plan string, fails Verb) (*stageLog, *Director) {
	t.Helper()
	p, err := Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	s := &stageLog{fails: fails}
	d, err := NewDirector(DirectorConfig{
		Plan: p, Topology: Topology{Nodes: []TopologyNode{{Name: "a"}, {Name: "b"}}}, World: w, Stage: s, Log: NewLog(&s.log),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Start()
	for len(s.due) > 0 {
		f := s.due[0]
		s.due = s.due[1:]
		f()
	}
	s.drain()
	return s, d
}

// TestLogOrder: in the simulation a cause is written before its effect; in tcp a begin once it is in force, with the
// pauses that it ends before it, and an end before it acts.
func TestLogOrder(t *testing.T) {
	const plan = "at 0s cut a -> b\nat 1s heal a -> b\nat 2s pause a\nat 3s crash a\nat 4s restart a"
	for _, c := range []struct {
		world World
		want  string
	}{
		{Sim, "fault cut, do cut, fault heal, do heal, fault pause, do pause, fault resume, fault crash, do crash, fault restart, do restart"},
		{TCP, "do cut, fault cut, fault heal, do heal, do pause, fault pause, do crash, fault resume, fault crash, fault restart, do restart"},
	} {
		s, _ := direct(t, c.world, plan, "")
		if got := strings.Join(s.told, ", "); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.world, got, c.want)
		}
	}
}

// TestWhatFails: a begin that the world could not do is no fault and in force no more; an end is told already. Both
// are among what was skipped.
func TestWhatFails(t *testing.T) {
	for _, c := range []struct {
		fails Verb
		want  string
	}{
		{Pause, "do pause, noeffect pause, noeffect resume"},
		{Resume, "do pause, fault pause, fault resume, do resume"},
	} {
		s, d := direct(t, TCP, "at 0s pause a\nat 1s resume a", c.fails)
		if got := strings.Join(s.told, ", "); got != c.want || d.ActiveStates() != 0 {
			t.Errorf("%s fails: %s, %d in force; want %s", c.fails, got, d.ActiveStates(), c.want)
		}
		if skips := d.Skipped(); len(skips) != 1 || skips[0].Action.Do != c.fails || !strings.Contains(skips[0].Reason, "broken") {
			t.Errorf("%s fails: skipped %v", c.fails, skips)
		}
	}
	_, d := direct(t, TCP, "at 0s pause a\nat 0s cut a -> b", Resume)
	if err := d.HealAll(); err == nil || !strings.Contains(err.Error(), "resume a") || d.ActiveStates() != 0 {
		t.Errorf("a heal that failed in part: %v, %d in force", err, d.ActiveStates())
	}
}

// TestStream: the same seed and name give the same draws, others give others.
func TestStream(t *testing.T) {
	draw := func(seed uint64, name string) string {
		r := Stream(seed, name)
		return fmt.Sprint(r.Uint64(), r.Uint64())
	}
	all := []string{draw(1, "a"), draw(2, "a"), draw(1, "b"), draw(1<<32+1, "a")}
	slices.Sort(all)
	if len(slices.Compact(all)) != 4 || draw(1, "a") != draw(1, "a") {
		t.Errorf("%v", all)
	}
}
