//go:build unix

package tcpfault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"weir/faults"
	"weir/faults/proc"
	"weir/faults/proxy"
	"weir/faults/tcpfault"
)

const (
	ms     = time.Millisecond
	within = 10 * time.Second
	port   = "TCPFAULT_TEST_PORT"   // the test binary is a node when this is set: it echoes there
	linger = "TCPFAULT_TEST_LINGER" // how long it takes to end when asked
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(port); addr != "" {
		node(addr, os.Getenv(linger))
		return
	}
	goleak.VerifyTestMain(m)
}

// node is the program of a node: it echoes until it is asked to end.
func node(addr, slowly string) {
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, syscall.SIGTERM)
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() {
		for {
			if c, err := ln.Accept(); err == nil {
				go func() { _, _ = io.Copy(c, c) }()
			}
		}
	}()
	<-terms
	d, _ := time.ParseDuration(slowly)
	time.Sleep(d)
}

// table is a cluster of two nodes, p and q, of which the test itself plays p's part on the connections to q.
type table struct {
	t           *testing.T
	in          *tcpfault.Injector
	q           *proc.Process
	data, probe *proxy.Link
	log         bytes.Buffer
	loads, docs []string
	closed      bool
	made        time.Time
	dir         string      // q's
	unstartable atomic.Bool // the next start of a node fails
}

// lay starts the nodes and prepares the plan.
func lay(t *testing.T, plan, takes string) *table {
	t.Helper()
	tb := &table{t: t, made: time.Now(), dir: filepath.Join(t.TempDir(), "q")}
	must(t, os.Mkdir(tb.dir, 0o700))
	o := tcpfault.Options{Log: faults.NewLog(&tb.log), Seed: 7, Began: tb.made}
	o.Configure = func(node string, doc []byte) { tb.docs = append(tb.docs, node+" "+string(doc)) }
	o.Load = func(node string, percent int) { tb.loads = append(tb.loads, fmt.Sprint(node, " ", percent)) }
	var addr string
	for _, name := range []string{"p", "q"} {
		addr = freeAddr(t)
		tb.q = tb.process(name, addr, takes)
		o.Nodes = append(o.Nodes, tcpfault.Node{Name: name, Process: tb.q, Dir: map[string]string{"q": tb.dir}[name]})
	}
	for i, l := range []**proxy.Link{&tb.data, &tb.probe} {
		var err error
		*l, err = proxy.New(proxy.Config{Name: fmt.Sprint("p>q ", i), Target: addr})
		must(t, err)
		t.Cleanup((*l).Close)
		o.Carriers = append(o.Carriers, tcpfault.Carriers("p", "q", tcpfault.Group(i), (*l).Forward(), (*l).Backward())...)
	}
	var err error
	o.Plan, err = faults.Parse(plan)
	must(t, err)
	tb.in, err = tcpfault.New(o)
	must(t, err)
	t.Cleanup(tb.close)
	return tb
}

func freeAddr(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func (tb *table) process(name, addr, takes string) *proc.Process {
	t := tb.t
	p, err := proc.New(proc.Config{Name: name, Command: func(uint32) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		if tb.unstartable.Load() {
			cmd.Path = "/nonexistent/program"
		}
		cmd.Env = append(os.Environ(), port+"="+addr, linger+"="+takes)
		return cmd
	}})
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() {
		p.Normal()
		if err := p.Kill(); err != nil && !errors.Is(err, proc.ErrNotRunning) {
			t.Error(err)
		}
	})
	eventually(t, "the node listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return p
}

// play lays the table, connects to q on both links and starts the plan.
func play(t *testing.T, plan string) (tb *table, data, probe *conn) {
	t.Helper()
	tb = lay(t, plan, "0s")
	data, probe = tb.dial(tb.data), tb.dial(tb.probe)
	tb.in.Start()
	return tb, data, probe
}

func (tb *table) close() {
	if !tb.closed {
		tb.closed = true
		tb.in.Close()
	}
}

// states waits until so many fault states are in force.
func (tb *table) states(n int) {
	tb.t.Helper()
	eventually(tb.t, fmt.Sprint(n, " states are in force"), func() bool { return tb.in.ActiveStates() == n })
}

// conn is a connection from p to q.
type conn struct {
	net.Conn
	t *testing.T
}

// dial connects and holds that q answers; while it does not, it tries again.
func (tb *table) dial(l *proxy.Link) *conn {
	tb.t.Helper()
	var c *conn
	eventually(tb.t, "q answers", func() bool {
		raw, err := net.Dial("tcp", l.Addr())
		if err != nil {
			return false
		}
		c = &conn{raw, tb.t}
		_, err = c.echo()
		if err != nil {
			_ = c.Close()
		}
		return err == nil
	})
	tb.t.Cleanup(func() { _ = c.Close() })
	return c
}

// echo sends a byte and waits for it.
func (c *conn) echo() (time.Duration, error) {
	start := time.Now()
	_ = c.SetDeadline(start.Add(within)) // an error shows at the next call
	if _, err := c.Write([]byte{'x'}); err != nil {
		return 0, err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return time.Since(start), err
}

// answers asserts that a byte comes back, and after no less than so long.
func (c *conn) answers(least time.Duration) {
	c.t.Helper()
	if took, err := c.echo(); err != nil || took < least {
		c.t.Errorf("an answer after %v (%v), want one after %v or more", took, err, least)
	}
}

// silent sends a byte and asserts that nothing comes back.
func (c *conn) silent() {
	c.t.Helper()
	_ = c.SetDeadline(time.Now().Add(60 * ms))
	_, _ = c.Write([]byte{'x'})
	var ne net.Error
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.As(err, &ne) || !ne.Timeout() {
		c.t.Errorf("got %d bytes (%v), want silence", n, err)
	}
}

// breaks asserts that the connection ends.
func (c *conn) breaks() {
	c.t.Helper()
	_ = c.SetDeadline(time.Now().Add(within))
	var ne net.Error
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || errors.As(err, &ne) && ne.Timeout() {
		c.t.Errorf("got %d bytes (%v), want a broken connection", n, err)
	}
}

// did ends the run and asserts exactly what the fault log says was done; it returns when.
func (tb *table) did(want ...string) (at []time.Duration) {
	tb.t.Helper()
	tb.close()
	var got []string
	for line := range strings.Lines(tb.log.String()) {
		var r struct {
			K, Do, N, From, To, Cls, Val string
			T                            time.Duration
			Inc                          int
		}
		if !strings.HasPrefix(line, `{"k":"fault"`) && !strings.HasPrefix(line, `{"k":"noeffect"`) {
			continue
		}
		must(tb.t, json.Unmarshal([]byte(line), &r))
		words := []string{strings.TrimPrefix(r.K, "fault"), r.Do, r.N, r.From, r.To, r.Cls, r.Val, fmt.Sprint(r.Inc)}
		text := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
		got = append(got, strings.TrimSuffix(text, " 0"))
		at = append(at, r.T)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		tb.t.Fatalf("the fault log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return at
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(ms) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}
