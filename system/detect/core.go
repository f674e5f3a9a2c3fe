package detect

import (
	"math/rand/v2"
	"time"
)

// core is what both detectors share: the probe schedule, what counts as
// evidence, the data path's failures and the way back up. How silence or failed
// probes lead down is the detector's own.
type core struct {
	cfg Config
	rng *rand.Rand

	state    State
	oks      int  // consecutive answered health probes since the last change or failure
	fails    int  // consecutive failed probes since the last verdict up
	badData  int  // consecutive failed packets since the last verdict up
	suspect  bool // the data path must prove itself before up
	inc      uint32
	lastSent time.Duration // when the newest health probe was sent
	due      time.Duration // when the next one is

	number   uint64        // of the newest probe of either kind
	awaited  Send          // kind of the outstanding probe
	sent     time.Duration // when the outstanding probe was sent
	deadline time.Duration // when it is given up

	incSince time.Duration // evidence sent before these times does not count:
	upSince  time.Duration // packets only
	resumed  time.Duration // timeouts only
	now      time.Duration // of the latest call, to catch a clock that goes back
}

// never is before every time: nothing was sent before it.
const never = time.Duration(-1 << 63)

func newCore(c Config, now time.Duration, rng *rand.Rand) core {
	first := now + time.Duration(rng.Int64N(int64(c.Interval)))
	return core{cfg: c, rng: rng, state: c.Initial, lastSent: now, due: first, now: now,
		incSince: never, upSince: never, resumed: never}
}

// State implements Detector.
func (c *core) State() State { return c.state }

// Incarnation implements Detector.
func (c *core) Incarnation() uint32 { return c.inc }

// next is when the schedule has something to do.
func (c *core) next() time.Duration {
	if c.awaited != SendNothing {
		return c.deadline
	}
	return c.due
}

// enter notes the time of a call and, if the schedule is far behind it, that the
// observer was paused: any call may be the first one after a pause. Timeouts of
// what was sent before then do not count.
func (c *core) enter(now time.Duration, out *Output) (paused bool) {
	if now < c.now {
		fail("time went back from %v to %v", c.now, now)
	}
	c.now = now
	late := now - max(c.next(), c.resumed)
	if late <= c.cfg.Pause {
		return false
	}
	out.Gap, c.resumed = late, now
	return true
}

// spacing draws the time to the next health probe.
func (c *core) spacing() time.Duration {
	interval, jitter := c.cfg.Interval, c.cfg.jitter()
	if c.state == Down {
		interval = c.cfg.DownInterval
	}
	return interval - jitter + time.Duration(c.rng.Int64N(int64(2*jitter)+1))
}

// send asks for a probe of that kind. A health probe sets the schedule anew; a
// data probe does not, so that it neither delays nor replaces one.
func (c *core) send(now time.Duration, kind Send, out *Output) {
	if c.awaited != SendNothing {
		fail("probe %d is still awaited", c.number)
	}
	assert(out.Send == SendNothing, "two probes in one output")
	c.number++
	c.awaited, c.sent, c.deadline = kind, now, now+c.cfg.Timeout
	if kind == SendDataProbe {
		assert(c.state == Down && c.suspect, "data probe of an analyser that is %v, suspect %v", c.state, c.suspect)
		c.deadline = now + c.cfg.DataTimeout
	} else {
		c.lastSent, c.due = now, now+c.spacing()
	}
	out.Send, out.Number = kind, c.number
}

// proceed sends whatever is due: the data probe as soon as enough probes were
// answered, else a health probe at its time. While the data probe cannot be sent
// (Unsent) it takes the place of the health probe at the next due time.
func (c *core) proceed(now time.Duration, out *Output) {
	if c.awaited != SendNothing || now < c.due {
		return
	}
	if c.dataProbeDue() {
		c.due = now + c.spacing()
		c.send(now, SendDataProbe, out)
		return
	}
	c.send(now, SendProbe, out)
}

func (c *core) dataProbeDue() bool {
	return c.state == Down && c.suspect && c.oks >= c.cfg.Successes
}

// settle ends the outstanding probe with that result; it reports whether the
// result counts. A health probe that fell due meanwhile is due now, so that its
// delay does not look like a pause.
func (c *core) settle(now time.Duration, r Result, out *Output) bool {
	if c.awaited == SendNothing || r == ResultNone {
		fail("result %v with no probe awaited", r)
	}
	if r != ResultOK && c.sent < c.incSince {
		r = ResultIgnored // it may have died with the incarnation before
	}
	out.Counted, out.CountedNumber, out.CountedData = r, c.number, c.awaited == SendDataProbe
	c.awaited, c.due = SendNothing, max(c.due, now)
	switch r {
	case ResultIgnored:
		return false
	case ResultOK:
		if !out.CountedData {
			c.fails, c.oks = 0, min(c.oks+1, countMost)
		}
	default:
		c.oks = 0
		if !out.CountedData {
			c.fails = min(c.fails+1, countMost)
		}
	}
	return true
}

