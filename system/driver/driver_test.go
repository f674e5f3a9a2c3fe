package driver

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weir/system/node"
	"weir/system/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type note struct{ size int }

func (note) Name() string             { return "probe" }
func (note) Class() node.Class        { return node.ClassProbe }
func (m note) Size() int              { return m.size }
func (note) Describe(ln *record.Line) { ln.Uint("pn", 1) }

type actorFunc func(node.Env, *node.Event)

func (f actorFunc) Receive(e node.Env, ev *node.Event) { f(e, ev) }

func bootOne(f actorFunc) node.Boot {
	return func(b node.Booter) error { return b.Spawn("a", node.Mailbox{}, f) }
}

// sink is a Link to a node x that keeps what it is given.
type sink struct {
	mu   sync.Mutex
	n    *Node
	sent []Outgoing
	hold bool // do not tell that messages left
}

func (s *sink) Bind(n *Node)           { s.n = n }
func (s *sink) Knows(name string) bool { return name == "x" }
func (s *sink) Send(batch []Outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, batch...)
	for _, o := range batch {
		if !s.hold {
			s.n.Sent(o.To.Node, o.Msg.Size())
		}
	}
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

// gate is a Writer that lets nothing through until it is opened, and fails as told.
type gate struct {
	mu   sync.Mutex
	open chan struct{}
	fail error // of the next writes
	buf  bytes.Buffer
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		n, _ := g.buf.Write(b[:min(len(b), 10)])
		return n, g.fail
	}
	return g.buf.Write(b)
}

func (g *gate) set(fail error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fail = fail
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not after 20 s", what)
		}
	}
}

func end(t *testing.T, n *Node) {
	t.Helper()
	n.Kill()
	select {
	case <-n.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the node does not end")
	}
}

// What an event sends to others leaves the node only when the log's Writer has taken
// the lines that cover it.
func TestLogBeforeSend(t *testing.T) {
	link, log := &sink{}, &gate{open: make(chan struct{})}
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Link: link, Log: log, Boot: bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Started {
			if _, err := e.Send(node.Addr{Node: "x", Actor: "a"}, note{1}); err != nil {
				t.Error(err)
			}
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if got := link.count(); got != 0 {
		t.Errorf("%d messages left before their log was written", got)
	}
	close(log.open)
	waitFor(t, "the send", func() bool { return link.count() == 1 })
	if !strings.Contains(log.buf.String(), `"k":"send"`) {
		t.Errorf("the message left, the log says\n%s", log.buf.String())
	}
	end(t, n)
}

// A Writer that fails stops the evidence, not the traffic; what it took in part is
// completed later, and what had to be dropped is counted.
func TestLogThatFails(t *testing.T) {
	link, log := &sink{}, &gate{open: make(chan struct{})}
	close(log.open)
	log.set(syscall.ENOSPC)
	const events = 200
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Link: link, Log: log, LogBytes: 4096, Boot: bootOne(func(e node.Env, ev *node.Event) {
		if ev.Kind == node.Started || ev.Kind == node.TimerFired && ev.Key < events {
			e.Send(node.Addr{Node: "x", Actor: "a"}, note{1})
			e.After(0, ev.Key+1)
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "all sends", func() bool { return link.count() == events })
	log.set(nil)
	end(t, n)
	if n.Err() != nil {
		t.Errorf("the end was written, the error is %v", n.Err())
	}
	lines := strings.Split(strings.TrimSuffix(log.buf.String(), "\n"), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, `{"k":`) || !strings.HasSuffix(line, "}") {
			t.Errorf("line %d is broken: %.200q", i+1, line)
		}
	}
	text := log.buf.String()
	if !strings.Contains(text, `"name":"log_dropped"`) || !strings.Contains(text, `{"k":"end"`) || len(lines) > events {
		t.Errorf("%d lines, no count of what was dropped, or no end: ...%s", len(lines), text[max(0, len(text)-500):])
	}
}

// What waits to be sent to a node is bounded, and so are open requests.
func TestBoundsAreSeen(t *testing.T) {
	link := &sink{hold: true}
	var mu sync.Mutex
	var errs []error
	try := func(e node.Env, size int) {
		_, err := e.Request(node.Addr{Node: "x", Actor: "a"}, note{size})
		mu.Lock()
		errs = append(errs, err)
		mu.Unlock()
	}
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Link: link, PeerItems: 3, PeerBytes: 100, RequestsMax: 4, MessageMax: 1000,
		Boot: bootOne(func(e node.Env, ev *node.Event) {
			if ev.Kind == node.Started {
				try(e, 1001) // too large
				try(e, 50)
				try(e, 51) // too many bytes
				try(e, 25)
				try(e, 25)
				try(e, 0) // too many items
				e.After(50*time.Millisecond, 0)
				return
			}
			try(e, 100)
			try(e, 0)
			try(e, 0)
		})})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "three sends", func() bool { return link.count() == 3 })
	for _, size := range []int{50, 25, 25} {
		n.Sent("x", size)
	}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(errs) }
	waitFor(t, "nine tries", func() bool { return count() == 9 })
	end(t, n)
	want := []error{node.ErrTooLarge, nil, node.ErrFull, nil, nil, node.ErrFull, nil, node.ErrFull, node.ErrFull}
	want[7], want[8] = node.ErrOutstanding, node.ErrOutstanding
	if fmt.Sprint(errs) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", errs, want)
	}
}

