package sim

import (
	"errors"
	"fmt"
	"time"
)

// Limits bound a world. Zero takes the default of the field.
type Limits struct {
	Events       uint64        // scheduler events in total; default 1e10, at most 2^43
	Time         time.Duration // virtual time; default 365 days
	Pending      int           // events in the queue; default 4,194,304
	PendingBytes int64         // bytes of messages under way or waiting; default 1 GiB
	Nodes        int           // nodes; default 65,536
	Actors       int           // actors over all incarnations; default 1,048,576
	Timers       int           // pending timers an actor; default 65,536
	MailboxItems int           // default of ActorOptions; default 1,024
	MailboxBytes int64         // default of ActorOptions; default 64 MiB
	Outstanding  int           // open requests, and open disk operations, an actor; default 4,096
}

// eventsMax keeps event sequence numbers within their bits of a queue key.
const eventsMax = 1 << 43

// withDefaults returns the limits with every zero replaced.
func (l Limits) withDefaults() Limits {
	def(&l.Events, 10_000_000_000)
	def(&l.Time, 365*24*time.Hour)
	def(&l.Pending, 1<<22)
	def(&l.PendingBytes, 1<<30)
	def(&l.Nodes, 1<<16)
	def(&l.Actors, 1<<20)
	def(&l.Timers, 1<<16)
	def(&l.MailboxItems, 1<<10)
	def(&l.MailboxBytes, 64<<20)
	def(&l.Outstanding, 1<<12)
	return l
}

// def sets a zero to its default.
func def[T comparable](p *T, d T) {
	var zero T
	if *p == zero {
		*p = d
	}
}

// Validate reports every limit that is out of range, wrapping ErrConfig.
func (l Limits) Validate() error {
	var errs []error
	if l.Events > eventsMax {
		errs = append(errs, fmt.Errorf("%w: Limits.Events is %d, at most %d", ErrConfig, l.Events, uint64(eventsMax)))
	}
	for _, f := range []struct {
		name     string
		v, upper int64
	}{
		{"Time", int64(l.Time), int64(timeMax)},
		{"Pending", int64(l.Pending), 1 << 30},
		{"PendingBytes", l.PendingBytes, 1 << 62},
		{"Nodes", int64(l.Nodes), 1 << 30},
		{"Actors", int64(l.Actors), 1 << 30},
		{"Timers", int64(l.Timers), 1 << 30},
		{"MailboxItems", int64(l.MailboxItems), 1 << 30},
		{"MailboxBytes", l.MailboxBytes, 1 << 62},
		{"Outstanding", int64(l.Outstanding), 1 << 30},
	} {
		if f.v < 0 || f.v > f.upper {
			errs = append(errs, fmt.Errorf("%w: Limits.%s is %d, not in 0 to %d", ErrConfig, f.name, f.v, f.upper))
		}
	}
	return errors.Join(errs...)
}

// timeMax is the end of virtual time, about 146 years: half of what a
// duration holds, so that sums of two times cannot overflow.
const timeMax time.Duration = 1 << 62

// StopReason says why a run returned.
type StopReason string

// The stop reasons. A halt's reason is Halted(reason).
const (
	Quiet             StopReason = "quiet"               // the queue is empty
	Until             StopReason = "until"               // RunUntil reached its time
	LimitEvents       StopReason = "limit-events"        // Limits.Events
	LimitTime         StopReason = "limit-time"          // the next event lies beyond Limits.Time
	LimitPending      StopReason = "limit-pending"       // Limits.Pending
	LimitPendingBytes StopReason = "limit-pending-bytes" // Limits.PendingBytes
	LimitActors       StopReason = "limit-actors"        // Limits.Actors
	LimitTimers       StopReason = "limit-timers"        // Limits.Timers
)

const haltPrefix = "halted: "

// Halted is the stop reason of World.Halt(reason).
func Halted(reason string) StopReason { return StopReason(haltPrefix + reason) }

// IsLimit reports whether a limit ended the run.
func (r StopReason) IsLimit() bool { return len(r) > 6 && r[:6] == "limit-" }

// IsHalt reports whether World.Halt ended the run.
func (r StopReason) IsHalt() bool {
	return len(r) >= len(haltPrefix) && r[:len(haltPrefix)] == haltPrefix
}
