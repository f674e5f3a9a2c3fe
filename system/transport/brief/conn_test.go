package brief_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"weir/system/transport/brief"
)

// pair makes two ends of a connection.
func pair(t testing.TB) (a, b net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return brief.Conn(a), brief.Conn(b)
}

// TestConn holds that it is a connection: data whole and in order, deadlines past, present
// and future, several readers and writers at once, an end in the middle.
func TestConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		a, b := pair(t)
		return a, b, func() { a.Close(); b.Close() }, nil
	})
}

// TestErrors holds that errors are those of package net.
func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before func(a, b net.Conn)
		want   error
	}{
		{"end", func(_, b net.Conn) { b.Close() }, io.EOF},
		{"closed here", func(a, _ net.Conn) { a.Close() }, net.ErrClosed},
		{"late", func(a, _ net.Conn) { _ = a.SetReadDeadline(time.Now().Add(-time.Second)) }, os.ErrDeadlineExceeded},
	} {
		a, b := pair(t)
		tc.before(a, b)
		n, err := a.Read(make([]byte, 1))
		if n != 0 || !errors.Is(err, tc.want) {
			t.Errorf("%s: %d bytes, %v, want %v", tc.name, n, err, tc.want)
		}
		var of *net.OpError
		if tc.want != io.EOF && (!errors.As(err, &of) || of.Op != "read") {
			t.Errorf("%s: %#v is not of package net", tc.name, err)
		}
		a.Close()
		b.Close()
	}
	p, _ := net.Pipe()
	defer p.Close()
	if brief.Conn(p) != p {
		t.Error("a pipe is no longer itself")
	}
}

// TestReset holds that a reset is told as one.
func TestReset(t *testing.T) {
	a, b := pair(t)
	defer a.Close()
	if err := b.(interface{ SetLinger(int) error }).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, want a reset", err)
	}
}
