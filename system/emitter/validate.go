package emitter

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// faults gathers what is wrong with a configuration.
type faults struct{ errs []error }

func (f *faults) add(format string, args ...any) {
	f.errs = append(f.errs, fmt.Errorf("emitter: "+format, args...))
}

func (f *faults) between(name string, v, low, high int64) {
	if v < low || v > high {
		f.add("%s %d: want %d to %d", name, v, low, high)
	}
}

// durationMost bounds every duration, so that sums with a time cannot overflow.
const durationMost = 1000 * time.Hour

func (f *faults) span(name string, v time.Duration, zeroOK bool) {
	if v < 0 || v == 0 && !zeroOK || v > durationMost {
		f.add("%s %v: must be positive and at most %v", name, v, durationMost)
	}
}

// Validate returns every reason why the configuration, with its defaults, cannot
// be used.
func (c Config) Validate() error {
	c = c.WithDefaults()
	f := &faults{}
	if len(c.Distributors) == 0 {
		f.add("no distributor given")
	}
	for i, d := range c.Distributors {
		if !node.ValidName(d) {
			f.add("distributor %q is not a node name", d)
		}
		if slices.Contains(c.Distributors[:i], d) {
			f.add("distributor %q is given twice", d)
		}
	}
	if (c.Generator == nil) == (len(c.Inputs) == 0) {
		f.add("want either a generator or inputs, have generator %v and %d inputs", c.Generator != nil, len(c.Inputs))
	}
	if c.Generator != nil {
		c.Generator.check(f)
	}
	c.checkInputs(f)
	f.between("batch messages", int64(c.BatchMessages), 1, int64(c.PacketMax))
	f.between("batch bytes", int64(c.BatchBytes), 1, 1<<30)
	f.between("largest packet", int64(c.PacketMax), 1, message.MessagesMax)
	f.between("buffer packets", int64(c.BufferPackets), 1, 1<<20)
	f.between("buffer bytes", int64(c.BufferBytes), 1, 1<<40)
	f.between("span", int64(c.SpanMax), int64(c.BufferPackets), 1<<24)
	f.between("jitter", int64(c.JitterPPM), -1, 1_000_000)
	f.between("journal bytes", int64(c.JournalBytes), 1<<10, 1<<40)
	f.span("linger", c.Linger, true)
	f.span("submit timeout", c.SubmitTimeout, false)
	f.span("first backoff", c.BackoffBase, false)
	f.span("avoidance", c.AvoidFor, false)
	f.span("horizon", c.Horizon, true)
	f.span("longest drain", c.DrainMax, false)
	f.span("longest backoff", c.BackoffMax, false)
	if c.BackoffMax < c.BackoffBase {
		f.add("longest backoff %v is below the first one, %v", c.BackoffMax, c.BackoffBase)
	}
	return errors.Join(f.errs...)
}

func (c Config) checkInputs(f *faults) {
	if len(c.Inputs) > inputsMax {
		f.add("%d inputs: at most %d", len(c.Inputs), inputsMax)
	}
	for i, in := range c.Inputs {
		if len(in.Name) == 0 || len(in.Name) > 256 {
			f.add("input %d: name %q: want 1 to 256 bytes", i, in.Name)
		}
		if len(in.Key) > 256 {
			f.add("input %q: key of %d bytes: at most 256", in.Name, len(in.Key))
		}
		if in.Open == nil {
			f.add("input %q cannot be opened: no function given", in.Name)
		}
	}
	f.between("input rate", int64(c.InputRate), 0, 1_000_000_000)
	if err := c.Lines.Validate(); err != nil {
		f.errs = append(f.errs, err)
	}
}

func (g *Generator) check(f *faults) {
	f.between("rate (per 1000 s)", g.RateMilli, 1, 1_000_000_000_000)
	f.between("kind of arrivals", int64(g.Arrivals), 0, int64(Burst))
	f.between("burst size", int64(g.BurstSize), 1, 1<<20)
	f.between("fewest messages", int64(g.MessagesMin), 1, message.MessagesMax)
	f.between("most messages", int64(g.MessagesMax), int64(g.MessagesMin), message.MessagesMax)
	f.between("text bytes", int64(g.TextBytes), 1, 1<<20)
	f.between("giant every", int64(g.GiantEvery), 0, 1<<40)
	f.between("giant messages", int64(g.GiantMessages), 0, message.MessagesMax)
	f.between("poison every", int64(g.PoisonEvery), 0, 1<<40)
	f.between("poison bytes", int64(g.PoisonBytes), 1, 1<<28)
	if g.GiantEvery > 0 && g.GiantMessages == 0 {
		f.add("every %d-th arrival is giant, but of no size", g.GiantEvery)
	}
	f.span("start", g.Start, true)
	f.span("end", g.Until, true)
	if g.Until == 0 && g.Packets == 0 {
		f.add("the generator would never end: give a time or a number of packets")
	}
	if g.Until != 0 && g.Until <= g.Start {
		f.add("the generator ends at %v, before its start at %v", g.Until, g.Start)
	}
}
