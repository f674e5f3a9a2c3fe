//go:build !wasip1

package swim

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// seen is what one node was told of the others.
type seen struct {
	mu  sync.Mutex
	all map[string]state
	w   *Watcher
}

func (s *seen) report(name string, inc uint32, alive bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil { // the first word is not heard: it must come again
		s.all = map[string]state{}
		return false
	}
	s.all[name] = state{inc, alive}
	return true
}

func (s *seen) of(name string) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name]
}

func port(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func begin(t *testing.T, name string, inc uint32, key []byte, at, join string) *seen {
	t.Helper()
	s := &seen{}
	w, err := Start(Config{Name: name, Inc: inc, Bind: at, Join: []string{join}, Key: key, Report: s.report, Log: log.New(&bytes.Buffer{}, "", 0)})
	if err != nil {
		t.Fatal(err)
	}
	s.w = w
	return s
}

func await(t *testing.T, s *seen, name string, want state) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); s.of(name) != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("of %s it was told %+v, want %+v", name, s.of(name), want)
		}
	}
}

// Three nodes with one key learn of each other, of one that leaves and of its next life;
// one with another key is nobody to them.
func TestWhoIsThere(t *testing.T) {
	defer noneLeft(t)
	key := bytes.Repeat([]byte{7}, 32)
	first, stranger := port(t), port(t)
	a := begin(t, "d1", 3, key, first, stranger) // it asks the stranger, too
	b := begin(t, "d2", 1, key, port(t), first)
	c := begin(t, "d3", 9, key, port(t), first)
	x := begin(t, "d4", 1, bytes.Repeat([]byte{8}, 32), stranger, first)
	await(t, a, "d2", state{1, true})
	await(t, a, "d3", state{9, true})
	await(t, b, "d3", state{9, true})
	await(t, c, "d1", state{3, true})
	if err := b.w.Close(); err != nil {
		t.Error(err)
	}
	await(t, a, "d2", state{1, false})
	await(t, c, "d2", state{1, false})
	b = begin(t, "d2", 2, key, port(t), first)
	await(t, a, "d2", state{2, true})
	await(t, c, "d2", state{2, true})
	for i, s := range []*seen{a, b, c} {
		if s.of("d4") != (state{}) {
			t.Errorf("node %d was told of who has another key: %+v", i, s.of("d4"))
		}
	}
	if x.of("d1") != (state{}) {
		t.Error("who has another key was told of the others")
	}
	for _, s := range []*seen{a, b, c, x} {
		if err := s.w.Close(); err != nil {
			t.Error(err)
		}
	}
}

// noneLeft waits for memberlist's goroutines: a probe under way at the end awaits its time.
func noneLeft(t *testing.T) {
	err := goleak.Find()
	for end := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(end); err = goleak.Find() {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestStartRefuses(t *testing.T) {
	for _, cfg := range []Config{{Bind: "nowhere"}, {Bind: "127.0.0.1:http"}, {Bind: "127.0.0.1:0", Key: []byte("short")}} {
		cfg.Name, cfg.Log = "d1", log.New(&bytes.Buffer{}, "", 0)
		if w, err := Start(cfg); err == nil {
			_ = w.Close()
			t.Error(fmt.Sprintf("%+v", cfg.Bind), "is taken")
		}
	}
}
