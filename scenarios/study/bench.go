package study

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// benchText is what ./run.sh bench-gossip wrote: the lines of go test -bench, each
// benchmark several times.
//
//go:embed gossip.bench
var benchText string

// benched is what a benchmark told in its repetitions, in thousandths of a unit.
type benched map[string]map[string][]int64 // name, unit

// readBench reads the lines of go test -bench: a name, how often it ran, then values with
// their units.
func readBench(text string) (benched, error) {
	all := benched{}
	for i, text := range strings.Split(strings.TrimSpace(text), "\n") {
		words := strings.Fields(text)
		if len(words) < 4 || len(words)%2 != 0 || !strings.HasPrefix(words[0], "Benchmark") {
			return nil, fmt.Errorf("benchmarks, line %d: want a name, a number of runs, and values with units", i+1)
		}
		name := strings.TrimPrefix(words[0], "Benchmark")
		if all[name] == nil {
			all[name] = map[string][]int64{}
		}
		for at := 2; at < len(words); at += 2 {
			v, err := milli(words[at])
			if err != nil {
				return nil, fmt.Errorf("benchmarks, line %d: %w", i+1, err)
			}
			all[name][words[at+1]] = append(all[name][words[at+1]], v)
		}
	}
	return all, nil
}

// milli reads a decimal number into thousandths; further digits are dropped.
func milli(text string) (int64, error) {
	whole, part, _ := strings.Cut(text, ".")
	v, err := strconv.ParseInt(whole+(part + "000")[:3], 10, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("value %q: want a decimal number from 0", text)
	}
	return v, nil
}

// figure is a benchmark's least value, in thousandths of the unit by the divisor: whoever
// else uses the machine can only add to a time. The bar goes up to the greatest.
func (b benched) figure(name, unit string, by int64) Stat {
	list := b[name][unit]
	if len(list) == 0 {
		return Stat{}
	}
	s := Stat{Mean: list[0], High: list[0], N: len(list)}
	for _, v := range list {
		s.Mean, s.High = min(s.Mean, v), max(s.High, v)
	}
	s.Mean, s.High = divide(s.Mean, by), divide(s.High, by)
	s.Low = s.Mean
	return s
}