func TestNoDisk(t *testing.T) {
	got := make(chan error, 1)
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Boot: bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			e.Disk().Append("f", []byte("x"), true)
		case node.DiskDone:
			got <- ev.Err
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, node.ErrDiskIO) {
		t.Errorf("an append without a disk: %v", err)
	}
	end(t, n)
}

func TestDiskErrors(t *testing.T) {
	for _, c := range []struct{ machine, seam error }{
		{nil, nil},
		{&fs.PathError{Op: "write", Path: "f", Err: syscall.ENOSPC}, node.ErrDiskFull},
		{&fs.PathError{Op: "write", Path: "f", Err: syscall.EDQUOT}, node.ErrDiskFull},
		{&fs.PathError{Op: "sync", Path: "f", Err: syscall.EIO}, node.ErrDiskIO},
		{&fs.PathError{Op: "rename", Path: "f", Err: syscall.ENOENT}, node.ErrNoFile},
		{node.ErrBadName, node.ErrBadName},
	} {
		if got := diskError(c.machine); got != c.seam {
			t.Errorf("%v becomes %v, want %v", c.machine, got, c.seam)
		}
	}
}

func TestDiskRefusesNames(t *testing.T) {
	dir := t.TempDir()
	got := make(chan error, 8)
	n, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Dir: dir, Boot: bootOne(func(e node.Env, ev *node.Event) {
		switch ev.Kind {
		case node.Started:
			e.Disk().Append("../f", []byte("x"), true)
			e.Disk().Read("a/b")
			e.Disk().Rename("f", "..\x00")
			e.Disk().Remove("")
		case node.DiskDone:
			got <- ev.Err
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := <-got; !errors.Is(err, node.ErrBadName) {
			t.Errorf("a bad name: %v", err)
		}
	}
	end(t, n)
}

func TestValidateSaysAll(t *testing.T) {
	err := Config{Name: "no/name", PeerItems: -1, MessageMax: -2}.Validate()
	for _, part := range []string{`"no/name"`, "no role", "incarnation 0", "no boot", "items waiting for a node -1", "message bytes -2"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
}

// An actor that cannot boot leaves nothing behind.
func TestBootFails(t *testing.T) {
	boom := errors.New("boom")
	before := runtime.NumGoroutine()
	_, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Boot: func(node.Booter) error { return boom }})
	if !errors.Is(err, boom) {
		t.Errorf("the error is %v", err)
	}
	if _, err := Start(Config{Name: "n", Role: "test", Incarnation: 1, Boot: func(node.Booter) error { return nil }}); err == nil {
		t.Error("a node without actors starts")
	}
	waitFor(t, "the goroutines of nodes that did not boot end", func() bool { return runtime.NumGoroutine() <= before })
}

func TestIncarnationsGrow(t *testing.T) {
	dir := t.TempDir() + "/new"
	for want := uint32(1); want <= 3; want++ {
		if got, err := NextIncarnation(dir); err != nil || got != want {
			t.Fatalf("life %d: %d, %v", want, got, err)
		}
	}
	if err := os.WriteFile(dir+"/"+incarnationFile, []byte("torn"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := NextIncarnation(dir); err == nil || !strings.Contains(err.Error(), `"torn"`) {
		t.Errorf("a number that cannot be read gives %d, %v", got, err)
	}
}
