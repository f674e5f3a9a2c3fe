package study

import "fmt"

func (s *Study) gossipAnswer(t *Table) []string {
	b, _ := readBench(benchText)
	at := func(m, a, d string) Stat { return s.stat(t, m, a, d) }
	of := func(name, n, replicas, unit string, by int64) string {
		return number(b.figure(mergeName(name, n, replicas), unit, by).Mean)
	}
	return []string{
		fmt.Sprintf("While nothing changes a distributor sends %s messages a second with 2 distributors, %s with 8, %s with 64, whatever the number of analysers (each round goes to one peer in eight, and is answered): all together grow with the square of the distributors, by an eighth.",
			at("messages", "10", "2"), at("messages", "10", "8"), at("messages", "10", "64")),
		fmt.Sprintf("A change is told to all peers at once, %s messages with 64 distributors, of %s bytes each with 10 analysers and %s with 100; the last of 64 goes by it after %s ms, of 2 after %s.",
			at("told", "10", "64"), at("delta", "10", "64"), at("delta", "100", "64"), at("learnt", "10", "64"), at("learnt", "10", "2")),
		fmt.Sprintf("Bytes of a change do not grow with the analysers: %s with 10 of them, %s with 10,000 (3 replicas; the name of the analyser is what differs); they grow with the replicas that made changes: %s and %s with 64. A whole state is linear in the analysers: %s bytes with 100, %s with 10,000.",
			of("CRDTChange", "10", "3", "wire-B", 1), of("CRDTChange", "10000", "3", "wire-B", 1), of("CRDTChange", "10", "64", "wire-B", 1), of("CRDTChange", "10000", "64", "wire-B", 1), of("CRDTState", "100", "3", "wire-B", 1), of("CRDTState", "10000", "3", "wire-B", 1)),
		fmt.Sprintf("Time: to merge a change is the same work with any number of analysers (%s us with 10, %s with 10,000; 3 replicas); a round looks at each of them (%s and %s us); a pick of `finish` grows with their logarithm (%s and %s ns), of `deficit` with their number (%s and %s ns).",
			of("CRDTChange", "10", "3", "ns/op", 1000), of("CRDTChange", "10000", "3", "ns/op", 1000), of("CRDTGossip", "10", "3", "ns/op", 1000), of("CRDTGossip", "10000", "3", "ns/op", 1000),
			number(b.figure("Pick/finish/10", "ns/op", 1).Mean), number(b.figure("Pick/finish/10000", "ns/op", 1).Mean), number(b.figure("Pick/deficit/10", "ns/op", 1).Mean), number(b.figure("Pick/deficit/10000", "ns/op", 1).Mean)),
	}
}

func (s *Study) gossipFindings(t *Table) []Finding {
	b, _ := readBench(benchText)
	grows := func(name, replicas, unit string) int64 { // from 100 to 10,000 analysers, in thousandths
		return divide(b.figure(mergeName(name, "10000", replicas), unit, 1).Mean*1000, b.figure(mergeName(name, "100", replicas), unit, 1).Mean)
	}
	change := max(grows("CRDTChange", "3", "wire-B"), grows("CRDTChange", "64", "wire-B"))
	allocs := max(grows("CRDTChange", "3", "allocs/op"), grows("CRDTChange", "64", "allocs/op"))
	whole := max(grows("CRDTState", "3", "wire-B"), grows("CRDTState", "64", "wire-B"), grows("CRDTState", "3", "allocs/op"))
	finish := divide(b.figure("Pick/finish/10000", "ns/op", 1).Mean*1000, b.figure("Pick/finish/10", "ns/op", 1).Mean)
	same, peers := true, true
	for i, d := range gossipers {
		small, large := s.stat(t, "messages", tableSizes[0], d), s.stat(t, "messages", tableSizes[1], d)
		same = same && small.Low <= large.High && large.Low <= small.High
		peers = peers && s.stat(t, "told", tableSizes[0], d).Mean == (2<<i-1)*1000
	}
	return []Finding{
		{"A change grows with the replicas, not with the analysers", "stated in BENCHMARKS", verdict(change < 1300 && allocs == 1000),
			fmt.Sprintf("A hundred times the analysers: %s times the bytes at most (a longer name), the same allocations.", number(change))},
		{"A whole state is linear in the analysers", "stated in BENCHMARKS", verdict(whole < 130_000),
			fmt.Sprintf("A hundred times the analysers: %s times the bytes or allocations at most (names and addresses are longer).", number(whole))},
		{"A pick of `finish` is O(log n)", "the direction", verdict(finish < 8000), // log 10,000 by log 10 is 4; caches do the rest
			fmt.Sprintf("A thousand times the analysers: %s times the time, where the logarithm grows fourfold.", number(finish))},
		{"What is sent while nothing changes does not depend on the analysers", "the direction (vectors, not tables)", verdict(same), "Intervals with 10 and with 100 analysers overlap for all numbers of distributors."},
		{"A change is D-1 messages at once", "DESIGN", verdict(peers), "In every run."},
	}
}
