//go:build unix

package http

import (
	"errors"
	"net"
	"syscall"
)

// alive reports whether the other end has not closed an idle connection, as far as is
// known here: nothing may be there to read yet, and no end.
func alive(c net.Conn) bool {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = t.NetConn() // of TLS
	}
	s, ok := c.(syscall.Conn)
	if !ok {
		return true // it will show
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	open := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, err := syscall.Read(int(fd), b[:])
		open = errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)
		return true
	})
	return err == nil && open
}
