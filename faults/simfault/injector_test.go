package simfault_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/sim"
)

func TestNoEffect(t *testing.T) {
	tb := play(t, `at 100ms crash q
		at 110ms crash q
		at 120ms pause q
		at 121ms pause q/side
		at 130ms stop q
		at 200ms restart q
		at 210ms restart q
		at 300ms cut p -> q data
		at 310ms cut p -> q
		at 320ms cut p -> q probes acks
		at 330ms heal p -> q data
		at 340ms heal p -> q
		at 350ms heal p -> q
		at 400ms slow q 200%
		at 410ms slow q 200%
		at 420ms slow q 300%
		at 500ms pause q/nobody
		at 510ms resume q/nobody
		at 520ms resume q`)
	tb.did("crash q inc1", "noeffect crash q", "noeffect pause q", "noeffect pause q/side", "noeffect stop q",
		"restart q inc2", "noeffect restart q",
		"cut p->q data", "cut p->q ack", "cut p->q probe", "cut p->q control", "noeffect cut p->q ack", "noeffect cut p->q probe",
		"heal p->q data", "heal p->q ack", "heal p->q probe", "heal p->q control", "noeffect heal p->q all",
		"slow q 200", "noeffect slow q", "slow q 300",
		"noeffect pause q/nobody", "noeffect resume q/nobody", "noeffect resume q")
}

// TestStateTrigger: the act follows its record in the very next moment, as an event of its own.
func TestStateTrigger(t *testing.T) {
	tb := play(t, "when q/pong ping 10: crash q\nwhen p tick 5 after 30ms for 20ms: pause p\nwhen q ping even=maybe: pause q")
	tb.did("pause p", "resume p", "crash q inc1")
	pings := tb.between("q", "ping", 0, time.Second)
	if len(pings) != 10 {
		t.Fatalf("q handled %d pings before its crash, want 10", len(pings))
	}
	fault := tb.records("fault")[2]
	if time.Duration(fault["t"].(float64)) != pings[9].at {
		t.Errorf("the crash came at %v, the tenth ping at %v", fault["t"], pings[9].at)
	}
	if tick := tb.between("p", "tick", -1, time.Second)[4]; time.Duration(tb.records("fault")[0]["t"].(float64)) != tick.at+30*ms {
		t.Errorf("the pause came at %v, the fifth tick at %v", tb.records("fault")[0]["t"], tick.at)
	}
	if !tb.in.Armed() {
		t.Error("the third trigger never fired, so it is armed")
	}
}

func TestEveryTrigger(t *testing.T) {
	tb := play(t, "every q stopping: restart q\nevery q ping 20: stop q")
	var want []string
	for inc := 1; len(want) < len(tb.acts()); inc++ {
		want = append(want, "stop q inc"+itoa(inc), "restart q inc"+itoa(inc+1))
	}
	tb.did(want[:len(tb.acts())]...)
	if len(want) < 6 {
		t.Errorf("only %v", want)
	}
}

// TestRestartWaitsForAnOrderlyStop: a `for` that is shorter than the stop must not leave the node down for ever.
func TestRestartWaitsForAnOrderlyStop(t *testing.T) {
	slowly := func(tb *table, _ *sim.Config, _ *sim.NodeConfig) { tb.linger = 150 * ms }
	tb := play(t, "at 200ms for 50ms stop q\nat 260ms stop q", slowly)
	tb.did("stop q inc1", "noeffect stop q", "restart q inc2")
	tb.count("q", "stopping", 0, time.Second, 1, 1)
	if at := time.Duration(tb.records("fault")[1]["t"].(float64)); at != 350*ms {
		t.Errorf("the restart came at %v, the stop ended at 350ms", at)
	}
	tb = play(t, "at 200ms for 50ms stop q\nat 260ms crash q", slowly)
	tb.did("stop q inc1", "noeffect restart q", "crash q inc1")
	tb.count("q", "", 260*ms, time.Second, never, never)
}

// TestCrashEndsPauses: a new incarnation is not paused, and the log says when the pause ended.
func TestCrashEndsPauses(t *testing.T) {
	tb := play(t, "at 200ms for 500ms pause q\nat 210ms pause q/side\nat 300ms for 50ms crash q")
	tb.did("pause q", "pause q/side", "resume q", "resume q/side", "crash q inc1", "restart q inc2", "noeffect resume q")
	tb.count("q", "ping", 350*ms, time.Second, 60, 70)
	tb.count("q", "side", 350*ms, time.Second, 60, 70)
}

