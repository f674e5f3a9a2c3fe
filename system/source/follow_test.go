package source

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// tb is what tests and property tests have in common.
type tb interface {
	Fatal(...any)
	Fatalf(string, ...any)
	Helper()
}

// writer writes a log and rotates it, as logrotate and the program behind the log do.
type writer struct {
	t           tb
	path        string
	file        *os.File // as the program has it open
	kept        int      // rotated files
	lines       int
	generations []string // contents since the last rotation or truncation, each in turn
}

func newWriter(t tb, dir string) *writer {
	w := &writer{t: t, path: filepath.Join(dir, "app.log")}
	w.reopen()
	return w
}

func (w *writer) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// reopen begins a new generation in a new file.
func (w *writer) reopen() {
	if w.file != nil {
		w.file.Close()
	}
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	w.must(err)
	w.file = f
	w.generations = append(w.generations, "")
}

func (w *writer) write(text string) {
	_, err := w.file.WriteString(text)
	w.must(err)
	w.generations[len(w.generations)-1] += text
}

// line is the text of the next line, without its end.
func (w *writer) line() string {
	w.lines++
	return fmt.Sprintf("%d %s", w.lines, strings.Repeat("x", w.lines*7%90))
}

func (w *writer) name(n int) string { return fmt.Sprintf("%s.%d", w.path, n) }

func (w *writer) shift() {
	for n := w.kept; n > 0; n-- {
		w.must(os.Rename(w.name(n), w.name(n+1)))
	}
	w.kept++
}

// rename rotates by renaming; the program goes on in the renamed file until reopen.
func (w *writer) rename() {
	w.shift()
	w.must(os.Rename(w.path, w.name(1)))
}

// copyTruncate rotates by copying and truncating.
func (w *writer) copyTruncate() {
	w.shift()
	b, err := os.ReadFile(w.path)
	w.must(err)
	w.must(os.WriteFile(w.name(1), b, 0o600))
	w.must(os.Truncate(w.path, 0))
	w.generations = append(w.generations, "")
}

// want is what a follower has to have read: every generation, each of its lines ended.
func (w *writer) want() string {
	var all strings.Builder
	for i, g := range w.generations {
		all.WriteString(g)
		if i+1 < len(w.generations) && g != "" && !strings.HasSuffix(g, "\n") {
			all.WriteByte('\n')
		}
	}
	return all.String()
}

// life is a follower and its spool, and what it read in all its lives.
type life struct {
	*follower
	spool *Spool
	dir   string
	taken int64 // as the emitter's journal has it
}

func (l *life) begin(t tb, path string) {
	l.spool = openSmall(t, l.dir)
	f, err := newFollower(path, l.spool, &sink{store: l.spool, log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	f.grace = 0
	l.follower = f
}

func (l *life) end() {
	l.shut()
	l.spool.Close()
}

// catchUp steps until there is nothing more.
func (l *life) catchUp() {
	for idle, steps := 0, 0; idle < 3; steps++ {
		if steps > 2_000 {
			panic("the follower never comes to rest")
		}
		if !l.step(context.Background()) {
			idle++
		}
	}
}

// drained takes what is in the spool and releases it.
func (l *life) drained(t tb) string {
	got, err := readAll(l.spool, l.taken)
	if err != nil {
		t.Fatal(err)
	}
	l.taken += int64(len(got))
	l.spool.Release(l.taken)
	return got
}

// A file that grows, is rotated in both ways and read by a follower that crashes: each
// byte comes once and in order, whatever was read when.
func TestFollowIsEveryGeneration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "follow")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := newWriter(t, dir)
		defer func() { w.file.Close() }()
		l := &life{dir: filepath.Join(dir, "spool")}
		l.begin(t, w.path)
		defer func() { l.end() }()
		l.step(t.Context()) // it begins with the file that it finds
		got := ""
		renamed := false
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "do") {
			case 0, 1, 2:
				for range rapid.IntRange(1, 40).Draw(t, "lines") {
					w.write(w.line() + "\n")
				}
			case 3:
				w.write(w.line())
			case 4:
				if renamed {
					w.reopen()
				} else {
					w.rename()
				}
				renamed = !renamed
			case 5:
				if !renamed {
					l.step(t.Context())
					time.Sleep(12 * time.Millisecond) // times of files are no finer than that
					w.copyTruncate()
				}
			case 6, 7:
				l.step(t.Context())
			case 8:
				l.catchUp()
				got += l.drained(t)
			case 9:
				got += l.drained(t)
				l.shut()
				tear(t, l.spool, l.dir)
				l.begin(t, w.path)
			}
		}
		if renamed {
			w.reopen()
		}
		w.write(w.line() + "\n")
		for range 50 {
			l.catchUp()
			got += l.drained(t)
		}
		if want := w.want(); got != want {
			t.Fatalf("read %d bytes, wrote %d; they differ from byte %d on:\n%.200q\n%.200q", len(got), len(want), differ(got, want),
				got[differ(got, want):], want[differ(got, want):])
		}
	})
}

func differ(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
