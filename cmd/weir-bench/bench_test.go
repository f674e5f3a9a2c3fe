//go:build linux

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// buildNode builds weir-node.
func buildNode(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weir-node")
	if out, err := exec.Command("go", "build", "-o", path, "weir/cmd/weir-node").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// bench starts analysers and a system before them.
func bench(t *testing.T, node, name string) *cluster {
	t.Helper()
	o := &options{node: node, span: 200 * time.Millisecond, dir: t.TempDir(), away: 200 * time.Millisecond, settle: 2 * time.Second}
	c, err := newCluster(t.Context(), o)
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Errorf("end: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := pick(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.beginProxy(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCells measures each kind of cell briefly: every packet is acknowledged, and the
// figures have to do with each other.
func TestCells(t *testing.T) {
	runtime.LockOSThread() // children end with the thread that started them
	node := buildNode(t)
	for name, cells := range map[string][]cell{
		"weir-grpc":      {{shape: small, many: 16}, {shape: large, many: 1}, {shape: mixed, many: 64, rate: 500, level: 50}},
		"weir-http":      {{shape: small, many: 16}, {shape: mixed, many: 64, rate: 500, level: 50}},
		"weir-http-grpc": {{shape: large, many: 40, batch: 10}},
	} {
		c := bench(t, node, name)
		r := &report{}
		for _, w := range cells {
			row, err := c.row(t.Context(), w, r, io.Discard)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if row.Packets == 0 || row.Failed != 0 || row.Unsent != 0 || row.Messages < row.Packets || row.P50 <= 0 || row.P50 > row.P99 || row.P99 > row.P999 || row.Memory < 1 {
				t.Errorf("%s: %+v", name, row)
			}
			if w.rate > 0 && float64(row.Packets) > 2*w.rate*c.o.span.Seconds() {
				t.Errorf("%s: %d packets in %v, want about %v a second", name, row.Packets, c.o.span, w.rate)
			}
		}
		var out bytes.Buffer
		r.print(&out)
		if !strings.Contains(out.String(), name) {
			t.Errorf("the table does not name %s:\n%s", name, out.String())
		}
	}
}

// TestLevels holds that each system has one row for a level, whatever the rounds.
func TestLevels(t *testing.T) {
	runtime.LockOSThread()
	c := bench(t, buildNode(t), "weir-grpc")
	c.o.rounds = 3
	all, err := pick("weir-grpc")
	if err != nil {
		t.Fatal(err)
	}
	r := &report{}
	var told strings.Builder
	if err := c.levelled(t.Context(), all, 800, r, &told); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(told.String(), "25 % of"); n != 3 {
		t.Errorf("25 %% is measured %d times, want 3", n)
	}
	for i, level := range levels {
		if len(r.Rows) != len(levels) || r.Rows[i].Level != level || r.Rows[i].Packets == 0 {
			t.Fatalf("rows %+v", r.Rows)
		}
	}
}

// TestFailAndReturn holds that the share since an analyser's return is counted, and that
// weir keeps it: four workers, each off by at most a packet of the largest size.
func TestFailAndReturn(t *testing.T) {
	runtime.LockOSThread()
	c := bench(t, buildNode(t), "weir-grpc")
	s, err := c.failAndReturn(t.Context(), 500)
	if err != nil {
		t.Fatal(err)
	}
	if s.Total == 0 || len(s.Got) != len(weights) || s.Got[0]+s.Got[1]+s.Got[2] != s.Total || s.Back <= 0 {
		t.Errorf("%+v", s)
	}
}

func TestJudge(t *testing.T) {
	var s share
	s.judge([]int{10, 10, 10}, []int{510, 300, 230})
	if s.Total != 1010 || s.Error != 18 || s.Got[2] != 220 {
		t.Errorf("%+v", s)
	}
}

func TestFigures(t *testing.T) {
	from := time.Unix(100, 0)
	b := &book{}
	for i := range 1000 {
		b.add([]sample{{from.Add(time.Duration(i) * time.Millisecond), time.Duration(i+1) * time.Millisecond, 2}})
	}
	f := b.between(from, from.Add(time.Second))
	if f.Packets != 1000 || f.Messages != 2000 || f.PerSec != 2000 || f.P50 != 501 || f.P99 != 991 || f.P999 != 1000 {
		t.Errorf("%+v", f)
	}
	if f := b.between(from.Add(time.Hour), from.Add(2*time.Hour)); f.Packets != 0 || f.P50 != 0 {
		t.Errorf("%+v", f)
	}
}

// TestOpenLoop holds that packets are due at their rate, whether or not anybody sends them.
func TestOpenLoop(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	o := &open{tickets: make(chan time.Time, 10)}
	began := time.Now()
	left := o.pace(ctx, 1000)
	n := 0
	for at := range o.tickets {
		if want := began.Add(time.Duration(n) * time.Millisecond); at.Before(want) || at.After(want.Add(100*time.Millisecond)) {
			t.Errorf("packet %d is due %v after the beginning", n, at.Sub(began))
		}
		n++
	}
	if n != 10 || left < 10 || left > 1000 {
		t.Errorf("%d packets wait, %d were left out", n, left)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{"", "--node x extra", "--node x --for 1ms", "--node x --only nginx,apache", "--node x --dir /nowhere/at/all", "--bad"} {
		var errw bytes.Buffer
		if code := run(strings.Fields(args), io.Discard, &errw); code != exitUsage || errw.Len() == 0 {
			t.Errorf("%q: code %d, %q", args, code, errw.String())
		}
	}
	var out, errw bytes.Buffer
	dir := t.TempDir()
	file := filepath.Join(dir, "out.json")
	if code := run([]string{"--node", "/nowhere/at/all", "--dir", dir, "--json", file}, &out, &errw); code != exitInternal || !strings.Contains(errw.String(), "/nowhere/at/all") {
		t.Errorf("no program: code %d, %q", code, errw.String())
	}
	if b, err := os.ReadFile(file); err != nil || !bytes.Contains(b, []byte(`"machine"`)) {
		t.Errorf("%s (%v)", b, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v (%v)", left, err)
	}
}
