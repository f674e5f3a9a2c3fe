//go:build unix

package proc_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"weir/faults/proc"
)

// The test binary plays the process when this variable is set: what to do.
const role = "PROC_TEST_ROLE"

func TestMain(m *testing.M) {
	switch what := os.Getenv(role); what {
	case "":
		goleak.VerifyTestMain(m)
	case "fail":
		fmt.Println("failing")
		os.Exit(3)
	default:
		helper(what)
	}
}

// helper says ready, ticks every 2 ms into the UDP port it was given, and ends at SIGTERM unless it is stubborn.
func helper(what string) {
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, syscall.SIGTERM)
	to, err := net.Dial("udp", os.Getenv("PROC_TEST_PORT"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	for tick := time.NewTicker(2 * time.Millisecond); ; {
		select {
		case <-terms:
			fmt.Println("asked")
			if what != "stubborn" {
				return
			}
		case <-tick.C:
			_, _ = to.Write([]byte(os.Getenv("PROC_TEST_INC")))
		}
	}
}

const within = 10 * time.Second

// table is one process and what it tells.
type table struct {
	*proc.Process
	t     *testing.T
	ticks net.PacketConn
}

func start(t *testing.T, what string) *table {
	t.Helper()
	ticks, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	p, err := proc.New(proc.Config{Name: what, Command: func(inc uint32) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), role+"="+what, "PROC_TEST_PORT="+ticks.LocalAddr().String(), fmt.Sprint("PROC_TEST_INC=", inc))
		return cmd
	}})
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() {
		p.Normal()
		if err := p.Kill(); err != nil && !errors.Is(err, proc.ErrNotRunning) {
			t.Error(err)
		}
		_ = ticks.Close()
	})
	return &table{p, t, ticks}
}

// tick waits for the next tick and returns its incarnation.
func (tb *table) tick() string {
	tb.t.Helper()
	must(tb.t, tb.ticks.SetReadDeadline(time.Now().Add(within)))
	buf := make([]byte, 10)
	n, _, err := tb.ticks.ReadFrom(buf)
	must(tb.t, err)
	return string(buf[:n])
}

// count takes the ticks of a span.
func (tb *table) count(span time.Duration) (n int) {
	must(tb.t, tb.ticks.SetReadDeadline(time.Now().Add(span)))
	for {
		if _, _, err := tb.ticks.ReadFrom(make([]byte, 10)); err != nil {
			return n
		}
		n++
	}
}

// drain forgets what was sent before.
func (tb *table) drain() { tb.count(5 * time.Millisecond) }

