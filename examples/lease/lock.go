package lease

import (
	"errors"
	"time"

	"weir/sim"
)

// lock is the lock service: it gives one lease at a time. Its disk holds one byte for each
// lease it ever gave, so that a restart goes on counting.
type lock struct {
	design Design
	log    *recorder
	ready  bool          // the disk is read
	token  uint64        // of the last lease
	until  time.Duration // it ends, by this node's clock
	asker  sim.ReplyTo   // waits for its lease's number to be synced
	name   string        // of the asker
}

// tokenFile is the name of the file.
const tokenFile = "tokens"

// Handle is the lock service's state machine.
func (l *lock) Handle(c *sim.Ctx, ev *sim.Event) {
	switch ev.Kind {
	case sim.Started, sim.TimerFired:
		c.Disk().Read(tokenFile)
	case sim.DiskDone:
		l.disk(c, ev)
	case sim.Delivered:
		switch m := ev.Msg.(type) {
		case acquire:
			l.acquire(c, ev)
		case release:
			if m.token == l.token {
				l.until = c.Now()
			}
		}
	case sim.Stopping:
		c.Exit()
	}
}

// acquire answers at once, or when the lease's number is on the disk.
func (l *lock) acquire(c *sim.Ctx, ev *sim.Event) {
	if !l.ready || !l.asker.None() || c.Now() < l.until {
		answer(c, ev.ReplyTo, busy{})
		return
	}
	l.asker, l.name = ev.ReplyTo, l.log.name(ev.From.Node)
	l.token++
	c.Disk().Append(tokenFile, []byte{'.'}, true)
	if !l.design.SyncTokens {
		l.grant(c)
	}
}

// grant gives the lease to who asked.
func (l *lock) grant(c *sim.Ctx) {
	l.until = c.Now() + leaseTime
	l.log.note(c, Record{Kind: Granted, Client: l.name, Token: l.token})
	answer(c, l.asker, granted{l.token})
	l.asker = sim.ReplyTo{}
}

// disk goes on after a read at the start, or the sync of a lease's number.
func (l *lock) disk(c *sim.Ctx, ev *sim.Event) {
	switch {
	case ev.DiskOp == sim.DiskRead && ev.Err != nil && !errors.Is(ev.Err, sim.ErrNoFile):
		c.After(patience, 0) // and read again
	case ev.DiskOp == sim.DiskRead:
		l.ready, l.token = true, uint64(len(ev.Data))
		l.until = c.Now() + leaseTime // who had it may have it still
	case l.asker.None():
	case ev.Err != nil: // nothing was written
		l.token--
		answer(c, l.asker, busy{})
		l.asker = sim.ReplyTo{}
	default:
		l.grant(c)
	}
}

// answer replies. A client that cannot be told asks again.
func answer(c *sim.Ctx, to sim.ReplyTo, m any) { _, _ = c.Reply(to, classAnswer, size, m) }
