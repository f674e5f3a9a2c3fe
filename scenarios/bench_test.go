package scenarios

import (
	"bytes"
	"syscall"
	"testing"
	"time"
)

// benchmarkRuns runs a scenario with seeds 1, 2, 3 ... and reports what a second
// of CPU time gives, on however many cores it was spent.
func benchmarkRuns(b *testing.B, sc *Scenario, check bool) {
	b.ReportAllocs()
	var events, packets, records uint64
	var virtual, cpu time.Duration
	for i := 0; b.Loop(); i++ {
		before := cpuTime()
		res, err := Run(sc, Options{Seed: uint64(i + 1), Check: check})
		if err != nil {
			b.Fatal(err)
		}
		cpu += cpuTime() - before
		if check {
			if s := Surprises(sc, res); len(s) > 0 {
				b.Fatal(s)
			}
		}
		events += res.Events
		records += res.Records
		virtual += res.Virtual
		b.StopTimer()
		packets += countLines(res.Logs, `{"k":"outcome",`)
		b.StartTimer()
	}
	sec := cpu.Seconds()
	b.ReportMetric(float64(events)/sec, "events/cpu-s")
	b.ReportMetric(float64(packets)/sec, "packets/cpu-s")
	b.ReportMetric(float64(records)/sec, "records/cpu-s")
	b.ReportMetric(virtual.Seconds()/sec, "virtual-s/cpu-s")
	b.ReportMetric(60*float64(b.N)/sec, "runs/cpu-min")
}

// cpuTime is the CPU time of this process, garbage collector included: on a busy
// machine wall time says little.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func mustLoad(b *testing.B, name string, set ...string) *Scenario {
	sc, err := Load(name, set...)
	if err != nil {
		b.Fatal(err)
	}
	return sc
}

// BenchmarkSystem is the whole system, logged and hashed, under load.
func BenchmarkSystem(b *testing.B) {
	benchmarkRuns(b, mustLoad(b, "steady-deficit", "emitters.rate=2000/s", "emitters.buffer.packets=20000",
		"phases.warmup=1s", "phases.faults=2s", "phases.heal=2s"), false)
}

// BenchmarkFailover is a 60-second failover run at 100 packets/s, judged.
func BenchmarkFailover(b *testing.B) {
	benchmarkRuns(b, mustLoad(b, "crash", "emitters.rate=50/s", "phases.warmup=5s", "phases.faults=30s", "phases.heal=25s"), true)
}

// countLines counts the lines that begin like prefix.
func countLines(files []File, prefix string) (n uint64) {
	for _, f := range files {
		for _, piece := range f.Data { // ends with a line
			for line := range bytes.Lines(piece) {
				if bytes.HasPrefix(line, []byte(prefix)) {
					n++
				}
			}
		}
	}
	return n
}
