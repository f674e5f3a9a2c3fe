package proxy_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"weir/faults/proxy"
)

func TestReset(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	var pairs []pair
	for range 30 {
		pairs = append(pairs, connect(t, l, s))
	}
	l.Backward().Cut()
	l.Forward().Hold()
	l.Reset()
	for _, p := range pairs {
		isReset(t, p[0])
		isReset(t, p[1])
	}
	if l.Conns() != 0 {
		t.Errorf("%d connections", l.Conns())
	}
}

func TestRefuse(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	p := connect(t, l, s)
	addr := l.Addr()
	l.Refuse()
	l.Refuse()
	if c, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialled %v: %v", c, err)
	}
	send(t, p[0], "still open")
	gets(t, p[1], "still open")
	must(t, l.Accept())
	must(t, l.Accept())
	if l.Addr() != addr {
		t.Errorf("the port changed from %s to %s", addr, l.Addr())
	}
	p = connect(t, l, s)
	send(t, p[0], "new")
	gets(t, p[1], "new")
}

func TestTruncate(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Truncate(100, time.Nanosecond) // a later word replaces an earlier one
		lane.Truncate(7, within)
		send(t, from, "four")
		gets(t, to, "four")
		send(t, from, "five5")
		gets(t, to, "fiv")
		isReset(t, to)
		isReset(t, from)
		drained(t, l)
	})
}

// TestTruncateInTime: a connection on which too little comes breaks all the same, also in the middle of a write.
func TestTruncateInTime(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Truncate(7, 50*ms)
		send(t, from, "four")
		gets(t, to, "four")
		isReset(t, from)
		isReset(t, to)
	})
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		stuff(t, from)
		lane.Truncate(1<<30, 50*ms)
		isReset(t, from)
		drained(t, l)
	})
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		must(t, from.CloseWrite())
		ends(t, to)
		lane.Truncate(7, time.Hour) // nothing can come any more
		drained(t, l)
	})
}

// TestLanesRefuse: open connections break, new ones are refused, until neither lane refuses.
func TestLanesRefuse(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	refused := func() {
		t.Helper()
		if c, err := net.Dial("tcp", l.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialled %v: %v", c, err)
		}
	}
	p := connect(t, l, s)
	l.Forward().Refuse()
	isReset(t, p[0])
	isReset(t, p[1])
	l.Backward().Refuse()
	must(t, l.Forward().Accept())
	refused()
	must(t, l.Accept())
	refused()
	must(t, l.Backward().Accept())
	p = connect(t, l, s)
	l.Backward().Reset()
	isReset(t, p[0])
	isReset(t, p[1])
	l.Close()
	if err := l.Backward().Accept(); !errors.Is(err, proxy.ErrClosed) {
		t.Errorf("a closed link: %v", err)
	}
}

func TestTruncateAtOnce(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		lane.Truncate(0, within)
		isReset(t, to)
		isReset(t, from)
	})
}

// TestTargetDown: the client is reset; when the target comes back, at another port too, new connections reach it.
func TestTargetDown(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	addr := s.addr()
	must(t, s.ln.Close())
	l := link(t, proxy.Config{Target: addr})
	dialIsReset(t, l)
	drained(t, l)

	s = serve(t, addr)
	p := connect(t, l, s)
	other := serve(t, "127.0.0.1:0")
	l.SetTarget(other.addr())
	q := connect(t, l, other)
	for _, x := range []pair{p, q} {
		send(t, x[0], "hello")
		gets(t, x[1], "hello")
	}
	l.SetTarget("")
	dialIsReset(t, l)
}

// TestTargetDownBehindACut: that nobody answers is news of the Backward lane.
func TestTargetDownBehindACut(t *testing.T) {
	l := link(t, proxy.Config{})
	l.Backward().Cut()
	c := dial(t, l)
	silent(t, c)
	l.Backward().Heal()
	isReset(t, c)

	l.Backward().Hold()
	c = dial(t, l)
	silent(t, c)
	l.Backward().Release()
	isReset(t, c)
	drained(t, l)
}

// TestPeersThatBreak: the death of either end reaches the other, also when it shows only at a write.
func TestPeersThatBreak(t *testing.T) {
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		must(t, to.SetLinger(0))
		must(t, to.Close())
		isReset(t, from)
		drained(t, l)
	})
	lanes(t, func(t *testing.T, l *proxy.Link, lane *proxy.Lane, from, to *net.TCPConn) {
		must(t, to.CloseWrite()) // its direction has ended, so only a write can find that it is gone
		ends(t, from)
		must(t, to.SetLinger(0))
		must(t, to.Close())
		eventually(t, func() bool {
			_, _ = from.Write([]byte("x"))
			return l.Conns() == 0
		}, func() string { return "the proxy still carries a dead connection" })
	})
}

// TestClientClosesEarly: before the target has answered anything, with bytes on the way.
func TestClientClosesEarly(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	for range 20 {
		c := dial(t, l)
		send(t, c, "bye")
		must(t, c.Close())
	}
	for range 20 {
		c := s.next()
		gets(t, c, "bye")
		ends(t, c)
		must(t, c.Close())
	}
	drained(t, l)
}

func TestConnsMax(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr(), ConnsMax: 2})
	p := connect(t, l, s)
	connect(t, l, s)
	dialIsReset(t, l)
	must(t, p[0].Close())
	must(t, p[1].Close())
	eventually(t, func() bool { return l.Conns() == 1 }, func() string { return "the place is not free again" })
	connect(t, l, s)
}

func TestClose(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	l := link(t, proxy.Config{Target: s.addr()})
	p := connect(t, l, s)
	send(t, p[0], "hello")
	gets(t, p[1], "hello")
	l.Forward().Hold()
	l.Close()
	l.Close()
	isReset(t, p[0])
	isReset(t, p[1])
	if err := l.Accept(); !errors.Is(err, proxy.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
}
