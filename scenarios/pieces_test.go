package scenarios

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/logcheck"
)

// storedRun is a run of a scenario in a directory, with its logs.
func storedRun(t *testing.T, name string) (dir string, logs []string) {
	t.Helper()
	sc, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Seed: seedDefault})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := res.Write(dir); err != nil {
		t.Fatal(err)
	}
	if logs, err = filepath.Glob(filepath.Join(dir, "logs", "*.jsonl")); err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	return dir, logs
}

// judged is the verdict on a directory, as text.
func judged(t *testing.T, dir string) (*logcheck.Verdict, string) {
	t.Helper()
	v, err := logcheck.CheckDir(dir, logcheck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return v, string(text)
}

// rotate cuts a log into pieces at random places, some in the middle of a line.
func rotate(t *testing.T, rng *rand.Rand, name string) (pieces []string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for number := 1; len(data) > 0; number++ {
		n := min(len(data), 1+rng.IntN(60_000))
		if rng.IntN(4) > 0 { // to the end of the line, as a writer does
			for n < len(data) && data[n-1] != '\n' {
				n++
			}
		}
		piece := name
		if number > 1 {
			piece = fmt.Sprintf("%s+%d.jsonl", strings.TrimSuffix(name, ".jsonl"), number)
		}
		if err := os.WriteFile(piece, data[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		pieces, data = append(pieces, piece), data[n:]
	}
	return pieces
}

// A log in pieces gets the verdict of the whole, to the last witness; without one of its
// pieces it gets none, and none of its properties passes or fails.
func TestLogsInPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"crash", "canary"} {
		dir, logs := storedRun(t, name)
		whole, want := judged(t, dir)
		var pieces []string
		for _, log := range logs {
			pieces = append(pieces, rotate(t, rng, log)...)
		}
		if len(pieces) < 3*len(logs) {
			t.Fatalf("only %d pieces", len(pieces))
		}
		if _, got := judged(t, dir); got != want {
			t.Errorf("%s: in pieces %s, whole %s", name, got, want)
		}
		undecided := func(why string) {
			t.Helper()
			v, _ := judged(t, dir)
			if v.Status != logcheck.Inconclusive || len(v.Results) != len(whole.Results) {
				t.Errorf("%s, %s: %s, %d results", name, why, v.Status, len(v.Results))
			}
			for _, r := range v.Results {
				if r.Status != logcheck.Unknown || !strings.Contains(r.Detail, why) {
					t.Errorf("%s: %s is %s: %s", name, r.ID, r.Status, r.Detail)
				}
			}
		}
		tells := filepath.Join(dir, "logs", "d1.deleted")
		if err := os.WriteFile(tells, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		undecided("logs/d1.deleted")
		os.Remove(tells)
		os.Remove(filepath.Join(dir, "logs", "d1.1+2.jsonl"))
		undecided("there is no logs/d1.1+2.jsonl")
	}
}
