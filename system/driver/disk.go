package driver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"weir/system/node"
)

// fileMax bounds a file that Read returns, in bytes.
const fileMax = 1 << 30

// opKind says what a disk operation does.
type opKind uint8

const (
	opAppend opKind = iota
	opRead
	opRename
	opRemove
	opAwait
)

var opNames = [...]string{opAppend: "append", opRead: "read", opRename: "rename", opRemove: "remove", opAwait: "await"}

// diskOp is a disk operation that an actor asked for.
type diskOp struct {
	kind opKind
	by   *actor
	tok  node.Token
	file string
	to   string       // Rename
	data []byte       // Append
	sync bool         // Append
	work func() error // Await
}

func (a *actor) ask(op diskOp) node.Token {
	op.by, op.tok = a, a.n.token()
	a.disk = append(a.disk, op)
	return op.tok
}

// Append implements node.Disk, as do the methods below.
func (a *actor) Append(file string, data []byte, sync bool) node.Token {
	return a.ask(diskOp{kind: opAppend, file: file, data: data, sync: sync})
}

func (a *actor) Read(file string) node.Token { return a.ask(diskOp{kind: opRead, file: file}) }

func (a *actor) Rename(from, to string) node.Token {
	return a.ask(diskOp{kind: opRename, file: from, to: to})
}

func (a *actor) Remove(file string) node.Token { return a.ask(diskOp{kind: opRemove, file: file}) }

// Await implements node.Waiter.
func (a *actor) Await(file string, work func() error) node.Token {
	return a.ask(diskOp{kind: opAwait, file: file, work: work, sync: true})
}

// store is the node's disk: the files of one folder, and a goroutine that carries
// out operations in the order in which they were asked for. Appends to one file that
// wait together share one fsync.
type store struct {
	n    *Node
	root *os.Root            // nil: there is no disk
	open map[string]*os.File // for appending; of the goroutine

	mu     sync.Mutex
	took   [len(opNames)]node.Times // of what was carried out together, by kind of operation
	failed uint64                   // operations
	queue  []diskOp
	closed bool
	wake   chan struct{}
	done   chan struct{}
}

func newStore(n *Node) (*store, error) {
	s := &store{n: n, open: map[string]*os.File{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if n.cfg.Dir != "" {
		root, err := os.OpenRoot(n.cfg.Dir)
		if err != nil {
			return nil, fmt.Errorf("driver: disk of %s: %w", n.cfg.Name, err)
		}
		s.root = root
	}
	go s.run()
	return s, nil
}

func (s *store) ask(op diskOp) {
	s.mu.Lock()
	s.queue = append(s.queue, op)
	s.mu.Unlock()
	s.signal()
}

func (s *store) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// close carries out what was asked for and closes all files.
func (s *store) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
	<-s.done
}

func (s *store) run() {
	defer close(s.done)
	var ops []diskOp
	for {
		<-s.wake
		s.mu.Lock()
		ops, s.queue = s.queue, ops[:0]
		over := s.closed && len(ops) == 0
		again := s.closed
		s.mu.Unlock()
		if over {
			break
		}
		for i := 0; i < len(ops); {
			kind, began := ops[i].kind, time.Now()
			i += s.carry(ops[i:])
			s.mu.Lock()
			s.took[kind].Add(time.Since(began))
			s.mu.Unlock()
		}
		clear(ops)
		if again {
			s.signal()
		}
	}
	for _, f := range s.open {
		f.Close()
	}
	if s.root != nil {
		s.root.Close()
	}
}

// carry carries out the first operations, as many as belong together, and returns
// how many those were.
func (s *store) carry(ops []diskOp) int {
	op := &ops[0]
	if op.kind == opAwait {
		s.complete(op, nil, diskError(op.work()))
		return 1
	}
	switch {
	case s.root == nil:
		s.complete(op, nil, node.ErrDiskIO)
		return 1
	case !node.ValidName(op.file) || op.kind == opRename && !node.ValidName(op.to):
		s.complete(op, nil, node.ErrBadName)
		return 1
	}
	switch op.kind {
	case opAppend:
		n := 1
		for n < len(ops) && ops[n].kind == opAppend && ops[n].file == op.file {
			n++
		}
		s.append(ops[:n])
		return n
	case opRead:
		data, err := s.read(op.file)
		s.complete(op, data, err)
	case opRename:
		s.shut(op.file)
		s.shut(op.to)
		s.complete(op, nil, s.settled(s.root.Rename(op.file, op.to)))
	case opRemove:
		s.shut(op.file)
		err := s.root.Remove(op.file)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		s.complete(op, nil, s.settled(err))
	}
	return 1
}

// append writes appends to one file and syncs once if any of them asks for it. An
// append of which only a part could be written is taken back, so that the file ends
// as if it had not been.
func (s *store) append(ops []diskOp) {
	f, err := s.file(ops[0].file)
	sync := false
	wrote := make([]error, len(ops))
	for i := range ops {
		if wrote[i] = err; err != nil {
			continue
		}
		wrote[i] = appendTo(f, ops[i].data)
		sync = sync || ops[i].sync
	}
	if err == nil && sync {
		err = f.Sync()
	}
	for i := range ops {
		if wrote[i] == nil && ops[i].sync {
			wrote[i] = err
		}
		s.complete(&ops[i], nil, diskError(wrote[i]))
	}
	if err != nil {
		s.shut(ops[0].file) // after a failed sync the cache cannot be trusted: open it anew
	}
}

func appendTo(f *os.File, data []byte) error {
	n, err := f.Write(data)
	if err == nil || n == 0 {
		return err
	}
	if end, serr := f.Seek(0, io.SeekEnd); serr == nil {
		_ = f.Truncate(end - int64(n)) // what is left of it has no sound end: readers skip it
	}
	return err
}

// file opens a file for appending. A new one is durable in its folder at once.
func (s *store) file(name string) (*os.File, error) {
	if f := s.open[name]; f != nil {
		return f, nil
	}
	f, err := s.root.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	if err := s.syncDir(); err != nil {
		f.Close()
		return nil, err
	}
	s.open[name] = f
	return f, nil
}

// shut closes a file that is open for appending.
func (s *store) shut(name string) {
	if f := s.open[name]; f != nil {
		f.Close()
		delete(s.open, name)
	}
}

func (s *store) read(name string) ([]byte, error) {
	f, err := s.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskError(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	if err == nil && len(data) > fileMax {
		err = node.ErrDiskIO
	}
	return data, diskError(err)
}

// settled makes a change of the folder durable if it succeeded.
func (s *store) settled(err error) error {
	if err != nil {
		return diskError(err)
	}
	return diskError(s.syncDir())
}

func (s *store) syncDir() error {
	d, err := s.root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (s *store) complete(op *diskOp, data []byte, err error) {
	if err != nil {
		s.mu.Lock()
		s.failed++
		s.mu.Unlock()
	}
	op.by.box.put(item{
		ev:   node.Event{Kind: node.DiskDone, Token: op.tok, Err: err, Data: data},
		file: op.file, durable: op.sync,
	})
}

// diskError returns the seam's error for one of the machine's.
func diskError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, node.ErrBadName), errors.Is(err, node.ErrDiskIO):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return node.ErrDiskFull
	case errors.Is(err, fs.ErrNotExist):
		return node.ErrNoFile
	}
	return node.ErrDiskIO
}