// TestStopEndsPauses: the same for an orderly stop, in which a paused actor goes down with its node.
func TestStopEndsPauses(t *testing.T) {
	tb := play(t, "at 200ms pause q/side\nat 300ms for 50ms stop q\nat 500ms resume q/side")
	tb.did("pause q/side", "stop q inc1", "resume q/side", "restart q inc2", "noeffect resume q/side")
}

// TestRestartByOthers: a node that somebody else restarted needs no restart, and is no fault in force.
func TestRestartByOthers(t *testing.T) {
	tb := lay(t, "at 100ms for 100ms crash q")
	tb.w.At(150*ms, "other", func(w *sim.World) { must(t, w.Restart(1)) })
	tb.finish()
	tb.did("crash q inc1", "noeffect restart q")
	if tb.in.ActiveStates() != 0 || tb.w.Node(1).Inc != 2 {
		t.Errorf("%d states, incarnation %d", tb.in.ActiveStates(), tb.w.Node(1).Inc)
	}
}

// TestOneInstantIsOneEvent: no message slips through a partition that is half made or half healed.
func TestOneInstantIsOneEvent(t *testing.T) {
	tb := play(t, "at 100ms for 100ms isolate p")
	f := tb.records("fault")
	if len(f) != 4 || f[0]["g"] != f[1]["g"] || f[2]["g"] != f[3]["g"] || f[0]["g"] == f[2]["g"] {
		t.Errorf("events %v", f)
	}
}

// TestHealStopsWhatIsUnderWay: the later steps of an action that began before the heal do not happen after it.
func TestHealStopsWhatIsUnderWay(t *testing.T) {
	tb := lay(t, "at 400ms swizzle p <-> q over 300ms\nat 400ms for 200ms cut p -> q data")
	tb.w.At(401*ms, "heal", func(*sim.World) { tb.in.HealAll() })
	tb.finish()
	tb.did("cut p->q data", "heal p->q data")
	if s := tb.in.Skipped(); len(s) != 2 || !strings.Contains(s[0].Reason, "hold p -> q") {
		t.Errorf("skipped %v", s)
	}
}

func TestHealAll(t *testing.T) {
	tb := lay(t, `at 100ms cut p -> q acks
		at 100ms hold q -> p data
		at 100ms impair p -> q loss 50%
		at 100ms slow p 300%
		at 100ms skew p +1s
		at 100ms drift p +100ppm
		at 100ms freeze p
		at 100ms disk_lie q
		at 100ms disk_stall q
		at 100ms load p 0%
		at 120ms pause q/side
		at 150ms crash q
		at 160ms pause p
		at 200ms for 400ms swizzle p <-> q over 300ms
		at 700ms crash p
		when q ping 30: crash q`)
	tb.w.At(400*ms, "heal", func(*sim.World) { tb.in.HealAll() })
	tb.finish()
	if n := tb.in.ActiveStates(); n != 0 {
		t.Errorf("%d states are left", n)
	}
	endings := map[string]int{}
	for _, r := range tb.records("fault") {
		if time.Duration(r["t"].(float64)) == 400*ms {
			endings[r["do"].(string)]++
		}
		if time.Duration(r["t"].(float64)) > 400*ms {
			t.Errorf("after the heal: %v", r)
		}
	}
	for verb, want := range map[string]int{"heal": 1, "mend": 1, "normal": 1, "resync": 1, "thaw": 1, "disk_honest": 1,
		"disk_flow": 1, "unload": 1, "restart": 1, "resume": 1} {
		if endings[verb] != want {
			t.Errorf("the heal did %d %s, want %d: %v", endings[verb], verb, want, endings)
		}
	}
	tb.count("q", "ping", 420*ms, time.Second, 55, 60)
	tb.count("p", "answer", 420*ms, time.Second, 55, 60)
	if skipped := tb.in.Skipped(); len(skipped) != 1 || skipped[0].Action.String() != "at 700ms crash p" || tb.in.Armed() {
		t.Errorf("skipped %v", skipped)
	}
}

func TestHealAllInThePlanDoesNotDisarm(t *testing.T) {
	tb := play(t, "at 100ms cut p <-> q\nat 200ms heal all\nat 300ms heal all\nat 400ms crash q")
	tb.did("cut p->q all", "cut q->p all", "heal p->q all", "heal q->p all", "crash q inc1")
}

