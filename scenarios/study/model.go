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
	others  [][4]int64 // what each chooser adds to its own: nothing, but of shared counts
	busy    [][]int64  // of each worker, when what it has in progress ends
	now     int64
}

// independentDeviation is the largest deviation of all choosers together in a state.
func independentDeviation(state string, distributors int) Stat {
	var values []int64
	for i := range modelDraws {
		n := distributors * choosers(state)
		m := &model{draw: rand.New(rand.NewPCG(uint64(i), uint64(n))), credits: make([][4]int64, n), others: make([][4]int64, n), busy: make([][]int64, n)}
		values = append(values, m.deviates(state, distributors)*100)
	}
	return statOf(values, false, "model")
}

func (m *model) deviates(state string, distributors int) (worst int64) {
	each := choosers(state)
	var told *modelCounts
	if state == countsState {
		told = newModelCounts(m, distributors)
	} else if state != sharedState { // each begins from up to 15 decisions of one message
		for c := range m.credits {
			for range m.draw.IntN(16) {
				m.decide(c, 1)
			}
		}
	}
	var owed [4]int64
	for range modelPackets {
		m.now += m.wait(25)
		told.rounds()
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
	c, o := &m.credits[chooser], &m.others[chooser]
	for i := range c {
		c[i] += n * int64(i+1)
		if c[i]+o[i] > c[to]+o[to] {
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

// modelCounts are the counts that distributors share: each, every 0.4 to 0.6 s, makes public
// what its workers said last, exchanges all that it knows with one in eight of the others,
// tells its workers what the rest comes to and asks for theirs.
type modelCounts struct {
	m     *model
	due   []int64      // when a distributor's next round is
	known [][]modelSum // by distributor, of each
	said  [][4]int64   // by worker, its credits at the last round
	turn  [][]int      // by distributor, whom it has not exchanged with yet
}

// modelSum is what a distributor's workers come to; a later version counts for more.
type modelSum struct {
	sum     [4]int64
	version int
}

func newModelCounts(m *model, distributors int) *modelCounts {
	c := &modelCounts{m: m, said: make([][4]int64, len(m.credits)), turn: make([][]int, distributors)}
	for range distributors {
		c.due = append(c.due, m.draw.Int64N(5000))
		c.known = append(c.known, make([]modelSum, distributors))
	}
	return c
}

// rounds makes those that are due.
func (c *modelCounts) rounds() {
	for c != nil {
		d := 0
		for i := range c.due {
			if c.due[i] < c.due[d] {
				d = i
			}
		}
		if c.due[d] > c.m.now {
			return
		}
		c.due[d] += 4000 + c.m.draw.Int64N(2001)
		c.round(d)
	}
}

func (c *modelCounts) round(d int) {
	each := len(c.said) / len(c.due)
	mine := modelSum{version: c.known[d][d].version + 1}
	for w := d * each; w < (d+1)*each; w++ {
		add(&mine.sum, c.said[w], 1)
	}
	c.known[d][d] = mine
	for range (len(c.due) + 6) / 8 {
		if len(c.turn[d]) == 0 {
			c.turn[d] = slices.DeleteFunc(c.m.draw.Perm(len(c.due)), func(p int) bool { return p == d })
		}
		p := c.turn[d][0]
		c.turn[d] = c.turn[d][1:]
		for s := range c.due {
			newest := c.known[d][s]
			if c.known[p][s].version > newest.version {
				newest = c.known[p][s]
			}
			c.known[d][s], c.known[p][s] = newest, newest
		}
	}
	for w := d * each; w < (d+1)*each; w++ {
		c.m.others[w] = [4]int64{}
		for _, k := range c.known[d] {
			add(&c.m.others[w], k.sum, 1)
		}
		add(&c.m.others[w], c.said[w], -1)
		c.said[w] = c.m.credits[w]
	}
}

func add(sum *[4]int64, more [4]int64, times int64) {
	for i := range sum {
		sum[i] += times * more[i]
	}
}
