package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/mem"
)

// The frames of HTTP/2 that the attacks use.
const (
	frameData, frameHeaders, frameReset, frameSettings = 0, 1, 3, 4
	frameGoAway, frameWindow, frameContinuation        = 7, 8, 9

	flagEndStream, flagEndHeaders = 1, 4
)

const (
	preface      = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	submitMethod = "/weir.v1.IngestService/Submit"
)

// rawFrame is a frame as it came.
type rawFrame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

// rawConn is a client that keeps to no rule.
type rawConn struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

// dialRaw connects from an address of this machine; empty: the usual one.
func dialRaw(t *testing.T, addr, from string) *rawConn {
	t.Helper()
	d := &net.Dialer{Timeout: 5 * time.Second}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	c, err := d.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &rawConn{t, c, bufio.NewReader(c)}
}

// hello is a connection of HTTP/2 with these settings.
func hello(t *testing.T, addr string, settings ...byte) *rawConn {
	t.Helper()
	c := dialRaw(t, addr, "")
	c.put([]byte(preface))
	c.frame(frameSettings, 0, 0, settings)
	return c
}

// put writes; that the other end has closed is no failure of the test.
func (c *rawConn) put(b []byte) bool {
	c.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, err := c.Write(b)
	return err == nil
}

func (c *rawConn) frame(kind, flags byte, stream uint32, payload []byte) bool {
	b := make([]byte, 9, 9+len(payload))
	binary.BigEndian.PutUint32(b, uint32(len(payload))<<8)
	b[3], b[4] = kind, flags
	binary.BigEndian.PutUint32(b[5:], stream)
	return c.put(append(b, payload...))
}

// call opens a stream for a method, with these headers besides.
func (c *rawConn) call(stream uint32, method string, headers ...string) bool {
	return c.frame(frameHeaders, flagEndHeaders, stream, headerBlock(method, headers...))
}

// headerBlock are the headers of a call of gRPC.
func headerBlock(method string, headers ...string) []byte {
	return fieldBlock(append([]string{":method", "POST", ":scheme", "http", ":path", method, ":authority", "x", "content-type", "application/grpc", "te", "trailers"}, headers...)...)
}

// fieldBlock has every field, name and value in turn, as a literal, so that it needs no
// table.
func fieldBlock(all ...string) (b []byte) {
	for i, s := range all {
		if i%2 == 0 {
			b = append(b, 0)
		}
		if n := len(s); n < 127 {
			b = append(b, byte(n))
		} else {
			b = binary.AppendUvarint(append(b, 127), uint64(n-127))
		}
		b = append(b, s...)
	}
	return b
}

// next reads a frame.
func (c *rawConn) next(within time.Duration) (f rawFrame, err error) {
	c.SetReadDeadline(time.Now().Add(within))
	head := make([]byte, 9)
	if _, err := io.ReadFull(c.r, head); err != nil {
		return f, err
	}
	f.kind, f.flags, f.stream = head[3], head[4], binary.BigEndian.Uint32(head[5:])
	f.payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(c.r, f.payload)
	return f, err
}

// until reads frames to the first that is wanted. An error means that the connection
// ended, or the time.
func (c *rawConn) until(within time.Duration, want func(rawFrame) bool) error {
	for end := time.Now().Add(within); ; {
		f, err := c.next(time.Until(end))
		if err != nil || want(f) {
			return err
		}
	}
}

// ends reports that the server ended the stream or the connection.
func (c *rawConn) ends(stream uint32, within time.Duration) bool {
	err := c.until(within, func(f rawFrame) bool {
		return f.kind == frameGoAway || f.stream == stream && (f.kind == frameReset || f.kind == frameHeaders && f.flags&flagEndStream != 0)
	})
	return err == nil || !errors.Is(err, os.ErrDeadlineExceeded)
}

// closes reports that the server closed the connection.
func (c *rawConn) closes(within time.Duration) bool {
	c.SetReadDeadline(time.Now().Add(within))
	_, err := io.Copy(io.Discard, c.r)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// rawCodec sends bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }
func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}
func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// memory is the resident memory of a process in MiB, 0 where that is not to be known.
func (p *process) memory(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(p.Process.Pid) + "/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Fatal("no VmHWM")
	}
	kib, err := strconv.Atoi(fields[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib >> 10
}

// closeWrite says that nothing more comes.
func (c *rawConn) closeWrite(t *testing.T) {
	t.Helper()
	_ = c.Conn.(*net.TCPConn).CloseWrite() // it may be closed altogether
}
