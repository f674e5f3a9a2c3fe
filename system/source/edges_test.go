//go:build unix

package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newLife begins to follow a path, with a log that can be read.
func newLife(t *testing.T, path string) (*life, *bytes.Buffer) {
	l := &life{dir: filepath.Join(t.TempDir(), "spool")}
	l.begin(t, path)
	var said bytes.Buffer
	l.log = slog.New(slog.NewTextHandler(&said, nil))
	t.Cleanup(func() { l.end() })
	return l, &said
}

// What is not there, cannot be read or is no file is waited for, and told once.
func TestFollowWaitsForTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	l, said := newLife(t, path)
	told := func(what string) {
		t.Helper()
		l.catchUp()
		l.catchUp()
		if strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), what) {
			t.Errorf("said %q, want %q once", said, what)
		}
		said.Reset()
	}
	told("no such file")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	told("not a regular file")
	os.Remove(path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	l.told = "" // the same words as for a folder
	told("not a regular file")
	os.Remove(path)
	w := newWriter(t, dir)
	defer w.file.Close()
	if os.Getuid() != 0 { // who may read everything cannot be refused
		os.Chmod(path, 0)
		told("permission denied")
		os.Chmod(path, 0o600)
	}
	w.write("line\n")
	l.catchUp()
	if got := l.drained(t); got != "line\n" {
		t.Errorf("read %q", got)
	}
}

// What is gone before it was read is counted and told; what is there still comes.
func TestFollowTellsWhatIsLost(t *testing.T) {
	w := newWriter(t, t.TempDir())
	defer func() { w.file.Close() }()
	l, said := newLife(t, w.path)
	w.write("one\ntwo half")
	l.catchUp()
	w.must(os.Truncate(w.path, 0)) // without a copy
	w.write("three\n")
	l.catchUp()
	if got := l.drained(t); got != "one\ntwo half\nthree\n" || l.counts.gaps.Load() != 1 || !strings.Contains(said.String(), "lines may be lost") {
		t.Errorf("read %q, %d gaps, said %s", got, l.counts.gaps.Load(), said)
	}
	l.shut()
	w.rename()
	w.reopen()
	w.write("four\n")
	w.must(os.Remove(w.name(1))) // rotated away while nobody read
	l.end()
	l.begin(t, w.path)
	l.catchUp()
	if got := l.drained(t); got != "four\n" || l.counts.gaps.Load() != 1 {
		t.Errorf("read %q, %d gaps", got, l.counts.gaps.Load())
	}
}

// A truncated file that its writer goes on in at the old offset begins with a hole.
func TestFollowSkipsHoles(t *testing.T) {
	for _, size := range []int64{3 << 10, 1 << 20} { // in one read, and in many
		followOverHole(t, size)
	}
}

func followOverHole(t *testing.T, size int64) {
	w := newWriter(t, t.TempDir())
	defer func() { w.file.Close() }()
	l, _ := newLife(t, w.path)
	w.write("one\n")
	l.catchUp()
	w.must(os.Truncate(w.path, 0))
	f, err := os.OpenFile(w.path, os.O_WRONLY, 0)
	w.must(err)
	_, err = f.WriteAt([]byte("two\n"), size)
	w.must(err)
	f.Close()
	l.catchUp()
	if got := l.drained(t); got != "one\ntwo\n" {
		t.Fatalf("read %d bytes: %.40q", len(got), got)
	}
}

// A renamed file is not left before it was quiet for a while and the new one has
// something: its writer may not have gone over yet.
func TestFollowWaitsForLateWriters(t *testing.T) {
	w := newWriter(t, t.TempDir())
	defer func() { w.file.Close() }()
	l, _ := newLife(t, w.path)
	l.grace = time.Hour
	w.write("one\n")
	l.catchUp()
	w.rename()
	late := w.file
	w.file = nil
	w.reopen()
	w.write("new\n")
	l.catchUp()
	if _, err := late.WriteString("late\n"); err != nil {
		t.Fatal(err)
	}
	late.Close()
	l.catchUp()
	if got := l.drained(t); got != "one\nlate\n" {
		t.Errorf("read %q", got)
	}
	l.grace = 0
	l.catchUp()
	if got := l.drained(t); got != "new\n" {
		t.Errorf("read %q", got)
	}
}

// A full spool makes a follower wait, over rotations too, and nothing is lost.
func TestFollowWaitsForRoom(t *testing.T) {
	w := newWriter(t, t.TempDir())
	defer func() { w.file.Close() }()
	l := &life{dir: filepath.Join(t.TempDir(), "spool")}
	l.begin(t, w.path)
	stop := background(t, l.run)
	for range 4 {
		for range 1000 {
			w.write(w.line() + "\n")
		}
		w.rename()
		w.reopen()
	}
	w.write("end\n")
	got := ""
	for end := time.Now().Add(30 * time.Second); !strings.HasSuffix(got, "end\n"); time.Sleep(time.Millisecond) {
		got += l.drained(t)
		if time.Now().After(end) {
			t.Fatalf("read %d bytes of %d", len(got), len(w.want()))
		}
	}
	stop()
	l.end()
	if got != w.want() {
		t.Errorf("read %d bytes, wrote %d: other ones", len(got), len(w.want()))
	}
}

