package detect

import (
	"math/big"
	"time"

	"pgregory.net/rapid"
)

// silence is a second, slow reading of the phi detector's verdict: it keeps all intervals
// between answers and counts anew each time, with numbers of any size.
type silence struct {
	cfg       Config
	intervals []time.Duration
	last      time.Duration // since when it is silent
	steady    bool          // last is an answer
}

func newSilence(c Config) *silence {
	return &silence{cfg: c, intervals: []time.Duration{c.Interval * 3 / 4, c.Interval * 5 / 4}}
}

func (s *silence) restart(now time.Duration) { s.last, s.steady = now, false }

// most is the silence that means down: the mean of the newest intervals and the margin, and
// so many standard deviations, in microseconds.
func (s *silence) most() time.Duration {
	newest := s.intervals[max(0, len(s.intervals)-s.cfg.PhiWindow):]
	sum, square := big.NewInt(0), big.NewInt(0)
	for _, d := range newest {
		us := big.NewInt(min(d, silenceMost).Microseconds())
		sum.Add(sum, us)
		square.Add(square, us.Mul(us, us))
	}
	n := big.NewInt(int64(len(newest)))
	mean := new(big.Int).Div(sum, n)
	variance := new(big.Int).Sub(new(big.Int).Div(square, n), new(big.Int).Mul(mean, mean))
	std := max(variance.Sqrt(variance).Int64(), s.cfg.PhiStdMin.Microseconds())
	reach := phiReach(s.cfg.PhiThreshold) * std
	us := mean.Int64() + max(s.cfg.PhiMargin, 0).Microseconds() + (reach+phiUnit-1)/phiUnit
	return min(time.Duration(us)*time.Microsecond, s.cfg.SilenceMax)
}

// verdict takes an output of the detector and returns the verdict that must follow, where
// others would give want.
func (s *silence) verdict(m *machine, out Output, want State) State {
	switch {
	case m.call == "tick" && m.r.state == Up && m.now-s.last >= s.most():
		return Down
	case m.call == "answer" && out.Counted == ResultOK && !out.CountedData && m.r.state == Up:
		if s.steady {
			s.intervals = append(s.intervals, m.now-s.last)
		}
		s.last, s.steady = m.now, true
	}
	if out.Gap > 0 || want == Up && m.r.state == Down {
		s.restart(m.now)
	}
	if m.r.state == Up && want == Up && m.d.Next() > s.last+s.most() {
		m.t.Fatalf("%v: the next look is at %v, %v of silence are over at %v", m.now, m.d.Next(), s.most(), s.last+s.most())
	}
	return want
}

// drawPhi draws what only phi has.
func drawPhi(t *rapid.T, c Config) Config {
	c.PhiThreshold = rapid.IntRange(1000, 12000).Draw(t, "threshold")
	c.PhiWindow = rapid.IntRange(2, 20).Draw(t, "window")
	c.PhiStdMin = time.Duration(rapid.IntRange(1, 300).Draw(t, "least deviation")) * ms
	c.PhiMargin = time.Duration(rapid.IntRange(-1, 3000).Draw(t, "margin")) * ms
	c.SilenceMax = c.Interval + c.Jitter + c.Timeout + time.Duration(rapid.IntRange(0, 20000).Draw(t, "silence"))*ms
	if err := c.Validate(); err != nil {
		t.Skip(err)
	}
	return c
}
