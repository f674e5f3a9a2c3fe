package logcheck

import (
	"bytes"
	"encoding/json"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// rate reports records per second of wall time and of CPU time: on a shared
// machine only the second says something.
func rate(b *testing.B, records int, before time.Duration) {
	n := float64(records) * float64(b.N) / 1e6
	b.ReportMetric(n/b.Elapsed().Seconds(), "Mrec/s")
	b.ReportMetric(n/(cpuTime()-before).Seconds(), "Mrec/cpu-s")
}

// cpuTime is the CPU time of this process, garbage collector included.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkReader measures the reader alone: scanning, without order and rules.
func BenchmarkReader(b *testing.B) {
	m, records := genRun{packets: 20_000}.mem()
	b.ReportAllocs()
	before := cpuTime()
	for b.Loop() {
		n := 0
		for i := range m {
			j := &formJudge{}
			f := &File{Name: m[i].Name, Faults: m[i].Name == faultsName}
			rd := &reader{file: f, j: j, buf: m[i].Data, end: len(m[i].Data), eof: true}
			rd.rec.names, rd.rec.File = NewNames(), f
			f.Node, f.Inc = rd.rec.names.InternString(genNodes[i]), 1
			for {
				ok, err := rd.next()
				if err != nil || !ok {
					break
				}
				n++
			}
			if j.h6.Failed() || j.h2.Failed() {
				b.Fatal(j.h6.detail, j.h2.detail)
			}
		}
		if n != records {
			b.Fatalf("%d records of %d", n, records)
		}
	}
	rate(b, records, before)
}

// BenchmarkEncodingJSON is the yardstick: encoding/json on the same lines, into a
// map. On a busy machine the ratio to BenchmarkReader says more than the rates.
func BenchmarkEncodingJSON(b *testing.B) {
	m, records := genRun{packets: 1_000}.mem()
	before := cpuTime()
	for b.Loop() {
		for i := range m {
			for line := range bytes.Lines(m[i].Data) {
				v := map[string]any{}
				if err := json.Unmarshal(line, &v); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	rate(b, records, before)
}

// BenchmarkCheck measures the whole check of a run in memory: H, C and O.
func BenchmarkCheck(b *testing.B) {
	benchCheck(b, Options{Only: append(PropertyIDs()[:7:7], deliveryIDs...)})
}

// BenchmarkCheckAll measures the whole check with every rule.
func BenchmarkCheckAll(b *testing.B) { benchCheck(b, Options{}) }

func benchCheck(b *testing.B, opt Options) {
	m, records := genRun{packets: 60_000}.mem()
	run := genHeader()
	b.ReportAllocs()
	before := cpuTime()
	for b.Loop() {
		v, err := Check(m, run, opt)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range v.Results {
			if r.Status == Fail && r.ID[0] != 'R' && r.ID[0] != 'F' && r.ID[0] != 'B' {
				b.Fatalf("%s: %s", r.ID, r.Detail)
			}
		}
	}
	rate(b, records, before)
}

// watcher is a custom rule that samples the heap.
type watcher struct {
	n    int
	peak uint64
}

func (w *watcher) ID() string         { return "x_heap" }
func (w *watcher) Kinds() KindSet     { return Kinds(KindOutcome) }
func (w *watcher) Finish(*End) Result { return Result{Status: Pass} }
func (w *watcher) Feed(*Record) {
	if w.n++; w.n%50_000 == 0 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		w.peak = max(w.peak, s.HeapAlloc)
	}
}

// TestMemoryIsFlat checks a run of over ten million records that is generated as
// it is read, and holds the heap to what a run a tenth as long needs, but for one
// bit for each packet and store.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("ten million records")
	}
	peak := func(packets int) (uint64, int64) {
		w := &watcher{}
		v, err := Check(genRun{packets: packets}, genHeader(), Options{
			Custom: []NewRule{func(*Context) Rule { return w }}})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range v.Failed() { // the generator keeps no policy
			if id[0] != 'R' && id[0] != 'F' && id[0] != 'B' {
				t.Fatalf("a sound run failed: %s", id)
			}
		}
		return w.peak, v.Records
	}
	short, _ := peak(70_000)
	long, records := peak(700_000)
	t.Logf("%d records: peak heap %d KiB; a tenth of them: %d KiB", records, long>>10, short>>10)
	if records < 10_000_000 {
		t.Errorf("only %d records", records)
	}
	if long > short+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", short, long)
	}
}
