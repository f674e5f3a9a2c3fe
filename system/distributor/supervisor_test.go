package distributor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// TestOrders holds that an accepted document is in force in the workers' views
// when it is answered, and that a refused one changes nothing.
func TestOrders(t *testing.T) {
	b := start(t, baseConfig())
	for _, tc := range []struct {
		doc     string
		ok      bool
		version uint64
		view    string // the newest view's difference
	}{
		{`{"op":"weight","id":"a1","weight":7}`, true, 2, "a1=7:up"},
		{`{"op":"add","id":"a0","weight":3}`, true, 3, "a0=3:up"},
		{`{"op":"add","id":"a0","weight":3}`, false, 3, "a0=3:up"},
		{`{"op":"drain","id":"a2","if_version":3}`, true, 4, "a2=1:drain"},
		{`{"op":"drain","id":"a3","if_version":3}`, false, 4, "a2=1:drain"},
		{`{"op":"undrain","id":"a2"}`, true, 5, "a2=1:up"},
		{`{"op":"remove","id":"a1"}`, true, 6, "a1=-"},
		{`{"op":"remove","id":"a1"}`, false, 6, "a1=-"},
		{`{"op":"weight","id":"a3","weight":0}`, true, 7, "a3=0:up"},
		{`garbage`, false, 7, "a3=0:up"},
		{`{"op":"undrain","id":"a3"}`, true, 8, ""}, // changes nothing but the version
	} {
		a := b.order(tc.doc)
		if a.OK != tc.ok || a.Version != tc.version || (a.Why == "") != tc.ok {
			t.Fatalf("%s: answer %+v", tc.doc, a)
		}
		c, v := b.Last("config"), b.Last("view")
		if c.Bool("ok") != tc.ok || c.Int("ver") != int64(tc.version) || c.Str("from") != "control" {
			t.Errorf("%s: config record %v", tc.doc, b.tail())
		}
		if v.Int("ver") != int64(tc.version) || v.Str("set") != tc.view {
			t.Errorf("%s: view %d: %s", tc.doc, v.Int("ver"), v.Str("set"))
		}
	}
	if set := b.Records("config")[9].Str("set"); set != "a0=3:up,a2=1:up,a3=0:up" {
		t.Errorf("config record shows %s", set)
	}
}

// TestPersistedTableWins holds that an accepted table outlives a restart, also
// against another boot configuration, and that Volatile ones do not.
func TestPersistedTableWins(t *testing.T) {
	for _, volatile := range []bool{false, true} {
		cfg := baseConfig()
		cfg.Volatile = volatile
		b := start(t, cfg)
		b.order(`{"op":"weight","id":"a1","weight":9}`)
		b.order(`{"op":"drain","id":"a2"}`)
		b.Crash()
		cfg.Analysers = []Analyser{{"other", 1}}
		b.restart(cfg)
		c := b.Last("config")
		want := fmt.Sprint(3, "disk", "a1=9:up,a2=1:drain,a3=2:up")
		if volatile {
			want = fmt.Sprint(1, "boot", "other=1:up")
		}
		if got := fmt.Sprint(c.Int("ver"), c.Str("from"), c.Str("set")); got != want {
			t.Errorf("volatile %v: table %s, want %s", volatile, got, want)
		}
	}
}

// TestCrashWhilePersisting holds that a crash at any step of persisting leaves
// the old table or the new one, and that nothing is in force before it is durable.
func TestCrashWhilePersisting(t *testing.T) {
	for steps := range 4 {
		b := start(t, baseConfig())
		b.order(`{"op":"weight","id":"a1","weight":9}`)
		b.AutoDisk = false
		b.Ask(emitter, Supervisor, &message.Control{Doc: []byte(`{"op":"weight","id":"a1","weight":5}`)})
		for range steps {
			b.Complete()
		}
		b.take()
		answered := len(b.answers) == 2
		if inForce := b.Last("view").Str("set") == "a1=5:up"; answered != (steps == 3) || inForce != answered {
			t.Fatalf("after %d steps: answered %v, in force %v", steps, answered, inForce)
		}
		b.Crash()
		b.AutoDisk = true
		b.restart(baseConfig())
		want := "a1=9:up,a2=1:up,a3=2:up"
		if steps == 3 {
			want = "a1=5:up,a2=1:up,a3=2:up"
		}
		if got := b.Last("config").Str("set"); got != want {
			t.Errorf("after %d steps: table %s, want %s", steps, got, want)
		}
		if a := b.order(`{"op":"weight","id":"a2","weight":4}`); !a.OK { // a left-over file is no obstacle
			t.Errorf("after %d steps: %+v", steps, a)
		}
	}
}

