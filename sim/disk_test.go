package sim_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/sim"
)

// writer asks its disk for one operation a millisecond, in turn.
func writer(ops ...func(f sim.Files)) handler {
	return func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind != sim.DiskDone && int(ev.Key) < len(ops) {
			ops[ev.Key](c.Disk())
			c.After(ms, ev.Key+1)
		}
	}
}

// A crash leaves exactly the synced prefix; with tearing, that and a prefix of
// the rest.
func TestCrashLosesExactlyTheUnsyncedSuffix(t *testing.T) {
	torn := 0
	rapid.Check(t, func(rt *rapid.T) {
		var ops []func(sim.Files)
		var all, synced []byte
		for i := range rapid.IntRange(0, 20).Draw(rt, "ops") {
			data := bytes.Repeat([]byte{byte(i + 1)}, rapid.IntRange(0, 9).Draw(rt, "bytes"))
			sync := rapid.Bool().Draw(rt, "sync")
			if rapid.IntRange(0, 4).Draw(rt, "kind") == 0 {
				ops = append(ops, func(f sim.Files) { f.Sync("log") })
				synced = slices.Clone(all)
				continue
			}
			ops = append(ops, func(f sim.Files) { f.Append("log", data, sync) })
			if all = append(all, data...); sync {
				synced = slices.Clone(all)
			}
		}
		tear := rapid.Bool().Draw(rt, "tear")
		r := newRig(t, sim.Config{Seed: rapid.Uint64().Draw(rt, "seed")})
		n := r.node(t, sim.NodeConfig{Name: "n"}, writer(ops...), "a")
		r.Run()
		if tear {
			r.Disk(n).TearNext()
		}
		if got, _ := r.Disk(n).Bytes("log"); !bytes.Equal(got, all) {
			rt.Fatalf("the file reads %v, want %v", got, all)
		}
		must(rt, r.Crash(n, sim.CrashOptions{}))
		got, _ := r.Disk(n).Bytes("log")
		switch {
		case !tear && !bytes.Equal(got, synced):
			rt.Fatalf("left %v, want %v", got, synced)
		case !bytes.HasPrefix(got, synced) || !bytes.HasPrefix(all, got):
			rt.Fatalf("torn to %v, want %v and a prefix of the rest of %v", got, synced, all)
		case len(got) > len(synced):
			torn++
		}
		if int64(len(got)) != r.Disk(n).Used() {
			rt.Fatalf("%d bytes are used by %d", r.Disk(n).Used(), len(got))
		}
	})
	if torn == 0 {
		t.Error("no write was torn")
	}
}

func TestDiskOperations(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n", DiskLatency: sim.Constant(10 * ms), DiskSyncLatency: sim.Constant(20 * ms)},
		writer(
			func(f sim.Files) { f.Append("new", []byte("one"), false) },
			func(f sim.Files) { f.Sync("new") },
			func(f sim.Files) { f.Rename("new", "state") }, // waits for the slower sync
			func(f sim.Files) { f.Read("state") },
			func(f sim.Files) { f.Read("new") },
			func(f sim.Files) { f.Remove("new") },
		), "a")
	r.Run()
	var done []string
	for _, l := range r.lines {
		if !bytes.Contains([]byte(l), []byte("timer")) {
			done = append(done, l)
		}
	}
	r.lines = done
	r.expect(t, `10ms a disk append "" <nil>`, `21ms a disk sync "" <nil>`, `21ms a disk rename "" <nil>`,
		`21ms a disk read "one" <nil>`, `21ms a disk read "" sim: no such file`, `21ms a disk remove "" sim: no such file`)
	if got := r.Disk(n).List(); !slices.Equal(got, []string{"state"}) {
		t.Errorf("files %q", got)
	}
}

// A completion names its file; that of a rename the new name.
func TestDiskDoneNamesTheFile(t *testing.T) {
	r := newRig(t, sim.Config{})
	var got []string
	r.node(t, sim.NodeConfig{Name: "n"}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.Started {
			c.Disk().Append("new", []byte("x"), false)
			c.Disk().Rename("new", "state")
			c.Disk().Rename("state", "state") // changes nothing
			c.Disk().Remove("state")
		} else {
			got = append(got, fmt.Sprint(ev.DiskOp, " ", ev.File, " ", ev.Err))
		}
	}, "a")
	r.Run()
	if want := []string{"append new <nil>", "rename state <nil>", "rename state <nil>", "remove state <nil>"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A rename is durable and does not sync: the old content is gone, the new lost.
func TestRenameWithoutSyncLosesTheContent(t *testing.T) {
	for _, sync := range []bool{false, true} {
		r := newRig(t, sim.Config{})
		n := r.node(t, sim.NodeConfig{Name: "n"}, writer(
			func(f sim.Files) { f.Append("state", []byte("old"), true) },
			func(f sim.Files) { f.Append("new", []byte("new"), sync) },
			func(f sim.Files) { f.Rename("new", "state") },
		), "a")
		r.Run()
		must(t, r.Crash(n, sim.CrashOptions{}))
		if got, ok := r.Disk(n).Bytes("state"); !ok || string(got) != map[bool]string{false: "", true: "new"}[sync] {
			t.Errorf("sync %t: state is %q, %t", sync, got, ok)
		}
	}
}

func TestLyingDisk(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n"}, writer(
		func(f sim.Files) { f.Append("log", []byte("a"), true) },
		func(f sim.Files) { f.Append("log", []byte("b"), true) },
		func(f sim.Files) { f.Append("log", []byte("c"), true) },
	), "a")
	r.At(500*time.Microsecond, "lie", func(w *sim.World) { w.Disk(n).Lie() })
	r.RunUntil(1500 * time.Microsecond)
	if got, _ := r.Disk(n).Durable("log"); string(got) != "a" {
		t.Errorf("durable under lies: %q", got)
	}
	r.Disk(n).Honest()
	r.Run()
	if got, _ := r.Disk(n).Durable("log"); string(got) != "abc" {
		t.Errorf("durable after an honest sync: %q", got)
	}
}

