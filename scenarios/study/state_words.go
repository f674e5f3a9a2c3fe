package study

import (
	"fmt"
	"slices"
	"strings"
)

// choosers is how many decide in each distributor.
func choosers(state string) int {
	if state == sharedState {
		return 1
	}
	return stateWorkers
}

// stateLimit is the most that all choosers together may be off, in thousandths of a
// message: 10 (H_3) for each, see FORMAT.md section 8 and bound B8.
func stateLimit(state, distributors string) int64 {
	return atoi(distributors) * int64(choosers(state)) * (10_000 + 5_000 + 3_334)
}

// stateAlso holds the calm cells against a calculation that shares nothing with them.
func (s *Study) stateAlso(t *Table) string {
	var b strings.Builder
	b.WriteString("## Against an independent calculation\nDeviation when nothing happens, in messages: measured, and calculated anew with nothing of the system or the checker (`scenarios/study/model.go`: ")
	fmt.Fprintf(&b, "choosers in a hundred lines, %d packets, %d draws); the limit is what no run may pass.\n\n| state | distributors | choosers | measured | calculated | limit |\n|---|---|---|---|---|---|\n", modelPackets, modelDraws)
	for _, st := range []string{sharedState, localState, countsState} {
		for _, n := range distributorCounts {
			d, c := int(atoi(n)), choosers(st)
			limit := number(stateLimit(st, n))
			if st == countsState {
				limit = "–"
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %s |\n", st, n, d*c, s.stat(t, "deviation", st, calm, n), independentDeviation(st, d), limit)
		}
	}
	fmt.Fprintf(&b, "\n`%s` decides as `%s` does, seed by seed, as long as nobody orders anything; in `%s` it is what they have not heard yet that counts, which has no bound that is known before. A distributor gives a packet to the worker with the fewest in progress, the first of equals: with little to do for each, its first worker decides nearly everything, so that the deviation grows less than with the choosers.\n", crdtState, localState, countsState)
	return b.String()
}

func (s *Study) stateAnswer(t *Table) []string {
	at := func(m, st, c, n string) Stat { return s.stat(t, m, st, c, n) }
	return []string{
		fmt.Sprintf("Without shared state the shares stay good: with 1 distributor (4 choosers instead of 1) all decisions together are off by %s messages at the worst moment instead of %s, with 16 (64 choosers instead of 16) by %s instead of %s, of some 22,000 messages. That is far below the limit of %s for 64 choosers, and what an independent calculation gives.",
			at("deviation", localState, calm, "1"), at("deviation", sharedState, calm, "1"), at("deviation", localState, calm, "16"), at("deviation", sharedState, calm, "16"), number(stateLimit(localState, "16"))),
		fmt.Sprintf("A CRDT for the table changes nothing of that. What it brings is that an order given at one place reaches all: with 16 distributors under loss the last worker goes by it after %s ms; an operator who tells all 16, and repeats what is not answered, takes %s. With everything changing, 2 distributors are %s messages off what was ordered, %s without it, because one that comes back learns from the other what it missed.",
			at("learnt", crdtState, loss, "16"), at("learnt", localState, loss, "16"), at("from_order", crdtState, churnable, "2"), at("from_order", localState, churnable, "2")),
		fmt.Sprintf("To share the counts as well makes the shares worse, not better: calm, all together are off by %s messages with 1 distributor, %s with 16, as an independent calculation gives too, and for %s bytes in 10 s instead of %s. Who hears the same late news chooses the same analyser that lags, until the next news.",
			at("deviation", countsState, calm, "1"), at("deviation", countsState, calm, "16"), at("wire_bytes", countsState, calm, "16"), at("wire_bytes", crdtState, calm, "16")),
		fmt.Sprintf("In a partition the CRDT brings next to nothing: who is cut off cannot hear of an order in either way, and is off by %s messages with the CRDT, %s without (16 distributors); after the heal it learns by itself (%s ms after the order) instead of from an operator who is still there to repeat it (%s).",
			at("from_order", crdtState, partition, "16"), at("from_order", localState, partition, "16"), at("learnt", crdtState, partition, "16"), at("learnt", localState, partition, "16")),
		fmt.Sprintf("It costs messages all the time: calm, %s in 10 s with 2 distributors, %s with 8, %s with 16 (each round goes to one peer in eight), of %s bytes together with 16, where the other two send none. That is little beside the %s probes of the same run.",
			at("wire", crdtState, calm, "2"), at("wire", crdtState, calm, "8"), at("wire", crdtState, calm, "16"), at("wire_bytes", crdtState, calm, "16"), at("probes", crdtState, calm, "16")),
		fmt.Sprintf("A crash is noticed as fast, and wastes %s sends with local state, %s with shared and %s with the CRDT at 1 distributor, %s, %s and %s at 16: who decides does not matter to failover (with shared counts it is luck: what the analyser happened to be owed just then). Who watches does: the same load over 16 distributors is watched by 64 workers, which notice after %s ms instead of %s with 4, the last %s ms after the first, because each has fewer packets of its own as evidence.",
			at("wasted", localState, crash, "1"), at("wasted", sharedState, crash, "1"), at("wasted", crdtState, crash, "1"), at("wasted", localState, crash, "16"), at("wasted", sharedState, crash, "16"), at("wasted", crdtState, crash, "16"),
			at("detect", localState, crash, "16"), at("detect", localState, crash, "1"), at("apart", localState, crash, "16")),
	}
}

func (s *Study) stateFindings(t *Table) []Finding {
	one, sixteen := s.stat(t, "deviation", localState, calm, "1"), s.stat(t, "deviation", localState, calm, "16")
	probes1, probes16 := s.stat(t, "probes", localState, calm, "1"), s.stat(t, "probes", localState, calm, "16")
	return []Finding{
		s.ratioFinding(t),
		s.routingFinding(t),
		s.countsFinding(t),
		{"D choosers that share nothing are at most D times as far off as one, and with random start phases less than half of that", "the direction (D × bound)", verdict(sixteen.High < 8*one.Low),
			fmt.Sprintf("16 times as many choosers: %s instead of %s.", sixteen, one)},
		s.failoverFinding(t),
		{"Detection in each worker is cheap: the probes grow by less than twice with 16 times the workers", "a guess of ours", verdict(probes16.Low < 2*probes1.High),
			fmt.Sprintf("They grow with the workers: %s with 1 distributor, %s with 16.", probes1, probes16)},
	}
}

func (s *Study) ratioFinding(t *Table) Finding {
	worst, within := int64(0), true
	for _, n := range distributorCounts {
		for _, v := range slices.Concat(s.values(t, "deviation", localState, calm, n), s.values(t, "deviation", localState, crash, n)) {
			limit := stateLimit(localState, n)
			within = within && v <= limit
			worst = max(worst, v*100_000/limit)
		}
	}
	return Finding{"\"The ratio, if maintained properly, would ensure that the distribution of packets is still balanced\" without shared state", "the original", verdict(within),
		fmt.Sprintf("In messages, which is harder: no run went beyond %s %% of the limit, calm or with a crash.", number(worst))}
}

// routingFinding holds the CRDT against an operator who tells every distributor.
func (s *Study) routingFinding(t *Table) Finding {
	sooner, total, closer := 0, 0, 0
	for _, n := range distributorCounts[1:] {
		for _, c := range []string{loss, partition, churnable} {
			total++
			if s.stat(t, "learnt", crdtState, c, n).High < s.stat(t, "learnt", localState, c, n).Low {
				sooner++
			}
			if s.stat(t, "from_order", crdtState, c, n).High < s.stat(t, "from_order", localState, c, n).Low {
				closer++
			}
		}
	}
	v := inPart
	if sooner == 0 && closer == 0 || sooner == total && closer == total {
		v = verdict(closer == total)
	}
	return Finding{"\"CRDT would be a very good fit to maintain information about the traffic routing\"", "the original", v,
		fmt.Sprintf("For the table of analysers (the counts are the next line): with 2 to 16 distributors, under loss, partition and churn, the last worker goes by an order clearly sooner in %d of %d cells and all together are clearly nearer to what was ordered in %d; an order needs to be given once, at any distributor. It does not reach who is cut off, and does nothing for the shares when nothing changes.", sooner, total, closer)}
}

// countsFinding holds shared counts against none.
func (s *Study) countsFinding(t *Table) Finding {
	cells, worse, least, most := 0, 0, int64(0), int64(0)
	for _, c := range []string{calm, crash, loss} {
		for _, n := range distributorCounts {
			cells++
			counts, own := s.stat(t, "deviation", countsState, c, n), s.stat(t, "deviation", crdtState, c, n)
			if counts.Low > own.High {
				worse++
			}
			times := divide(counts.Mean*1000, own.Mean)
			most = max(most, times)
			if least == 0 || times < least {
				least = times
			}
		}
	}
	return Finding{"Counts in the CRDT too keep the shares better (\"information about the traffic routing\", which may mean the counts)", "the original, if it means them", verdict(worse == 0),
		fmt.Sprintf("Clearly worse in %d of %d cells, %s to %s times as far off, calm, with a crash and under loss. The direction predicted eight times or more.", worse, cells, number(least), number(most))}
}

func (s *Study) failoverFinding(t *Table) Finding {
	touch := 0
	for _, n := range distributorCounts {
		l, sh := s.stat(t, "wasted", localState, crash, n), s.stat(t, "wasted", sharedState, crash, n)
		if l.Low <= sh.High && sh.Low <= l.High {
			touch++
		}
	}
	return Finding{"No shared state wastes no more sends on a crashed analyser than a shared one", "the original (\"each worker would be responsible for its own health checks and routing decisions\")", verdict(touch == len(distributorCounts)),
		fmt.Sprintf("The intervals overlap for %d of %d numbers of distributors.", touch, len(distributorCounts))}
}

// values are a measure's values in a cell.
func (s *Study) values(t *Table, measure string, levels ...string) (list []int64) {
	for _, c := range t.Cells {
		if !slices.Equal(c.Levels, levels) {
			continue
		}
		for _, v := range c.Values[s.measure(measure)] {
			if v != nil {
				list = append(list, *v)
			}
		}
	}
	return list
}
