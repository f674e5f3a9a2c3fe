package study

import (
	"slices"

	"weir/logcheck"
)

// The part of a run in which throughput is counted: its beginning and end, ns.
const (
	steadyFrom = 1_000_000_000
	steadyTo   = 6_000_000_000
)

// times follows how long packets take.
type times struct {
	emitted  map[logcheck.PacketID]int64
	admitted map[logcheck.PacketID]int64
	response []int64 // from emit to the ack, ns
	wait     []int64 // from the admission to the first decision, ns
	steady   int64   // acked in the steady part
	offered  int64   // emitted in the steady part
}

func newTimes() times {
	return times{emitted: map[logcheck.PacketID]int64{}, admitted: map[logcheck.PacketID]int64{}}
}

func (m *times) see(r *logcheck.Record) {
	id, _ := r.ID()
	inside := r.T >= steadyFrom && r.T < steadyTo
	switch r.Kind {
	case logcheck.KindEmit:
		m.emitted[id] = r.T
		if inside {
			m.offered++
		}
	case logcheck.KindAdmit:
		m.admitted[id] = r.T
	case logcheck.KindPick:
		if t, ok := m.admitted[id]; ok && r.Int(logcheck.KeyAtt) == 1 {
			m.wait = append(m.wait, r.T-t)
			delete(m.admitted, id)
		}
	case logcheck.KindOutcome:
		if t, ok := m.emitted[id]; ok && r.Is(logcheck.KeyOut, "acked") {
			m.response = append(m.response, r.T-t)
			delete(m.emitted, id)
			if inside {
				m.steady++
			}
		}
	}
}

// percentile is the value of which so many in a hundred are no larger (nearest rank);
// false if there is none.
func percentile(list []int64, p int) (int64, bool) {
	if len(list) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[max(0, (len(sorted)*p+99)/100-1)], true
}

// mean is the average, rounded; false if there is none.
func mean(list []int64) (int64, bool) {
	if len(list) == 0 {
		return 0, false
	}
	sum := int64(0)
	for _, v := range list {
		sum += v
	}
	return divide(sum, int64(len(list))), true
}

// divide divides by n > 0 and rounds half away from zero.
func divide(v, n int64) int64 {
	if v < 0 {
		return -((-v + n/2) / n)
	}
	return (v + n/2) / n
}

// most is the largest value; false if there is none.
func most(list []int64) (int64, bool) {
	if len(list) == 0 {
		return 0, false
	}
	return slices.Max(list), true
}
