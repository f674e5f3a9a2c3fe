package proxy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"weir/faults/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ms     = time.Millisecond
	within = 5 * time.Second // what must come, comes; generous, because machines are busy
	quiet  = 60 * ms         // what must not come, is waited for this long
)

// server hands what it accepts to the test, which plays the target.
type server struct {
	t     *testing.T
	ln    net.Listener
	conns chan *net.TCPConn // accepted
}

// serve starts a server on addr that hands its connections to the test.
func serve(t *testing.T, addr string) *server {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	must(t, err)
	e := &server{t: t, ln: ln, conns: make(chan *net.TCPConn, 100)}
	var running sync.WaitGroup
	running.Add(1)
	go func() {
		defer running.Done()
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			e.conns <- c.(*net.TCPConn)
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		running.Wait()
		for len(e.conns) > 0 {
			_ = (<-e.conns).Close()
		}
	})
	return e
}

func (e *server) next() *net.TCPConn {
	e.t.Helper()
	select {
	case c := <-e.conns:
		e.t.Cleanup(func() { _ = c.Close() })
		return c
	case <-time.After(within):
		e.t.Fatal("the target got no connection")
	}
	return nil
}

func (e *server) addr() string { return e.ln.Addr().String() }

func link(t *testing.T, c proxy.Config) *proxy.Link {
	t.Helper()
	if c.Name == "" {
		c.Name = "p>q data"
	}
	l, err := proxy.New(c)
	must(t, err)
	t.Cleanup(l.Close)
	return l
}

func dial(t *testing.T, l *proxy.Link) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// pair is one connection seen from both ends: index 0 is the client, 1 the target.
type pair [2]*net.TCPConn

func join(t *testing.T) (*proxy.Link, pair) {
	t.Helper()
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	return l, connect(t, l, s)
}

func connect(t *testing.T, l *proxy.Link, s *server) pair {
	t.Helper()
	c := dial(t, l)
	return pair{c, s.next()}
}

// lanes runs a test in both directions: from is the end that sends on the lane.
func lanes(t *testing.T, test func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn)) {
	t.Run("forward", func(t *testing.T) {
		t.Parallel()
		l, p := join(t)
		test(t, l, l.Forward(), p[0], p[1])
	})
	t.Run("backward", func(t *testing.T) {
		t.Parallel()
		l, p := join(t)
		test(t, l, l.Backward(), p[1], p[0])
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	must(t, c.SetWriteDeadline(time.Now().Add(within)))
	_, err := io.WriteString(c, text)
	must(t, err)
}

// gets asserts the next bytes and returns how long they took.
func gets(t *testing.T, c net.Conn, want string) time.Duration {
	t.Helper()
	start := time.Now()
	must(t, c.SetReadDeadline(start.Add(within)))
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil || string(got) != want {
		t.Fatalf("got %q (%v), want %q", got[:n], err, want)
	}
	return time.Since(start)
}

// silent asserts that nothing comes, no end either.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	must(t, c.SetReadDeadline(time.Now().Add(quiet)))
	n, err := c.Read(make([]byte, 100))
	if n != 0 || !isTimeout(err) {
		t.Fatalf("got %d bytes (%v), want silence", n, err)
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// isReset asserts that the connection ends by a reset, not by an end of stream.
func isReset(t *testing.T, c net.Conn) {
	t.Helper()
	must(t, c.SetReadDeadline(time.Now().Add(within)))
	n, err := c.Read(make([]byte, 100))
	if n != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("got %d bytes (%v), want a reset", n, err)
	}
}

// ends asserts an orderly end of stream.
func ends(t *testing.T, c net.Conn) {
	t.Helper()
	must(t, c.SetReadDeadline(time.Now().Add(within)))
	if n, err := c.Read(make([]byte, 100)); n != 0 || err != io.EOF {
		t.Fatalf("got %d bytes (%v), want the end", n, err)
	}
}

// dialIsReset asserts that a new connection is reset, which may show before the dial returns.
func dialIsReset(t *testing.T, l *proxy.Link) {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr())
	if err == nil {
		defer func() { _ = c.Close() }()
		isReset(t, c)
	} else if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("dial: %v, want a reset", err)
	}
}

// drained waits until the link has no connection left.
func drained(t *testing.T, l *proxy.Link) {
	t.Helper()
	eventually(t, func() bool { return l.Conns() == 0 }, func() string { return fmt.Sprintf("%d connections are left", l.Conns()) })
}

