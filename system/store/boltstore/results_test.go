package boltstore

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"weir/system/digest"
	"weir/system/store"
	"weir/system/store/storetest"
)

// childEnv names a database that this process, as a child of a test, commits to until
// it is killed.
const childEnv = "WEIR_TEST_BOLT_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		fmt.Fprintln(os.Stderr, commitForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// commitForEver commits effects 1, 2, 3 ... in batches of one to three, and says which
// number each batch reached.
func commitForEver(path string) error {
	s, err := Open(path, storetest.Limits)
	if err != nil {
		return err
	}
	s.foldAt = func(int) int { return 400 }
	held, _, err := s.Load()
	for seq := uint64(1); err == nil; seq++ {
		b := store.Batch{Inc: uint32(os.Getpid()), Seq: seq}
		for i := range 1 + seq%3 {
			b.Effects = append(b.Effects, effect(held.N+1+i))
		}
		if _, held, err = s.Commit(b); err == nil {
			fmt.Println(held.N)
		}
	}
	return err
}

// What messages say is that of the effects, no more and no less, wherever the process is
// killed: in the middle of a batch, of a fold, of what follows.
func TestResultsOverKills(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.bolt")
	whole, counted := digest.New(*storetest.Limits.Results), uint64(0)
	for kill := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var told uint64
		lines := bufio.NewScanner(out)
		for range 7 + 5*kill {
			if !lines.Scan() {
				t.Fatal("the child ended")
			}
			told, _ = strconv.ParseUint(lines.Text(), 10, 64)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		s, err := Open(path, storetest.Limits)
		if err != nil {
			t.Fatal(err)
		}
		held, d, err := s.Load()
		if err != nil || held.N < told {
			t.Fatalf("it holds %v (%v), it had said %d", held, err, told)
		}
		for ; counted < held.N; counted++ {
			one, err := store.FoldResults(digest.Most, effect(counted+1).Results())
			if err != nil {
				t.Fatal(err)
			}
			whole.Merge(one)
		}
		if d.Packets() != held.N || d.Sum() != whole.Sum() || d.Hash() != whole.Hash() {
			t.Errorf("kill %d: of %d effects the results are of %d packets, %+v; want %+v", kill, held.N, d.Packets(), d.Report(), whole.Report())
		}
		s.Close()
	}
}

// A database from before there were results, or of a time without them, tells how many
// messages are not in them; one whose limits want none forgets them.
func TestResultsComeAndGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.bolt")
	without := storetest.Limits
	without.Results = nil
	seq := uint64(0)
	commit := func(l store.Limits) *digest.Digest {
		t.Helper()
		s, err := Open(path, l)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		seq++
		if _, _, err := s.Commit(store.Batch{Inc: 1, Seq: seq, Effects: []*store.Effect{effect(seq)}}); err != nil {
			t.Fatal(err)
		}
		_, d, err := s.Load()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	tells := func(packets, missing uint64) {
		t.Helper()
		if d, n, err := ReadResults(path); err != nil || d.Packets() != packets || n != missing {
			t.Errorf("%v, %d messages are missing, %v: want %d packets, %d missing", d, n, err, packets, missing)
		}
	}
	if d := commit(without); d != nil {
		t.Error("results that nobody wants")
	}
	tells(0, 1)
	form1(t, path)
	tells(0, 1)
	for range 40 {
		commit(storetest.Limits)
	}
	tells(40, 1)
	commit(without)
	tells(0, 42)
	s, err := Open(path, without)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := ReadResults(path); !errors.Is(err, ErrInUse) {
		t.Errorf("read while it is open: %v", err)
	}
}

// form1 makes the file one of the program before.
func form1(t *testing.T, path string) {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketMeta).Put([]byte("form"), []byte{0, 0, 0, 0, 0, 0, 0, 1})
	}); err != nil {
		t.Fatal(err)
	}
}

// A damaged digest is told, with the way out, and takes nothing else along.
func TestDamagedResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.bolt")
	s, err := Open(path, storetest.Limits)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Commit(store.Batch{Inc: 1, Seq: 1, Effects: []*store.Effect{effect(1)}}); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketResults).Put(whole, []byte("\x01garbage"))
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Load(); err == nil || !strings.Contains(err.Error(), "no_results: true} forgets it") {
		t.Errorf("%v", err)
	}
	s.Close()
	if _, _, err := ReadResults(path); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("read: %v", err)
	}
	l := storetest.Limits
	l.Results = nil
	if s, err = Open(path, l); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if held, d, err := s.Load(); err != nil || held.N != 1 || d != nil {
		t.Errorf("forgotten: %v %v %v", held, d, err)
	}
}

// BenchmarkCommit is a batch of 64 packets of ten messages, with and without what they
// say; B-pages is what the database writes anew for it.
func BenchmarkCommit(b *testing.B) {
	for _, results := range []bool{false, true} {
		b.Run(fmt.Sprintf("results=%v", results), func(b *testing.B) {
			l := store.Limits{IDs: 1 << 18, Emitters: 4096, Sources: 4096}
			if results {
				l.Results = &digest.Limits{}
			}
			s, err := Open(filepath.Join(b.TempDir(), "store.bolt"), l)
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
				batch := store.Batch{Inc: 1, Seq: uint64(i + 1)}
				batch.Effects = storetest.Busy(m, uint64(i*64), 64)
				if _, _, err := s.Commit(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			st := s.db.Stats()
			b.ReportMetric(float64(st.TxStats.GetPageAlloc())/float64(b.N), "B-pages/op")
		})
	}
}
