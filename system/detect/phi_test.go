package detect

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The table is that of the normal distribution, between its entries too.
func TestPhiTable(t *testing.T) {
	for x := int64(0); x <= 12*phiUnit; x += 7 {
		want := -1000 * math.Log10(math.Erfc(float64(x)/phiUnit/math.Sqrt2)/2)
		if got := float64(phiAt(x)); math.Abs(got-want) > 2 {
			t.Fatalf("phi at %d/%d is %v, want %.2f", x, phiUnit, got, want)
		}
		if phiAt(x) < phiAt(x-1) {
			t.Fatalf("phi falls at %d", x)
		}
	}
	if phiAt(-1) != 0 || phiAt(math.MaxInt64) != phiAt(12*phiUnit) {
		t.Error("outside the table")
	}
	for level := 1; level <= 32000; level += 11 {
		if x := phiReach(level); phiAt(x) < level || x > 0 && phiAt(x-1) >= level {
			t.Fatalf("level %d is reached at %d, where phi is %d", level, x, phiAt(x))
		}
	}
}

func TestSquareRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Int64Range(0, 1<<62).Draw(t, "x")
		r := squareRoot(x)
		if r*r > x || (r+1)*(r+1) <= x {
			t.Fatalf("root of %d is %d", x, r)
		}
	})
}

// The running sums give the mean and deviation of the newest intervals.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(2, 20).Draw(t, "size")
		w := window{values: make([]int64, 0, size)}
		var all []float64
		for range rapid.IntRange(1, 60).Draw(t, "intervals") {
			us := rapid.Int64Range(0, 60_000_000).Draw(t, "interval")
			w.add(time.Duration(us) * time.Microsecond)
			all = append(all, float64(us))
		}
		newest := all[max(0, len(all)-size):]
		sum, square := 0.0, 0.0
		for _, x := range newest {
			sum += x
		}
		mean := sum / float64(len(newest))
		for _, x := range newest {
			square += (x - mean) * (x - mean)
		}
		variance := square / float64(len(newest))
		gotMean, gotStd := w.moments()
		if float64(gotMean) > mean+1e-6 || float64(gotMean) < mean-1-1e-6 {
			t.Fatalf("mean %d, want %f", gotMean, mean)
		}
		// Rounding the mean down by less than 1 us adds less than 2 x mean to the variance.
		if v := float64(gotStd * gotStd); v > variance+2*mean+2 || float64((gotStd+1)*(gotStd+1)) < variance-2 {
			t.Fatalf("std %d, variance %f, mean %f", gotStd, variance, mean)
		}
	})
}

// Suspicion never falls while silence lasts, and reaches the threshold exactly
// when the detector goes down.
func TestPhiGrowsWithSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t, Phi)
		c.SilenceMax = silenceMost
		c.PhiThreshold = rapid.IntRange(1000, 12000).Draw(t, "threshold")
		c.PhiMargin = time.Duration(rapid.IntRange(5000, 8000).Draw(t, "margin")) * ms
		w := newWorld(t, c, rapid.Uint64().Draw(t, "seed"))
		w.run(20 * time.Second)
		p := w.d.(*phi)
		if p.state != Up {
			t.Fatalf("changes %v", w.changes)
		}
		before := 0
		for at := p.last; at < p.last+p.silence; at += 10 * ms {
			level := p.level(at)
			if level < before || level >= c.PhiThreshold {
				t.Fatalf("level %d after %d, %v of %v into the silence", level, before, at-p.last, p.silence)
			}
			before = level
		}
		edge := p.last + p.silence
		if p.silence < c.SilenceMax && (p.level(edge) < c.PhiThreshold || p.level(edge-1) >= c.PhiThreshold) {
			t.Fatalf("level %d at the edge, %d before, threshold %d", p.level(edge), p.level(edge-1), c.PhiThreshold)
		}
		w.probesFail = between(0, time.Hour)
		last := p.last
		w.events = nil // an answer under way would end this silence
		w.run(edge + time.Second)
		if p.last != last || len(w.changes) != 1 || w.changes[0].Cause != CausePhi || w.changes[0].at != edge {
			t.Fatalf("changes %v, edge %v", w.changes, edge)
		}
	})
}

// With Akka's settings and steady answers silence means down after the interval,
// the margin and 5.61 deviations: 4.56 s.
func TestPhiKnownSilence(t *testing.T) {
	w := newWorld(t, Config{Kind: Phi, Jitter: -1, PhiMargin: 3 * time.Second, PhiWindow: 100}, 1)
	w.delayMax = 0
	w.run(5 * time.Minute)
	if got := w.d.(*phi).silence; got < 4555*ms || got > 4570*ms {
		t.Errorf("silence %v, want about 4.56 s", got)
	}
}

// After a pause of the observer and after a verdict up silence counts from then
// only, and the gap is not taken for an interval.
func TestPhiForgetsGaps(t *testing.T) {
	w := newWorld(t, Config{Kind: Phi}, 1)
	w.run(30 * time.Second)
	p := w.d.(*phi)
	silence, n := p.silence, len(p.window.values)
	w.now = p.Next() + 40*time.Second
	w.take(p.Tick(w.now))
	if p.last != w.now || p.state != Up {
		t.Fatalf("silence counts from %v, now %v, %v", p.last, w.now, p.state)
	}
	w.run(w.now + 10*time.Second)
	if p.silence > silence+500*ms || len(p.window.values) <= n {
		t.Errorf("silence that means down went from %v to %v", silence, p.silence)
	}
	from := w.now
	w.probesFail = between(from, from+30*time.Second)
	w.run(from + time.Minute)
	if len(w.changes) != 2 || p.silence > silence+500*ms {
		t.Errorf("changes %v, silence %v", w.changes, p.silence)
	}
}

// The first answer after a restart of the silence makes no interval.
func TestPhiFirstAnswerMakesNoInterval(t *testing.T) {
	d, out := start(t, Config{Kind: Phi})
	p := d.(*phi)
	for i, want := range []int{2, 3, 3, 4} { // two are made up; a pause before the third answer
		if i == 2 {
			d.Resumed(d.Next() - 1)
		}
		d.ProbeReply(d.(*phi).next()-1, out.Number, 1, true)
		if got := len(p.window.values); got != want {
			t.Errorf("%d intervals after answer %d, want %d", got, i, want)
		}
		out = d.Tick(p.due)
	}
}

// A probe sent and answered: two calls, no allocation.
func BenchmarkProbe(b *testing.B) {
	for _, kind := range kinds() {
		b.Run(kind, func(b *testing.B) {
			d, err := New(Config{Kind: kind}, 0, newRand(1))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				out := d.Tick(d.Next())
				d.ProbeReply(d.Next(), out.Number, 1, true)
			}
		})
	}
}
