package study

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The watcher's deviation is what the checker finds in its own way: with one chooser that
// starts from zero it is the largest credit of either sign.
func TestDeviationAgainstChecker(t *testing.T) {
	s := policy()
	for _, c := range s.Cells() {
		if c.Levels[0] == "random" || c.Levels[2] != "16" || c.Levels[1] == sizesGiant {
			continue
		}
		values, _, res := play(t, s, c, 3)
		worst := int64(0)
		for _, side := range sides(res.Report) {
			worst = max(worst, side[0])
		}
		got := *values[s.measure("deviation")]
		if c.Levels[0] == "smooth" || c.Levels[0] == "original" {
			got = *values[s.measure("packets")]
		}
		if got < worst-1 || got > worst+1 {
			t.Errorf("%q: %d, the checker has %d", c.Levels, got, worst)
		}
	}
}

// The stored deviations of study state are what a calculation gives that knows nothing of
// the system: the means differ by less than an eighth, by less than a third where late news
// make all go the same way.
func TestDeviationAgainstModel(t *testing.T) {
	s := state()
	table := stored(t, s)
	for _, st := range stateNames {
		for _, n := range distributorCounts {
			got, want := s.stat(table, "deviation", st, calm, n).Mean, independentDeviation(st, int(atoi(n))).Mean
			part := int64(7)
			if st == countsState {
				part = 2
			}
			if got*(part+1) < want*part || got*part > want*(part+1) {
				t.Errorf("%s, %s distributors: %s, calculated %s", st, n, number(got), number(want))
			}
		}
	}
}

// Times of detection and return are those of the checker's report, which takes the same
// records by the rules of F1 and F6.
func TestDetectionAgainstChecker(t *testing.T) {
	s := detector()
	for _, c := range s.Cells() {
		if c.Levels[0] == oneForAll || c.Levels[1] != "calm" && c.Levels[1] != gray {
			continue // central: the report has the detector, the study the workers
		}
		_, w, res := play(t, s, c, 5)
		if len(res.Report.Faults) != 1 {
			t.Fatalf("%q: %d faults", c.Levels, len(res.Report.Faults))
		}
		f := res.Report.Faults[0]
		sum := int64(0)
		for _, v := range w.alarm.detect {
			sum += v
		}
		worst, _ := most(w.alarm.detect)
		if int64(len(w.alarm.detect)) != f.Detect.Count || sum != f.Detect.Sum || worst != f.Detect.Max {
			t.Errorf("%q: %v, the checker has %+v", c.Levels, w.alarm.detect, f.Detect)
		}
		if int64(len(w.alarm.recover)) != f.Recover.Count {
			t.Errorf("%q: %d returns, the checker has %+v", c.Levels, len(w.alarm.recover), f.Recover)
		}
		if w.alarm.wasted == 0 || w.alarm.wasted > w.alarm.failed {
			t.Errorf("%q: %d sends wasted, %d failed", c.Levels, w.alarm.wasted, w.alarm.failed)
		}
	}
}

// Throughput, response and wait hang together.
func TestTimes(t *testing.T) {
	s := workers()
	_, w, res := play(t, s, s.Cells()[1], 1)
	if n := int64(len(w.times.response)); n != res.Report.Totals.Acked || int64(len(w.times.wait)) < n {
		t.Errorf("%d responses, %d waits, %d acked", n, len(w.times.wait), res.Report.Totals.Acked)
	}
	for _, p := range []int{50, 99} {
		response, _ := percentile(w.times.response, p)
		if wait, _ := percentile(w.times.wait, p); wait < 10_000_000 || wait > response {
			t.Errorf("%d %%: wait %d, response %d", p, wait, response)
		}
	}
}

func TestPercentile(t *testing.T) {
	list := []int64{5, 1, 4, 2, 3}
	for p, want := range map[int]int64{0: 1, 20: 1, 21: 2, 50: 3, 99: 5, 100: 5} {
		if got, _ := percentile(list, p); got != want {
			t.Errorf("%d %%: %d, want %d", p, got, want)
		}
	}
	if _, ok := percentile(nil, 50); ok {
		t.Error("a percentile of nothing")
	}
}

// An interval at 95 % holds the true mean nearly as often as it says.
func TestIntervalCovers(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	held, trials := 0, 400
	for range trials {
		var values []int64
		for range 20 {
			values = append(values, draw.Int64N(2001))
		}
		s := statOf(values, false, "covers")
		if s.Low > s.Mean || s.High < s.Mean {
			t.Fatalf("%+v", s)
		}
		if s.Low <= 1000 && 1000 <= s.High {
			held++
		}
	}
	if held < trials*90/100 || held == trials {
		t.Errorf("held in %d of %d", held, trials)
	}
}

func TestStat(t *testing.T) {
	for _, c := range []struct {
		values []int64
		count  bool
		want   string
	}{
		{nil, true, "–"},
		{[]int64{0, 0, 0, 0}, false, "0 (always)"},
		{[]int64{0, 0, 0, 0}, true, "0 (0–0.749)"},
		{[]int64{1500, 1500}, true, "1.5 (always)"},
		{[]int64{1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000}, false, "4.5 (3–6.13)"},
	} {
		if got := statOf(c.values, c.count, "stat").String(); got != c.want {
			t.Errorf("%v: %s, want %s", c.values, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for milli, want := range map[int64]string{
		0: "0", 1: "0.001", 999: "0.999", 1000: "1", 1004: "1", 1005: "1.01", 99_996: "100", 12_340: "12.34",
		123_456: "123.5", 1_000_000: "1000", -5: "-0.005", -1500: "-1.5",
	} {
		if got := number(milli); got != want {
			t.Errorf("%d: %s, want %s", milli, got, want)
		}
	}
	if got := plain(-12_005); got != "-12.005" {
		t.Error(got)
	}
	for _, c := range [][3]int64{{7, 2, 4}, {-7, 2, -4}, {5, 3, 2}, {4, 3, 1}, {0, 9, 0}} {
		if got := divide(c[0], c[1]); got != c[2] {
			t.Errorf("%d/%d = %d", c[0], c[1], got)
		}
	}
}

func TestLog2(t *testing.T) {
	for _, x := range []uint64{1, 2, 3, 10, 1000, 12345, 1 << 40, math.MaxInt64} {
		want := math.Log2(float64(x)) * 65536
		if got := float64(log2(x)); got > want+0.01 || got < want-16 {
			t.Errorf("%d: %v, want %v", x, got, want)
		}
	}
}

func TestAxis(t *testing.T) {
	for _, most := range []int64{1, 7, 999, 30_000, 123_456, 9_999_999} {
		a := linear(most)
		if a.most < most || len(a.ticks) > 8 || len(a.ticks) < 2 || a.y(a.most) != marginTop*10 {
			t.Errorf("%d: %+v", most, a)
		}
		l := axisFor([]line{{points: []Stat{{most, 0, most, 1}, {}}}}, true)
		if l.y(most) < marginTop*10 || l.y(0) != (marginTop+plotHigh)*10 {
			t.Errorf("%d: %+v", most, l)
		}
	}
}
