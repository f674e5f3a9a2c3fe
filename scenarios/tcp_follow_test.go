//go:build unix

package scenarios

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weir/logcheck"
)

// grow writes a log for so long, with pauses, and rotates it by renaming. It tells how
// many lines that were.
func grow(t *testing.T, path string, for_ time.Duration, lines *atomic.Int64) {
	n := int64(0)
	for rotation, end := 1, time.Now().Add(for_); time.Now().Before(end); rotation++ {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Error(err)
			return
		}
		for range 70 {
			var text strings.Builder
			for range 40 {
				n++
				fmt.Fprintf(&text, "2026-01-02 03:04:05 INFO line %d %s\n", n, strings.Repeat("x", int(n%100)))
			}
			whole := text.String()
			half := len(whole) / 3 // a line is not always written at once
			f.WriteString(whole[:half])
			time.Sleep(5 * time.Millisecond)
			f.WriteString(whole[half:])
		}
		f.Close()
		for k := rotation - 1; k > 0; k-- {
			os.Rename(fmt.Sprintf("%s.%d", path, k), fmt.Sprintf("%s.%d", path, k+1))
		}
		os.Rename(path, path+".1")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(f, "the end")
		f.Close()
	}
	if err != nil {
		t.Error(err)
	}
	lines.Store(n + 1)
}

// An emitter that follows a log is killed again and again while the log grows and is
// rotated: every line is committed, once in an analyser and under one id, and the judge has
// nothing to say.
func TestFollowThroughKills(t *testing.T) {
	program, err := nodeProgram()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Load("emitter-crash", "phases.warmup=500ms", "phases.faults=5s", "phases.heal=500ms", "phases.settle=40s", "emitters.count=1",
		"faults=at 800ms for 200ms crash e1\nat 1600ms for 700ms crash e1\nat 2600ms for 50ms crash e1\nat 3500ms for 500ms crash e1\nat 4600ms for 50ms crash e1",
		"check.min_packets=1", "distributors.packet_max=100")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "app.log")
	var lines atomic.Int64
	lines.Store(-1)
	go grow(t, path, 4500*time.Millisecond, &lines)
	res, err := Run(sc, Options{Seed: 1, Check: true, TCP: &TCP{Program: program, Follow: &Grows{Path: path, Lines: lines.Load}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range res.Verdict.Results {
		if r.Status == logcheck.Fail || r.Status == logcheck.Unknown || r.ID == "C16" && r.Status != logcheck.Pass {
			t.Errorf("%s %s: %s", r.ID, r.Status, r.Detail)
		}
	}
	committed, seen := map[string]int64{}, map[string]bool{} // by packet, and by analyser and packet
	for _, f := range res.Logs {
		for line := range bytes.Lines(f.Data.Bytes()) {
			if id := fieldOf(line, "id"); bytes.HasPrefix(line, []byte(`{"k":"commit"`)) && strings.HasPrefix(id, "e1/0/") {
				n, err := parseInt(fieldOf(line, "n"))
				if err != nil {
					t.Fatal(err)
				}
				if seen[f.Name+id] {
					t.Errorf("%s is committed twice in %s", id, f.Name)
				}
				seen[f.Name+id] = true
				committed[id] = n // on a busy machine a retry may bring it to another analyser too
			}
		}
	}
	sum := int64(0)
	for _, n := range committed {
		sum += n
	}
	if sum != lines.Load() {
		t.Errorf("%d lines were written, %d committed, in %d packets", lines.Load(), sum, len(committed))
	}
	if dir := os.Getenv("WEIR_KEEP"); dir != "" {
		if err := res.Write(filepath.Join(dir, "follow")); err != nil {
			t.Error(err)
		}
	}
}

// TestFollowerDrained: an emitter that said that it was done and was started again is
// not done, whatever the order of its files.
func TestFollowerDrained(t *testing.T) {
	f := follower{dir: t.TempDir()}
	defer f.close()
	write := func(name, line string) {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const done, other = `{"k":"drained","a":"emit","s":2,"t":3,"m":3,"g":0}`, `{"k":"start","a":"emit","s":1,"t":1,"m":1,"g":0}`
	want := func(n int) {
		t.Helper()
		f.poll(func(_, _ string, _ []byte) {})
		if got := f.drained(); got != n {
			t.Errorf("%d nodes are done, want %d", got, n)
		}
	}
	write("e1.9.jsonl", done)
	write("e1.9.2.jsonl", other)
	write("e2.1.jsonl", done)
	write("d1.1.jsonl", other)
	want(2)
	write("e1.10.jsonl", other)
	want(1)
	write("e1.11.jsonl", done)
	want(2)
}
