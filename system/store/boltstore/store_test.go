package boltstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/store"
	"weir/system/store/storetest"
)

func open(t interface{ Fatal(...any) }, path string) *Store {
	s, err := Open(path, storetest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	s.db.NoSync = true // of a test of what is decided, not of what survives
	s.foldAt = func(whole int) int { return 300 }
	return s
}

func TestAsPackageStore(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		path := filepath.Join(dir, "s"+string(rune('a'+n%20)))
		os.Remove(path)
		s := open(t, path)
		defer func() { s.Close() }()
		storetest.Same(t, s, func() storetest.Outside {
			s.Close()
			s = open(t, path)
			return s
		})
	})
}

func effect(seq uint64) *store.Effect {
	return storetest.Measure(message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: seq}, []message.Entry{{Text: fmt.Sprint("x", 'a'+seq%7)}}), max(seq, 4)-3).Effect
}

// The file of a process that was killed in the middle of a batch has all of it or
// nothing: what a copy of the file taken between two batches holds, another process reads.
func TestFileIsWholeAfterEveryBatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.bolt")
	s, err := Open(path, storetest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for seq := uint64(1); seq <= 5; seq++ {
		if _, _, err := s.Commit(store.Batch{Inc: 1, Seq: seq, Effects: []*store.Effect{effect(seq)}}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		copied := path + ".copy"
		if err := os.WriteFile(copied, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Open(copied, storetest.Limits)
		if err != nil {
			t.Fatal(err)
		}
		if held, _, err := c.Load(); err != nil || held.N != seq {
			t.Errorf("after batch %d a copy holds %v, %v", seq, held, err)
		}
		c.Close()
	}
}

// What cannot be opened says why.
func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.bolt")
	s, err := Open(path, storetest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Open(path, storetest.Limits); err == nil || !strings.Contains(err.Error(), "another process has it") {
		t.Errorf("opened twice: %v", err)
	}
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(garbage, storetest.Limits); err == nil || !strings.Contains(err.Error(), garbage) {
		t.Errorf("garbage: %v", err)
	}
	if _, err := Open(dir, storetest.Limits); err == nil {
		t.Error("a folder is opened")
	}
	if _, err := Open(path+"2", store.Limits{}); err == nil {
		t.Error("without limits")
	}
}
