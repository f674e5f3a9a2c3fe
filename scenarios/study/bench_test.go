package study

import (
	"strings"
	"testing"
)

// The stored benchmarks are those that the page has; of a line that is none of go test
// -bench the number is told.
func TestReadBench(t *testing.T) {
	b, err := readBench(benchText)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range gossipPlot() {
		for _, l := range p.Given {
			for i, v := range l.points {
				if v.N < 5 || v.Mean <= 0 {
					t.Errorf("%s, %s, %s: %d repetitions: ./run.sh bench-gossip", p.Title, l.name, p.Ticks[i], v.N)
				}
			}
		}
	}
	if n := len(b); n != 15+24+4 {
		t.Errorf("%d benchmarks", n)
	}
	b, err = readBench("BenchmarkX/a=1-2 \t 10 \t 12.3456 ns/op \t 7 B\nBenchmarkX/a=1-2 11 9 ns/op 7 B\n")
	if got := b.figure("X/a=1-2", "ns/op", 1); err != nil || got != (Stat{9000, 9000, 12_345, 2}) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"BenchmarkX 1 2 ns/op\nPASS": "line 2: want a name", "BenchmarkX 1 2 ns/op 3": "line 1: want a name",
		"BenchmarkX 1 x ns/op": `line 1: value "x"`, "BenchmarkX 1 -2 ns/op": `value "-2"`, "": "line 1",
	} {
		if _, err := readBench(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// What gossip takes is no more than stated, however it is measured: bytes and allocations
// of the benchmarks are exact.
func TestGossipGrowth(t *testing.T) {
	b, err := readBench(benchText)
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []string{"wire-B", "allocs/op"} {
		for _, replicas := range []string{"3", "64"} {
			for _, m := range merges {
				few, many := b.figure(mergeName(m.bench, "10", replicas), unit, 1).Mean, b.figure(mergeName(m.bench, "10000", replicas), unit, 1).Mean
				times := int64(1)
				if m.name == "state" {
					times = 1000
				}
				if many > few*times*5/4 {
					t.Errorf("%s, %s replicas: %d %s with 10 analysers, %d with 10,000", m.name, replicas, few/1000, unit, many/1000)
				}
			}
		}
	}
}
