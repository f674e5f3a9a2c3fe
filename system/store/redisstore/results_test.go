package redisstore

import (
	"context"
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"weir/system/digest"
	"weir/system/store"
	"weir/system/store/storetest"
)

// sameResults holds what stores say of messages, together, to that of the effects with
// those numbers.
func sameResults(t *testing.T, seqs []uint64, stores ...*Store) {
	t.Helper()
	want, got := digest.New(*storetest.Limits.Results), digest.New(*storetest.Limits.Results)
	for _, seq := range seqs {
		d, err := store.FoldResults(digest.Most, effect(seq).Results())
		if err != nil {
			t.Fatal(err)
		}
		want.Merge(d)
	}
	for _, s := range stores {
		d, missing, err := s.Results()
		if err != nil || missing != 0 {
			t.Fatalf("%d messages are missing, %v", missing, err)
		}
		got.Merge(d)
	}
	if got.Hash() != want.Hash() || got.Sum() != want.Sum() {
		t.Errorf("%+v, want %+v", got.Report(), want.Report())
	}
}

// Several analysers over one server, which is killed again and again while they commit
// the same packets: the results of all together have each packet once, whoever took it
// in and however often folds and batches failed and came again.
func TestResultsOverKills(t *testing.T) {
	srv := startServer(t)
	const packets = 120
	stores := make([]*Store, 3)
	var all sync.WaitGroup
	for i := range stores {
		s := open(t, Config{Addr: srv.Addr, Name: "all", Timeout: time.Second}, fmt.Sprint("a", i+1), 1)
		defer s.Close()
		s.limits.IDs = 2 * packets
		stores[i] = s
		all.Go(func() {
			for seq := uint64(1); seq <= packets; seq += 2 {
				b := batch(1, seq, effect(seq), effect(seq+1))
				for until := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
					if _, _, err := s.Commit(b); err == nil {
						break
					} else if time.Now().After(until) {
						t.Error(err)
						return
					}
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	for range 4 {
		time.Sleep(time.Duration(20+rand.IntN(80)) * time.Millisecond)
		srv.Kill()
		srv.Start()
	}
	all.Wait()
	seqs := []uint64{}
	for seq := range uint64(packets) {
		seqs = append(seqs, seq+1)
	}
	sameResults(t, seqs, stores...)
}

// A list that another has changed since it was read is not folded, and an older
// incarnation folds nothing.
func TestFoldNothingElse(t *testing.T) {
	srv := startServer(t)
	s := open(t, Config{Addr: srv.Addr}, "a1", 1)
	defer s.Close()
	if _, _, err := s.Commit(batch(1, 1, effect(1), effect(2))); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	run := func(s *Store) error {
		return foldScript.Run(ctx, s.client, []string{s.prefix}, s.node, s.inc, 2, strings.Repeat("0", 40), "x").Err()
	}
	if err := run(s); err == nil || !strings.Contains(err.Error(), "CHANGED") {
		t.Errorf("%v", err)
	}
	// A batch whose answer was late may come in between the reading and the fold.
	k, err := s.read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := k.digest(digest.Most)
	sum := fmt.Sprintf("%x", sha1.Sum(slices.Concat(k.added...)))
	if _, _, err := s.Commit(batch(1, 2, effect(3))); err != nil {
		t.Fatal(err)
	}
	if err := foldScript.Run(ctx, s.client, []string{s.prefix}, s.node, s.inc, 2, sum, d.Append(nil)).Err(); err != nil {
		t.Fatal(err)
	}
	newer := open(t, Config{Addr: srv.Addr}, "a1", 2)
	defer newer.Close()
	if _, d, err := newer.Load(); err != nil || d.Packets() != 3 {
		t.Errorf("%v %v", d, err)
	}
	if err := s.fold(); err == nil || !strings.Contains(err.Error(), "FENCED") {
		t.Errorf("%v", err)
	}
	sameResults(t, []uint64{1, 2, 3}, newer)
}

// Results that cannot be folded do not grow without end, and what is damaged is told
// with the way out, which takes no effect along.
func TestFoldFails(t *testing.T) {
	srv := startServer(t)
	s := open(t, Config{Addr: srv.Addr}, "a1", 1)
	defer s.Close()
	s.limits.IDs = 2000
	c := redis.NewClient(&redis.Options{Addr: srv.Addr})
	defer c.Close()
	if err := c.Set(context.Background(), s.wholeKey(), "garbage", 0).Err(); err != nil {
		t.Fatal(err)
	}
	var err error
	n := uint64(0)
	for err == nil && n < 1000 {
		_, _, err = s.Commit(batch(1, n+1, effect(n+1)))
		n++
	}
	if err == nil || n < 20 || !strings.Contains(err.Error(), "no_results: true} forgets it") {
		t.Errorf("%d batches, %v", n, err)
	}
	if _, _, err := s.Load(); err == nil {
		t.Error("it loads")
	}
	l := storetest.Limits
	l.Results = nil
	without, err := New(Config{Addr: srv.Addr}, "a1", 2, l)
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	if held, d, err := without.Load(); err != nil || held.N != n-1 || d != nil {
		t.Errorf("%v %v %v, %d were taken in", held, d, err, n-1)
	}
	if _, missing, err := without.Results(); err != nil || missing != n-1 {
		t.Errorf("%d messages are missing, %v", missing, err)
	}
}

// BenchmarkCommit is a batch of 64 packets of ten messages, with and without what they
// say; B-log is by how much the server's file grows for a packet.
func BenchmarkCommit(b *testing.B) {
	for _, results := range []bool{false, true} {
		b.Run(fmt.Sprintf("results=%v", results), func(b *testing.B) {
			srv := startServer(b)
			l := store.Limits{IDs: 1 << 18, Emitters: 4096, Sources: 4096}
			if results {
				l.Results = &digest.Limits{}
			}
			s, err := New(Config{Addr: srv.Addr}, "a1", 1, l)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var m *digest.Meter
			if results {
				m = digest.NewMeter(digest.Limits{}, nil)
			}
			b.ResetTimer()
			for i := range b.N {
				bt := batch(1, uint64(i+1))
				bt.Effects = storetest.Busy(m, uint64(i*64), 64)
				if _, _, err := s.Commit(bt); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			info, err := s.client.Info(context.Background(), "persistence").Result()
			if err != nil {
				b.Fatal(err)
			}
			var size float64
			_, rest, _ := strings.Cut(info, "aof_current_size:")
			_, _ = fmt.Sscan(rest, &size)
			b.ReportMetric(size/float64(b.N*64), "B-log/packet")
		})
	}
}
