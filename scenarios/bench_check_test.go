package scenarios

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"weir/logcheck"
)

// heapPeak is a rule that judges nothing and samples the heap as the check goes on.
type heapPeak struct {
	fed  int
	most uint64
}

func (*heapPeak) ID() string                           { return "x_heap" }
func (*heapPeak) Kinds() logcheck.KindSet              { return logcheck.AllKinds }
func (*heapPeak) Finish(*logcheck.End) logcheck.Result { return logcheck.Result{Status: logcheck.Pass} }
func (h *heapPeak) Feed(*logcheck.Record) {
	if h.fed++; h.fed%50_000 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		h.most = max(h.most, m.HeapAlloc)
	}
}

// BenchmarkChecker judges the stored logs of a failover run of about 1 and 10
// million records (0.2 and 2 GB), every property, and reports the peak of the heap,
// garbage included.
func BenchmarkChecker(b *testing.B) {
	for _, c := range []struct {
		records int
		faults  string
	}{{1_000_000, "20s"}, {10_000_000, "320s"}} {
		b.Run(fmt.Sprintf("records=%d", c.records), func(b *testing.B) {
			dir := b.TempDir()
			store(b, dir, mustLoad(b, "crash", "emitters.rate=1000/s", "emitters.buffer.packets=20000",
				"phases.warmup=5s", "phases.faults="+c.faults, "phases.heal=8s", "limits.log_bytes=8GiB", "limits.time=10m"))
			benchmarkCheck(b, dir)
		})
	}
}

// store runs a scenario and leaves nothing of it in memory.
func store(b *testing.B, dir string, sc *Scenario) {
	res, err := Run(sc, Options{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	if err := res.Write(dir); err != nil {
		b.Fatal(err)
	}
}

func benchmarkCheck(b *testing.B, dir string) {
	var records int64
	var most uint64
	var cpu time.Duration
	for b.Loop() {
		runtime.GC()
		h := &heapPeak{}
		before := cpuTime()
		v, err := logcheck.CheckDir(dir, logcheck.Options{Custom: []logcheck.NewRule{func(*logcheck.Context) logcheck.Rule { return h }}})
		if err != nil {
			b.Fatal(err)
		}
		cpu += cpuTime() - before
		if bad := v.Failed(); len(bad) > 0 {
			b.Fatal(bad)
		}
		records += v.Records
		most = max(most, h.most)
	}
	b.ReportMetric(float64(records)/float64(b.N), "records")
	b.ReportMetric(float64(records)/cpu.Seconds(), "records/cpu-s")
	b.ReportMetric(float64(most)/(1<<20), "peak-MiB")
}
