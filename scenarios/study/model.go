package study

import (
	"math/rand/v2"
	"slices"
)

// An independent calculation of study state: how often it is made, and of how many packets.
const (
	modelDraws   = 20
	modelPackets = 4000
)

// model is what study state's deviation should be when nothing happens, calculated anew in
// whole tenths of a message and of a millisecond, with nothing of the system or the checker:
// packets of 1 to 10 messages come at random, 400 a second, to any distributor and there to
// the worker with the fewest in progress, the first of equals; the chooser credits four
// analysers with weights 1 to 4 and picks whom it owes most; after three ways of 1 ms
// on average (there, the disk, back) the worker has it no more.
type model struct {
	draw    *rand.Rand
	credits [][4]int64 // of each chooser
	busy    [][]int64  // of each worker, when what it has in progress ends
	now     int64
}

// independentDeviation is the largest deviation of all choosers together; with one chooser a
// distributor it begins from zero, else each from up to 15 decisions of one message.
func independentDeviation(distributors, each int) Stat {
	var values []int64
	for i := range modelDraws {
		m := &model{draw: rand.New(rand.NewPCG(uint64(i), uint64(distributors*each))), credits: make([][4]int64, distributors*each), busy: make([][]int64, distributors*each)}
		values = append(values, m.deviates(distributors, each)*100)
	}
	return statOf(values, false, "model")
}

func (m *model) deviates(distributors, each int) (worst int64) {
	if each > 1 {
		for c := range m.credits {
			for range m.draw.IntN(16) {
				m.decide(c, 1)
			}
		}
	}
	var owed [4]int64
	for range modelPackets {
		m.now += m.wait(25)
		n := 1 + m.draw.Int64N(10)
		to := m.decide(m.worker(m.draw.IntN(distributors)*each, each), n)
		for i := range owed {
			owed[i] += n * int64(i+1)
		}
		owed[to] -= 10 * n
		worst = max(worst, slices.Max(owed[:]), -slices.Min(owed[:]))
	}
	return worst
}

// decide credits, picks and charges.
func (m *model) decide(chooser int, n int64) (to int) {
	c := &m.credits[chooser]
	for i := range c {
		c[i] += n * int64(i+1)
		if c[i] > c[to] {
			to = i
		}
	}
	c[to] -= 10 * n
	return to
}

// worker is the one of these that has the fewest in progress, which is one more now.
func (m *model) worker(first, of int) int {
	least := first
	for w := first; w < first+of; w++ {
		m.busy[w] = slices.DeleteFunc(m.busy[w], func(end int64) bool { return end <= m.now })
		if len(m.busy[w]) < len(m.busy[least]) {
			least = w
		}
	}
	m.busy[least] = append(m.busy[least], m.now+6+m.wait(8)+m.wait(8)+m.wait(8))
	return least
}

// wait is a time with this mean that forgets how long it has lasted.
func (m *model) wait(mean int) (t int64) {
	for t = 1; m.draw.IntN(mean) > 0; t++ {
	}
	return t
}