// TestDeterminism: the same seed gives the same bytes, another seed draws other shapes.
func TestDeterminism(t *testing.T) {
	plan := "at 100ms for 600ms swizzle p <-> q over 300ms\nat 200ms one_way p <-> q\nat 300ms misconfigure q garbage\nat 500ms for 100ms halves"
	run := func(seed uint64) (string, uint64) {
		tb := play(t, plan, func(_ *table, c *sim.Config, _ *sim.NodeConfig) { c.Seed = seed })
		return tb.log.String(), tb.w.Hash()
	}
	log1, hash1 := run(1)
	log2, hash2 := run(1)
	log3, _ := run(2)
	if log1 != log2 || hash1 != hash2 {
		t.Error("two runs of one seed differ")
	}
	if log1 == log3 {
		t.Error("two seeds drew the same")
	}
}

func TestNotApplicable(t *testing.T) {
	tb := lay(t, "")
	plan, err := faults.Parse("at 1ms load p 300%\nat 2ms weight q a1 3\nat 3ms crash p")
	must(t, err)
	var buf bytes.Buffer
	in, err := simfault.New(tb.w, simfault.Options{Plan: plan, Log: faults.NewLog(&buf)})
	must(t, err)
	list := in.NotApplicable()
	if len(list) != 2 || !errors.Is(list[0], faults.ErrNotApplicable) || !strings.Contains(list[1].Error(), "at 2ms weight q a1 3") {
		t.Errorf("not applicable: %v", list)
	}
	in.Start()
	tb.finish()
	if s := in.Skipped(); len(s) != 2 || s[0].At != ms || !strings.Contains(s[0].Reason, "not applicable") {
		t.Errorf("skipped %v", s)
	}
	if strings.Count(buf.String(), `"k":"fault"`) != 1 {
		t.Errorf("the log: %s", buf.String())
	}
}

func TestNewRefuses(t *testing.T) {
	tb := lay(t, "")
	plan, err := faults.Parse("at 1ms crash z\nat 1ms pause q/nobody")
	must(t, err)
	_, err = simfault.New(tb.w, simfault.Options{
		Plan: plan, Classes: [faults.NClasses]sim.ClassSet{1},
		Actors: []faults.TopologyNode{{Name: "q", Actors: []string{"pong", "side"}}, {Name: "y"}},
	})
	for _, want := range []string{"Log is missing", "1 of 4 classes", "no node z", "q has no actor nobody", `"y"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not reported: %v", want, err)
		}
	}
}

// TestClasses: the runner's own classes can stand for those of the vocabulary; pings have the world's class 0.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		probes, control sim.ClassSet
		plan            string
		low, high       int
	}{
		{sim.Classes(0, 3), sim.Classes(4), "at 205ms cut p -> q probes", never, never},
		{sim.Classes(0, 3), sim.Classes(4), "at 205ms cut p -> q data acks control", 75, 80},
		{sim.Classes(3), sim.Classes(4), "at 205ms cut p -> q control", never, never}, // 0 is named nowhere
		{sim.Classes(3), sim.Classes(4), "at 205ms cut p -> q\nat 206ms heal p -> q data\nat 207ms heal p -> q acks probes control", 75, 80},
	} {
		tb := lay(t, "")
		plan, err := faults.Parse(c.plan)
		must(t, err)
		tb.in, err = simfault.New(tb.w, simfault.Options{Plan: plan, Log: faults.NewLog(&bytes.Buffer{}),
			Classes: [faults.NClasses]sim.ClassSet{sim.Classes(5), sim.Classes(6), c.probes, c.control}})
		must(t, err)
		tb.in.Start()
		tb.finish()
		tb.count("q", "ping", 208*ms, time.Second, c.low, c.high)
	}
}

// TestOnlyMessagesBetweenNodesAreLogged: what stays within a node, or comes from outside the world, is in no log.
func TestOnlyMessagesBetweenNodesAreLogged(t *testing.T) {
	tb := lay(t, "")
	for _, from := range []sim.NodeID{sim.Outside, 1, 0} {
		m := sim.MsgInfo{From: sim.Addr{Node: from, Inc: 3}, To: sim.Addr{Node: 1}, Token: 5}
		tb.in.Lost(m, sim.WhyReset)
		tb.in.Duplicated(m, 3)
	}
	lost, dup := tb.records("lost"), tb.records("dup")
	if len(lost) != 1 || lost[0]["fr"] != "p" || lost[0]["fi"] != 3.0 || lost[0]["tok"] != 5.0 || lost[0]["why"] != "reset" {
		t.Errorf("lost: %v", lost)
	}
	if len(dup) != 1 || dup[0]["to"] != "q" || dup[0]["n"] != 2.0 {
		t.Errorf("dup: %v", dup)
	}
}
