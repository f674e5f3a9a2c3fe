package simfault_test

import (
	"slices"
	"testing"
	"time"

	"weir/faults"
	"weir/faults/simfault"
	"weir/sim"
)

// TestEveryVerbOfTheTableIsDone: exactly the flat verbs that the table marks for the simulation have an applier,
// and each has a test of its effect below.
func TestEveryVerbOfTheTableIsDone(t *testing.T) {
	var want []faults.Verb
	for _, info := range faults.Vocabulary() {
		if info.Flat && faults.Supports(info.Verb, faults.Sim).Level == faults.Does {
			want = append(want, info.Verb)
		}
	}
	got := simfault.Verbs()
	var tested []faults.Verb
	for _, e := range effects {
		tested = append(tested, e.verbs...)
	}
	slices.Sort(want)
	slices.Sort(got)
	slices.Sort(tested)
	if !slices.Equal(got, want) || !slices.Equal(slices.Compact(tested), want) {
		t.Errorf("the table says %v\nthe applier has %v\ntests cover %v", want, got, tested)
	}
}

func TestEffects(t *testing.T) {
	for _, e := range effects {
		t.Run(e.name, e.test)
	}
}

// effects has a test of the observable effect of every verb.
var effects = []struct {
	name  string
	verbs []faults.Verb
	test  func(*testing.T)
}{
	{"crash", []faults.Verb{faults.Crash, faults.Restart}, testCrash},
	{"crash silent", []faults.Verb{faults.Crash}, testSilentCrash},
	{"stop", []faults.Verb{faults.Stop, faults.Restart}, testStop},
	{"pause", []faults.Verb{faults.Pause, faults.Resume}, testPause},
	{"pause actor", []faults.Verb{faults.Pause, faults.Resume}, testPauseActor},
	{"kill", []faults.Verb{faults.Kill}, testKill},
	{"slow", []faults.Verb{faults.Slow, faults.Normal}, testSlow},
	{"hooks", []faults.Verb{faults.Load, faults.Unload, faults.Configure}, testHooks},
	{"gauges", []faults.Verb{faults.GaugeLost, faults.GaugeNaN, faults.GaugeBack}, testGauges},
	{"cut", []faults.Verb{faults.Cut, faults.Heal}, testCut},
	{"hold", []faults.Verb{faults.Hold, faults.Release}, testHold},
	{"reset", []faults.Verb{faults.Reset, faults.Truncate}, testReset},
	{"refuse", []faults.Verb{faults.Refuse, faults.Heal}, testRefuse},
	{"impair", []faults.Verb{faults.Impair, faults.Mend}, testImpair},
	{"skew", []faults.Verb{faults.Skew, faults.Resync}, testSkew},
	{"jump", []faults.Verb{faults.Jump}, testJump},
	{"drift", []faults.Verb{faults.Drift, faults.Resync}, testDrift},
	{"freeze", []faults.Verb{faults.Freeze, faults.Thaw}, testFreeze},
	{"disk_lie", []faults.Verb{faults.DiskLie, faults.DiskHonest}, testDiskLie},
	{"disk_tear", []faults.Verb{faults.DiskTear}, testDiskTear},
	{"disk_rot", []faults.Verb{faults.DiskRot}, testDiskRot},
	{"disk_fill", []faults.Verb{faults.DiskFill, faults.DiskFree}, testDiskFill},
	{"disk_break", []faults.Verb{faults.DiskBreak, faults.DiskRepair}, testDiskBreak},
	{"disk_stall", []faults.Verb{faults.DiskStall, faults.DiskFlow}, testDiskStall},
}

const never = 0

func reports(tb *table, _ *sim.Config, _ *sim.NodeConfig) { tb.reports = true }

func testCrash(t *testing.T) {
	tb := play(t, "at 205ms for 200ms crash q", reports)
	tb.did("crash q inc1", "restart q inc2")
	tb.count("q", "", 205*ms, 405*ms, never, never)
	tb.count("p", "failed", 205*ms, 410*ms, 15, 21)
	tb.count("q", "ping", 405*ms, time.Second, 50, 60)
	if e := tb.between("q", "recovered", 400*ms, 420*ms); len(e) != 1 || e[0].inc != 2 || e[0].n < 19 {
		t.Errorf("after the restart: %v, want incarnation 2 with the 20 synced bytes", e)
	}
}

