package sim

import (
	"fmt"
	"slices"
	"time"
)

// Clock is a node's clock: a monotonic time, which timers follow, and a wall
// time, which is the epoch plus the monotonic time plus an offset. It belongs
// to the machine: it runs from the beginning of the world, through crashes.
type Clock struct {
	n         *node
	worldBase int64 // world time at the last change of pace
	nodeBase  int64 // monotonic time then
	ppm       int64 // drift
	offset    int64 // of the wall time
	frozen    bool
	warped    bool    // the monotonic time is not, or was not, the world's
	parked    []int32 // timers that wait for the thaw
	sweepAt   int     // length of parked at which cancelled ones are dropped
}

const driftMax = 500_000

func (c *Clock) init(n *node) { c.n = n }

// Clock returns a node's clock. It panics if there is no such node.
func (w *World) Clock(id NodeID) *Clock { return &w.node(id).clock }

// Now returns the node's monotonic time.
func (c *Clock) Now() time.Duration { return time.Duration(c.mono()) }

// Wall returns the node's wall time, in UTC.
func (c *Clock) Wall() time.Time {
	return c.n.w.epoch.Add(time.Duration(c.mono() + c.offset)).UTC()
}

func (c *Clock) mono() int64 {
	if c.frozen {
		return c.nodeBase
	}
	d := c.n.w.now - c.worldBase
	if c.ppm != 0 {
		d = mulDiv(d, ppmAll+c.ppm, ppmAll)
	}
	return c.nodeBase + d
}

// worldAt returns the first world time at which the monotonic time is due or
// later.
func (c *Clock) worldAt(due int64) int64 {
	d := max(due-c.nodeBase, 0)
	if c.ppm != 0 {
		d = mulDivUp(d, ppmAll, ppmAll+c.ppm)
	}
	return max(satAdd(c.worldBase, d), c.n.w.now)
}

// set schedules the timer in slot i, d from now.
func (c *Clock) set(i int32, s *slot, d int64) {
	if c.frozen {
		s.due = satAdd(c.nodeBase, d)
		c.park(i)
		return
	}
	s.due = satAdd(c.mono(), d)
	c.n.w.schedule(c.worldAt(s.due), i)
}

// park keeps the timer in slot i for the thaw. Cancelled ones are dropped each time
// the list has doubled, so that it grows with the live ones only.
func (c *Clock) park(i int32) {
	c.parked = append(c.parked, i)
	if len(c.parked) < max(c.sweepAt, 64) {
		return
	}
	c.parked = slices.DeleteFunc(c.parked, func(j int32) bool {
		if c.owns(j) {
			return false
		}
		c.n.w.free(j)
		return true
	})
	c.sweepAt = 2 * len(c.parked)
}

// rebase starts a new span of constant pace. From now on the node's timers
// take the slower way through its clock.
func (c *Clock) rebase() {
	c.n.w.control()
	c.warped = true
	for _, a := range c.n.actors {
		a.warped = true
	}
	c.nodeBase = c.mono()
	c.worldBase = c.n.w.now
}

// Skew sets the wall time's offset to d; 0 ends it, and any Jump.
func (c *Clock) Skew(d time.Duration) {
	c.n.w.control()
	assert(d > -timeMax && d < timeMax, "a skew is below 2^62 ns")
	c.offset = int64(d)
}

// Jump moves the wall time by d at once; Jump(-d) undoes it.
func (c *Clock) Jump(d time.Duration) {
	c.n.w.control()
	assert(d > -timeMax && d < timeMax, "a jump is below 2^62 ns")
	c.Skew(time.Duration(c.offset) + d)
}

// Drift lets both times run ppm parts per million fast (or slow, if negative),
// -500,000 to 500,000, from now on; 0 ends it. Pending timers move with it.
func (c *Clock) Drift(ppm int64) error {
	if ppm < -driftMax || ppm > driftMax {
		return fmt.Errorf("%w: drift of node %q by %d ppm, not in -%d to %d", ErrConfig, c.n.cfg.Name, ppm, driftMax, driftMax)
	}
	c.rebase()
	c.ppm = ppm
	if c.frozen {
		return nil
	}
	w := c.n.w
	w.queue.rework(func(k *key) bool {
		if c.owns(k.slot) {
			k.at = c.worldAt(w.slots[k.slot].due)
		}
		return true
	})
	return nil
}

// owns reports whether slot i is a live timer of this clock's node.
func (c *Clock) owns(i int32) bool {
	s := &c.n.w.slots[i]
	return s.kind == slotTimer && s.flags&flagCancelled == 0 && c.n.w.actors[s.target].alive &&
		c.n.w.actors[s.target].node == c.n
}

// Freeze stops both times until Thaw. Timers do not fire meanwhile, not even
// those of no delay. Freezing a frozen clock does nothing.
func (c *Clock) Freeze() {
	if c.frozen {
		return
	}
	c.rebase()
	c.frozen = true
	c.n.w.queue.rework(func(k *key) bool {
		if !c.owns(k.slot) {
			return true
		}
		c.parked = append(c.parked, k.slot)
		return false
	})
}

// Thaw ends Freeze: the times go on from where they stopped, and each timer
// fires after what was left of its delay.
func (c *Clock) Thaw() {
	if !c.frozen {
		return
	}
	c.rebase()
	c.frozen = false
	w := c.n.w
	for _, i := range c.parked {
		if c.owns(i) {
			w.schedule(c.worldAt(w.slots[i].due), i)
		} else {
			w.free(i)
		}
	}
	c.parked = c.parked[:0]
}

// forget drops the parked timers of a process that ended.
func (c *Clock) forget() {
	for _, i := range c.parked {
		c.n.w.free(i)
	}
	c.parked = c.parked[:0]
}
