package detect

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// While every answer comes in time the verdict stays up, whatever the packets'
// pace, and a verdict that starts down rises within its bound.
func TestNoFalsePositive(t *testing.T) {
	for _, kind := range kinds() {
		rapid.Check(t, func(t *rapid.T) {
			c := drawConfig(t, kind)
			c.Initial = State(rapid.IntRange(0, 1).Draw(t, "initial"))
			c.PhiMargin = 2 * (c.Jitter + c.Timeout)
			c.PhiThreshold, c.PhiStdMin = 1000, ms // only the margin protects
			w := newWorld(t, c, rapid.Uint64().Draw(t, "seed"))
			w.every = 100 * ms
			w.run(2 * time.Minute)
			switch {
			case c.Initial == Up && len(w.changes) > 0, len(w.changes) > 1:
				t.Fatalf("changes %v", w.changes)
			case c.Initial == Down && (len(w.changes) != 1 || w.changes[0].at > c.Interval+c.RecoverProbeMax()):
				t.Fatalf("changes %v, bound %v", w.changes, c.RecoverProbeMax())
			}
		})
	}
}

// A crash (both paths) is detected within DetectMax and the return within
// RecoverMax: exactly one verdict down and one up.
func TestOutageWithinBounds(t *testing.T) {
	for _, kind := range kinds() {
		rapid.Check(t, func(t *rapid.T) {
			c := drawConfig(t, kind)
			w := newWorld(t, c, rapid.Uint64().Draw(t, "seed"))
			w.every = time.Duration(rapid.IntRange(0, 1000).Draw(t, "packets every")) * ms
			from := time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "from"))
			to := from + c.DetectMax() + time.Duration(rapid.Int64Range(1, int64(20*time.Second)).Draw(t, "longer"))
			cut := between(from, to)
			w.probesFail, w.dataFails = cut, cut
			w.run(to + c.RecoverMax() + time.Minute)
			if len(w.changes) != 2 {
				t.Fatalf("cut %v..%v: changes %v", from, to, w.changes)
			}
			down, up := w.changes[0], w.changes[1]
			if down.at < from || down.at > from+c.DetectMax() {
				t.Fatalf("cut at %v: %v, bound %v", from, down, c.DetectMax())
			}
			bound := c.RecoverMax()
			if down.Cause != CauseData {
				bound = c.RecoverProbeMax()
			}
			if up.at < to || up.at > to+bound || up.DataProbe != (down.Cause == CauseData) {
				t.Fatalf("healed at %v after %v: %v, bound %v", to, down, up, bound)
			}
		})
	}
}

// A data path that fails while probes pass is found by the packets alone, within
// DataFailures of them, and never cleared by probes; each return takes a data
// probe, within RecoverMax.
func TestGrayFailureWithinBounds(t *testing.T) {
	for _, kind := range kinds() {
		rapid.Check(t, func(t *rapid.T) {
			c := drawConfig(t, kind)
			w := newWorld(t, c, rapid.Uint64().Draw(t, "seed"))
			w.every = time.Duration(rapid.IntRange(1, 300).Draw(t, "packets every")) * ms
			from := 5 * time.Second
			detect := time.Duration(c.WithDefaults().DataFailures)*w.every + w.attempt + c.Timeout
			to := from + detect + time.Duration(rapid.Int64Range(1, int64(30*time.Second)).Draw(t, "longer"))
			w.dataFails = between(from, to)
			w.run(to + c.RecoverMax() + time.Minute)
			if len(w.changes) != 2 {
				t.Fatalf("cut %v..%v: changes %v", from, to, w.changes)
			}
			down, up := w.changes[0], w.changes[1]
			if down.Cause != CauseData || down.Failures != c.DataFailures || down.at > from+detect {
				t.Fatalf("data cut at %v: %v, bound %v", from, down, detect)
			}
			if !up.DataProbe || up.Successes < c.Successes || up.at < to || up.at > to+c.RecoverMax() {
				t.Fatalf("healed at %v: %v, bound %v", to, up, c.RecoverMax())
			}
		})
	}
}

// The bounds are no larger than needed: a search of seeds comes close to them.
func TestBoundsAreTight(t *testing.T) {
	c := Config{Interval: time.Second, Jitter: 400 * ms, Timeout: 300 * ms, Failures: 1, Successes: 1, DataTimeout: 200 * ms}
	slowest, longest := time.Duration(0), time.Duration(0)
	for seed := range uint64(400) {
		from := 10*time.Second + time.Duration(seed)*7*ms
		to := from + 10*time.Second
		w := newWorld(t, c, seed)
		w.probesFail = between(from, to)
		w.run(to + 10*time.Second)
		slowest = max(slowest, w.changes[0].at-from)
		longest = max(longest, w.changes[1].at-to)
	}
	if slowest < c.DetectMax()*9/10 || slowest > c.DetectMax() {
		t.Errorf("slowest detection %v, bound %v", slowest, c.DetectMax())
	}
	if longest < c.RecoverProbeMax()*8/10 || longest > c.RecoverProbeMax() {
		t.Errorf("slowest recovery %v, bound %v", longest, c.RecoverProbeMax())
	}
}

func TestBoundValues(t *testing.T) {
	for _, c := range []struct {
		cfg                     Config
		detect, probe, recovery time.Duration
	}{
		{Config{}, 3600 * ms, 2500 * ms, 3500 * ms},
		{Config{Jitter: -1, Failures: 5}, 5300 * ms, 2300 * ms, 3300 * ms},
		{Config{DataTimeout: 2 * time.Second, Successes: 1}, 3600 * ms, 1400 * ms, 4300 * ms},
		{Config{Kind: Phi}, 11300 * ms, 2500 * ms, 3500 * ms},
	} {
		if d, p, r := c.cfg.DetectMax(), c.cfg.RecoverProbeMax(), c.cfg.RecoverMax(); d != c.detect || p != c.probe || r != c.recovery {
			t.Errorf("%+v: bounds %v, %v, %v, want %v, %v, %v", c.cfg, d, p, r, c.detect, c.probe, c.recovery)
		}
	}
}

// Fewer failures in a row than configured change nothing, however often.
func TestHysteresis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t, Threshold)
		d, err := New(c, 0, newRand(rapid.Uint64().Draw(t, "seed")))
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			for range rapid.IntRange(0, c.Failures-1).Draw(t, "failures in a row") {
				out := d.Tick(d.Next())
				if out = d.ProbeFailed(d.Next()-1, out.Number, Reset); out.Changed || out.Counted != ResultReset {
					t.Fatalf("%+v", out)
				}
			}
			out := d.Tick(d.Next())
			if out = d.ProbeReply(d.Next()-1, out.Number, 1, true); out.Changed {
				t.Fatalf("%+v", out)
			}
		}
	})
}