// expire settles the outstanding probe if its deadline has passed; it reports
// whether a failure counted.
func (c *core) expire(now time.Duration, out *Output) bool {
	if c.awaited == SendNothing || now < c.deadline {
		return false
	}
	if c.sent < c.resumed {
		return c.settle(now, ResultIgnored, out)
	}
	return c.settle(now, ResultTimeout, out)
}

// meet takes note of the incarnation in an answer. It reports false for an
// answer of an older one than is known, which is no evidence. What is known of
// older ones ends when a newer one appears.
func (c *core) meet(now time.Duration, inc uint32) bool {
	if inc == 0 || inc == c.inc {
		return true
	}
	if inc < c.inc {
		return false
	}
	if c.inc != 0 {
		c.oks, c.fails, c.badData, c.incSince = 0, 0, 0, now
	}
	c.inc = inc
	return true
}

// change sets the verdict and starts the counts of the new one.
func (c *core) change(now time.Duration, to State, cause Cause, failures int, out *Output) {
	assert(c.state != to, "verdict %v again", to)
	assert(!out.Changed, "two changes in one output")
	out.Changed = true
	out.Change = Change{From: c.state, To: to, Cause: cause, Failures: failures,
		Successes: c.oks, DataProbe: to == Up && out.CountedData, Incarnation: c.inc}
	c.state = to
	if to == Up {
		c.fails, c.badData, c.suspect, c.upSince = 0, 0, false, now
	} else {
		c.oks = 0
	}
	if c.cfg.Interval != c.cfg.DownInterval {
		c.due = max(now, min(c.due, c.lastSent+c.spacing()))
	}
}

// recover raises the verdict if an answered health probe completes what is
// needed, or asks for the data probe that is still missing.
func (c *core) recover(now time.Duration, out *Output) {
	if c.state != Down || c.oks < c.cfg.Successes {
		return
	}
	if c.suspect {
		c.send(now, SendDataProbe, out)
		return
	}
	c.change(now, Up, CauseRecovered, 0, out)
}

// failure is what the transport's reason counts as.
func failure(why Reason) Result {
	switch why {
	case Timeout:
		return ResultTimeout
	case Refused:
		return ResultRefused
	case Reset:
		return ResultReset
	case NotReady:
		return ResultNotReady
	case Unsent:
		return ResultIgnored
	}
	fail("reason %d is unknown", why)
	return ResultNone
}

// reply settles the outstanding health probe as answered; it reports whether
// that counts and was a success.
func (c *core) reply(now time.Duration, number uint64, inc uint32, ready bool, out *Output) (counts, success bool) {
	if c.awaited != SendProbe || number != c.number || !c.meet(now, inc) {
		return false, false
	}
	r := ResultOK
	if !ready {
		r = ResultNotReady
		c.sent = max(c.sent, c.incSince) // the answer itself is the new incarnation's
	}
	return c.settle(now, r, out), ready
}

// DataProbeOK implements Detector.
func (c *core) DataProbeOK(now time.Duration, number uint64, inc uint32) Output {
	var out Output
	c.enter(now, &out)
	if c.awaited != SendDataProbe || number != c.number || !c.meet(now, inc) {
		return out
	}
	enough := c.dataProbeDue() // not if a new incarnation has just appeared
	c.settle(now, ResultOK, &out)
	if enough {
		c.change(now, Up, CauseRecovered, 0, &out)
	}
	return out
}

// DataOK implements Detector.
func (c *core) DataOK(now time.Duration, inc uint32) Output {
	var out Output
	c.enter(now, &out)
	if c.meet(now, inc) {
		c.badData = 0
	}
	return out
}

// DataFailed implements Detector.
func (c *core) DataFailed(now, sent time.Duration, why Reason) Output {
	var out Output
	c.enter(now, &out)
	if sent > now {
		fail("a packet sent at %v failed at %v", sent, now)
	}
	stale := sent < c.incSince || sent < c.upSince || why == Timeout && sent < c.resumed
	if c.cfg.DataFailures < 0 || stale || failure(why) == ResultIgnored {
		return out
	}
	c.badData = min(c.badData+1, countMost)
	refused := why == Refused && c.cfg.RefusedDown
	if !refused && c.badData < c.cfg.DataFailures {
		return out
	}
	if c.badData >= c.cfg.DataFailures {
		c.suspect = true // also while down by another cause
	}
	if c.state == Up {
		cause := CauseData
		if refused && !c.suspect {
			cause = CauseRefused
		}
		c.change(now, Down, cause, c.badData, &out)
	}
	return out
}
