//go:build unix

package scenarios

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/logcheck"
	"weir/system/store/storetest"
)

// blows kills the server and has it stand still, again and again with some work between,
// until the run is over; at most for so long that the run can come to rest.
func blows(r *storetest.Redis, over <-chan struct{}) {
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
		r.Kill()
		wait(700 * time.Millisecond)
		r.Start()
		if !wait(1500 * time.Millisecond) {
			return
		}
		r.Signal(syscall.SIGSTOP)
		wait(700 * time.Millisecond)
		r.Signal(syscall.SIGCONT)
	}
}

// struck is a server that blows fall on until calm is called.
func struck(t *testing.T) (r *storetest.Redis, calm func()) {
	r = storetest.NewRedis(t)
	r.Start()
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		blows(r, over)
	}()
	return r, func() {
		close(over)
		<-done
	}
}

// TestAnalysersOverRedis plays a cluster whose analysers have four workers each and keep
// their effects in a real Redis server, which is killed, stands still and starts again
// under load while an analyser crashes: the store was away and said so, and each effect
// is there once.
func TestAnalysersOverRedis(t *testing.T) {
	t.Parallel()
	server, calm := struck(t)
	store := map[string]any{"kind": "redis", "redis": map[string]any{"addr": server.Addr, "timeout": "500ms"}}
	res := overStore(t, store)
	calm()
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

// TestAnalysersShareAStore plays it with one store for all analysers, which C6, C9 and A1
// to A3 are judged on as one: what one committed, and whose receipt was lost, the others
// find there.
func TestAnalysersShareAStore(t *testing.T) {
	t.Parallel()
	server, calm := struck(t)
	store := map[string]any{"kind": "redis", "redis": map[string]any{"addr": server.Addr, "timeout": "500ms", "name": "all"}}
	res := overStore(t, store, "faults=at 1s for 2s cut a2 -> d1 acks\nat 2500ms for 1s crash a1\nat 3800ms for 1500ms cut a1 -> d1 acks\nat 5500ms for 500ms stop a3", "check.require=crash,dedup,failover,C6,C9,A1,A2,A3,D1,D3")
	calm()
	if !bytes.Contains(res.Header, []byte(`"shared_store": true`)) {
		t.Errorf("the header does not say that they share: %s", res.Header)
	}
	if n := borrowed(t, res); n == 0 {
		t.Error("no analyser suppressed what another had committed: nothing was put to the test")
	}
}

// borrowed counts packets that an analyser found in the store though another had
// committed them.
func borrowed(t *testing.T, res *Result) (n int) {
	by := map[string]string{}
	for _, kind := range []string{"commit", "dup"} {
		for _, f := range res.Logs {
			node, _, _ := strings.Cut(strings.TrimPrefix(f.Name, "logs/"), ".")
			for line := range bytes.Lines(f.Data.Bytes()) {
				var r struct{ K, ID, Why string }
				if !bytes.HasPrefix(line, []byte(`{"k":"`+kind+`"`)) {
					continue
				}
				if err := json.Unmarshal(line, &r); err != nil {
					t.Fatal(err)
				}
				if kind == "commit" {
					by[r.ID] = node
				} else if r.Why == "seen" && by[r.ID] != "" && by[r.ID] != node {
					n++
				}
			}
		}
	}
	return n
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
func overStore(t *testing.T, store map[string]any, set ...string) *Result {
	t.Helper()
	program, err := nodeProgram()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := Load("shared-store", append([]string{"phases.warmup=1s", "phases.faults=6s", "phases.heal=1s", "phases.settle=60s", "analyser.store_timeout=3s", "analyser.results=true",
		"faults=at 2s for 1s crash a1\nat 4s for 1s crash a2\nat 5500ms for 500ms stop a1", "check.require=crash,A2,A3,C10,D1,D2,D3", "check.ignore=F2,F6", "check.min_packets=0"}, set...)...)
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
