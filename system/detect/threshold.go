package detect

import "time"

// threshold goes down after consecutive failed probes.
type threshold struct{ core }

// Next implements Detector.
func (t *threshold) Next() time.Duration { return t.next() }

// Tick implements Detector.
func (t *threshold) Tick(now time.Duration) Output {
	var out Output
	t.enter(now, &out)
	if t.expire(now, &out) {
		t.judge(now, &out)
	}
	t.proceed(now, &out)
	return out
}

// judge lowers the verdict if the failure that was just counted is one too many.
func (t *threshold) judge(now time.Duration, out *Output) {
	if t.state == Up && t.fails >= t.cfg.Failures {
		t.change(now, Down, CauseProbe, t.fails, out)
	}
	t.judgeRefused(now, out)
}

// judgeRefused lowers the verdict for a refused probe if one suffices.
func (c *core) judgeRefused(now time.Duration, out *Output) {
	if c.state == Up && c.cfg.RefusedDown && out.Counted == ResultRefused {
		c.change(now, Down, CauseRefused, c.fails, out)
	}
}

// ProbeReply implements Detector.
func (t *threshold) ProbeReply(now time.Duration, number uint64, inc uint32, ready bool) Output {
	var out Output
	t.enter(now, &out)
	switch counts, success := t.reply(now, number, inc, ready, &out); {
	case counts && success:
		t.recover(now, &out)
	case counts:
		t.judge(now, &out)
	}
	return out
}

// ProbeFailed implements Detector.
func (t *threshold) ProbeFailed(now time.Duration, number uint64, why Reason) Output {
	var out Output
	t.enter(now, &out)
	if t.awaited != SendNothing && number == t.number && t.settle(now, failure(why), &out) {
		t.judge(now, &out)
	}
	return out
}

// Resumed implements Detector.
func (t *threshold) Resumed(now time.Duration) Output {
	var out Output
	t.resumed = now // before enter: the caller knows of the pause
	t.enter(now, &out)
	t.expire(now, &out)
	return out
}