func TestOrderThatCannotBePersisted(t *testing.T) {
	for fails := range 3 {
		b := start(t, baseConfig())
		b.AutoDisk = false
		b.Ask(emitter, Supervisor, &message.Control{Doc: []byte(`{"op":"drain","id":"a1"}`)})
		b.Ask(emitter, Supervisor, &message.Control{Doc: []byte(`{"op":"drain","id":"a2"}`)})
		for range fails {
			b.Complete()
		}
		b.FailDisk(node.ErrDiskFull, 5)
		b.CompleteAll()
		b.take()
		if len(b.answers) != 2 || b.answers[0].OK || !b.answers[1].OK || b.answers[1].Version != 2 {
			t.Fatalf("answers %+v", b.answers)
		}
		if !strings.Contains(b.answers[0].Why, "disk full") || b.Last("view").Str("set") != "a2=1:drain" {
			t.Errorf("%+v; %v", b.answers[0], b.tail())
		}
		if _, err := decodeTable(b.File("config"), 10); err != nil {
			t.Errorf("the file: %v", err)
		}
	}
}

// TestBadTableOnDisk holds that a damaged file is reported and the boot
// configuration used instead.
func TestBadTableOnDisk(t *testing.T) {
	b := start(t, baseConfig())
	b.Crash()
	b.SetFile("config", []byte("weir-table 1 5 a1=1:up 00000000\n"))
	b.restart(baseConfig())
	var got []string
	for _, c := range b.Records("config")[1:] {
		got = append(got, fmt.Sprint(c.Bool("ok"), " ", c.Str("from")))
	}
	if want := []string{"false disk", "true boot"}; !slices.Equal(got, want) {
		t.Errorf("configurations %v, want %v", got, want)
	}
}

// TestDiskFailsAtBoot holds that packets wait while the table cannot be read,
// that reading is tried again, and that the tries end.
func TestDiskFailsAtBoot(t *testing.T) {
	for _, fails := range []int{3, loadTries} {
		b := start(t, baseConfig())
		b.order(`{"op":"remove","id":"a1"}`)
		b.Crash()
		b.AutoDisk = false
		b.restart(baseConfig())
		b.submit(1, 1)
		for range fails {
			b.FailDisk(node.ErrDiskIO, 0)
			b.Advance(loadWaitMax)
		}
		if len(b.Ops()) > 0 {
			b.CompleteAll()
		}
		b.take()
		want := "a2=1:up,a3=2:up"
		if fails == loadTries {
			want = "a1=1:up," + want
		}
		if got := b.Last("config").Str("set"); got != want || len(b.packets) == 0 {
			t.Errorf("%d failures: table %q, %d packets sent", fails, got, len(b.packets))
		}
	}
}

func TestTooManyOrdersWait(t *testing.T) {
	b := start(t, baseConfig())
	b.AutoDisk = false
	for range controlsMost + 3 {
		b.Ask(emitter, Supervisor, &message.Control{Doc: []byte(`{"op":"drain","id":"a1"}`)})
	}
	b.take()
	if len(b.answers) != 2 || b.answers[0].OK { // one is persisted, controlsMost wait
		t.Fatalf("%d answers", len(b.answers))
	}
	b.CompleteAll()
	b.take()
	if n := len(b.answers); n != controlsMost+3 || b.answers[n-1].Version != controlsMost+2 {
		t.Errorf("%d answers, the last %+v", n, b.answers[n-1])
	}
}

// TestPushesAreRepeated holds that a worker whose mailbox was full gets the
// newest table later.
func TestPushesAreRepeated(t *testing.T) {
	b := start(t, baseConfig())
	full := true
	b.SendErr = func(to node.Addr, _ node.Message) error {
		if full && to.Actor == "w1" {
			return node.ErrFull
		}
		return nil
	}
	b.order(`{"op":"drain","id":"a1"}`)
	b.order(`{"op":"drain","id":"a2"}`)
	if v := b.Last("view"); v.Int("ver") != 1 {
		t.Fatal("the push arrived in a full mailbox")
	}
	full = false
	b.run(repushWait)
	b.Deliver(b.Addr(Supervisor), "w1", &tableMsg{serial: 1, table: bootTable(nil)}) // an old one
	if v := b.Last("view"); v.Int("ver") != 3 || v.Str("set") != "a1=1:drain,a2=1:drain" {
		t.Errorf("view %d: %s", v.Int("ver"), v.Str("set"))
	}
}

// TestRemovedAnalyserFinishes holds that what is in flight to a removed analyser
// may still be committed there, and that its window is remembered.
func TestRemovedAnalyserFinishes(t *testing.T) {
	cfg := baseConfig()
	cfg.Analysers, cfg.Window = []Analyser{{"a1", 1}}, 2
	b := start(t, cfg)
	b.submit(1, 1)
	b.order(`{"op":"remove","id":"a1"}`)
	b.submit(2, 1)
	if !b.Last("none_up").Bool("on") || len(b.packets) != 1 {
		t.Fatal("a removed analyser is used")
	}
	b.order(`{"op":"add","id":"a1","weight":1}`)
	b.submit(3, 1)
	if len(b.packets) != 2 {
		t.Fatalf("%d packets in flight, the window is 2", len(b.packets))
	}
	for seq := 1; seq <= 3; seq++ {
		b.receipt(b.next(), message.StCommitted)
		b.run(time.Millisecond)
	}
	if len(b.results) != 3 {
		t.Errorf("%d results", len(b.results))
	}
}