func eventually(t *testing.T, ok func() bool, complaint func() string) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(ms) {
		if time.Now().After(deadline) {
			t.Fatal(complaint())
		}
	}
}

func TestForwards(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, _ *proxy.Lane, from, to *net.TCPConn) {
		send(t, from, "hello")
		gets(t, to, "hello")
		must(t, from.CloseWrite()) // a half-close: the other direction goes on
		ends(t, to)
		send(t, to, "still here")
		gets(t, from, "still here")
		must(t, to.Close())
		ends(t, from)
		drained(t, l)
	})
}

// TestBulk: a megabyte each way on 20 connections at once arrives whole, while acts interrupt and change the lanes.
func TestBulk(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr(), Buffer: 64 << 10})
	data := pattern(1 << 20)
	var running sync.WaitGroup
	pump := func(c *net.TCPConn) {
		running.Add(2)
		go func() {
			defer running.Done()
			_, err := c.Write(data)
			if err == nil {
				err = c.CloseWrite()
			}
			if err != nil {
				t.Errorf("write: %v", err)
			}
		}()
		go func() {
			defer running.Done()
			got, err := io.ReadAll(c)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes (%v), want the same %d", len(got), err, len(data))
			}
		}()
	}
	for range 20 {
		p := connect(t, l, s)
		pump(p[0])
		pump(p[1])
	}
	for _, lane := range []*proxy.Lane{l.Forward(), l.Backward(), l.Forward(), l.Backward()} {
		lane.Hold()
		time.Sleep(2 * ms)
		lane.Release()
	}
	running.Wait()
	drained(t, l)
}

// stuffMax is what stuff gives up at.
const stuffMax = 64 << 20

// stuff writes, in steps of a known pattern, until nothing is taken for a while, and returns how much was.
func stuff(t *testing.T, c *net.TCPConn) (n int) {
	t.Helper()
	data := stuffing()
	for n < stuffMax {
		must(t, c.SetWriteDeadline(time.Now().Add(150*ms)))
		k, err := c.Write(data[n:min(n+256<<10, stuffMax)])
		n += k
		if isTimeout(err) {
			break
		}
		must(t, err)
	}
	return n
}

// stuffing is made once: it takes the race detector long.
var stuffing = sync.OnceValue(func() []byte { return pattern(stuffMax) })

// pattern does not repeat within any buffer.
func pattern(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return data
}

// TestBackPressure: what a receiver does not take fills a bounded buffer, and then the sender waits.
func TestBackPressure(t *testing.T) {
	for _, held := range []bool{false, true} {
		l, p := join(t)
		for _, c := range p {
			must(t, c.SetReadBuffer(32<<10))
			must(t, c.SetWriteBuffer(32<<10))
		}
		if held {
			l.Forward().Hold()
		}
		n := stuff(t, p[0])
		if n > 24<<20 { // 1 MiB of ours, the rest is the kernel's, which grows its buffers
			t.Errorf("held %v: the sender got rid of %d bytes", held, n)
		}
		l.Forward().Release()
		must(t, p[0].CloseWrite())
		must(t, p[1].SetReadDeadline(time.Now().Add(within)))
		if got, err := io.Copy(io.Discard, p[1]); err != nil || got != int64(n) {
			t.Errorf("held %v: %d of %d bytes came: %v", held, got, n, err)
		}
	}
}

// BenchmarkForward is the bytes that one connection carries, in pieces of 32 KiB.
func BenchmarkForward(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	l, err := proxy.New(proxy.Config{Name: "bench", Target: ln.Addr().String()})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	from, err := net.Dial("tcp", l.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	to, err := ln.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = to.Close() }()
	piece := make([]byte, 32<<10)
	b.SetBytes(int64(len(piece)))
	drained := make(chan error)
	go func() {
		_, err := io.Copy(io.Discard, to)
		drained <- err
	}()
	for b.Loop() {
		if _, err := from.Write(piece); err != nil {
			b.Fatal(err)
		}
	}
	_ = from.(*net.TCPConn).CloseWrite()
	if err := <-drained; err != nil {
		b.Error(err)
	}
}

func TestRefusesConfig(t *testing.T) {
	for _, c := range []proxy.Config{{}, {Name: "x", Buffer: 1}, {Name: "x", ConnsMax: -1}, {Name: "x", Listen: "127.0.0.1:99999"}} {
		if l, err := proxy.New(c); err == nil {
			l.Close()
			t.Errorf("%+v was accepted", c)
		}
	}
}
