//go:build unix

package scenarios

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"weir/logcheck"
)

// redisServer is a real Redis server that keeps what it is told.
type redisServer struct {
	t         *testing.T
	port, dir string
	cmd       *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: install the package redis-server (./run.sh test does where it can)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	r := &redisServer{t: t, port: port, dir: t.TempDir()}
	r.start()
	t.Cleanup(func() {
		_ = r.cmd.Process.Signal(syscall.SIGCONT)
		r.kill()
	})
	return r
}

func (r *redisServer) start() {
	r.cmd = exec.Command("redis-server", "--port", r.port, "--bind", "127.0.0.1", "--dir", r.dir, "--save", "", "--appendonly", "yes", "--appendfsync", "always")
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *redisServer) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// blows kills the server and has it stand still, again and again with some work between,
// until the run is over; at most for so long that the run can come to rest.
func (r *redisServer) blows(over <-chan struct{}) {
	wait := func(d time.Duration) bool {
		select {
		case <-over:
			return false
		case <-time.After(d):
			return true
		}
	}
	for range 5 {
		if !wait(1500 * time.Millisecond) {
			return
		}
		r.kill()
		wait(700 * time.Millisecond)
		r.start()
		if !wait(1500 * time.Millisecond) {
			return
		}
		_ = r.cmd.Process.Signal(syscall.SIGSTOP)
		wait(700 * time.Millisecond)
		_ = r.cmd.Process.Signal(syscall.SIGCONT)
	}
}

// TestAnalysersOverRedis plays a cluster whose analysers have four workers each and keep
// their effects in a real Redis server, which is killed, stands still and starts again
// under load while an analyser crashes: the store was away and said so, and each effect
// is there once.
func TestAnalysersOverRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		server.blows(over)
	}()
	store := map[string]any{"kind": "redis", "redis": map[string]any{"addr": "127.0.0.1:" + server.port, "timeout": "500ms"}}
	res := overStore(t, store)
	close(over)
	<-done
	failed, told := countLines(res.Logs, `{"k":"diskfail",`), 0
	for _, f := range res.Logs {
		for _, piece := range f.Data {
			told += bytes.Count(piece, []byte(`"st":"unavailable"`))
		}
	}
	if failed == 0 || told == 0 {
		t.Errorf("the store was away %d times, %d packets were told", failed, told)
	}
}

// TestAnalysersOverBolt plays the same over the database that is the default, with
// analysers that are killed.
func TestAnalysersOverBolt(t *testing.T) {
	t.Parallel()
	overStore(t, nil)
}

// overStore plays a cluster of analysers with workers over a real store, in which one
// analyser after the other is killed, and holds that no property fails. That analysers
// fall and rise with their store, or a disk that is busy, is not judged (F2, F6): the
// fault file, which knows only what the harness did, does not tell.
func overStore(t *testing.T, store map[string]any) *Result {
	t.Helper()
	program, err := nodeProgram()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Load("shared-store", "phases.warmup=1s", "phases.faults=5s", "phases.heal=1s", "phases.settle=60s", "analyser.store_timeout=3s",
		"faults=at 2s for 1s crash a1\nat 4s for 1s crash a2", "check.require=crash,A2,A3,C10", "check.ignore=F2,F6", "check.min_packets=0")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Seed: 1, Check: true, TCP: &TCP{Program: program, Store: store}})
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("WEIR_KEEP"); dir != "" {
		if err := res.Write(dir); err != nil {
			t.Error(err)
		}
	}
	for _, r := range res.Verdict.Results {
		if r.Status == logcheck.Fail || r.Status == logcheck.Unknown {
			t.Errorf("%s %s: %s %v", r.ID, r.Status, r.Detail, r.Witness)
		}
	}
	if res.Verdict.Status != logcheck.Pass {
		t.Errorf("%s, missing %v", res.Verdict.Status, res.Verdict.Missing)
	}
	return res
}
