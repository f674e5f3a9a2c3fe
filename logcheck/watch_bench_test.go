package logcheck

import (
	"fmt"
	"strings"
	"testing"
)

// flipLog makes a distributor's log of n records: picks with their sends and
// receipts left out, and a view change after every tenth pick.
func flipLog(n int) (*Run, Mem) {
	run := watchRun()
	run.Nodes = []RunNode{{Name: "d", Role: "distributor"}}
	var b strings.Builder
	g := 1
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, `{"k":"`+format, args...)
		g++
	}
	line(`log","a":"-","s":0,"t":0,"m":0,"g":0,"v":1,"node":"d","inc":1,"role":"distributor"}` + "\n")
	line(`view","a":"w1","s":1,"t":1,"m":1,"g":1,"v":1,"ver":1,"set":"a1=1:up,a2=2:up,a3=3:up,a4=4:up"}` + "\n")
	m := newFlip()
	for p, s := 1, 2; s <= n; s++ {
		if s%11 == 0 {
			line(`view","a":"w1","s":%d,"t":%d,"m":%d,"g":%d,"v":%d,"ver":1,"set":"a4=4:%s"}`+"\n", s, s, s, s, s, m.flip())
			m.v = s
			continue
		}
		to := m.pick(int64(1 + p%10))
		line(`pick","a":"w1","s":%d,"t":%d,"m":%d,"g":%d,"p":%d,"id":"e/1/%d","att":1,"n":%d,"to":"a%d","v":%d}`+"\n", s, s, s, s, p, p%1000+1, 1+p%10, to, m.v)
		p++
	}
	return run, Mem{{Name: "logs/d.1.jsonl", Data: []byte(b.String())}}
}

// flip is the small chooser of the bench's writer.
type flipper struct {
	v      int
	away   bool
	credit [4]int64
	share  [2][]uint64
}

func newFlip() *flipper {
	return &flipper{v: 1, share: [2][]uint64{quantise([]uint32{1, 2, 3, 4}), quantise([]uint32{1, 2, 3})}}
}

func (f *flipper) flip() string {
	if f.away = !f.away; f.away {
		return "full"
	}
	return "up"
}

func (f *flipper) pick(n int64) int {
	share := f.share[0]
	if f.away {
		share = f.share[1]
	}
	best := 0
	for i, s := range share {
		if f.credit[i] += n * int64(s); f.credit[i] > f.credit[best] {
			best = i
		}
	}
	f.credit[best] -= n * one
	return best + 1
}

// BenchmarkFlips is the whole check of a log with one view change per ten picks.
func BenchmarkFlips(b *testing.B) {
	const n = 200_000
	run, files := flipLog(n)
	b.SetBytes(int64(len(files[0].Data)))
	for b.Loop() {
		v, err := Check(files, run, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if r := watchOf(v, "R6"); r.Status == Fail || r.Judged < n*9/10 {
			b.Fatalf("R6: %+v", r)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
