package study

import "math"

// axis turns values into places on a panel.
type axis struct {
	log   bool
	least int64 // at the foot; with log above 0
	most  int64
	ticks []int64
}

// axisFor is an axis that holds all points with their intervals.
func axisFor(lines []line, log bool) axis {
	most, least := int64(1), int64(math.MaxInt64)
	for _, l := range lines {
		for _, p := range l.points {
			if p.N == 0 {
				continue
			}
			most = max(most, p.High)
			for _, v := range []int64{p.Low, p.Mean, p.High} {
				if v > 0 {
					least = min(least, v)
				}
			}
		}
	}
	if !log {
		return linear(most)
	}
	a := axis{log: true, least: 1, most: 10}
	for a.least*10 <= min(least, most) {
		a.least *= 10
	}
	for a.most = a.least * 10; a.most < most; {
		a.most *= 10
	}
	for v := a.least; v <= a.most; v *= 10 {
		a.ticks = append(a.ticks, v)
	}
	return a
}

// linear is an axis from 0 with up to six round ticks.
func linear(most int64) axis {
	step := int64(1)
	for i := 0; step*6 < most; i++ {
		step = step * []int64{2, 5, 2}[i%3] / []int64{1, 2, 1}[i%3]
	}
	a := axis{most: (most + step - 1) / step * step}
	for v := int64(0); v <= a.most; v += step {
		a.ticks = append(a.ticks, v)
	}
	return a
}

// y is a value's place in tenths of a pixel.
func (a axis) y(v int64) int64 {
	foot := int64(marginTop+plotHigh) * 10
	if !a.log {
		return foot - v*plotHigh*10/a.most
	}
	v = max(v, a.least)
	from := log2(uint64(a.least))
	return foot - (log2(uint64(v))-from)*plotHigh*10/(log2(uint64(a.most))-from)
}
