package scale

import "time"

// Why says what a decision rests on.
type Why uint8

// The reasons.
const (
	Steady   Why = iota // the signals ask for what there is
	Blind               // no signal that has a target has a value
	Up                  // there are to be more
	Down                // there are to be fewer
	Limit               // the signals ask for more than Max or fewer than Min
	Window              // the stabilisation window holds a change back
	Cooldown            // the last change is too fresh
	Whys                // how many there are
)

var whyNames = [Whys]string{"steady", "blind", "up", "down", "limit", "window", "cooldown"}

// String returns the reason's name in the log.
func (w Why) String() string {
	if w >= Whys {
		return "invalid"
	}
	return whyNames[w]
}

// Decision is how many workers there are to be.
type Decision struct {
	From int // there were
	Want int // the signals ask for, before limits and windows
	To   int // there are to be, Min..Max
	Why  Why
}

// Controller decides. Use New.
type Controller struct {
	cfg      Config
	n        int
	up, down window
	lastUp   time.Duration // of the latest increase, if grew
	lastAny  time.Duration // of the latest change, if moved
	grew     bool
	moved    bool
}

// New returns a controller for a valid configuration with Max, for n workers at a time.
// A number out of the limits is brought into them at the first decision, step by step.
func New(cfg Config, now time.Duration, n int) *Controller {
	c := &Controller{cfg: cfg.WithDefaults(), n: n}
	c.up = window{span: c.cfg.WindowUp, less: true}
	c.down = window{span: c.cfg.WindowDown}
	c.up.add(now, n)
	c.down.add(now, n) // so that a start is followed by a whole window before anything shrinks
	return c
}

// Workers is how many there are to be since the latest decision.
func (c *Controller) Workers() int { return c.n }

// Decide takes in the signals of a moment, which is not before the last one.
func (c *Controller) Decide(now time.Duration, v *Values) Decision {
	d := Decision{From: c.n}
	d.Want, d.Why = c.want(v)
	inside := min(max(d.Want, c.cfg.Min), c.cfg.Max)
	least, most := c.up.add(now, inside), c.down.add(now, inside)
	d.To = c.n
	switch {
	case least > c.n:
		d.To = min(least, c.n+c.cfg.StepUp)
		if c.grew && now-c.lastUp < c.cfg.CooldownUp {
			d.To, d.Why = c.n, Cooldown
		}
	case most < c.n:
		d.To = max(most, c.n-c.cfg.StepDown)
		if c.moved && now-c.lastAny < c.cfg.CooldownDown {
			d.To, d.Why = c.n, Cooldown
		}
	case inside != c.n:
		d.Why = Window
	case d.Want != c.n:
		d.Why = Limit
	}
	c.change(now, &d)
	return d
}

// change puts a decision in force.
func (c *Controller) change(now time.Duration, d *Decision) {
	switch {
	case d.To > c.n:
		d.Why, c.grew, c.lastUp = Up, true, now
	case d.To < c.n:
		d.Why = Down
	default:
		return
	}
	c.moved, c.lastAny, c.n = true, now, d.To
}

// want is the largest number that a signal asks for, at least 1, and why none asks for
// a change. One without a value asks for none, and so do latencies alone.
func (c *Controller) want(v *Values) (n int, why Why) {
	why = Blind
	loads := false
	for s, target := range c.cfg.targets() {
		if target == 0 {
			continue
		}
		loads = loads || !Signal(s).latency()
		if !v[s].Known {
			n = max(n, c.n)
			continue
		}
		why = Steady
		n = max(n, c.ask(v[s].Amount, target))
	}
	if !loads {
		n = max(n, c.n)
	}
	return max(n, 1), why
}

// ask is what one signal asks for.
func (c *Controller) ask(value, target int64) int {
	away := value - target
	if away < 0 {
		away = -away
	}
	if away*1000 <= target*int64(max(c.cfg.Tolerance, 0)) {
		return c.n
	}
	n := (int64(c.n)*value + target - 1) / target
	return int(min(n, askMost))
}

// askMost bounds what a signal asks for.
const askMost = 1 << 20
