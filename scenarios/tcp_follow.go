//go:build unix

package scenarios

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// follower reads the nodes' logs as they grow.
type follower struct {
	dir    string
	files  map[string]*followed
	newest int64  // sequence of the last packet of an emitter's inputs
	sent   int64  // messages in those packets, each counted once
	lines  uint64 // read so far
}

// followed is one log.
type followed struct {
	f       *os.File
	node    string
	inc     int
	rest    []byte // a line that is not whole yet
	drained bool   // it has a record drained
	holds   bool   // by its newest record held
	told    bool   // it has one
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
			node, rest, _ := strings.Cut(filepath.Base(name), ".")
			rest, _, _ = strings.Cut(rest, ".")
			inc, _ := strconv.Atoi(rest)
			l = &followed{f: f, node: node, inc: inc}
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
			l.drained = true
		}
		if bytes.HasPrefix(line, heldPrefix) {
			l.told, l.holds = true, bytes.HasSuffix(bytes.TrimSpace(line), heldOn)
		}
		if kind := fieldOf(line, "k"); kind != "" {
			if kind == "emit" {
				w.count(line)
			}
			see(l.node, kind, line)
		}
	}
}

// count counts the messages of a packet that was cut from inputs.
func (w *follower) count(line []byte) {
	_, id, _ := strings.Cut(fieldOf(line, "id"), "/0/")
	seq, err := parseInt(id)
	n, err2 := parseInt(fieldOf(line, "n"))
	if err == nil && err2 == nil && seq > w.newest {
		w.newest = seq
		w.sent += n
	}
}

// drained is how many nodes have said that they are done. One that was started again
// since has to say so again.
func (w *follower) drained() (n int) {
	newest, done := map[string]int{}, map[string]bool{}
	for _, l := range w.files {
		newest[l.node] = max(newest[l.node], l.inc)
	}
	for _, l := range w.files {
		done[l.node] = done[l.node] || l.drained && l.inc == newest[l.node]
	}
	for _, is := range done {
		if is {
			n++
		}
	}
	return n
}

// held reports whether the spool of a distributor holds something, by what its newest
// incarnation that told it says.
func (w *follower) held() bool {
	newest := map[string]*followed{}
	for _, l := range w.files {
		if n := newest[l.node]; l.told && (n == nil || l.inc > n.inc) {
			newest[l.node] = l
		}
	}
	for _, l := range newest {
		if l.holds {
			return true
		}
	}
	return false
}

// close closes the files. It may be called again.
func (w *follower) close() {
	for _, l := range w.files {
		l.f.Close()
	}
	w.files = nil
}