// A lie loses new names, and what they replaced does not come back.
func TestLiedRenameLosesBoth(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n"}, writer(
		func(f sim.Files) { f.Append("state", []byte("old"), true) },
		func(f sim.Files) { f.Append("new", []byte("new"), true) },
		func(f sim.Files) { f.Rename("new", "state") },
	), "a")
	r.At(500*time.Microsecond, "lie", func(w *sim.World) { w.Disk(n).Lie() })
	r.Run()
	must(t, r.Crash(n, sim.CrashOptions{}))
	if got := r.Disk(n).List(); len(got) != 0 {
		t.Errorf("left %q", got)
	}
}

func TestDiskFaults(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n", DiskBytes: 5}, func(c *sim.Ctx, ev *sim.Event) {
		if ev.Kind == sim.TimerFired {
			c.Disk().Append("log", []byte("abc"), true)
		}
		if ev.Kind == sim.Started {
			for i := range 5 {
				c.After(time.Duration(i+1)*ms, 0)
			}
		}
	}, "a")
	d := r.Disk(n)
	var got []string
	for i, act := range []func(){d.Break, func() { d.Repair(); d.Fill() }, func() { d.Free(); d.Stall() }, func() {}, func() {}} {
		r.At(time.Duration(i+1)*ms, "act", func(*sim.World) { act() })
		r.RunUntil(time.Duration(i+1) * ms)
		got = append(got, r.lines...)
		r.lines = nil
	}
	d.Flow()
	r.Run()
	r.lines = append(got, r.lines...)
	r.expect(t, "1ms a timer 0", `1ms a disk append "" sim: disk error`, "2ms a timer 0", `2ms a disk append "" sim: disk full`,
		"3ms a timer 0", "4ms a timer 0", "5ms a timer 0",
		`5ms a disk append "" <nil>`, `5ms a disk append "" sim: disk full`, `5ms a disk append "" sim: disk full`)
	if d.Used() != 3 {
		t.Errorf("%d bytes used", d.Used())
	}
}

func TestRot(t *testing.T) {
	for seed := range uint64(20) {
		r := newRig(t, sim.Config{Seed: seed})
		n := r.node(t, sim.NodeConfig{Name: "n"}, writer(func(f sim.Files) { f.Append("log", make([]byte, 16), true) }), "a")
		r.Run()
		d := r.Disk(n)
		must(t, d.Rot("log", -1, 3), d.Rot("log", 15, 8))
		got, _ := d.Bytes("log")
		bits := 0
		for i, b := range got {
			if i == 15 {
				b ^= 0xff
			}
			for ; b != 0; b &= b - 1 {
				bits++
			}
		}
		if bits > 3 || bits == 0 {
			t.Errorf("seed %d: %d bits flipped in %v", seed, bits, got)
		}
		for _, err := range []error{d.Rot("log", 15, 9), d.Rot("log", 0, 0), d.Rot("log", -1, 129), d.Rot("log", 1<<62, 1)} {
			if !errors.Is(err, sim.ErrConfig) {
				t.Errorf("%v, want ErrConfig", err)
			}
		}
		if err := d.Rot("none", 0, 1); !errors.Is(err, sim.ErrNoFile) {
			t.Errorf("%v, want ErrNoFile", err)
		}
	}
}

// Too many operations complete with an error; they are never refused.
func TestDiskOperationsAreBounded(t *testing.T) {
	r := newRig(t, sim.Config{Limits: sim.Limits{Outstanding: 2}})
	r.node(t, sim.NodeConfig{Name: "n", DiskLatency: sim.Constant(ms)}, on(func(c *sim.Ctx) {
		for i := range 3 {
			c.Disk().Append(fmt.Sprint(i), nil, false)
		}
	}), "a")
	r.Run()
	r.expect(t, `0s a disk append "" sim: too many outstanding requests`, `1ms a disk append "" <nil>`, `1ms a disk append "" <nil>`)
}

// A graceful exit keeps what is in the cache; operations under way are applied.
func TestExitKeepsTheCache(t *testing.T) {
	r := newRig(t, sim.Config{})
	n := r.node(t, sim.NodeConfig{Name: "n", DiskLatency: sim.Constant(time.Hour)}, on(func(c *sim.Ctx) {
		c.Disk().Append("log", []byte("x"), false)
		c.Exit()
	}), "a")
	r.Run()
	if got, _ := r.Disk(n).Bytes("log"); string(got) != "x" || r.Now() != 0 {
		t.Errorf("%q at %v", got, r.Now())
	}
	if _, ok := r.Disk(n).Durable("log"); ok {
		t.Error("an un-synced file is durable")
	}
}