// A disk that fails for a while: told once, tried again, and nothing is missing.
func TestSpoolFailsForAWhile(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	defer s.Close()
	for i := range 3 {
		if i == 1 { // as a disk that fails in the middle of a write
			s.file.Close()
			if err := s.Append([]byte("never\n"), nil); err == nil {
				t.Fatal("written to a closed file")
			}
		}
		if err := s.Append(fmt.Appendf(nil, "%d\n", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := readAll(s, 0); got != "0\n1\n2\n" || err != nil {
		t.Errorf("read %q: %v", got, err)
	}
}

// What Append has taken is synced, in whichever segment, and what is not synced is not
// taken.
func TestSpoolSyncs(t *testing.T) {
	s := openSpool(t, t.TempDir())
	defer s.Close()
	synced := map[string]int64{} // size of a file at its last sync
	var broken error
	s.sync = func(f *os.File) error {
		info, err := f.Stat()
		if err == nil && broken == nil {
			synced[info.Name()] = info.Size()
		}
		return errors.Join(err, broken)
	}
	s.roll = 100 // so that there are several segments
	for range 5 {
		if err := s.Append(make([]byte, 90), []byte("at")); err != nil {
			t.Fatal(err)
		}
		if last := s.last(); synced[last.name] != last.size {
			t.Fatalf("%d bytes of %s are synced, %d were taken", synced[last.name], last.name, last.size)
		}
	}
	broken = errors.New("the disk does not sync")
	if err := s.Append([]byte("never"), nil); !errors.Is(err, broken) {
		t.Errorf("taken without a sync: %v", err)
	}
	if broken = nil; len(synced) < 3 || s.Append([]byte("again"), nil) != nil {
		t.Errorf("%d segments, and what comes after a failure is not taken", len(synced))
	}
}

// slowStore takes nothing at first.
type slowStore struct {
	Buffer
	mu   sync.Mutex
	errs []error
}

func (s *slowStore) Append(payload, position []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return err
	}
	return s.Buffer.Append(payload, position)
}

func TestSinkWaitsAndSaysSoOnce(t *testing.T) {
	var said bytes.Buffer
	store := &slowStore{Buffer: *NewBuffer(100), errs: []error{ErrFull, io.ErrShortWrite, ErrFull}}
	s := &sink{store: store, log: slog.New(slog.NewTextHandler(&said, nil))}
	if err := s.put(t.Context(), []byte("a\nb\n"), nil); err != nil {
		t.Fatal(err)
	}
	if strings.Count(said.String(), "waits") != 1 || strings.Count(said.String(), "goes on") != 1 || s.counts.lines.Load() != 2 {
		t.Errorf("said %q, %d lines", said.String(), s.counts.lines.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store.errs = []error{ErrFull, ErrFull}
	if err := s.put(ctx, []byte("c\n"), nil); err == nil {
		t.Error("a stopped source waits on")
	}
}

// A stream goes through its spool; a line that a kill cut off is ended before the next
// stream begins.
func TestStream(t *testing.T) {
	o := Options{Dir: t.TempDir(), Limit: SpoolMin, Log: quiet}
	src, err := Stream("-", strings.NewReader("one\ntwo"), o)
	if err != nil {
		t.Fatal(err)
	}
	src.run(t.Context())
	if got, err := readAll(src.Store, 0); got != "one\ntwo\n" || err != io.EOF {
		t.Errorf("read %q: %v", got, err)
	}
	src.Close()
	s := openSpool(t, filepath.Join(o.Dir, "stdin"))
	if err := s.Append([]byte("half"), position1(true)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, err := Stream("-", strings.NewReader("three\n"), o)
	if err != nil {
		t.Fatal(err)
	}
	again.run(t.Context())
	if got, err := readAll(again.Store, 0); got != "one\ntwo\nhalf\nthree\n" || err != io.EOF || again.Key != src.Key {
		t.Errorf("read %q: %v", got, err)
	}
	again.Close()
}

func TestRotatedNames(t *testing.T) {
	for name, want := range map[string]string{
		"app.log.1": "[1]", "app.log.12": "[12]", "app.log-20260102": "[20260102]", "app.log.2026-01-02T03:04:05Z": "[2026 1 2 3 4 5]",
		"app.log.old": "[1]", "app-2026-01-02.3.log": "[2026 1 2 3]", "app.log.0": "[0]",
		"app.log.1.gz": "no", "app.log.bak": "no", "app.log": "no", "app.log1": "no", "apple.log": "no", "app-error.log": "no", "app.log.1~": "no",
		"app.log.99999999999999999999": "no", "app.log.x1": "no", "app.log.": "no", ".log": "no",
	} {
		got := "no"
		if numbers, ok := rotatedName("app.log", name); ok {
			got = fmt.Sprint(numbers)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestRotatedAreOldestFirst(t *testing.T) {
	dir := t.TempDir()
	order := func(names ...string) string {
		for i, n := range names {
			p := filepath.Join(dir, n)
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			at := time.Unix(int64(1000-i), 0) // later names changed earlier
			os.Chtimes(p, at, at)
		}
		all, err := rotatedOf(filepath.Join(dir, "a.log"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range all {
			got = append(got, strings.TrimPrefix(filepath.Base(r.path), "a.log"))
			os.Remove(r.path)
		}
		return strings.Join(got, " ")
	}
	for _, c := range [][2]string{
		{order("a.log.1", "a.log.10", "a.log.2"), ".10 .2 .1"},
		{order("a.log-20260103", "a.log-20260101"), "-20260101 -20260103"},
		{order("a.log-20260103", "a.log.1"), ".1 -20260103"}, // by their times
	} {
		if c[0] != c[1] {
			t.Errorf("%s, want %s", c[0], c[1])
		}
	}
}
