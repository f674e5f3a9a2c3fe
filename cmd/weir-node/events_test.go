package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"weir/system/record"
)

// linesOf are lines of random lengths.
func linesOf(rng *rand.Rand, n int) []byte {
	var b bytes.Buffer
	for range n {
		length := rng.IntN(200)
		if rng.IntN(50) == 0 {
			length = 9000 // longer than a piece
		}
		fmt.Fprintf(&b, "%s\n", strings.Repeat("x", length))
	}
	return b.Bytes()
}

// writeAll writes like the journal: some whole lines at a time.
func writeAll(t *testing.T, e *events, rng *rand.Rand, b []byte) {
	t.Helper()
	for len(b) > 0 {
		at := rng.IntN(len(b))
		n, err := e.Write(b[:at+bytes.IndexByte(b[at:], '\n')+1])
		if err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
}

// joined is the log of an incarnation put together from its pieces.
func joined(t *testing.T, dir string, inc int) (all []byte, sizes []int) {
	t.Helper()
	for number := 1; ; number++ {
		e := &events{node: "d1", inc: uint32(inc)}
		piece, err := os.ReadFile(filepath.Join(dir, e.name(number)))
		if errors.Is(err, os.ErrNotExist) {
			return all, sizes
		}
		if err != nil {
			t.Fatal(err)
		}
		all, sizes = append(all, piece...), append(sizes, len(piece))
	}
}

// Pieces have whole lines, are as large as told but for a longer line, and put together
// are what was written.
func TestPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int64{0, pieceLeast, 20_000} {
		dir := t.TempDir()
		e, err := openEvents(eventLog{PieceBytes: size}, dir, "d1", 7, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		want := linesOf(rng, 2000)
		writeAll(t, e, rng, want)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		got, sizes := joined(t, dir, 7)
		if !bytes.Equal(got, want) {
			t.Errorf("%d: %d bytes of %d come back, or others", size, len(got), len(want))
		}
		if (size == 0) != (len(sizes) == 1) {
			t.Errorf("%d: %d pieces", size, len(sizes))
		}
		at := 0
		for _, n := range sizes {
			piece := got[at : at+n]
			at += n
			if piece[n-1] != '\n' || size > 0 && int64(n) > size && bytes.Count(piece, []byte("\n")) > 1 {
				t.Errorf("%d: a piece of %d bytes with %d lines, or it ends in one", size, n, bytes.Count(piece, []byte("\n")))
			}
		}
	}
}

// The limit on all pieces holds over incarnations, deletes the oldest and says so, and
// leaves alone what is another node's.
func TestTotalBytes(t *testing.T) {
	dir, rng := t.TempDir(), rand.New(rand.NewPCG(5, 6))
	other := filepath.Join(dir, "d1.x.1.jsonl")
	if err := os.WriteFile(other, make([]byte, 100_000), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg := eventLog{PieceBytes: 10_000, TotalBytes: 60_000}
	for inc := uint32(1); inc <= 3; inc++ {
		e, err := openEvents(cfg, dir, "d1", inc, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			writeAll(t, e, rng, bytes.Repeat([]byte("a line of some length\n"), 200))
			files, _ := filepath.Glob(filepath.Join(dir, "d1.[0-9]*.jsonl"))
			total := int64(0)
			for _, f := range files {
				info, err := os.Stat(f)
				if err != nil {
					t.Fatal(err)
				}
				total += info.Size()
			}
			if total > cfg.TotalBytes {
				t.Errorf("incarnation %d: %d bytes in %d pieces", inc, total, len(files))
			}
		}
		e.Close()
		_, err = os.Stat(filepath.Join(dir, "d1.deleted"))
		if gone := err == nil; gone != (inc == 3) {
			t.Errorf("incarnation %d: it is told that pieces are deleted: %v", inc, gone)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "d1.1.jsonl")); err == nil {
		t.Error("the oldest piece is still there")
	}
	if _, sizes := joined(t, dir, 3); len(sizes) < 3 {
		t.Errorf("%d pieces of the newest incarnation", len(sizes))
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// fullDisk is a file on a disk with some room.
type fullDisk struct {
	bytes.Buffer
	room int
}

func (f *fullDisk) Write(b []byte) (int, error) {
	n, _ := f.Buffer.Write(b[:min(len(b), f.room)])
	if f.room -= n; n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}
func (*fullDisk) Close() error { return nil }

// A full disk is told once, and its end; what was refused comes again and is whole.
func TestFullDisk(t *testing.T) {
	var said output
	log, _ := (&logging{}).open(&said, "d1")
	var files []*fullDisk
	room := 10_000
	e, err := openEvents(eventLog{PieceBytes: pieceLeast}, t.TempDir(), "d1", 1, log)
	if err != nil {
		t.Fatal(err)
	}
	e.file.Close()
	e.create = func(string) (io.WriteCloser, error) {
		if room <= 0 {
			return nil, syscall.ENOSPC
		}
		files = append(files, &fullDisk{room: room})
		room = 0
		return files[len(files)-1], nil
	}
	e.file = &fullDisk{}
	want := bytes.Repeat([]byte("0123456789abcdef\n"), 1000)
	rest := want
	for i := range 10 {
		n, err := e.Write(rest)
		rest = rest[n:]
		if err == nil {
			t.Fatalf("%d bytes are taken, attempt %d", n, i)
		}
		if i == 0 {
			e.file = &fullDisk{room: 1500}
			files = append(files, e.file.(*fullDisk))
		}
	}
	room = len(want) + 1
	files[len(files)-1].room = 3 // the rest of a line
	for len(rest) > 0 {
		n, err := e.Write(rest)
		rest = rest[n:]
		if err != nil {
			files[len(files)-1].room = len(want)
		}
	}
	var got []byte
	for _, f := range files {
		got = append(got, f.Bytes()...)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes came back of %d, or others", len(got), len(want))
	}
	text := said.String()
	if strings.Count(text, "cannot be written") > 2 || strings.Count(text, "written again") == 0 || strings.Count(text, "\n") > 6 {
		t.Errorf("told is\n%s", text)
	}
}

// Sizes that make no sense are refused, each by name.
func TestEventLogConfig(t *testing.T) {
	for text, says := range map[string]string{
		"event_log: {mode: sampled, one_in: 1}": "one_in 1", "event_log: {one_in: 5}": "one_in 5",
		"event_log: loud": `event_log "loud"`, "event_log: {piece_bytes: 5}": "piece_bytes 5", "event_log: {piece_bytes: -1}": "piece_bytes -1",
		"event_log: {total_bytes: 10000}": "total_bytes 10000", "event_log: {piece_bytes: 9000, total_bytes: 10000}": "total_bytes 10000",
	} {
		file := writeConfig(t, t.TempDir(), text+"\n")
		code, _, complaint := call(t, "", "analyse", "--name", "a1", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--config", file)
		if code != exitUsage || !strings.Contains(complaint, says) {
			t.Errorf("%s: code %d, %s", text, code, complaint)
		}
	}
}

// Nodes that log a sample have the same packets in it, whole, and deliver all of them.
func TestSampledEventLog(t *testing.T) {
	dir, a1, d1 := t.TempDir(), free(t), free(t)
	logs, input := filepath.Join(dir, "logs"), filepath.Join(dir, "in.log")
	if err := os.WriteFile(input, bytes.Repeat([]byte("a line\n"), 6000), 0o644); err != nil {
		t.Fatal(err)
	}
	file := writeConfig(t, dir, "event_log: {mode: sampled, one_in: 2}\n")
	args := func(role, name string, more ...string) []string {
		return append([]string{role, "--config", file, "--name", name, "--data", filepath.Join(dir, name), "--log", logs}, more...)
	}
	nodes := []*process{spawn(t, args("analyse", "a1", "--listen", a1)...)}
	serving(t, a1)
	nodes = append(nodes, spawn(t, args("distribute", "d1", "--listen", d1, "--analyser", "a1=1@"+a1)...))
	serving(t, d1)
	if e1 := spawn(t, args("emit", "e1", "--to", "d1@"+d1, "--input", input)...); e1.ends(t) != exitOK {
		t.Fatal(e1.errs.String())
	}
	for _, p := range nodes {
		p.Process.Signal(syscall.SIGTERM)
		if code := p.ends(t); code != exitOK {
			t.Errorf("exit code %d\n%s", code, p.errs.String())
		}
	}
	if got := counter(t, filepath.Join(logs, "a1.1.jsonl"), "commits"); got != "60" {
		t.Errorf("%s packets are committed", got)
	}
	want := map[string]bool{}
	for _, name := range []string{"e1", "d1", "a1"} {
		got, seq := map[string]bool{}, map[string]int64{}
		for _, r := range records(t, filepath.Join(logs, name+".1.jsonl")) {
			if id := r.Str("id"); id != "" {
				got[id] = true
				if !record.InSample([]byte(id), 2) {
					t.Errorf("%s has packet %s", name, id)
				}
			}
			if actor := r.Str("a"); actor != "-" {
				if seq[actor]++; r.Int("s") != seq[actor] {
					t.Fatalf("%s: record %d of %s is its %d", name, r.Int("s"), actor, seq[actor])
				}
			}
		}
		if name == "e1" {
			want = got
		}
		if len(got) < 10 || len(got) > 50 || !maps.Equal(got, want) {
			t.Errorf("%s has %d packets, e1 has %d", name, len(got), len(want))
		}
	}
}
