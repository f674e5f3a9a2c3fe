//go:build linux && !race

package brief

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// conn is a TCP connection with transfers of its own.
type conn struct {
	*net.TCPConn
	raw           syscall.RawConn
	reads, writes transfer
}

// transfer is one direction. Its attempt is made once, because a function for each read
// would be an allocation.
type transfer struct {
	mu      sync.Mutex
	call    uintptr
	attempt func(fd uintptr) (done bool)

	// of the attempt under way
	buf   []byte
	n     int
	errno syscall.Errno
}

// Conn returns the connection as one whose reads and writes are brief, if it is one of TCP,
// and as it is otherwise.
func Conn(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c
	}
	b := &conn{TCPConn: tcp, raw: raw}
	b.reads.call, b.reads.attempt = syscall.SYS_READ, b.reads.try
	b.writes.call, b.writes.attempt = syscall.SYS_WRITE, b.writes.try
	return b
}

// try is one attempt; false: wait until the socket is ready.
func (t *transfer) try(fd uintptr) (done bool) {
	for {
		n, _, errno := syscall.RawSyscall(t.call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(t.buf))), uintptr(len(t.buf)))
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		t.n, t.errno = int(n), errno
		return true
	}
}

// do waits until some bytes of p were moved; wait is that of the connection's direction.
func (t *transfer) do(p []byte, wait func(func(fd uintptr) bool) error) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = p
	err := wait(t.attempt)
	t.buf = nil
	if err == nil && t.errno != 0 {
		return 0, t.errno
	}
	if err != nil {
		return 0, err
	}
	return t.n, nil
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return c.TCPConn.Read(p)
	}
	n, err := c.reads.do(p, c.raw.Read)
	if err != nil {
		return 0, c.failed("read", err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (written int, err error) {
	if len(p) == 0 {
		return c.TCPConn.Write(p)
	}
	for written < len(p) {
		n, err := c.writes.do(p[written:], c.raw.Write)
		if err != nil {
			return written, c.failed("write", err)
		}
		written += n
	}
	return written, nil
}

// failed is an error in the form of package net's: what it wraps is the same.
func (c *conn) failed(op string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(op, errno)
	} else if of, ok := err.(*net.OpError); ok {
		err = of.Err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
