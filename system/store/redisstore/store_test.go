package redisstore

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"weir/system/message"
	"weir/system/node"
	"weir/system/store"
	"weir/system/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type failer interface{ Fatal(...any) }

func open(t failer, cfg Config, name string, inc uint32) *Store {
	s, err := New(cfg, name, inc, storetest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	s.foldAt = func(int) int { return 300 }
	s.due, s.most = 300, foldMost*300
	return s
}

func effect(seq uint64) *store.Effect {
	return storetest.Measure(message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: seq}, []message.Entry{{Text: fmt.Sprint("x", 'a'+seq%7)}}), 1).Effect
}

func batch(inc uint32, n uint64, effects ...*store.Effect) store.Batch {
	return store.Batch{Inc: inc, Seq: n, Effects: effects}
}

func TestAsPackageStore(t *testing.T) {
	srv := startServer(t, "--appendfsync", "no") // of what is decided, not of what survives
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		cfg := Config{Addr: srv.Addr, Name: fmt.Sprintf("s%d", n), Durability: "unchecked"}
		s := open(t, cfg, "a1", 1)
		defer func() { s.Close() }()
		inc := uint32(1)
		storetest.Same(t, s, func() storetest.Outside {
			inc++
			s.Close()
			s = open(t, cfg, "a1", inc)
			return s
		})
	})
}

// What was answered is there after a kill -9 of the server, and each packet once.
func TestKillAndRestart(t *testing.T) {
	srv := startServer(t)
	s := open(t, Config{Addr: srv.Addr, Timeout: time.Second}, "a1", 1)
	defer s.Close()
	if held, _, err := s.Load(); err != nil || held != (store.Held{}) {
		t.Fatalf("empty: %v, %v", held, err)
	}
	for seq := uint64(1); seq <= 12; seq++ {
		if _, _, err := s.Commit(batch(1, seq, effect(seq))); err != nil {
			t.Fatal(err)
		}
		if seq%4 == 0 {
			srv.Kill()
			if _, _, err := s.Commit(batch(1, seq+100, effect(seq+100))); !errors.Is(err, node.ErrDiskIO) {
				t.Fatalf("while it is down: %v", err)
			}
			srv.Start()
			again(t, s, batch(1, seq+100, effect(seq+100)))
		}
	}
	results, held, err := s.Commit(batch(1, 13, effect(7), effect(13)))
	if err != nil || held.N != 16 || results[0].Standing != store.Seen || results[1].Number != 16 {
		t.Errorf("%v %v %v", results, held, err)
	}
	seqs := []uint64{104, 108, 112}
	for seq := range uint64(13) {
		seqs = append(seqs, seq+1)
	}
	sameResults(t, seqs, s)
}

