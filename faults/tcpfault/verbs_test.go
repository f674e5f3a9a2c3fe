//go:build unix

package tcpfault_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"weir/faults"
	"weir/faults/proxy"
	"weir/faults/tcpfault"
)

// effects has a test of the observable effect of every verb.
var effects = []struct {
	verbs []faults.Verb
	test  func(*testing.T)
}{
	{[]faults.Verb{faults.Crash, faults.Restart}, testCrash},
	{[]faults.Verb{faults.Stop}, testStop},
	{[]faults.Verb{faults.Pause, faults.Resume}, testPause},
	{[]faults.Verb{faults.Slow, faults.Normal}, testSlow},
	{[]faults.Verb{faults.Load, faults.Unload, faults.Configure}, testHooks},
	{[]faults.Verb{faults.Cut, faults.Heal}, testCut},
	{[]faults.Verb{faults.Hold, faults.Release}, testHold},
	{[]faults.Verb{faults.Impair, faults.Mend}, testImpair},
	{[]faults.Verb{faults.Reset}, testReset},
	{[]faults.Verb{faults.Refuse}, testRefuse},
	{[]faults.Verb{faults.Truncate}, testTruncate},
	{[]faults.Verb{faults.DiskRot}, testRot},
}

// TestEffects holds each effect, and that the table of worlds marks exactly what is carried out and tested.
func TestEffects(t *testing.T) {
	applied := tcpfault.Verbs()
	var tested []faults.Verb
	for _, e := range effects {
		tested = append(tested, e.verbs...)
		t.Run(string(e.verbs[0]), e.test)
	}
	for _, info := range faults.Vocabulary() {
		if !info.Flat {
			continue
		}
		does := faults.Supports(info.Verb, faults.TCP).Level == faults.Does
		if does != slices.Contains(applied, info.Verb) || does != slices.Contains(tested, info.Verb) {
			t.Errorf("%s: the table says %v, applied %v, tested %v", info.Verb, does,
				slices.Contains(applied, info.Verb), slices.Contains(tested, info.Verb))
		}
	}
}

func testCrash(t *testing.T) {
	tb, data, _ := play(t, "at 0s for 300ms crash q")
	data.breaks()
	eventually(t, "q runs again", func() bool { return tb.q.Incarnation() == 2 })
	tb.dial(tb.data)
	if at := tb.did("crash q 1", "restart q 2"); at[1]-at[0] < 250*ms {
		t.Errorf("down for %v only", at[1]-at[0])
	}
}

// testStop: the restart waits for the orderly end.
func testStop(t *testing.T) {
	tb := lay(t, "at 0s for 1ms stop q\nat 50ms stop q", "200ms")
	data := tb.dial(tb.data)
	tb.in.Start()
	data.breaks()
	eventually(t, "q runs again", func() bool { return tb.q.Incarnation() == 2 })
	tb.dial(tb.data)
	if at := tb.did("stop q 1", "noeffect stop q", "restart q 2"); at[2]-at[0] < 200*ms {
		t.Errorf("the restart came %v after the stop, which takes 200ms", at[2]-at[0])
	}
}

func testPause(t *testing.T) {
	tb, data, _ := play(t, "at 0s for 500ms pause q")
	tb.states(1)
	data.silent()
	tb.states(0)
	data.answers(0) // what waited comes first
	tb.did("pause q", "resume q")
}

// testSlow: at 1000% q is halted for 18 of 20 ms, so that many answers take long.
func testSlow(t *testing.T) {
	tb, data, _ := play(t, "at 0s for 1s slow q 1000%")
	tb.states(1)
	long := 0
	for tb.in.ActiveStates() == 1 {
		if took, err := data.echo(); err != nil {
			t.Fatal(err)
		} else if took > 10*ms {
			long++
		}
	}
	if long < 5 {
		t.Errorf("%d answers of a second took over 10 ms", long)
	}
	tb.did("slow q 1000", "normal q")
}

func testHooks(t *testing.T) {
	tb, _, _ := play(t, "at 0s for 10ms load p 300%\nat 20ms configure q 'doc'\nat 30ms weight q a1 5")
	tb.states(0)
	time.Sleep(60 * ms)
	tb.close()
	if got := fmt.Sprint(tb.loads, tb.docs[0], len(tb.docs)); got != "[p 300 p 100]q doc2" {
		t.Errorf("the hooks got %v", got)
	}
}

