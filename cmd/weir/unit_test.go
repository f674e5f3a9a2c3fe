package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/logcheck"
	"weir/scenarios"
)

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "1": 1, "0xff": 255, "18446744073709551615": 1<<64 - 1} {
		if got, err := parseSeed(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	a, errA := parseSeed("random")
	b, errB := parseSeed("random")
	if errA != nil || errB != nil || a == 0 || a > 1_000_000_000 || a == b {
		t.Errorf("random seeds %d and %d: %v, %v", a, b, errA, errB)
	}
	for _, text := range []string{"", "x", "-1", "0x", "1.5", "18446744073709551616", "0X1"} {
		if _, err := parseSeed(text); codeOf(err) != exitUsage {
			t.Errorf("%q: %v", text, err)
		}
	}
	if r, err := parseSeeds("5..9"); err != nil || r.count() != 5 {
		t.Errorf("5..9: %v, %v", r, err)
	}
}

func TestGraver(t *testing.T) {
	order := []int{exitOK, exitInconclusive, exitFailed, exitNotRepeatable, exitInternal}
	for i, a := range order {
		for j, b := range order {
			if got := graver(a, b); got != order[max(i, j)] {
				t.Errorf("graver(%d, %d) = %d", a, b, got)
			}
		}
	}
}

func TestShellQuote(t *testing.T) {
	for _, s := range []string{"plain", "", "two words", "it's", "$HOME `x` \\", "a&b;c|d", "faults=at 5s crash a1 # x", "\x1b[31m", "~", "line\nfeed"} {
		q := shellQuote(s)
		out, err := exec.Command("bash", "-c", "printf %s "+q).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q is quoted %s, which a shell reads as %q, %v", s, q, out, err)
		}
		if clean(q) != q {
			t.Errorf("%q is quoted with control characters", s)
		}
	}
}