// again commits a batch until the server takes it, as package analyser does.
func again(t *testing.T, s *Store, b store.Batch) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, _, err := s.Commit(b)
		if err == nil {
			return
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

// A server that stands still is an error in time; the batch whose end was not known is
// taken in once.
func TestStall(t *testing.T) {
	srv := startServer(t)
	s := open(t, Config{Addr: srv.Addr, Timeout: 200 * time.Millisecond}, "a1", 1)
	defer s.Close()
	if _, _, err := s.Commit(batch(1, 1, effect(1))); err != nil {
		t.Fatal(err)
	}
	srv.Signal(syscall.SIGSTOP)
	began := time.Now()
	if _, _, err := s.Commit(batch(1, 2, effect(2))); err == nil {
		t.Fatal("a server that stands still answered")
	} else if took := time.Since(began); took > 5*time.Second {
		t.Errorf("an error after %v, the timeout is 200ms", took)
	}
	srv.Signal(syscall.SIGCONT)
	srv.Await()
	results, held, err := s.Commit(batch(1, 2, effect(2)))
	if err != nil || held.N != 2 || results[0].Standing != store.Fresh || results[0].Number != 2 {
		t.Errorf("again: %v %v %v", results, held, err)
	}
	sameResults(t, []uint64{1, 2}, s)
}

// Analysers that name one store share its ids; each numbers its own effects.
func TestShared(t *testing.T) {
	srv := startServer(t)
	cfg := Config{Addr: srv.Addr, Name: "all"}
	a1, a2 := open(t, cfg, "a1", 1), open(t, cfg, "a2", 1)
	defer a1.Close()
	defer a2.Close()
	if _, _, err := a1.Commit(batch(1, 1, effect(1), effect(2))); err != nil {
		t.Fatal(err)
	}
	results, held, err := a2.Commit(batch(1, 1, effect(2), effect(3)))
	if err != nil || held != (store.Held{N: 1, Messages: 1}) || results[0].Standing != store.Seen || results[1].Number != 1 {
		t.Errorf("%v %v %v", results, held, err)
	}
	if total, err := a1.Totals(); err != nil || total.Packets != 3 || total.Messages != 3 {
		t.Errorf("totals %+v, %v", total, err)
	}
	sameResults(t, []uint64{1, 2}, a1)
	sameResults(t, []uint64{3}, a2)
	sameResults(t, []uint64{1, 2, 3}, a1, a2)
}

// An older incarnation is not heard any more.
func TestFence(t *testing.T) {
	srv := startServer(t)
	older, newer := open(t, Config{Addr: srv.Addr}, "a1", 1), open(t, Config{Addr: srv.Addr}, "a1", 2)
	defer older.Close()
	defer newer.Close()
	if _, _, err := older.Load(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := newer.Load(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := older.Commit(batch(1, 1, effect(1))); err == nil || !strings.Contains(err.Error(), "incarnation 2 of a1 uses the store") {
		t.Errorf("commit: %v", err)
	}
	if _, _, err := older.Load(); err == nil {
		t.Error("load")
	}
}

// A server that lost what it had answered is not used.
func TestLost(t *testing.T) {
	srv := startServer(t)
	s := open(t, Config{Addr: srv.Addr}, "a1", 1)
	defer s.Close()
	if _, _, err := s.Commit(batch(1, 1, effect(1))); err != nil {
		t.Fatal(err)
	}
	flush(t, srv.Addr)
	if _, _, err := s.Commit(batch(1, 2, effect(2))); err == nil || !strings.Contains(err.Error(), "the store has 0 effects of a1, it had 1") {
		t.Errorf("%v", err)
	}
}

// A server that does not keep what it is told is found out, one that nobody may ask too.
func TestDurability(t *testing.T) {
	srv := startServer(t, "--appendfsync", "everysec")
	s := open(t, Config{Addr: srv.Addr}, "a1", 1)
	defer s.Close()
	if _, _, err := s.Load(); err == nil || !strings.Contains(err.Error(), `appendfsync "everysec", durability: always needs "always"`) {
		t.Errorf("%v", err)
	}
	lax := open(t, Config{Addr: srv.Addr, Durability: "unchecked"}, "a1", 1)
	defer lax.Close()
	if _, _, err := lax.Load(); err != nil {
		t.Error(err)
	}
	waits := open(t, Config{Addr: srv.Addr, Durability: "unchecked", Replicas: 1, Timeout: 100 * time.Millisecond}, "a1", 1)
	defer waits.Close()
	if _, _, err := waits.Commit(batch(1, 1, effect(1))); err == nil || !strings.Contains(err.Error(), "0 of 1 replicas") {
		t.Errorf("without a replica: %v", err)
	}
}

// A replica counts, also for a batch that is committed again.
func TestReplica(t *testing.T) {
	srv := startServer(t)
	host, port, _ := strings.Cut(srv.Addr, ":")
	startServer(t, "--replicaof", host, port, "--repl-diskless-sync-delay", "0")
	s := open(t, Config{Addr: srv.Addr, Replicas: 1, Timeout: time.Second}, "a1", 1)
	defer s.Close()
	var err error
	for range 20 { // until it has joined
		var held store.Held
		if _, held, err = s.Commit(batch(1, 1, effect(1))); err == nil {
			if held.N != 1 {
				t.Errorf("%v", held)
			}
			break
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// The password comes from the environment, and a wrong one is told.
func TestPassword(t *testing.T) {
	srv := startServer(t, "--requirepass", "a long secret")
	t.Setenv("WEIR_TEST_REDIS", "a long secret")
	s := open(t, Config{Addr: srv.Addr, PasswordEnv: "WEIR_TEST_REDIS"}, "a1", 1)
	defer s.Close()
	if _, _, err := s.Load(); err != nil {
		t.Error(err)
	}
	t.Setenv("WEIR_TEST_REDIS", "another")
	wrong := open(t, Config{Addr: srv.Addr, PasswordEnv: "WEIR_TEST_REDIS"}, "a1", 1)
	defer wrong.Close()
	if _, _, err := wrong.Load(); err == nil || strings.Contains(err.Error(), "another") {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := New(Config{Addr: srv.Addr, PasswordEnv: "WEIR_TEST_NOT_SET"}, "a1", 1, storetest.Limits); err == nil || !strings.Contains(err.Error(), "WEIR_TEST_NOT_SET is not set") {
		t.Errorf("without one: %v", err)
	}
}

func TestValidate(t *testing.T) {
	err := Config{Addr: "nowhere", Name: "a b", DB: -1, UserEnv: "X=", CA: "f", Timeout: 1, Durability: "maybe", Replicas: 99}.Validate()
	for _, part := range []string{`addr "nowhere": want HOST:PORT`, `name "a b"`, "db -1", "user_env", "ca \"f\" without tls", "timeout 1ns", `durability "maybe"`, "replicas 99"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: want %q", err, part)
		}
	}
	if err := (Config{Addr: "127.0.0.1:6379"}).Validate(); err != nil {
		t.Error(err)
	}
}

// What is no answer of the script is an error.
func FuzzParse(f *testing.F) {
	f.Add("3 9 0:3 1:0", 2)
	f.Add("0 0 ", 0)
	f.Add("0 0", 0)
	f.Add("x", 1)
	f.Fuzz(func(t *testing.T, text string, n int) {
		held, results, err := parse(text, n&15)
		if err == nil && len(results) != n&15 {
			t.Errorf("%q: %d results", text, len(results))
		}
		if err != nil && (held != store.Held{} || results != nil) {
			t.Errorf("%q: an error and a result", text)
		}
	})
}
