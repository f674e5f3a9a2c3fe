package simfault_test

import (
	"strings"
	"testing"
	"time"

	"weir/sim"
)

// wallError is how far p's wall clock is from the world's at an entry.
func wallError(tb *table, e entry) time.Duration {
	return e.wall.Sub(tb.entries[0].wall) - (e.at - tb.entries[0].at)
}

func testSkew(t *testing.T) {
	tb := play(t, "at 205ms for 200ms skew p +5s\nat 705ms skew p -1s")
	tb.did("skew p +5s", "resync p", "skew p -1s")
	for _, e := range tb.between("p", "tick", 0, time.Second) {
		want := time.Duration(0)
		switch {
		case e.at > 205*ms && e.at < 405*ms:
			want = 5 * time.Second
		case e.at > 705*ms:
			want = -time.Second
		}
		if wallError(tb, e) != want || e.now != e.at {
			t.Errorf("at %v the wall clock is off by %v, want %v; monotonic %v", e.at, wallError(tb, e), want, e.now)
		}
	}
}

func testJump(t *testing.T) {
	tb := play(t, "at 205ms jump p +5s\nat 405ms jump p -7s")
	tb.did("jump p +5s", "jump p -7s")
	for _, e := range tb.between("p", "tick", 0, time.Second) {
		want := time.Duration(0)
		switch {
		case e.at > 405*ms:
			want = -2 * time.Second
		case e.at > 205*ms:
			want = 5 * time.Second
		}
		if wallError(tb, e) != want {
			t.Errorf("at %v the wall clock is off by %v, want %v", e.at, wallError(tb, e), want)
		}
	}
}

func testDrift(t *testing.T) {
	tb := play(t, "at 200ms for 400ms drift p +250000ppm")
	tb.did("drift p +250000ppm", "resync p")
	ticks := tb.between("p", "tick", 600*ms, time.Second)
	if off := ticks[0].now - ticks[0].at; off != 100*ms {
		t.Errorf("after 400ms at +25%% the clock is ahead by %v", off)
	}
	tb.count("p", "tick", 200*ms, 600*ms, 48, 51) // 8 ms apart
	tb.count("p", "tick", 600*ms, time.Second, 38, 41)
}

func testFreeze(t *testing.T) {
	tb := play(t, "at 205ms for 200ms freeze p")
	tb.did("freeze p", "thaw p")
	tb.count("p", "tick", 205*ms, 405*ms, never, never)
	for _, e := range tb.between("p", "tick", 405*ms, time.Second) {
		if e.at-e.now != 200*ms {
			t.Errorf("at %v the frozen clock says %v", e.at, e.now)
		}
	}
	tb.count("p", "tick", 405*ms, time.Second, 55, 61)
}

// recovered is what q found of its synced file at its second boot.
func recovered(tb *table) int64 {
	for _, e := range tb.entries {
		if e.kind == "recovered" && e.inc == 2 {
			return e.n
		}
	}
	tb.t.Fatal("q did not come back")
	return 0
}

func testDiskLie(t *testing.T) {
	tb := play(t, "at 205ms disk_lie q\nat 405ms for 100ms crash q")
	tb.did("disk_lie q", "crash q inc1", "restart q inc2")
	tb.count("q", "synced", 205*ms, 405*ms, 18, 21) // it said so
	if n := recovered(tb); n < 19 || n > 21 {
		t.Errorf("%d bytes came back, want the 20 from before the lie", n)
	}
	tb = play(t, "at 205ms for 100ms disk_lie q\nat 505ms for 100ms crash q")
	tb.did("disk_lie q", "disk_honest q", "crash q inc1", "restart q inc2")
	if n := recovered(tb); n < 39 {
		t.Errorf("%d bytes came back after the disk was honest again", n)
	}
}

func testDiskTear(t *testing.T) {
	kept := map[int]bool{}
	for seed := range uint64(8) {
		seeded := func(_ *table, c *sim.Config, _ *sim.NodeConfig) { c.Seed = seed }
		tb := play(t, "at 205ms disk_tear q\nat 405ms crash q", seeded)
		tb.did("disk_tear q", "crash q inc1")
		data, _ := tb.w.Disk(1).Bytes("loose")
		if !strings.HasPrefix(strings.Repeat("0123456789", 50), string(data)) {
			t.Errorf("the torn file is no prefix: %q", data)
		}
		kept[len(data)] = true
		tb = play(t, "at 405ms crash q", seeded)
		if data, _ = tb.w.Disk(1).Bytes("loose"); len(data) != 0 {
			t.Errorf("without a tear %d un-synced bytes survived", len(data))
		}
	}
	if len(kept) < 4 {
		t.Errorf("8 seeds tore at %v only", kept)
	}
}

func testDiskRot(t *testing.T) {
	whole := play(t, "at 205ms disk_rot q file synced bits 168 offset 0\nat 206ms disk_rot q file synced bits 169 offset 0") // 21 bytes by then
	whole.did("disk_rot q file synced bits 168 offset 0", "noeffect disk_rot q")
	tb := play(t, "at 205ms disk_rot q file synced bits 1 offset 3\nat 305ms disk_rot q file nothing bits 1\nat 405ms disk_rot q file synced bits 1 offset 5000\nat 410ms disk_rot q file synced bits 1000")
	tb.did("disk_rot q file synced bits 1 offset 3", "noeffect disk_rot q", "noeffect disk_rot q", "noeffect disk_rot q")
	data, _ := tb.w.Disk(1).Bytes("synced")
	if len(data) < 90 || data[3] == 'x' || strings.Count(string(data), "x") != len(data)-1 {
		t.Errorf("one bit of byte 3 should have flipped: %q", data)
	}
}

func testDiskFill(t *testing.T) {
	tb := play(t, "at 205ms for 200ms disk_fill q")
	tb.did("disk_fill q", "disk_free q")
	tb.count("q", "full", 205*ms, 405*ms, 19, 21)
	tb.count("q", "synced", 206*ms, 405*ms, never, never)
	tb.count("q", "synced", 405*ms, time.Second, 55, 61)
}

func testDiskBreak(t *testing.T) {
	tb := play(t, "at 205ms for 200ms disk_break q")
	tb.did("disk_break q", "disk_repair q")
	tb.count("q", "io", 205*ms, 405*ms, 19, 21)
	tb.count("q", "synced", 206*ms, 405*ms, never, never)
	tb.count("q", "synced", 405*ms, time.Second, 55, 61)
}

func testDiskStall(t *testing.T) {
	tb := play(t, "at 205ms for 200ms disk_stall q")
	tb.did("disk_stall q", "disk_flow q")
	tb.count("q", "synced", 205*ms, 405*ms, never, never)
	tb.count("q", "synced", 404*ms, 406*ms, 19, 21)
	tb.count("q", "ping", 205*ms, 405*ms, 19, 21)
}