func (tb *table) gone() {
	tb.t.Helper()
	select {
	case <-tb.Exited():
	case <-time.After(within):
		tb.t.Fatal("the process does not end")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestKillAndStartAgain(t *testing.T) {
	tb := start(t, "node")
	if inc := tb.tick(); inc != "1" || tb.Incarnation() != 1 || !tb.Running() {
		t.Errorf("incarnation %s, %d", inc, tb.Incarnation())
	}
	if err := tb.Start(); !errors.Is(err, proc.ErrRunning) {
		t.Errorf("start twice: %v", err)
	}
	must(t, tb.Kill())
	var exit *exec.ExitError
	if tb.Running() || !errors.As(tb.Err(), &exit) {
		t.Errorf("after kill: running %v, %v", tb.Running(), tb.Err())
	}
	tb.drain()
	if n := tb.count(30 * time.Millisecond); n != 0 {
		t.Errorf("%d ticks of a dead process", n)
	}
	for _, err := range []error{tb.Kill(), tb.Terminate(), tb.Pause(), tb.Resume(), tb.Stop(0)} {
		if !errors.Is(err, proc.ErrNotRunning) {
			t.Errorf("on a dead process: %v", err)
		}
	}
	must(t, tb.Start())
	if inc := tb.tick(); inc != "2" || tb.Incarnation() != 2 {
		t.Errorf("incarnation %s, %d", inc, tb.Incarnation())
	}
}

func TestTerminateAndStop(t *testing.T) {
	tb := start(t, "node")
	tb.tick()
	must(t, tb.Terminate())
	tb.gone()
	if tb.Err() != nil || string(tb.Output()) != "ready\nasked\n" {
		t.Errorf("ended with %v, said %q", tb.Err(), tb.Output())
	}
	must(t, tb.Start())
	tb.tick()
	must(t, tb.Stop(within))
	if tb.Running() || tb.Err() != nil {
		t.Errorf("after stop: %v", tb.Err())
	}

	tb = start(t, "stubborn")
	tb.tick()
	if err := tb.Stop(50 * time.Millisecond); !errors.Is(err, proc.ErrKilled) || tb.Running() {
		t.Errorf("a stubborn process: %v", err)
	}
	if !strings.Contains(string(tb.Output()), "asked") {
		t.Errorf("it was not asked: %q", tb.Output())
	}
}

// TestPause: once Pause returns nothing happens in the process; a kill ends it all the same, a SIGTERM waits.
func TestPause(t *testing.T) {
	tb := start(t, "node")
	for range 5 {
		tb.tick()
		must(t, tb.Pause())
		tb.drain()
		if n := tb.count(20 * time.Millisecond); n != 0 {
			t.Errorf("%d ticks of a paused process", n)
		}
		must(t, tb.Resume())
	}
	tb.tick()
	must(t, tb.Pause())
	must(t, tb.Terminate())
	time.Sleep(20 * time.Millisecond)
	if !tb.Running() {
		t.Error("a paused process handled a signal")
	}
	must(t, tb.Resume())
	tb.gone()
	must(t, tb.Start())
	tb.tick()
	must(t, tb.Pause())
	must(t, tb.Kill())
	must(t, tb.Start())
	tb.tick() // the next incarnation is not paused
}

// TestSlow: at 500 percent the process is halted most of the time, a pause outranks it, and a new incarnation is slow
// too.
func TestSlow(t *testing.T) {
	const span = 300 * time.Millisecond // 150 ticks, 15 turns
	tb := start(t, "node")
	if err := tb.Slow(100); err == nil {
		t.Error("slow 100% was accepted")
	}
	slowly := func() {
		tb.tick()
		tb.drain()
		if n := tb.count(span); n < 3 || n > 100 {
			t.Errorf("%d of 150 ticks at 500%%", n)
		}
	}
	must(t, tb.Slow(200))
	must(t, tb.Slow(500))
	slowly()
	must(t, tb.Kill())
	must(t, tb.Start())
	slowly()
	must(t, tb.Pause())
	tb.drain()
	if n := tb.count(60 * time.Millisecond); n != 0 {
		t.Errorf("%d ticks of a paused process", n)
	}
	must(t, tb.Resume())
	tb.Normal()
	tb.Normal()
	tb.drain()
	if n := tb.count(span); n <= 100 {
		t.Errorf("%d of 150 ticks at full speed", n)
	}
}

// TestEndsByItself: an exit that nobody asked for is seen, with its code.
func TestEndsByItself(t *testing.T) {
	tb := start(t, "fail")
	tb.gone()
	var exit *exec.ExitError
	if !errors.As(tb.Err(), &exit) || exit.ExitCode() != 3 || string(tb.Output()) != "failing\n" {
		t.Errorf("%v, said %q", tb.Err(), tb.Output())
	}
}

func TestOutputIsBounded(t *testing.T) {
	p, err := proc.New(proc.Config{Name: "yes", OutputMax: 1000, Command: func(uint32) *exec.Cmd {
		return exec.Command("sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo last >&2")
	}})
	must(t, err)
	must(t, p.Start())
	<-p.Exited()
	if out := string(p.Output()); len(out) != 1000 || !strings.HasSuffix(out, "line 1999\nlast\n") {
		t.Errorf("%d bytes kept, ending in %q", len(out), out[max(0, len(out)-30):])
	}
}

func TestNewAndStartRefuse(t *testing.T) {
	for _, c := range []proc.Config{{}, {Name: "x"}, {Name: "x", OutputMax: -1, Command: func(uint32) *exec.Cmd { return nil }}} {
		if _, err := proc.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	p, err := proc.New(proc.Config{Name: "x", Command: func(uint32) *exec.Cmd { return exec.Command("/nonexistent/program") }})
	must(t, err)
	if err := p.Start(); err == nil || p.Running() || p.Incarnation() != 0 || p.Exited() != nil {
		t.Errorf("started nothing: %v", err)
	}
}