func testSilentCrash(t *testing.T) {
	tb := play(t, "at 205ms crash q silent", reports)
	tb.did("crash q silent inc1")
	tb.count("q", "", 205*ms, time.Second, never, never)
	tb.count("p", "failed", 0, time.Second, never, never)
	if lost := tb.records("lost"); len(lost) < 70 || lost[0]["why"] != "down" || lost[0]["fr"] != "p" || lost[0]["to"] != "q" {
		t.Errorf("%d lost, first %v", len(lost), lost[0])
	}
}

func testStop(t *testing.T) {
	tb := play(t, "at 205ms for 200ms stop q")
	tb.did("stop q inc1", "restart q inc2")
	tb.count("q", "stopping", 204*ms, 206*ms, 1, 1)
	tb.count("q", "", 206*ms, 405*ms, never, never)
	tb.count("q", "ping", 405*ms, time.Second, 50, 60)
}

func testPause(t *testing.T) {
	tb := play(t, "at 205ms for 200ms pause q")
	tb.did("pause q", "resume q")
	tb.count("q", "", 205*ms, 405*ms, never, never)
	tb.count("q", "ping", 404*ms, 406*ms, 19, 21) // those that waited
	tb.count("p", "tick", 205*ms, 405*ms, 19, 21)
}

func testPauseActor(t *testing.T) {
	tb := play(t, "at 205ms for 200ms pause q/side")
	tb.did("pause q/side", "resume q/side")
	tb.count("q", "side", 205*ms, 405*ms, never, never)
	tb.count("q", "ping", 205*ms, 405*ms, 19, 21)
	tb.count("q", "side", 405*ms, time.Second, 50, 61)
}

func testKill(t *testing.T) {
	tb := play(t, "at 105ms for 500ms pause q/side\nat 205ms kill q/side\nat 305ms kill q/side")
	tb.did("pause q/side", "resume q/side", "kill q/side", "noeffect kill q/side", "noeffect resume q/side")
	tb.count("q", "side", 105*ms, time.Second, never, never)
	tb.count("q", "ping", 205*ms, 405*ms, 19, 21)
}

func testSlow(t *testing.T) {
	served := func(_ *table, _ *sim.Config, q *sim.NodeConfig) {
		q.Service = func(actor string, ev *sim.Event) time.Duration {
			if ev.Kind == sim.Delivered {
				return 500 * time.Microsecond
			}
			return 0
		}
	}
	tb := play(t, "at 205ms for 200ms slow q 1000%", served)
	tb.did("slow q 1000", "normal q")
	for _, e := range tb.between("q", "ping", 0, time.Second) {
		want := 1500 * time.Microsecond
		if began := e.at - time.Duration(e.n) + ms; began > 205*ms && began < 405*ms {
			want = 6 * ms
		}
		if time.Duration(e.n) != want {
			t.Errorf("the ping at %v took %v, want %v", e.at, time.Duration(e.n), want)
		}
	}
}

func testHooks(t *testing.T) {
	tb := play(t, "at 200ms for 100ms load p 300%\nat 250ms for 10ms drain q a1\nat 310ms configure q 'x'\nat 400ms unload p")
	tb.did("load p 300", `configure q {"op":"drain","id":"a1"}`, `configure q {"op":"undrain","id":"a1"}`,
		"unload p", "configure q x", "noeffect unload p")
	if !slices.Equal(tb.loads, []string{"p 300", "p 100"}) {
		t.Errorf("loads %v", tb.loads)
	}
	if !slices.Equal(tb.docs, []string{`q {"op":"drain","id":"a1"}`, `q {"op":"undrain","id":"a1"}`, "q x"}) {
		t.Errorf("documents %q", tb.docs)
	}
}

func testGauges(t *testing.T) {
	tb := play(t, "at 200ms for 100ms gauge_lost p\nat 400ms gauge_nan q\nat 500ms gauge_back q")
	tb.did("gauge_lost p", "gauge_back p", "gauge_nan q", "gauge_back q")
	if !slices.Equal(tb.gauges, []string{"p gauge_lost", "p gauge_back", "q gauge_nan", "q gauge_back"}) {
		t.Errorf("gauges %v", tb.gauges)
	}
}