func TestCleanJSON(t *testing.T) {
	data, err := cleanJSON(map[string]string{"k": "a\u009b\x1b\u202e\u2028z\n<&>"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range string(data) {
		if r != '\n' && clean(string(r)) != string(r) {
			t.Errorf("%q stands raw in %q", r, data)
		}
	}
	if !strings.Contains(string(data), `a\u009b\u001b\u202e\u2028z\n`) {
		t.Errorf("got %s", data)
	}
}

func TestSpoolIsBounded(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f := &inputFile{arg: "-"}
	const limit = 1 << 20
	err := f.spool(context.Background(), io.LimitReader(zeros{}, limit+5), limit)
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "weir-stdin-*"))
	if codeOf(err) != exitUsage || len(left) > 0 {
		t.Errorf("%v, left behind: %v", err, left)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.spool(ctx, zeros{}, limit); codeOf(err) != exitInterrupted {
		t.Errorf("an interrupted reading ends with %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestInputReadsWhatItLookedAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("0123456789")
	f := &inputFile{arg: path, path: path}
	if err := f.look(context.Background()); err != nil {
		t.Fatal(err)
	}
	read := func(offset int64) (string, error) {
		r, err := f.open(offset)
		if err != nil {
			return "", err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		return string(data), err
	}
	write("0123456789and more")
	if got, err := read(4); got != "456789" || err != nil {
		t.Errorf("of a file that grew: %q, %v", got, err)
	}
	write("012")
	if got, err := read(1); got != "12" || !errors.Is(err, errInputChanged) {
		t.Errorf("of a file that shrank: %q, %v", got, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := read(0); !errors.Is(err, errInputChanged) {
		t.Errorf("of a file that is gone: %v", err)
	}
}

// A status line is rewritten, hidden before results, and only on a terminal.
func TestProgressLines(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b, status: true, total: 9, started: time.Now()}
	follow := p.follow()
	follow(1000, time.Second)
	follow(3000, 5*time.Second)
	p.begin()
	p.done(&outcome{})
	p.show()
	p.hide()
	p.hide()
	text := b.String()
	if p.events.Load() != 3000 || p.virtual.Load() != int64(5*time.Second) {
		t.Errorf("%d events, %d ns: totals of a run must be taken as differences", p.events.Load(), p.virtual.Load())
	}
	if !strings.HasPrefix(text, "\r\x1b[K\x1b[?7l1 of 9 runs, 0 under way, ") || !strings.HasSuffix(text, ", 1 not as expected\x1b[?7h\r\x1b[K") {
		t.Errorf("status line %q", text)
	}
	b.Reset()
	p.status = false
	p.show()
	if !strings.HasPrefix(b.String(), "weir: 1 of 9 runs") || strings.ContainsAny(b.String(), "\r\x1b") {
		t.Errorf("plain line %q", b.String())
	}
}

func TestColours(t *testing.T) {
	if got := (&app{colour: true}).paint("fail", "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
	if got := (&app{}).paint("fail", "x"); got != "x" {
		t.Errorf("got %q", got)
	}
}

func TestFirstDifference(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{one, two} {
		write(dir, "a.jsonl", "{\"t\":1}\n{\"t\":5,\"x\":0}\n")
		write(dir, "b.jsonl", "{\"t\":2}\n")
		write(dir, "run.json", dir)
	}
	if d, err := firstDifference(one, two); err != nil || d.file != "" {
		t.Errorf("equal directories differ: %+v, %v", d, err)
	}
	write(two, "a.jsonl", "{\"t\":1}\n{\"t\":5,\"x\":1}\n")
	write(two, "b.jsonl", "{\"t\":2}\n{\"t\":4}\n")
	if d, err := firstDifference(one, two); err != nil || d.file != "b.jsonl" || d.line != 2 || d.one != "" || d.at != 4 {
		t.Errorf("want b.jsonl:2 at 4, got %+v, %v", d, err)
	}
	write(two, "c.jsonl", "{\"t\":0}\n")
	if d, err := firstDifference(one, two); err != nil || d.file != "c.jsonl" || d.line != 1 {
		t.Errorf("want c.jsonl:1, got %+v, %v", d, err)
	}
}

// The exit code of every kind of outcome, in the catalogue and by name.
func TestCodeOfOutcome(t *testing.T) {
	verdict := func(s logcheck.Status) *logcheck.Verdict { return &logcheck.Verdict{Status: s} }
	for _, c := range []struct {
		name         string
		o            outcome
		named, whole int
	}{
		{"passed", outcome{verdict: verdict(logcheck.Pass)}, exitOK, exitOK},
		{"failed as expected", outcome{verdict: verdict(logcheck.Fail)}, exitFailed, exitOK},
		{"failed", outcome{verdict: verdict(logcheck.Fail), surprises: []string{"x"}}, exitFailed, exitFailed},
		{"passed against expectation", outcome{verdict: verdict(logcheck.Pass), surprises: []string{"x"}}, exitFailed, exitFailed},
		{"inconclusive", outcome{verdict: verdict(logcheck.Inconclusive), surprises: []string{"x"}}, exitInconclusive, exitInconclusive},
		{"no verdict", outcome{}, exitInconclusive, exitInconclusive},
		{"panic", outcome{panicked: "x"}, exitInternal, exitInternal},
		{"error", outcome{err: errors.New("x")}, exitInternal, exitInternal},
		{"not kept", outcome{verdict: verdict(logcheck.Pass), saveErr: errors.New("x")}, exitInternal, exitInternal},
		{"failed and not kept", outcome{verdict: verdict(logcheck.Fail), saveErr: errors.New("x")}, exitFailed, exitInternal},
	} {
		if got := (&batch{}).codeOf(&c.o); got != c.named {
			t.Errorf("%s, by name: %d, want %d", c.name, got, c.named)
		}
		if got := (&batch{catalogue: true}).codeOf(&c.o); got != c.whole {
			t.Errorf("%s, in the catalogue: %d, want %d", c.name, got, c.whole)
		}
	}
}

// Data from outside never reaches the terminal raw, whatever field it is in.
func TestTellIsClean(t *testing.T) {
	evil := "\x1b[2J\u009b31m\u202e\r\x00"
	sc := scenarios.Default()
	sc.Name = "evil"
	v := &logcheck.Verdict{Status: logcheck.Fail, Results: []logcheck.Result{{
		ID: "C2", Status: logcheck.Fail, Detail: evil, Witness: []logcheck.Ref{{File: evil, Line: 3, Text: `{"t":1500000000,"x":"` + evil + `"}`}},
	}}}
	o := &outcome{named: named{evil, sc}, verdict: v, surprises: []string{evil}, stop: evil, notes: []string{evil}, dir: evil,
		token: scenarios.Token{Scenario: evil, Set: []string{evil}}}
	for _, form := range outputs {
		var b bytes.Buffer
		a := &app{ctx: context.Background(), prog: "weir", out: &b}
		s := &batch{app: a, flags: &runFlags{output: form, set: []string{evil}, inputs: []string{evil}}, scenarios: []named{o.named}}
		out := s.printer()
		all := &summary{sweep: s}
		all.add(o)
		for _, err := range []error{out.begin(), out.run(o), out.end(all)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range b.String() {
			if r != '\n' && clean(string(r)) != string(r) {
				t.Errorf("%s: %q stands raw in\n%q", form, r, b.String())
				break
			}
		}
		if form == "text" && !strings.Contains(b.String(), "FAIL C2  scenario=evil  seed=0  t=1.500s") {
			t.Errorf("the failure is not told: %s", b.String())
		}
	}
}

// A result that cannot be written is an internal error, not success.
func TestWriteErrorIsTold(t *testing.T) {
	var complaints bytes.Buffer
	a := &app{ctx: context.Background(), out: failing{}, errw: &complaints, getenv: os.Getenv, self: os.Executable, run: scenarios.Run}
	for _, args := range [][]string{{"scenario", "list"}, {"scenario", "schema"}, {"run", "steady-deficit", "--dir", t.TempDir()}} {
		if code := a.main(args); code != exitInternal || !strings.Contains(complaints.String(), "no space left") {
			t.Errorf("%q: code %d, %s", args, code, complaints.String())
		}
		complaints.Reset()
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

// A run that does not come again as it was is shown where it parts from the kept one.
func TestFlakyRunsPartSomewhere(t *testing.T) {
	sc, err := resolve("crash", []string{"emitters.packets=30"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := scenarios.Run(sc, scenarios.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := res.Write(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "logs", "e1.1.jsonl")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte(`"n":`), []byte(`"n":7`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	a := &app{ctx: context.Background(), prog: "weir", errw: &b}
	if err := a.partsAt(dir, res); err != nil || !strings.Contains(b.String(), "first difference: logs/e1.1.jsonl:") || !strings.Contains(b.String(), "then in 2:\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
	b.Reset()
	if err := a.partsAt("weir1:token", res); err != nil || !strings.Contains(b.String(), "weir verify crash") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
