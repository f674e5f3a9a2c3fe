package storetest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Redis is a real Redis server of a test, on a port of its own.
type Redis struct {
	Addr string // host:port

	t    testing.TB
	dir  string
	args []string
	cmd  *exec.Cmd
}

// NewRedis makes a server that keeps what it is told, or is as args say, and ends with
// the test. It does not run yet. Without redis-server on the machine the test fails.
func NewRedis(t testing.TB, args ...string) *Redis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: install the package redis-server (./run.sh test does where it can)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &Redis{t: t, Addr: l.Addr().String(), dir: t.TempDir(), args: args}
}

// Start starts it, again too, with what it kept, and waits until it answers.
func (r *Redis) Start() {
	r.t.Helper()
	_, port, _ := net.SplitHostPort(r.Addr)
	args := append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", r.dir, "--save", "", "--appendonly", "yes", "--appendfsync", "always"}, r.args...)
	cmd := exec.Command("redis-server", args...)
	out, err := os.OpenFile(filepath.Join(r.dir, "out"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Error(err)
		return
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		r.t.Error(err)
		return
	}
	if r.cmd == nil {
		r.t.Cleanup(func() {
			r.Signal(syscall.SIGCONT)
			r.Kill()
		})
	}
	r.cmd = cmd
	r.Await()
}

// Await waits until it answers.
func (r *Redis) Await() {
	r.t.Helper()
	for until := time.Now().Add(time.Minute); !r.answers(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			b, _ := os.ReadFile(filepath.Join(r.dir, "out"))
			r.t.Errorf("redis-server does not answer\n%s", b)
			return
		}
	}
}

// answers reports whether it has read its files and speaks, if only to ask for a password.
func (r *Redis) answers() bool {
	c, err := net.DialTimeout("tcp", r.Addr, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	answer := make([]byte, 64)
	_, _ = c.Write([]byte("PING\r\n"))
	n, _ := c.Read(answer)
	return bytes.HasPrefix(answer[:n], []byte("+PONG")) || bytes.HasPrefix(answer[:n], []byte("-NOAUTH"))
}

// Kill ends it as kill -9 does.
func (r *Redis) Kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// Signal sends it a signal, if it runs.
func (r *Redis) Signal(sig syscall.Signal) { _ = r.cmd.Process.Signal(sig) }