func testCut(t *testing.T) {
	tb := play(t, "at 205ms for 200ms cut p -> q data\nat 605ms for 200ms cut q -> p acks\nat 900ms cut p -> q acks")
	tb.did("cut p->q data", "heal p->q data", "cut q->p ack", "heal q->p ack", "cut p->q ack")
	tb.count("q", "ping", 205*ms, 405*ms, never, never)
	tb.count("q", "ping", 405*ms, time.Second, 58, 61)
	tb.count("p", "answer", 605*ms, 805*ms, never, never)
	tb.count("p", "answer", 805*ms, time.Second, 18, 21)
	if lost := tb.records("lost"); len(lost) != 40 || lost[0]["why"] != "cut" || lost[39]["fr"] != "q" {
		t.Errorf("%d lost: %v", len(lost), lost)
	}
}

func testHold(t *testing.T) {
	tb := play(t, "at 205ms for 200ms hold p -> q")
	tb.did("hold p->q all", "release p->q all")
	tb.count("q", "ping", 205*ms, 405*ms, never, never)
	tb.count("q", "ping", 404*ms, 407*ms, 20, 20)
	if len(tb.records("lost")) != 0 {
		t.Errorf("a hold lost messages: %v", tb.records("lost"))
	}
}

// testReset: the ping under way and the answer that comes back are lost, and the sender hears of it; then all is as before.
func testReset(t *testing.T) {
	for _, do := range []string{"reset", "truncate"} {
		tb := play(t, "at 200500us "+do+" p -> q data\nat 300500us "+do+" p -> q probes\nat 401500us "+do+" p -> q data", reports)
		tb.did(do+" p->q data", do+" p->q probe", do+" p->q data")
		tb.count("p", "failed", 200*ms, 202*ms, 1, 1)
		tb.count("p", "failed", 0, time.Second, 2, 2)
		tb.count("q", "ping", 200*ms, 209*ms, never, never)
		lost := tb.records("lost")
		if len(lost) != 2 || lost[0]["fr"] != "p" || lost[1]["fr"] != "q" || lost[1]["why"] != "reset" {
			t.Errorf("lost %v", lost)
		}
	}
}

// testRefuse: nothing passes either way and pings are refused, until the last of two refusals is healed.
func testRefuse(t *testing.T) {
	tb := play(t, `at 205ms for 200ms refuse p -> q data
		at 305ms for 200ms refuse q -> p acks
		at 605ms for 100ms refuse p -> q probes control
		at 805ms for 100ms cut q -> p acks
		at 845ms for 20ms refuse p -> q data`, reports)
	tb.did("refuse p->q data", "refuse q->p ack", "heal p->q data", "heal q->p ack", "refuse p->q probe", "refuse p->q control",
		"heal p->q probe", "heal p->q control", "cut q->p ack", "refuse p->q data", "heal p->q data", "heal q->p ack")
	tb.count("q", "ping", 205*ms, 505*ms, never, never)
	tb.count("p", "failed", 205*ms, 510*ms, 29, 31)
	tb.count("q", "ping", 505*ms, 805*ms, 29, 31)
	tb.count("p", "answer", 805*ms, 905*ms, never, never)
	tb.count("q", "ping", 866*ms, 905*ms, 3, 5)
}

func testImpair(t *testing.T) {
	tb := play(t, `at 105ms for 100ms impair p -> q data loss 100%
		at 305ms for 100ms impair p <-> q duplicate 100%
		at 505ms for 100ms impair p -> q delay 20ms
		at 705ms for 100ms impair p -> q corrupt 100%`)
	tb.did("impair p->q data loss 100%", "mend p->q data",
		"impair p->q all duplicate 100%", "impair q->p all duplicate 100%", "mend p->q all", "mend q->p all",
		"impair p->q all delay 20ms", "mend p->q all", "impair p->q all corrupt 100%", "mend p->q all")
	tb.count("q", "ping", 105*ms, 205*ms, never, never)
	tb.count("q", "ping", 305*ms, 405*ms, 20, 20)
	tb.count("q", "ping", 705*ms, 805*ms, never, never)
	for _, e := range tb.between("q", "ping", 525*ms, 605*ms) {
		if time.Duration(e.n) != 21*ms {
			t.Errorf("a delayed ping took %v", time.Duration(e.n))
		}
	}
	for _, r := range tb.records("dup") {
		if r["n"] != 1.0 {
			t.Errorf("dup %v, want one extra copy", r)
		}
	}
	whys := map[any]int{}
	for _, r := range tb.records("lost") {
		whys[r["why"]]++
	}
	if whys["loss"] != 10 || whys["corrupt"] != 10 || len(whys) != 2 || len(tb.records("dup")) != 30 {
		t.Errorf("lost %v, %d dup; want 10 and 10, and 10 pings and their 20 answers doubled", whys, len(tb.records("dup")))
	}
}