// testCut: each class and direction by itself.
func testCut(t *testing.T) {
	for _, c := range []struct{ plan, cut, heal string }{
		{"cut p -> q data", "cut p q data", "heal p q data"},
		{"cut q -> p acks", "cut q p ack", "heal q p ack"},
	} {
		tb, data, probe := play(t, "at 0s for 300ms "+c.plan)
		tb.states(1)
		data.silent()
		probe.answers(0)
		tb.states(0)
		data.breaks()
		probe.answers(0)
		tb.dial(tb.data)
		tb.did(c.cut, c.heal)
	}
	for _, plan := range []string{"cut p -> q probes", "cut q -> p probes", "isolate p probes"} {
		tb, data, probe := play(t, "at 0s "+plan)
		eventually(t, "it is cut", func() bool { return tb.in.ActiveStates() > 0 })
		probe.silent()
		data.answers(0)
		must(t, tb.in.HealAll())
		probe.breaks()
	}
	tb, data, probe := play(t, "at 0s cut p -> q acks control\nat 0s cut q -> p data")
	tb.states(3) // traffic that no connection carries: cut, and nothing to feel
	data.answers(0)
	probe.answers(0)
	tb.did("cut p q ack", "cut p q control", "cut q p data")
}

func testHold(t *testing.T) {
	tb, data, _ := play(t, "at 0s for 300ms hold p <-> q")
	tb.states(8)
	data.silent()
	tb.states(0)
	data.answers(0)
	tb.did("hold p q all", "hold q p all", "release p q all", "release q p all")
}

func testImpair(t *testing.T) {
	tb, data, probe := play(t, "at 0s impair p -> q data delay 80ms\nat 0s impair q -> p probes delay 40ms")
	tb.states(2)
	data.answers(80 * ms)
	probe.answers(40 * ms)
	must(t, tb.in.HealAll())
	tb.did("impair p q data delay 80ms", "impair q p probe delay 40ms", "mend p q data", "mend q p probe")
	data.answers(0)
}

// testReset: only the connections that carry the class break, and new ones are made.
func testReset(t *testing.T) {
	for _, plan := range []string{"reset p -> q data", "reset q -> p acks"} {
		tb, data, probe := play(t, "at 0s "+plan)
		data.breaks()
		probe.answers(0)
		tb.dial(tb.data).answers(0)
		if tb.in.ActiveStates() != 0 {
			t.Error("a reset is no state")
		}
	}
	tb, data, probe := play(t, "at 0s reset p -> q")
	data.breaks()
	probe.breaks()
	tb.did("reset p q all")
}

// testRefuse: also after one direction of the connection has healed.
func testRefuse(t *testing.T) {
	tb, data, probe := play(t, "at 0s refuse p -> q data\nat 0s for 100ms refuse q -> p acks")
	data.breaks()
	probe.answers(0)
	tb.states(1)
	for _, l := range []*proxy.Link{tb.data, tb.probe} {
		c, err := net.Dial("tcp", l.Addr())
		if refused := errors.Is(err, syscall.ECONNREFUSED); refused != (l == tb.data) {
			t.Errorf("dialled: %v", err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
	must(t, tb.in.HealAll())
	tb.dial(tb.data).answers(0)
	tb.did("refuse p q data", "refuse q p ack", "heal q p ack", "heal p q data")
}

// testTruncate: a few bytes of the next message come through, on an idle connection none.
func testTruncate(t *testing.T) {
	tb, data, probe := play(t, "at 0s truncate p -> q data\nat 200ms truncate p -> q probes")
	data.breaks()
	probe.breaks()
	tb.dial(tb.data).answers(0)
	tb.did("truncate p q data", "truncate p q probe")
}

// testRot: exactly so many bits, where the plan says or in a row somewhere; nothing outside the node's folder.
func testRot(t *testing.T) {
	tb := lay(t, `at 100ms disk_rot q file log bits 3 offset 4
		at 110ms disk_rot q file log bits 9
		at 120ms disk_rot q file log bits 1 offset 64
		at 130ms disk_rot q file 'other' bits 1
		at 140ms disk_rot q file '../outside' bits 1
		at 150ms disk_rot q file '.' bits 1
		at 160ms hold p -> q data`, "0s")
	outside := filepath.Join(filepath.Dir(tb.dir), "outside")
	zeros := make([]byte, 64)
	must(t, os.WriteFile(outside, zeros, 0o600))
	must(t, os.WriteFile(filepath.Join(tb.dir, "log"), zeros, 0o600))
	tb.in.Start()
	tb.states(1)
	tb.did("disk_rot q file log bits 3 offset 4", "disk_rot q file log bits 9", "noeffect disk_rot q", "noeffect disk_rot q", "noeffect disk_rot q", "noeffect disk_rot q", "hold p q data")
	got, err := os.ReadFile(filepath.Join(tb.dir, "log"))
	must(t, err)
	ones, first, last := 0, -1, 0
	for i := range 8 * len(got) {
		if got[i/8]>>(i%8)&1 == 1 != (i >= 32 && i < 35) {
			if ones++; first < 0 {
				first = i
			}
			last = i
		}
	}
	if ones != 9 || last-first != 8 || len(got) != len(zeros) {
		t.Errorf("%d bits from %d to %d flipped besides, of %d bytes", ones, first, last, len(got))
	}
	if got, err := os.ReadFile(outside); err != nil || !bytes.Equal(got, zeros) {
		t.Errorf("outside of the folder: %x %v", got, err)
	}
}
