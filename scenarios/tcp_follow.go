//go:build unix

package scenarios

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// follower reads the nodes' logs as they grow.
type follower struct {
	dir     string
	files   map[string]*followed
	drained int    // emitters' drained records
	lines   uint64 // read so far
}

// followed is one log.
type followed struct {
	f    *os.File
	node string
	rest []byte // a line that is not whole yet
}

// poll reads what was written since the last call and hands every whole line over.
// What cannot be read now is read the next time; the judge reads all of it again.
func (w *follower) poll(see func(node, kind string, line []byte)) {
	names, _ := filepath.Glob(filepath.Join(w.dir, "*.jsonl"))
	for _, name := range names {
		l := w.files[name]
		if l == nil {
			f, err := os.Open(name)
			if err != nil {
				continue
			}
			if w.files == nil {
				w.files = map[string]*followed{}
			}
			node, _, _ := strings.Cut(filepath.Base(name), ".")
			l = &followed{f: f, node: node}
			w.files[name] = l
		}
		w.read(l, see)
	}
}

func (w *follower) read(l *followed, see func(node, kind string, line []byte)) {
	more, _ := io.ReadAll(l.f)
	l.rest = append(l.rest, more...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 {
			return
		}
		line := l.rest[:end+1]
		l.rest = l.rest[end+1:]
		w.lines++
		if bytes.HasPrefix(line, drainedPrefix) {
			w.drained++
		}
		if kind := fieldOf(line, "k"); kind != "" {
			see(l.node, kind, line)
		}
	}
}

// close closes the files. It may be called again.
func (w *follower) close() {
	for _, l := range w.files {
		l.f.Close()
	}
	w.files = nil
}
