package scenarios

import (
	"bytes"
	"testing"
	"time"
)

// benchmarkRuns runs a scenario with seeds 1, 2, 3 ... and reports what a second
// of one core gives.
func benchmarkRuns(b *testing.B, sc *Scenario, check bool) {
	b.ReportAllocs()
	var events, packets, records uint64
	var virtual time.Duration
	for i := 0; b.Loop(); i++ {
		res, err := Run(sc, Options{Seed: uint64(i + 1), Check: check})
		if err != nil {
			b.Fatal(err)
		}
		if check {
			if s := Surprises(sc, res); len(s) > 0 {
				b.Fatal(s)
			}
		}
		events += res.Events
		records += res.Records
		virtual += res.Virtual
		packets += countLines(res.Logs, `{"k":"outcome",`)
	}
	sec := b.Elapsed().Seconds()
	b.ReportMetric(float64(events)/sec, "events/s")
	b.ReportMetric(float64(packets)/sec, "packets/s")
	b.ReportMetric(float64(records)/sec, "records/s")
	b.ReportMetric(virtual.Seconds()/sec, "virtual-s/s")
	b.ReportMetric(60*float64(b.N)/sec, "runs/min")
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
	benchmarkRuns(b, mustLoad(b, "steady-deficit", "emitters.rate=2000/s", "emitters.buffer.packets=20000"), false)
}

// BenchmarkFailover is a 60-second failover run at 100 packets/s, judged.
func BenchmarkFailover(b *testing.B) {
	benchmarkRuns(b, mustLoad(b, "crash", "emitters.rate=50/s", "phases.warmup=5s", "phases.faults=30s", "phases.heal=25s"), true)
}

// countLines counts the lines that begin like prefix.
func countLines(files []File, prefix string) (n uint64) {
	for _, f := range files {
		for rest := f.Data; len(rest) > 0; {
			line := rest
			if i := bytes.IndexByte(rest, '\n'); i >= 0 {
				line, rest = rest[:i], rest[i+1:]
			} else {
				rest = nil
			}
			if bytes.HasPrefix(line, []byte(prefix)) {
				n++
			}
		}
	}
	return n
}
