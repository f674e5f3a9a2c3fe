//go:build unix

package tcpfault_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"weir/faults"
	"weir/faults/tcpfault"
)

// TestTriggers: acts follow the records that the runner reads, and the lag is told.
func TestTriggers(t *testing.T) {
	tb, _, _ := play(t, "when q commit 3: pause q\nwhen q commit even=no after 30ms: resume q\nwhen q other: crash q")
	record := func(field string) {
		tb.in.OnRecord(0, "q", "main", "commit", func(string) string { return field })
	}
	record("yes")
	record("yes")
	time.Sleep(20 * ms)
	if n := tb.in.ActiveStates(); n != 0 {
		t.Errorf("%d states after two records of three", n)
	}
	record("yes")
	tb.states(1)
	record("no")
	tb.states(0)
	if !tb.in.Armed() {
		t.Error("the crash never fired, so it is armed")
	}
	if tb.in.Lag() <= 20*ms {
		t.Errorf("lag %v of a record written when the run began", tb.in.Lag())
	}
	if at := tb.did("pause q", "resume q"); at[1]-at[0] < 30*ms {
		t.Errorf("the resume came %v later", at[1]-at[0])
	}
}

// TestNoEffect: what changes nothing is told as such, and a crash ends a pause.
func TestNoEffect(t *testing.T) {
	tb, _, _ := play(t, `at 10ms restart q
		at 20ms pause q
		at 30ms pause q
		at 40ms crash q
		at 50ms crash q
		at 51ms pause q
		at 52ms stop q
		at 53ms resume q
		at 60ms restart q
		at 70ms cut p -> q
		at 80ms cut p -> q data
		at 90ms for 10ms slow q 200%`)
	eventually(t, "the slowing is over", func() bool { return tb.in.ActiveStates() == 4 && time.Since(tb.made) > 200*ms })
	tb.did("noeffect restart q", "pause q", "noeffect pause q", "resume q", "crash q 1", "noeffect crash q", "noeffect pause q",
		"noeffect stop q", "noeffect resume q", "restart q 2", "cut p q all", "noeffect cut p q data", "slow q 200", "normal q")
	if tb.q.Incarnation() != 2 || !tb.q.Running() {
		t.Errorf("incarnation %d, running %v", tb.q.Incarnation(), tb.q.Running())
	}
}

// TestHealAll: everything ends, what comes later is skipped and told.
func TestHealAll(t *testing.T) {
	tb, data, _ := play(t, `at 0s crash q
		at 0s stop p
		at 0s slow p 300%
		at 0s hold p <-> q data
		at 0s swizzle p <-> q over 400h
		at 1h crash q
		when q x: crash q`)
	tb.states(5)
	data.breaks()
	must(t, tb.in.HealAll())
	tb.states(0)
	if tb.q.Incarnation() != 2 || tb.in.Armed() {
		t.Errorf("incarnation %d, armed %v", tb.q.Incarnation(), tb.in.Armed())
	}
	tb.dial(tb.data)
	tb.in.Phase("settle")
	tb.in.Stopped("settled")
	tb.close()
	for _, want := range []string{`"k":"phase"`, `"name":"settle"`, `"why":"settled"`, `"k":"end"`} {
		if !strings.Contains(tb.log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

// TestNothingIsSkippedInSilence: what TCP cannot do, what has no hook, and what was tried and failed.
func TestNothingIsSkippedInSilence(t *testing.T) {
	tb := lay(t, "at 0s for 50ms crash q\nat 1ms skew q +1s\nat 2ms impair p -> q loss 1%\nat 3ms pause q/w1", "0s")
	list := tb.in.NotApplicable()
	if len(list) != 3 || !errors.Is(list[0], faults.ErrNotApplicable) {
		t.Fatalf("not applicable: %v", list)
	}
	tb.in.Start()
	eventually(t, "q is down", func() bool { return !tb.q.Running() })
	tb.unstartable.Store(true)
	eventually(t, "four are skipped", func() bool { return len(tb.in.Skipped()) == 4 })
	if s := tb.in.Skipped()[3]; s.Action.Do != faults.Crash || !strings.Contains(s.Reason, "no such file") {
		t.Errorf("skipped %+v", s)
	}
	tb.did("crash q 1", "restart q 2")
}

func TestNewRefuses(t *testing.T) {
	plan, err := faults.Parse("at 0s crash z")
	must(t, err)
	_, err = tcpfault.New(tcpfault.Options{
		Plan: plan, Nodes: []tcpfault.Node{{Name: "p"}},
		Carriers: []tcpfault.Carrier{{From: "p", To: "x", Class: faults.NClasses}},
	})
	for _, want := range []string{"Log is missing", "Began", "no node z", "node p has no process", "unknown class 4", "unknown nodes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not reported: %v", want, err)
		}
	}
}
