package analyser

import (
	"reflect"
	"testing"
	"time"

	"weir/system/digest"
	"weir/system/node/nodetest"
)

// The logs stay short while the analyser runs: each is replaced by a snapshot when
// it reaches its size, and what a restart finds is still everything.
func TestLogsAreCompactedAtRunTime(t *testing.T) {
	const size = 2000
	cfg := Config{CompactBytes: size}
	n := boot(t, cfg)
	longest := 0
	for seq := uint64(1); seq <= 300; seq++ {
		give(n, packet(seq, 1), seq)
		longest = max(longest, len(n.File(fileLogs[0]))+len(n.File(fileLogs[1])))
	}
	one := len(n.File(fileLogs[0])) + len(n.File(fileLogs[1]))
	if longest < size/2 || longest > 2*size || one > size+200 {
		t.Errorf("logs of %d bytes at most, %d in the end, compacted at %d", longest, one, size)
	}
	if got := len(n.File(fileSnapshot)); got == 0 || got > size {
		t.Errorf("a snapshot of %d bytes", got)
	}
	n.Crash()
	n.MustBoot(Boot(cfg))
	if r := n.Last("recover"); r.Int("n") != 300 || r.Int("lost") != 0 {
		t.Errorf("recovered %d, lost %d", r.Int("n"), r.Int("lost"))
	}
}

// What waited for recovery takes no room after it, and is answered once.
func TestWaitingIsOverAfterRecovery(t *testing.T) {
	n := nodetest.New("a1", 1)
	n.AutoDisk = false
	cfg := Config{PendingMax: 2}
	n.MustBoot(Boot(cfg))
	for seq := uint64(1); seq <= 3; seq++ {
		give(n, packet(seq, 1), 1)
	}
	want(t, n, "during recovery", "3:busy(recovering)")
	n.CompleteAll()
	want(t, n, "after recovery", "1:committed 2:committed")
	for seq := uint64(4); seq <= 7; seq++ {
		give(n, packet(seq, 1), 1)
	}
	want(t, n, "one runs, two are gathered", "7:busy(pending)")
	n.Stop()
	n.CompleteAll()
	want(t, n, "at the stop", "4:committed 5:committed 6:committed")
}

// A stop before recovery is complete answers who waits, once, and ends.
func TestStopDuringRecovery(t *testing.T) {
	n := nodetest.New("a1", 1)
	n.AutoDisk = false
	n.MustBoot(Boot(Config{}))
	give(n, packet(1, 1), 1)
	n.Stop()
	want(t, n, "at the stop", "1:unavailable(stopping)")
	if !n.Exited || n.Counter("commits") != 0 {
		t.Errorf("exited %v, commits %d", n.Exited, n.Counter("commits"))
	}
}

// The defaults are those that the comments name.
func TestDefaults(t *testing.T) {
	want := Config{
		EntryMax: 256 << 10, BatchMax: 256, PendingMax: 4096, PendingBytes: 64 << 20, DedupMax: 1 << 18,
		EmittersMax: 4096, SourcesMax: 4096, Results: digest.Limits{Names: 1024, Buckets: 8640, Templates: 1024}, CompactBytes: 4 << 20,
		DiskRetryMin: 20 * time.Millisecond, DiskRetryMax: time.Second, DrainMax: 5 * time.Second,
		Workers: 1, StoreTimeout: time.Second,
	}
	if got := (Config{}).WithDefaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("defaults %+v, want %+v", got, want)
	}
	if err := (Config{}).Validate(); err != nil {
		t.Error(err)
	}
}
