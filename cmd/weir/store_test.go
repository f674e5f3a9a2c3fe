package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"weir/logcheck"
	"weir/scenarios"
)

// Several programs that keep the same run in one directory at once: each finds its
// run whole, and so does everybody else.
func TestStoresShareADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs [1]") // a name that is no pattern
	sc, err := scenarios.Load("crash", "phases.faults=1s", "phases.heal=1s", "faults=")
	if err != nil {
		t.Fatal(err)
	}
	res, err := scenarios.Run(sc, scenarios.Options{Check: true, Build: "x"})
	if err != nil {
		t.Fatal(err)
	}
	o := &outcome{named: named{"crash", sc}}
	o.take(res)
	var wait sync.WaitGroup
	for range 4 {
		s, err := openStore(dir, 1)
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			for range 20 {
				if _, err := s.save(o, res); err != nil {
					t.Errorf("save: %v", err)
				}
				if err := s.prune(); err != nil {
					t.Errorf("prune: %v", err)
				}
			}
		})
	}
	wait.Wait()
	if v, err := logcheck.CheckDir(filepath.Join(dir, "latest"), logcheck.Options{}); err != nil || v.Status == logcheck.Fail {
		t.Errorf("what is kept: %v, %v", v, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

// Work that cannot be told to end does not keep an interrupt waiting.
func TestPatientlyEndsWithTheInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	never := make(chan bool)
	defer close(never)
	_, err := patiently(ctx, func() (int, error) {
		cancel()
		<-never
		return 1, nil
	})
	if codeOf(err) != exitInterrupted {
		t.Errorf("ended with %v", err)
	}
	failed := errors.New("x")
	if n, err := patiently(context.Background(), func() (int, error) { return 7, failed }); n != 7 || err != failed {
		t.Errorf("got %d, %v", n, err)
	}
}
