package detect

import "time"

// DetectMax is the longest time from the moment an analyser stops answering
// probes (crash, cut, freeze) to the verdict down, if the observer is not paused
// meanwhile and calls Tick on time; add how late its timers may be.
//
// Threshold: Failures x (Interval + Jitter) + Timeout: the first probe that
// fails is sent at most one spacing after the outage began, each further one a
// spacing later, and the last has Timeout to be given up. Phi: SilenceMax, which
// phi usually undercuts, plus Timeout for an answer that was under way.
//
// Failing packets may lead down earlier; that has no bound in time of its own,
// because it needs packets.
func (c Config) DetectMax() time.Duration {
	c = c.WithDefaults()
	if c.Kind == Phi {
		return c.SilenceMax + c.Timeout
	}
	return time.Duration(c.Failures)*(c.Interval+c.jitter()) + c.Timeout
}

// RecoverProbeMax is the longest time from the moment an analyser answers every
// probe in time again to the verdict up, for a verdict down that probes alone
// can clear: Successes x (DownInterval + Jitter) + Timeout. The moment is that
// after which nothing fails any more, no packet sent earlier either; it is not
// before the verdict down itself.
func (c Config) RecoverProbeMax() time.Duration {
	c = c.WithDefaults()
	return time.Duration(c.Successes)*(c.DownInterval+c.jitter()) + c.Timeout
}

// RecoverMax is RecoverProbeMax for a verdict down that a data probe must clear
// too, and so the bound for any verdict down:
//
//	max(DataTimeout, DownInterval + Jitter) + (Successes-1) x (DownInterval + Jitter) + Timeout + DataTimeout
//
// A data probe sent just before the recovery may fail and hold the next health
// probe up for DataTimeout; then Successes probes and a data probe succeed.
func (c Config) RecoverMax() time.Duration {
	c = c.WithDefaults()
	spacing := c.DownInterval + c.jitter()
	return max(c.DataTimeout, spacing) + time.Duration(c.Successes-1)*spacing + c.Timeout + c.DataTimeout
}

// SilenceMin is the shortest silence since an answered probe that phi can call down,
// with Kind Phi; 0 with another. The mean interval is never below the shortest
// spacing less a third of Timeout: two made-up intervals of Interval on average are
// in the window with the first real one, and what one answer gains by coming early
// the next interval has too much.
func (c Config) SilenceMin() time.Duration {
	c = c.WithDefaults()
	if c.Kind != Phi {
		return 0
	}
	mean := min(c.Interval, c.DownInterval) - c.jitter() - c.Timeout/3
	spread := time.Duration(phiReach(c.PhiThreshold)) * c.PhiStdMin / phiUnit
	return min(mean+c.margin()+spread, c.SilenceMax)
}
