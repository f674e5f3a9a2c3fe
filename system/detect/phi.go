package detect

import "time"

// phi is the phi accrual detector (Hayashibara et al. 2004) with integer
// arithmetic: it goes down when the silence since the last answered probe
// reaches the level PhiThreshold under a normal distribution fitted to the
// recent intervals between answers, or SilenceMax.
type phi struct {
	core
	last    time.Duration // newest sign of life, or since when silence counts
	steady  bool          // last is an answer, so that the next one makes an interval
	window  window
	reach   int64         // the threshold in 1/phiUnit standard deviations
	silence time.Duration // the silence that means down
}

func newPhi(base core, now time.Duration) *phi {
	p := &phi{core: base, last: now, reach: phiReach(base.cfg.PhiThreshold)}
	p.window.values = make([]int64, 0, base.cfg.PhiWindow)
	// Two made-up intervals give a start that is neither certain nor blind.
	p.window.add(base.cfg.Interval * 3 / 4)
	p.window.add(base.cfg.Interval * 5 / 4)
	p.fit()
	return p
}

// fit computes the silence that means down from the window: the smallest whole
// number of microseconds at which level reaches the threshold, or SilenceMax.
func (p *phi) fit() {
	mean, std := p.estimate()
	us := mean + (p.reach*std+phiUnit-1)/phiUnit
	p.silence = min(time.Duration(us)*time.Microsecond, p.cfg.SilenceMax)
}

// estimate returns the mean interval plus the margin, and the standard
// deviation but not below its least, in microseconds.
func (p *phi) estimate() (mean, std int64) {
	mean, std = p.window.moments()
	return mean + p.cfg.margin().Microseconds(), max(std, p.cfg.PhiStdMin.Microseconds())
}

// level is the suspicion at now in thousandths.
func (p *phi) level(now time.Duration) int {
	mean, std := p.estimate()
	excess := (now - p.last).Microseconds() - mean
	if excess < 0 {
		return 0
	}
	return phiAt(excess * phiUnit / std)
}

// restart lets silence count from now only.
func (p *phi) restart(now time.Duration) { p.last, p.steady = now, false }

// follow restarts the silence after a pause of the observer or a verdict up.
func (p *phi) follow(now time.Duration, out Output) Output {
	if out.Gap > 0 || out.Changed && out.Change.To == Up {
		p.restart(now)
	}
	return out
}

// Next implements Detector.
func (p *phi) Next() time.Duration {
	if p.state == Up {
		return min(p.next(), p.last+p.silence)
	}
	return p.next()
}

// Tick implements Detector.
func (p *phi) Tick(now time.Duration) Output {
	var out Output
	if p.enter(now, &out) {
		p.restart(now)
	}
	p.expire(now, &out)
	if p.state == Up && now-p.last >= p.silence {
		p.change(now, Down, CausePhi, p.fails, &out)
	}
	p.proceed(now, &out)
	return out
}

// ProbeReply implements Detector.
func (p *phi) ProbeReply(now time.Duration, number uint64, inc uint32, ready bool) Output {
	var out Output
	if p.enter(now, &out) {
		p.restart(now)
	}
	if counts, success := p.reply(now, number, inc, ready, &out); !counts || !success {
		return out
	}
	if p.state == Up {
		if p.steady {
			p.window.add(now - p.last)
			p.fit()
		}
		p.last, p.steady = now, true
	}
	p.recover(now, &out)
	return p.follow(now, out)
}

// ProbeFailed implements Detector.
func (p *phi) ProbeFailed(now time.Duration, number uint64, why Reason) Output {
	var out Output
	p.enter(now, &out)
	if p.awaited != SendNothing && number == p.number && p.settle(now, failure(why), &out) {
		p.judgeRefused(now, &out)
	}
	return p.follow(now, out)
}

// DataProbeOK implements Detector.
func (p *phi) DataProbeOK(now time.Duration, number uint64, inc uint32) Output {
	return p.follow(now, p.core.DataProbeOK(now, number, inc))
}

// DataOK implements Detector.
func (p *phi) DataOK(now time.Duration, inc uint32) Output {
	return p.follow(now, p.core.DataOK(now, inc))
}

// DataFailed implements Detector.
func (p *phi) DataFailed(now, sent time.Duration, why Reason) Output {
	return p.follow(now, p.core.DataFailed(now, sent, why))
}

// Resumed implements Detector.
func (p *phi) Resumed(now time.Duration) Output {
	var out Output
	p.resumed = now // before enter: the caller knows of the pause
	p.enter(now, &out)
	p.restart(now)
	p.expire(now, &out)
	return out
}

// window is a ring of intervals with their running sums, in microseconds. Up to
// 1000 intervals of up to a minute keep the sum of squares in 63 bits.
type window struct {
	values []int64 // grows to its capacity, then a ring
	oldest int
	sum    int64
	square int64
}

// add remembers an interval in place of the oldest one.
func (w *window) add(interval time.Duration) {
	us := min(interval, silenceMost).Microseconds()
	if us < 0 {
		fail("interval %v between answers", interval)
	}
	if len(w.values) < cap(w.values) {
		w.values = append(w.values, us)
	} else {
		old := w.values[w.oldest]
		w.sum, w.square = w.sum-old, w.square-old*old
		w.values[w.oldest] = us
		w.oldest = (w.oldest + 1) % len(w.values)
	}
	w.sum, w.square = w.sum+us, w.square+us*us
}

// moments returns the mean, rounded down, and the standard deviation.
func (w *window) moments() (mean, std int64) {
	n := int64(len(w.values))
	assert(n > 0, "no intervals")
	mean = w.sum / n
	variance := w.square/n - mean*mean // >= 0: both roundings go down, mean's more
	return mean, squareRoot(variance)
}
